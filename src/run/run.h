/* run.h: everything a training run holds, opened in one place and given back in one. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "bert.h"
#include "compute/profile.h"
#include "data/sampler.h"
#include "evaluate/baseline.h"
#include "evaluate/evaluate.h"
#include "model/pretrained.h"
#include "run/data_summary.h"
#include "run/journal.h"
#include "run/output.h"
#include "task/examples.h"
#include "train/alarms.h"
#include "train/optimizer.h"
#include "train/plan.h"
#include "train/schedule.h"

/* How often a checkpoint is taken; zeros: never. */
typedef struct checkpoint_period {
    size_t steps;
    double seconds;
} checkpoint_period;

/* Where a run works that is one of several, and what its folder holds beside the rest. */
typedef struct run_place {
    const char *folder;         /* NULL: the option `output`, which the record names in any case */
    json_t *folds;              /* what folds.json is to hold; NULL: there is none */
    const uint64_t *first_seed; /* of several seeds, of which the best is kept; NULL: of no such */
} run_place;

typedef struct run {
    const bert_train_options *options;
    run_place place;
    const task *task;
    compute *on;
    profile *profile; /* the same, where it is to be profiled; else NULL */

    pretrained start; /* the checkpoint the run begins from */
    tokenizer *tokenizer;
    config config;        /* the checkpoint's, with this run's labels and dropout */
    param_entry *entries; /* [entry_count] of `config` */
    size_t entry_count;
    params params, gradients; /* the trainable in `weights` and the optimizer's gradient; the frozen
                                 in the checkpoint's map */
    size_t frozen;            /* as param_layout_init() has it */
    param_layout layout;
    arena weights;
    float *weight_data;

    size_t max_length;
    const dataset *train_data, *dev_data; /* as text; dev_data NULL: there is none */
    bert_task_options dev_options; /* without weights and smoothing: the loss on dev data is plain,
                                      as that of an evaluation afterwards */
    examples train, dev;           /* dev.features.count 0: there is none */
    data_summary data;
    baselines baselines; /* on the dev data */
    sampler sampler;
    plan plan;        /* how a step is cut, and what is kept of it */
    pass_sizes sizes; /* of a part of it, and of the dev data's batches */
    schedule schedule;
    optimizer optimizer;
    batch batch;
    arena batch_block;
    tape tape;
    dropout_run dropout; /* its key is set step by step */

    output output;
    journal journal;
    evaluation evaluation; /* of what will be saved; its metrics NULL: none */
    size_t evaluated_step; /* after which they were taken */
    json_t *evaluations;   /* all there were, as record_evaluation() keeps them; NULL: none */
    bool best_known;       /* an epoch has been evaluated; the best one's: */
    double best_score;
    size_t stale;                   /* evaluations since */
    bool saved;                     /* weights are in the output already */
    size_t steps_done, epochs_done; /* epochs whose evaluation is done too */
    double loss_sum, seconds;       /* over all steps */
    loss_watch losses;
    size_t tokens, examples_seen;

    json_t *digests; /* SHA-256 of model and data */
    checkpoint_period checkpoint_period;
    bool checkpoints_fit;    /* is there room for them? */
    size_t checkpoint_step;  /* of the last one, */
    double checkpoint_clock; /* and when it was taken */
    json_t *resumed;         /* the steps after which the run went on; NULL: never stopped */
    bool finished;           /* the output holds its end already, and `evaluation` what that one
                                measured */
} run;

/* Opens all of it for the training data `d` and the dev data (NULL: none), which outlive the run.
 * A dry run has no output and no journal. What `place` points at outlives the run, too. Where the
 * checkpoint has a head for the same labels it is kept, else a fresh one is drawn (normal, 0.02;
 * zero bias), and the observer hears which. On failure nothing remains. */
bert_status run_open(const bert_train_options *options, const task *kind, const dataset *d,
                     const dataset *dev, const run_place *place, run *r);
void run_release(run *r);

/* A forward or backward pass of the run's batch. */
pass run_pass(run *r, bool with_dropout);

/* Units index[0 .. count-1], of which the first is number `first` of its step, forward as training
 * does it: fills the run's batch, adds the sum of their losses to *loss and leaves scale times its
 * gradient in the tape. */
void run_forward(run *r, const pass *p, const uint32_t *index, size_t count, size_t first,
                 double scale, double *loss);

/* Writes the weights as they are now into the output folder. */
bert_status run_save_weights(run *r);

/* The epochs that the run's steps reach into. */
size_t run_epochs(const run *r);

/* Have as many evaluations as the option `patience` says brought nothing better? */
bool run_patience_over(const run *r);

/* Are steps left to do, or an evaluation after them, that nothing but a wish to stop has kept it
 * from? */
bool run_unfinished(const run *r);

/* Writes what else belongs to the folder and puts it in its place. */
bert_status run_finish(run *r);

#endif
