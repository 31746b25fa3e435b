/* encode_tags MODEL FILE MAX_LENGTH [STRIDE]: the units that the task `tag` makes of a file of
 * words and tags, a JSON line each, for tools/check/tagging.py. With a STRIDE, in windows. The
 * labels are those of the file.
 *
 *     {"row":0,"ids":[101,..,102],"labels":[-1,..,-1],"items":[-1,..,-1]} */
#include "model/config.h"
#include "task/examples.h"
#include "tasks/tag.h"
#include "tasks/tasks.h"

#include <stdio.h>
#include <stdlib.h>

static void unit_print(const examples *e, size_t unit)
{
    const features *f = &e->features;
    const tag_targets *t = e->targets;
    json_t *ids = json_array(), *labels = json_array(), *items = json_array();
    for (size_t i = f->starts[unit]; i < f->starts[unit + 1]; i++) {
        json_array_append_new(ids, json_integer(f->ids[i]));
        json_array_append_new(labels, json_integer(t->labels[i]));
        json_array_append_new(items,
                              json_integer(t->items[i] == NO_ITEM ? -1 : (json_int_t)t->items[i]));
    }
    json_t *object = json_pack("{s:I, s:o, s:o, s:o}", "row", (json_int_t)features_row(f, unit),
                               "ids", ids, "labels", labels, "items", items);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static bert_status file_print(const char *folder, const examples *given)
{
    bert_observer nobody = { .tell = NULL };
    tokenizer *t = NULL;
    examples e = *given;
    TRY(tokenizer_open(folder, &t));
    e.tokenizer = t;
    bert_status status = examples_open(&e, NULL, &nobody, &e);
    for (size_t i = 0; status == BERT_OK && i < e.features.count; i++) unit_print(&e, i);
    if (status == BERT_OK) examples_release(&e);
    tokenizer_free(t);
    return status;
}

static bert_status run(char **arguments, bool windows)
{
    bert_task_options options = bert_task_options_default();
    bert_observer nobody = { .tell = NULL };
    config c = { 0 };
    dataset d = { 0 };
    label_names labels = { 0 };
    options.windows = windows;
    if (windows) options.stride = strtoul(arguments[3], NULL, 10);
    TRY(config_read(arguments[0], &c));
    TRY(dataset_open((const char *const *)&arguments[1], 1,
                     &(dataset_request){ .form = FORM_WORDS }, &d));
    TRY(task_tag.labels->find(&d, &options, &nobody, &labels));
    TRY(config_set_labels(&c, (const char *const *)labels.names, labels.count));
    examples e = { .task = &task_tag,
                   .options = &options,
                   .config = &c,
                   .max_length = strtoul(arguments[2], NULL, 10),
                   .rows = d.rows,
                   .row_count = d.count,
                   .labelled = true };
    TRY(file_print(arguments[0], &e));
    label_names_release(&labels);
    dataset_release(&d);
    config_release(&c);
    return BERT_OK;
}

int main(int count, char **arguments)
{
    if (count < 4) {
        fprintf(stderr, "usage: encode_tags MODEL FILE MAX_LENGTH [STRIDE]\n");
        return 2;
    }
    if (run(arguments + 1, count > 4) == BERT_OK) return 0;
    fprintf(stderr, "encode_tags: %s\n", status_message());
    return 1;
}
