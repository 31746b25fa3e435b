/* correlation.h: how well predicted numbers follow the true ones.
 *
 *     correlation c = { 0 };
 *     for each row: TRY(correlation_add(&c, prediction, truth));
 *     double pearson = correlation_pearson(&c, NULL);
 *
 * Starts zeroed; holds the 16 bytes of every row, for ranks want all of them. With `weights`
 * [count], row r counts as weights[r] equal rows (metrics/bootstrap.h); NULL: once each. One
 * thread's at a time. */
#ifndef METRICS_CORRELATION_H
#define METRICS_CORRELATION_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct correlation_row {
    double prediction, truth;
} correlation_row;

/* The rows in the order of either number, and room for their ranks: [sorted] each. */
typedef struct correlation_order {
    size_t *predictions, *truths;
    correlation_row *ranks;
} correlation_order;

typedef struct correlation {
    correlation_row *rows; /* [count] */
    size_t count, capacity;
    size_t sorted; /* private, and so is what follows */
    correlation_order order;
} correlation;

/* BERT_MEMORY is the one failure; the rows are then as they were. */
bert_status correlation_add(correlation *c, double prediction, double truth);
void correlation_release(correlation *c);

/* Means over the rows of (prediction - truth)^2 and |prediction - truth|; NAN without rows. */
double correlation_mse(const correlation *c, const uint32_t *weights);
double correlation_mae(const correlation *c, const uint32_t *weights);

/* Pearson's coefficient, in [-1, 1], as scipy.stats.pearsonr. NAN where it is not defined: fewer
 * than two rows, predictions or truths that are all the same, a value that is NaN or infinite. */
double correlation_pearson(const correlation *c, const uint32_t *weights);

/* Spearman's coefficient, in [-1, 1], as scipy.stats.spearmanr: Pearson's of the ranks, where equal
 * values share the mean of theirs. NAN where it is not defined: as above, but infinite values have
 * ranks. The first call sorts the rows and keeps 32 more bytes for each; where that fails it is
 * BERT_MEMORY, *out untouched. Later ones take as long as Pearson's and cannot fail. */
bert_status correlation_spearman(correlation *c, const uint32_t *weights, double *out);

#endif
