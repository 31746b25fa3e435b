/* label_tally.h: how often each label stands in some rows. */
#ifndef TASK_LABEL_TALLY_H
#define TASK_LABEL_TALLY_H

#include "data/row_key.h"
#include "task/task.h"

typedef struct label_count {
    slice name; /* the tally's own, ended by NUL */
    size_t count;
} label_count;

/* Starts zeroed. */
typedef struct label_tally {
    label_count *items; /* [count] ordered by their bytes */
    size_t count, capacity;
} label_tally;

/* NULL: it is not among them. */
const label_count *label_tally_find(const label_tally *l, slice name);
/* Of all of the examples' rows; nothing for a task whose labels are no names. */
bert_status label_tally_take(const examples *e, label_tally *out);
/* Labels that differ from another by nothing but case and blanks (data/row_key.h), or that are the
 * same number (0, 0.0): how many, and the first two of them, which are alike. */
typedef struct label_likes {
    size_t count;
    slice first, second; /* borrowed from the tally */
} label_likes;

bert_status label_tally_likes(const label_tally *l, label_likes *out);

void label_tally_release(label_tally *l);

#endif
