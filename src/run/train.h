/* train.h: the training loop. */
#ifndef RUN_TRAIN_H
#define RUN_TRAIN_H

#include "run/run.h"

/* Text -> ids -> packed batch -> forward -> loss -> backward -> update, until the epochs are done,
 * max_steps is reached or the observer asks to stop; then the output folder is written.
 * BERT_NUMERIC, before the update, where a loss or gradient is not finite. After a failure the
 * folder is written too where --keep-best has saved an epoch. */
bert_status train(run *r);

/* Step number event->step, forward, backward and update, of these units; fills the event. */
bert_status train_step(run *r, const uint32_t *index, size_t count, bert_event *event);

#endif
