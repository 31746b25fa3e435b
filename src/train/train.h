/* train.h: the training loop. */
#ifndef TRAIN_TRAIN_H
#define TRAIN_TRAIN_H

#include "train/trainer.h"

/* What surrounds the loop: it reports what is done and asks whether to stop. */
typedef struct train_hooks {
    /* A step is done: the weights are updated, the trainer's progress counts it. */
    bert_status (*step_done)(void *context, const bert_event *step);
    /* All steps of an epoch are done: evaluates it. *over false: the evaluation was stopped on the
     * way, and the epoch is not over. */
    bert_status (*epoch_done)(void *context, size_t epoch, bool *over);
    /* Is the training to end here? Asked before each step and after each epoch. */
    bool (*stop)(void *context);
    void *context;
} train_hooks;

/* Text -> ids -> packed batch -> forward -> loss -> backward -> update, from where the trainer's
 * progress stands until the epochs are done, max_steps is reached or a hook says stop.
 * BERT_NUMERIC, before the update, where a loss or gradient is not finite. */
bert_status train(trainer *t, const train_hooks *hooks);

/* Step number event->step, forward, backward and update, of these units; fills the event. */
bert_status train_step(trainer *t, const uint32_t *index, size_t count, bert_event *event);

#endif
