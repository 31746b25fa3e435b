/* print_windows FOLDER FILE MAX_LENGTH STRIDE: the windows that the questions of FILE are cut into
 * with the tokenizer of FOLDER, for tools/check/answers.py. Whole numbers a window, of 32
 * bits each, little endian:
 *
 *   row, tokens, type-0 tokens, first token of the context, context tokens, span's first, last,
 *   ids [tokens], offsets in bytes of the context [context tokens][2]
 */
#include "model/config.h"
#include "task/examples.h"
#include "tasks/answer.h"
#include "tasks/tasks.h"

#include <stdio.h>
#include <stdlib.h>

static void window_print(const examples *e, size_t unit)
{
    const answer_targets *t = e->targets;
    const answer_window *w = &t->windows[unit];
    size_t tokens = features_length(&e->features, unit);
    uint32_t numbers[] = { (uint32_t)features_row(&e->features, unit),
                           (uint32_t)tokens,
                           e->features.first_counts[unit],
                           w->first,
                           w->count,
                           (uint32_t)w->span[0],
                           (uint32_t)w->span[1] };
    fwrite(numbers, sizeof *numbers, sizeof numbers / sizeof *numbers, stdout);
    fwrite(e->features.ids + e->features.starts[unit], sizeof *e->features.ids, tokens, stdout);
    fwrite(t->offsets + w->offsets, sizeof *t->offsets, w->count, stdout);
}

static bert_status windows_print(const char *folder, const char *path, size_t max_length,
                                 size_t stride)
{
    dataset d = { 0 };
    config c = { 0 };
    tokenizer *t = NULL;
    examples e = { 0 };
    bert_task_options options = bert_task_options_default();
    options.stride = stride;
    dataset_request request = { .form = FORM_QUESTIONS };
    bert_status status = dataset_open(&path, 1, &request, &d);
    if (status == BERT_OK) status = tokenizer_open(folder, &t);
    if (status == BERT_OK) status = config_read(folder, &c);
    examples given = { .task = &task_answer,
                       .options = &options,
                       .config = &c,
                       .tokenizer = t,
                       .max_length = max_length,
                       .rows = d.rows,
                       .row_count = d.count,
                       .labelled = true };
    if (status == BERT_OK) status = examples_open(&given, NULL, NULL, &e);
    for (size_t i = 0; i < e.features.count; i++) window_print(&e, i);
    if (status == BERT_OK) examples_release(&e);
    config_release(&c);
    tokenizer_free(t);
    dataset_release(&d);
    return status;
}

int main(int count, char **arguments)
{
    if (count != 5) {
        fprintf(stderr, "usage: print_windows FOLDER FILE MAX_LENGTH STRIDE > windows\n");
        return 2;
    }
    bert_status status = windows_print(arguments[1], arguments[2], strtoull(arguments[3], NULL, 10),
                                       strtoull(arguments[4], NULL, 10));
    if (status == BERT_OK && fflush(stdout) != 0)
        status = fail(BERT_IO, "standard output cannot be written");
    if (status != BERT_OK) fprintf(stderr, "print_windows: %s\n", status_message());
    return status == BERT_OK ? 0 : 1;
}
