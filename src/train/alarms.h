/* alarms.h: what the losses of a run say that its user should hear. */
#ifndef TRAIN_ALARMS_H
#define TRAIN_ALARMS_H

#include "bert.h"

/* Means of losses over parts of a run of `steps`. Start from { .steps = n }. */
typedef struct loss_watch {
    size_t steps;
    double early;  /* mean of the first tenth of the steps (1 to 100 of them) */
    double late;   /* of the last so many, as far as they are done */
    double recent; /* of about the last 20, as an exponential mean */
    bool told;     /* that the loss has risen */
} loss_watch;

/* After each step, from 1. Warns once where the recent losses are above the early ones: the run
 * diverges. */
void loss_watch_step(loss_watch *w, size_t step, double loss, const bert_observer *observer);

/* After the last one. Warns where the loss has not fallen. Runs below 40 steps are not judged. */
void loss_watch_end(const loss_watch *w, const bert_observer *observer);

#endif
