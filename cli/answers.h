/* answers.h: the loop of predict, embed and tokenize: a batch in, a line out for each input,
 * flushed before the next batch is waited for. */
#ifndef CLI_ANSWERS_H
#define CLI_ANSWERS_H

#include "answer_output.h"
#include "inputs.h"
#include "json_lines.h"

/* One JSON object being made. */
typedef struct answer {
    json_t *object; /* NULL: memory is exhausted or a number is not finite */
} answer;

typedef struct answerer {
    void *context;
    /* What is computed for a whole batch; NULL: nothing. */
    bert_status (*compute)(void *context, const input_batch *batch);
    /* Fills the answer to one input of the batch computed last. A value that could not be made
     * is set as NULL, which leaves no answer. */
    bert_status (*describe)(void *context, const input_batch *batch, size_t index, answer *out);
    const bert_model *model; /* whose task reads the input; NULL: plain texts */
    const char *members;     /* "label score": what describe() sets, so that --keep must not */
} answerer;

/* Takes `value`, NULL included. */
void answer_set(answer *a, const char *name, json_t *value);

/* Opens what the settings name, answers all of it, and returns the exit status. */
int answers_run(command_index command, const settings *s, const answerer *with, answer_output *out);

#endif
