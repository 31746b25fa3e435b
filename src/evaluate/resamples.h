/* resamples.h: a task's scores over many resamples of its rows, and the intervals that follow. */
#ifndef EVALUATE_RESAMPLES_H
#define EVALUATE_RESAMPLES_H

#include "metrics/bootstrap.h"
#include "task/task.h"

typedef struct resamples {
    score_list scores; /* over all rows, each once: names, values, directions */
    size_t count;
    double *values; /* [scores, count]; NAN where one is not defined */
} resamples;

/* After metrics_put(). Resample i has the same rows for every model (bootstrap_draw()). 4 bytes a
 * row while it runs. The caller releases. */
bert_status resamples_make(const examples *e, void *metrics, resamples *out);
void resamples_release(resamples *r);

/* {"eval_accuracy": [low, high], ...}, the middle 95 %; null for a score that is never defined. The
 * caller's. */
bert_status resamples_intervals(const resamples *r, json_t **out);

/* [low, high] of values [count], which are put in order; null where none is finite. */
json_t *interval_json(double *values, size_t count);

#endif
