/* row_key.h: are two rows the same text? Letters' case and white space do not count: texts are
 * compared in lower case (Unicode's), with one blank for each run of white space and none around.
 * Pairs are compared as pairs, sentences word by word. Labels do not take part. */
#ifndef DATA_ROW_KEY_H
#define DATA_ROW_KEY_H

#include "data/dataset.h"

#include <stdint.h>

/* The first half of a SHA-256: texts are the same where their keys are. */
typedef struct row_key {
    uint64_t half[2];
} row_key;

/* How much of a row is looked at. */
typedef enum row_reach {
    REACH_ROW,   /* all of its texts */
    REACH_BUNDLE /* what must not stand in training and dev data both: of questions their context,
                   of choices and compared texts the first one; else all */
} row_reach;

/* keys [d->count] for the caller to free(). */
bert_status row_keys_open(const dataset *d, row_reach reach, row_key **keys);

/* The same of single texts [count]. */
bert_status text_keys_open(const slice *texts, size_t count, row_key **keys);

/* For qsort() and comparisons; 0: the same. */
int row_key_compare(const void *a, const void *b);

/* Has the row a text without a character that is to be seen, or no words? */
bool row_has_empty_text(const dataset_row *row);

/* Has a text nothing but white space, or nothing at all? */
bool text_is_blank(slice text);

#endif
