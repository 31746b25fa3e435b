/* dataset.h: the labelled examples of one or several files, in memory, as text. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Column names; NULL means: find it. What the first of several files has decides; the others must
 * have columns of the same names. Found in this order:
 *   text and pair  sentence1 + sentence2, premise + hypothesis, question1 + question2,
 *                  question + sentence, text_a + text_b;
 *   then alone     text, sentence, review, content, question
 *   label          label, labels, intent, category, class, sentiment, score
 * A given text without a given pair means a single text; a given pair without a given text looks
 * for the text it belongs to, then for one alone. */
typedef struct dataset_columns {
    const char *text, *pair, *label;
} dataset_columns;

typedef struct dataset_row {
    slice text, pair; /* pair.bytes == NULL: a single text */
    slice label;      /* label.bytes == NULL: not asked for */
    size_t line;      /* in its file, from 1 */
    const char *path;
} dataset_row;

typedef struct dataset {
    dataset_row *rows; /* [count]; texts are borrowed from the dataset */
    size_t count;
    const char *text_column, *pair_column,
        *label_column; /* as found in the first file; NULL where there is none; borrowed */
    struct dataset_storage *storage;
} dataset;

/* Reads every row of the files, one after another, at most `limit` in all (0: no limit). Failures:
 * BERT_IO, BERT_FORMAT, BERT_DATA with path and line; a column that is not there is answered with
 * the columns that are; an empty label field (where labels are wanted) and a file without rows are
 * BERT_DATA. Text may be empty. The caller releases. */
bert_status dataset_open(const char *const *paths, size_t path_count,
                         const dataset_columns *columns, bool with_labels, size_t limit,
                         dataset *out);
void dataset_release(dataset *d); /* a zeroed one is left alone */

#endif
