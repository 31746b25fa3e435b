/* multilabel.h: scores of answers that are any number of labels each, as scikit-learn computes them
 * (zero_division=0, over all labels), and the thresholds that give the best of them. */
#ifndef METRICS_MULTILABEL_H
#define METRICS_MULTILABEL_H

#include "base/status.h"
#include "metrics/tallies.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counts alone are kept of a row, but of those that are held for multilabel_tune(): of these a
 * float and a bit for each label. */
typedef struct multilabel {
    size_t labels;
    /* [labels + 1]; the last is no label: its truths are the rows, right are those whose labels
     * are all right. */
    label_counts *counts;
    counted_rows rows; /* the same row by row */
    size_t held;
    float *outputs;  /* [held, labels] */
    uint8_t *truths; /* a bit each */
    size_t output_capacity, truth_capacity;
} multilabel;

bert_status multilabel_init(size_t labels, multilabel *out);
void multilabel_release(multilabel *m);

/* Counts a row: a label is answered where its score is above its threshold.
 *   scores, truth, thresholds [labels] */
bert_status multilabel_count(multilabel *m, const float *scores, const bool *truth,
                             const double *thresholds);

/* Holds a row, which multilabel_tune() will count, by its outputs [labels], of which scores are
 * made. On failure the rows are as they were. */
bert_status multilabel_hold(multilabel *m, const float *outputs, const bool *truth);

/* For each label the threshold that gives it the best F1 over the rows held: half way between two
 * neighbouring scores (or the lowest and 0), the highest of equally good ones; 0.5 for a label that
 * is never true. Then counts those rows.
 *   score_of    an output's score, which does not fall where the output rises
 *   thresholds  [labels], out */
bert_status multilabel_tune(multilabel *m, float (*score_of)(float output), double *thresholds);

/* The share of the rows whose labels are all right, by counts [labels + 1]. */
double multilabel_exact(const label_counts *counts, size_t labels);

#endif
