/* evaluate.h: metrics of a model over examples. */
#ifndef EVALUATE_EVALUATE_H
#define EVALUATE_EVALUATE_H

#include "bert.h"
#include "evaluate/mistakes.h"
#include "evaluate/resamples.h"
#include "task/examples.h"

/* A batch and a tape for passes over examples, as large as they need to be. */
typedef struct eval_room {
    compute *on; /* borrowed */
    batch batch;
    arena batch_block;
    tape tape;
} eval_room;

/* Room for batches of up to `tokens`, or one unit of `e` if that is longer, with the task's head.
 */
bert_status eval_room_open(compute *on, const examples *e, size_t tokens, eval_room *out);
void eval_room_release(eval_room *r);

/* Runs all of the examples forward, batch by batch, and hands the rows' answers to the taker; where
 * the examples are labelled, adds up losses in *loss and what they are divided by in *divisor. p's
 * batch is `room`; observer NULL: no progress is told. */
bert_status examples_run(const pass *p, batch *room, const examples *e,
                         const bert_observer *observer, const answer_taker *taker, double *loss,
                         double *divisor);

/* What is asked of an evaluation beside its metrics. */
typedef struct evaluation_wish {
    bool trained;    /* is it worth a warning where the model tells nothing apart? */
    size_t mistakes; /* at most so many of the worst */
    bool intervals;
    bool verdicts; /* which rows are right */
} evaluation_wish;

typedef struct evaluation {
    json_t *metrics, *files; /* objects; the files' names and values */
    double score;            /* what --keep-best goes by */
    double seconds;          /* it took; 0: before a stop that this run has come after */
    /* The worst answers as mistakes.h has them, an array, the worst first; NULL where none are
     * wished or the task has none. */
    json_t *mistakes;
    resamples resamples; /* of the scores; where intervals are wished */
    bool *right;         /* [rows] where verdicts are wished and answers are right or wrong */
} evaluation;

void evaluation_release(evaluation *e);

/* Metrics with "eval_loss", the task's own, "eval_examples", "truncated_share"; where wished
 * "intervals", {"eval_accuracy": [low, high], ...}, and "interval_resamples". Rows are labelled.
 * Where the observer asks to stop before the last of them, there are none: out->metrics is NULL.
 * The caller releases. */
bert_status evaluate(const pass *p, batch *room, const examples *e, const bert_observer *observer,
                     const evaluation_wish *wish, evaluation *out);

#endif
