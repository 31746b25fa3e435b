/* confusion.h: counts of true label against answer, and the scores that follow from them (as
 * scikit-learn computes them). */
#ifndef TRAIN_CONFUSION_H
#define TRAIN_CONFUSION_H

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
/* Mean over the classes that stand among truths or answers of 2 tp / (2 tp + fp + fn). */
double confusion_macro_f1(const confusion *c);
/* Matthews correlation coefficient for any number of classes (Gorodkin 2004); 0 where it is not
 * defined. */
double confusion_mcc(const confusion *c);

#endif
