/* bootstrap.h: how far a score might be off for want of data (Efron 1979). The rows are drawn anew,
 * as many as there are, each draw any of them; the score over these is one that other rows might
 * have given. The middle 95 % of many such scores are the interval (percentile bootstrap).
 *
 *     for (size_t i = 0; i < resamples; i++) {
 *         bootstrap_draw(i, rows, weights);
 *         values[i] = the score where row r counts weights[r] times;
 *     }
 *     interval = bootstrap_interval(values, resamples);
 */
#ifndef METRICS_BOOTSTRAP_H
#define METRICS_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

/* How often each row is drawn in `rows` draws: a function of resample and rows alone, the same bits
 * each time, so two models' scores over one resample can be compared.  weights [rows], out */
void bootstrap_draw(size_t resample, size_t rows, uint32_t *weights);

/* 1,000 resamples, or as many as make 5e7 rows (some seconds), but at least 100. */
size_t bootstrap_resamples(size_t rows);

typedef struct interval {
    double low, high;
} interval;

/* The 2.5th and 97.5th percentile, as numpy's (linear between neighbours). Values that are not
 * finite are left out: a resample where a score is not defined says nothing of it. Without any
 * value both are NAN.  values [count] are put in order */
interval bootstrap_interval(double *values, size_t count);

#endif
