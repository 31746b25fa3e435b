/* word_rows.h: the word table in training, of which a step reads the rows of its tokens alone.
 *
 * The other rows have no gradient, yet AdamW moves them: they decay, and what is left of their
 * moments is added. So each row has a count of the steps it has taken, and takes those it missed
 * when it is met again, or when all are wanted (word_rows_settle()). The bits are those of a table
 * whose every row takes every step.
 *
 *     word_rows_zero(w)                      the rows of the step before
 *     word_rows_meet(w, ids, count)          before each pass forward
 *     word_rows_squares(w)                   after the passes backward
 *     word_rows_step(w, &step)
 *
 * A row is at most ADAMW_PAST_MOST steps behind: then all of them catch up. */
#ifndef TRAIN_WORD_ROWS_H
#define TRAIN_WORD_ROWS_H

#include "compute/compute.h"

/* Where the table's gradient is. */
typedef enum word_gradient {
    WORDS_MET, /* in the rows met */
    WORDS_ALL  /* in every row, for the table is the head's too: all of them take each step */
} word_gradient;

typedef struct word_rows {
    compute *on;
    word_gradient reach;
    size_t count, width;                                      /* of the table; count 0: no table */
    float *weights, *gradient, *first_moment, *second_moment; /* [count, width] borrowed */

    arena block; /* WORDS_MET: */
    size_t met_count;
    uint32_t *met;   /* [met_count of count] rows met in this step, each once */
    bool *is_met;    /* [count] */
    uint16_t *taken; /* [count] how many of the past steps a row has taken */
    adamw first;     /* of the past steps, as in adamw_past */
    size_t past_count;
    double rates[ADAMW_PAST_MOST];
} word_rows;

/* Takes the fields up to the second moment from `table`, whose gradient and moments are 0. */
bert_status word_rows_open(const word_rows *table, word_rows *out);
void word_rows_release(word_rows *w);

/* Begins a step: the gradient becomes 0, and no row is met. */
void word_rows_zero(word_rows *w);

/* A pass will read these rows: they take the steps they missed. */
void word_rows_meet(word_rows *w, const int32_t *ids, size_t count);

/* The sum of the gradient's squares. */
double word_rows_squares(word_rows *w);

/* Ends a step: the rows met take it. `step` follows on the one before. */
void word_rows_step(word_rows *w, const adamw *step);

/* All rows take the steps they missed: the weights may be read. */
void word_rows_settle(word_rows *w);

#endif
