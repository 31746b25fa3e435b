#include "answers.h"
#include "report.h"

#include <string.h>

void answer_set(answer *a, const char *name, json_t *value)
{
    a->object = json_with(a->object, name, value);
}

/* What does the work, and where to. */
typedef struct answering {
    const settings *settings;
    const answerer *with;
    answer_output *out;
} answering;

static int input_answer(const answering *a, const input_batch *batch, size_t index)
{
    const settings *s = a->settings;
    const bert_input *input = &batch->inputs[index];
    answer made = { .object = json_object() };
    for (size_t i = 0; i < s->keep.count; i++)
        answer_set(&made, batch->kept_names[i],
                   json_from_text(batch->kept[index * s->keep.count + i]));
    int status = EXIT_DONE;
    if (a->with->describe(a->with->context, batch, index, &made) != BERT_OK) {
        status = complain_of_library();
    } else if (!made.object) {
        complain("no answer: a number in it is not finite, or memory is exhausted");
        status = EXIT_FAILED;
    } else {
        status = answer_output_put(a->out, made.object, input->path, input->line);
    }
    json_decref(made.object);
    return status;
}

/* A batch of which one input is refused is halved until that one stands alone: those before it have
 * their answers then, as if they had come by themselves. */
static int batch_answer(const answering *a, const input_batch *batch)
{
    const answerer *with = a->with;
    if (with->compute && with->compute(with->context, batch) != BERT_OK) {
        size_t half = batch->count / 2;
        if (!half) return answer_output_flush(a->out) ? complain_of_library() : EXIT_FAILED;
        input_batch first = *batch, second = *batch;
        first.count = half;
        second.count -= half;
        second.inputs += half;
        second.kept += half * a->settings->keep.count;
        int status = batch_answer(a, &first);
        return status == EXIT_DONE ? batch_answer(a, &second) : status;
    }
    for (size_t i = 0; i < batch->count; i++) {
        int status = input_answer(a, batch, i);
        if (status != EXIT_DONE) return status;
    }
    return answer_output_flush(a->out) ? EXIT_DONE : EXIT_FAILED;
}

/* Is it one of `words`, which have spaces between them? */
static bool word_among(const char *words, const char *word)
{
    for (size_t count = strlen(word); *words; words += strcspn(words, " ")) {
        words += strspn(words, " ");
        if (strcspn(words, " ") == count && memcmp(words, word, count) == 0) return true;
    }
    return false;
}

/* A kept column must not hide a member of the answer, nor another one. */
static int keep_check(command_index command, const settings *s, const answerer *with,
                      const char *const *names)
{
    for (size_t i = 0; i < s->keep.count; i++) {
        const char *option = s->keep.items[i];
        size_t count = strlen(names[i]), column = strcspn(option, "=");
        if (!count) return wrong_use(command, "--keep %s: there is no name behind the =", option);
        if (word_among(with->members, names[i]))
            return wrong_use(command,
                             "--keep %s: the answer has a member of that name already; give "
                             "another one, as --keep %.*s=mine",
                             option, (int)column, option);
        for (size_t k = 0; k < i; k++)
            if (strcmp(names[k], names[i]) == 0 && strcmp(s->keep.items[k], option) != 0)
                return wrong_use(command, "--keep %s and --keep %s have the same name",
                                 s->keep.items[k], option);
    }
    return EXIT_DONE;
}

int answers_run(command_index command, const settings *s, const answerer *with, answer_output *out)
{
    const answering a = { s, with, out };
    inputs in;
    const input_batch *batch = NULL;
    int status = inputs_open(command, s, with->model, &in);
    if (status == EXIT_DONE) status = keep_check(command, s, with, in.batch.kept_names);
    while (status == EXIT_DONE) {
        input_outcome outcome = inputs_next(&in, &batch);
        if (outcome == INPUT_FAILED) status = EXIT_FAILED;
        if (outcome != INPUT_BATCH) break;
        status = batch_answer(&a, batch);
    }
    inputs_close(&in);
    return status;
}
