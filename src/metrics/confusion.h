/* confusion.h: counts of true label against answer. The scores that follow from them are
 * tallies.h's. */
#ifndef METRICS_CONFUSION_H
#define METRICS_CONFUSION_H

#include "base/status.h"
#include "metrics/tallies.h"

#include <stddef.h>
#include <stdint.h>

typedef struct confusion {
    size_t classes;
    uint64_t *counts;   /* [classes, classes]: row the true label, column the answer */
    label_counts *sums; /* [classes] of its rows and columns */
    uint64_t total;
} confusion;

bert_status confusion_init(size_t classes, confusion *out);
void confusion_release(confusion *c);
void confusion_add(confusion *c, size_t truth, size_t answer);

#endif
