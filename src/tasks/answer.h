/* answer.h: what the files of the task share. A question and its context are cut into windows, each
 * a unit: the pair of the question and a piece of the context, such as
 * [CLS] question [SEP] piece [SEP]. */
#ifndef TASKS_ANSWER_H
#define TASKS_ANSWER_H

#include "metrics/squad.h"
#include "task/task.h"

/* Where a window's tokens come from, and what it asks. */
typedef struct answer_window {
    uint32_t first, count; /* the sequence's tokens that are of the context: first .. + count - 1 */
    size_t offsets;        /* of them in answer_targets.offsets */
    int32_t span[2];       /* first and last token of the answer; 0, 0: it is not here */
} answer_window;

typedef struct answer_targets {
    answer_window *windows; /* [units] */
    text_range *offsets;    /* bytes of the context that each of its tokens covers */
    size_t window_capacity, offset_count, offset_capacity;
    size_t displaced;   /* answers that do not stand where they should; of them: */
    size_t lost;        /* found nowhere */
    size_t shortened;   /* questions that lost their end */
    char examples[800]; /* the first three displaced ones, in words */
} answer_targets;

bert_status answer_encode(examples *e, size_t row);

/* One of the best spans of a question. */
typedef struct answer_span {
    text_range range; /* bytes of the context */
    float start, end; /* logits */
} answer_span;

enum { ANSWER_BEST = 20 }; /* tokens looked at for either end, and spans that are kept */

/* What a question's windows say together. */
typedef struct answer_found {
    answer_span best[ANSWER_BEST]; /* [count], best first */
    size_t count;
    double null;                   /* the lowest sum of the two logits of [CLS] over the windows */
    size_t windows;                /* that have been looked at */
    bool empty;                    /* is "no answer" the answer? */
    double share[ANSWER_BEST + 1]; /* softmax over the spans, and of null at [count] where the
                                      model knows it */
} answer_found;

double answer_score(const answer_span *span);

/* By how much "no answer" scores above the best span, whose score is 0 where there is none. */
double answer_null_odds(const answer_found *found);

/* The text that stands for the answer; "" where there is none. */
slice answer_text(const examples *e, size_t row, const answer_found *found);

extern const task_decoding answer_decoding; /* answer_best.c */
extern const task_metrics answer_metrics;   /* answer_metrics.c */
bert_status answer_judge(const examples *e, size_t row, const void *answer, verdict *out);

#endif
