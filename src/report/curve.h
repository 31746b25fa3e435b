/* curve.h: a run's log as curves of about a thousand points, however long it is.
 *
 * A curve holds at most CURVE_POINTS points, each the mean, least and most of `width` values that
 * stand one after the other. When a value finds no room, points are joined two by two and the width
 * doubles: nothing need be known of the length, and memory does not grow with it. */
#ifndef REPORT_CURVE_H
#define REPORT_CURVE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { CURVE_POINTS = 1024 };

typedef struct curve {
    double x[CURVE_POINTS], mean[CURVE_POINTS]; /* means of so many values */
    double least[CURVE_POINTS], most[CURVE_POINTS];
    size_t values[CURVE_POINTS]; /* `width`, in the last one perhaps fewer */
    size_t count, width;         /* points; a zeroed curve is an empty one */
} curve;

void curve_add(curve *c, double x, double value);

/* out [c->count]: means over some neighbours on both sides (a fiftieth of the points, at least 2),
 * the nearer the heavier, each point as heavy as it has values. */
void curve_smooth(const curve *c, double *out);

/* Over all values, at least one. */
double curve_least(const curve *c);
double curve_most(const curve *c);

typedef struct log_curves {
    curve loss, learning_rate, gradient_norm; /* over the steps */
} log_curves;

/* Adds the lines of a train_log.jsonl (run/journal.h) to zeroed curves, one line in memory at a
 * time. A line that is none of it is BERT_FORMAT, with file and line. */
bert_status log_curves_read(const char *path, log_curves *out);

#endif
