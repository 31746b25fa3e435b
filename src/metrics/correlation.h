/* correlation.h: how well predicted numbers follow the true ones.
 *
 *     correlation c = { 0 };
 *     for each row: TRY(correlation_add(&c, prediction, truth));
 *     double pearson = correlation_pearson(&c);
 *
 * Starts zeroed; holds the 16 bytes of every row, for ranks want all of them. One thread's at a
 * time; the functions that read may run side by side. */
#ifndef METRICS_CORRELATION_H
#define METRICS_CORRELATION_H

#include "base/status.h"

#include <stddef.h>

typedef struct correlation_row {
    double prediction, truth;
} correlation_row;

typedef struct correlation {
    correlation_row *rows; /* [count] */
    size_t count, capacity;
} correlation;

/* BERT_MEMORY is the one failure; the rows are then as they were. */
bert_status correlation_add(correlation *c, double prediction, double truth);
void correlation_release(correlation *c);

/* Means over the rows of (prediction - truth)^2 and |prediction - truth|; NAN without rows. */
double correlation_mse(const correlation *c);
double correlation_mae(const correlation *c);

/* Pearson's coefficient, in [-1, 1], as scipy.stats.pearsonr. NAN where it is not defined: fewer
 * than two rows, predictions or truths that are all the same, a value that is NaN or infinite. */
double correlation_pearson(const correlation *c);

/* Spearman's coefficient, in [-1, 1], as scipy.stats.spearmanr: Pearson's of the ranks, where equal
 * values share the mean of theirs. NAN where it is not defined: as above, but infinite values have
 * ranks. Takes room for 32 more bytes a row while it runs; fails with BERT_MEMORY, *out untouched.
 */
bert_status correlation_spearman(const correlation *c, double *out);

#endif
