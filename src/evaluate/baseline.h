/* baseline.h: what the dev data's score is worth: that of cheap rivals on the same data.
 *
 *   majority       the commonest answer, whatever the text
 *   bag_of_words   which words a text has, whatever their order
 *
 * A task names its rivals (task.h) or has none. They are counted by the task's own metrics. */
#ifndef EVALUATE_BASELINE_H
#define EVALUATE_BASELINE_H

#include "evaluate/evaluate.h"

/* {"majority":{"eval_accuracy":.., .., "score":..},"bag_of_words":{..}}: the numbers among the
 * task's metrics, and the one that the task goes by. NULL: the task has no rivals. */
typedef struct baselines {
    json_t *metrics;
    double best;        /* the higher of their scores */
    const char *winner; /* whose it is: "majority" */
    const char *member; /* the score among the metrics: "eval_accuracy" */
} baselines;

void baselines_release(baselines *b);

/* Fits the rivals to `trained` and scores them on `dev`; says their scores in a note. */
bert_status baselines_measure(const examples *trained, const examples *dev, uint64_t seed,
                              const bert_observer *observer, baselines *out);

/* Says a model's score, of its metrics, beside them, as a warning where it is not above the better
 * one by more than a standard error: the root of s (1 - s) / rows, as of a share s of dev rows that
 * are right, or where it has none that is defined. */
void baselines_compare(const baselines *b, const json_t *metrics, size_t rows,
                       const bert_observer *observer);

#endif
