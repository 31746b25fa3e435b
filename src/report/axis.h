/* axis.h: where the marks of a chart's axis stand, and what is written at them. */
#ifndef REPORT_AXIS_H
#define REPORT_AXIS_H

#include <stddef.h>

/* From `low` to `high`, with marks at first, first + step, ..., first + (count - 1) step. The step
 * is 1, 2 or 5 times a power of ten. */
typedef struct axis {
    double low, high; /* low < high */
    double first, step;
    size_t count;
} axis;

/* An axis that reaches from mark to mark over low .. high, with about `about` marks. Where both are
 * equal it reaches over some room around them. */
axis axis_make(double low, double high, size_t about);

/* One for steps and epochs: from `low` to `high` and no further (to low + 1 where they are equal),
 * marks at whole numbers only. */
axis axis_make_whole(double low, double high, size_t about);

/* From 0 at the axis's low end to 1 at its high end; past them it is past 0 and 1. */
double axis_share(const axis *a, double value);

/* What stands at mark `index`, in out [NUMBER_TEXT of markup.h]: as many decimals as the step has,
 * thousands apart, and powers of ten below a thousandth: "0.25", "15,000", "5e-5". */
char *axis_text(const axis *a, size_t index, char *out);

#endif
