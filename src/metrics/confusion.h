/* confusion.h: counts of true label against answer, and the scores that follow from them (as
 * scikit-learn computes them). */
#ifndef METRICS_CONFUSION_H
#define METRICS_CONFUSION_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct confusion {
    size_t classes;
    uint64_t *counts; /* [classes, classes]: row the true label, column the answer */
    uint64_t total;
} confusion;

bert_status confusion_init(size_t classes, confusion *out);
void confusion_release(confusion *c);
void confusion_add(confusion *c, size_t truth, size_t answer);

double confusion_accuracy(const confusion *c);

/* 0 where a share is of nothing. */
typedef struct class_score {
    double precision, recall, f1;
    uint64_t support; /* truths */
} class_score;

class_score confusion_class(const confusion *c, size_t k);
/* Means over the classes that stand among truths or answers; support: all. */
class_score confusion_macro(const confusion *c);
/* Matthews correlation coefficient for any number of classes (Gorodkin 2004); 0 where it is not
 * defined. */
double confusion_mcc(const confusion *c);

#endif
