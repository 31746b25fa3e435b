/* trainer.h: what changes while a model is trained, and the numbers of one step.
 *
 *     examples -> sampler -> batch -> forward -> loss -> backward -> optimizer -> weights
 *
 * A trainer knows no files: what a run writes stands above it, in src/run. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "bert.h"
#include "compute/profile.h"
#include "data/sampler.h"
#include "model/pretrained.h"
#include "task/examples.h"
#include "train/alarms.h"
#include "train/optimizer.h"
#include "train/plan.h"
#include "train/schedule.h"

/* What the steps so far add up to. A checkpoint keeps all of it. */
typedef struct train_progress {
    size_t steps_done, epochs_done; /* an epoch is done once it has been evaluated */
    double loss_sum, seconds;       /* over all steps */
    size_t tokens, examples_seen;
    loss_watch losses;
} train_progress;

/* What a trainer works on. All of it is borrowed and outlives the trainer. */
typedef struct trainer_request {
    const bert_train_options *options;
    const task *task;
    compute *on;
    profile *profile;            /* times the operations of `on`; NULL: not wanted */
    const config *config;        /* of the model that is trained */
    const pretrained *start;     /* the checkpoint that it starts from */
    const examples *train, *dev; /* dev without units: there are none */
    size_t data_bytes;           /* memory that the texts and their ids take */
} trainer_request;

typedef struct trainer {
    trainer_request of;
    param_entry *entries; /* [entry_count] of the configuration */
    size_t entry_count;
    params params, gradients; /* trainable ones in `weights` and in the optimizer's gradient, frozen
                                 ones in the checkpoint's map */
    size_t frozen;            /* as param_layout_init() takes it */
    param_layout layout;
    arena weights;
    float *weight_data; /* [layout.count] in `weights` */

    sampler sampler;
    schedule schedule;
    plan plan;        /* how a step is cut into parts, and what is kept of a forward pass */
    pass_sizes sizes; /* of a part, and of the dev data's batches */
    optimizer optimizer;
    batch batch;
    arena batch_block;
    tape tape;
    dropout_run dropout; /* its key is set in each step */
    train_progress progress;
} trainer;

/* Plans the training: order of the examples, schedule, layout of the weights, memory. The large
 * memory is taken by trainer_fill(). The caller releases, after a failure too. */
bert_status trainer_open(const trainer_request *request, trainer *out);

/* Takes the memory and fills the weights: those of the checkpoint, and fresh ones (normal, 0.02;
 * zero bias) for a head that it lacks. Afterwards `start` holds only what frozen weights need. */
bert_status trainer_fill(trainer *t, pretrained *start);

void trainer_release(trainer *t);

/* Bytes of all weights, frozen ones included, as float32. */
size_t trainer_weight_bytes(const trainer *t);

/* The epochs that the trainer's steps reach into. */
size_t trainer_epochs(const trainer *t);

/* Begins a step of so many backward passes: what gradients hold from the step before is dropped. */
void trainer_begin_step(trainer *t, size_t passes);

/* A forward or backward pass of the trainer's batch. */
pass trainer_pass(trainer *t, bool with_dropout);

/* Units index[0 .. count-1], of which the first is number `first` of its step, forward as training
 * does it: fills the batch, adds the sum of their losses to *loss and leaves scale times its
 * gradient in the tape. */
void trainer_forward(trainer *t, const pass *p, const uint32_t *index, size_t count, size_t first,
                     double scale, double *loss);

/* trainer_plan.c: fills t->plan and t->sizes, and says what was chosen. */
bert_status trainer_plan(trainer *t);

#endif
