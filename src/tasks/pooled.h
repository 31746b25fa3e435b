/* pooled.h: what the tasks over whole texts share (classify, regress, multilabel): a text or a pair
 * is one unit, or several windows, and its answer is the mean of their logits. */
#ifndef TASKS_POOLED_H
#define TASKS_POOLED_H

#include "task/task.h"

/* Appends row `row` to e->features: one unit, or with e->options->windows as many as its text (a
 * pair's second text) asks for; a pair whose first text leaves them no room is truncated. */
bert_status pooled_encode(examples *e, size_t row);

/* The decoding of such tasks; its answers are const float *: the logits [outputs] of a row, the
 * mean of its windows'. */
extern const task_decoding pooled_decoding;

/* Adds "logits" where the options ask for them. */
bert_status pooled_put_logits(const examples *e, const float *logits, json_t *object);

/* A label whose score an answer gives. */
typedef struct scored_label {
    size_t label;
    float logit;
} scored_label;

/* Those labels: all in their order, or with e->options->top so many, the highest first (of equals
 * the first). The caller frees *out [*count] with free(). */
bert_status pooled_scored(const examples *e, const float *logits, scored_label **out,
                          size_t *count);

/* "balanced" or "label=weight,label=weight,...", as options give weights of labels, into weights
 * [labels]; those not named are 1. Labels may hold "," and "=": where several fit the longest is
 * meant. `balanced` [labels] stands ready for the word. BERT_ARGUMENT for
 * a label that there is not or a weight below 0; `field` is that of bert_task_options. */
bert_status label_weights_parse(const char *text, const config *c, const double *balanced,
                                const char *field, float *weights);

#endif
