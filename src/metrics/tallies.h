/* tallies.h: how often labels are true, answered, and both; the scores that follow from this alone;
 * and what each row adds to it, so that the scores can be had again for rows that count several
 * times or not at all (metrics/bootstrap.h). */
#ifndef METRICS_TALLIES_H
#define METRICS_TALLIES_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* How often a label is answered rightly, answered, and true. */
typedef struct label_counts {
    uint64_t right, answers, truths;
} label_counts;

/* 0 where a share is of nothing. */
typedef struct class_score {
    double precision, recall, f1;
    uint64_t support; /* truths */
} class_score;

typedef enum macro_over {
    MACRO_ALL, /* the mean over all labels */
    MACRO_MET  /* over those that stand among truths or answers */
} macro_over;

/* All of them as scikit-learn has them, with zero_division=0.  counts [labels] */
class_score counts_score(label_counts n);
class_score counts_micro(const label_counts *counts, size_t labels);
class_score counts_macro(const label_counts *counts, size_t labels, macro_over over);
/* Where each example has one label and one answer: the share of right ones, and the Matthews
 * correlation coefficient for any number of classes (Gorodkin 2004); 0 where they are not defined.
 */
double counts_accuracy(const label_counts *counts, size_t labels);
double counts_mcc(const label_counts *counts, size_t labels);

/* What one row adds to one label. */
typedef struct row_counts {
    uint32_t label, right, answers, truths;
} row_counts;

/* Starts zeroed. 16 bytes for every label that a row touches, and 8 a row. */
typedef struct counted_rows {
    row_counts *items; /* row r's are items[ends[r - 1]] .. items[ends[r] - 1] */
    size_t *ends;      /* [count] */
    size_t count, item_count;
    size_t item_capacity, end_capacity;
} counted_rows;

void counted_rows_release(counted_rows *r);

/* Adds to what the row at hand has of a label; ends the row. BERT_MEMORY is the one failure. */
bert_status counted_rows_add(counted_rows *r, row_counts n);
bert_status counted_rows_end(counted_rows *r);

/* A whole row that has one true label and one answer. */
bert_status counted_rows_answer(counted_rows *r, size_t truth, size_t answer);

/* sums [labels] = all rows' counts added up, row r's weights[r] times.  weights [count]; NULL: once
 */
void counted_rows_sum(const counted_rows *r, const uint32_t *weights, label_counts *sums,
                      size_t labels);

#endif
