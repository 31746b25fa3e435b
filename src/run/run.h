/* run.h: everything a training run holds beside its trainer: the checkpoint that it starts from,
 * its data, its output folder, what its evaluations measured, its checkpoints.
 *
 *   run_open.h       opens all of it, run_start.h what it takes over from that checkpoint
 *   run_train.h      trains, evaluates, writes
 *   run_series.h     several runs: folds, seeds
 *   checkpointing.h  takes checkpoints, resume.h continues from one
 *   record.h         what a run writes of itself */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "bert.h"
#include "compute/profile.h"
#include "evaluate/baseline.h"
#include "evaluate/evaluate.h"
#include "model/pretrained.h"
#include "run/data_summary.h"
#include "run/journal.h"
#include "run/output.h"
#include "train/trainer.h"

/* Working folder and extra files of a run that belongs to a series. */
typedef struct run_place {
    const char *folder;         /* NULL: the option `output`, which the record names in any case */
    json_t *folds;              /* content of folds.json; NULL: there is none */
    const uint64_t *first_seed; /* of several seeds, the best of which is kept; NULL: of no such
                                   series */
} run_place;

/* What the evaluations on the dev data measured. */
typedef struct run_results {
    evaluation kept;  /* of the weights that will be saved; its metrics NULL: none */
    size_t kept_step; /* after which it was made */
    json_t *all;      /* every evaluation, as record_evaluation() keeps it; NULL: none */
    bool best_known;  /* an epoch has been evaluated; the best one's score: */
    double best_score;
    size_t stale; /* evaluations since the best one */
} run_results;

/* How often a checkpoint is taken; zeros: never. */
typedef struct checkpoint_period {
    size_t steps;
    double seconds;
} checkpoint_period;

typedef struct run_checkpoints {
    checkpoint_period period;
    bool fit;     /* does the disk have room for them? */
    size_t step;  /* after which the last one was taken, */
    double clock; /* and when */
} run_checkpoints;

typedef struct run {
    const bert_train_options *options;
    run_place place;
    const task *task;
    compute *on;
    profile *profile; /* the same device, where the run is profiled; else NULL */

    pretrained start; /* the checkpoint that the run starts from */
    tokenizer *tokenizer;
    config config; /* that checkpoint's, with the labels of this run */
    size_t max_length;

    const dataset *train_data, *dev_data; /* as text; dev_data NULL: there is none */
    bert_task_options dev_options; /* without weights and smoothing: the loss on dev data is plain,
                                      as in a later evaluation */
    examples train, dev;           /* dev.features.count 0: there is none */
    data_summary data;
    baselines baselines; /* on the dev data */

    trainer trainer;
    run_results results;
    output output;
    journal journal;
    bool saved; /* the output holds weights already */
    run_checkpoints checkpoints;
    json_t *digests; /* SHA-256 of model and data */
    json_t *resumed; /* the steps after which the run was resumed; NULL: it was never stopped */
    bool finished;   /* the output holds the end of this run already, and results.kept what that
                        one measured */
} run;

void run_release(run *r);

/* Did as many evaluations as the option `patience` says bring nothing better? */
bool run_patience_over(const run *r);

/* Are steps left to do, or an evaluation after them, which only a wish to stop has prevented? */
bool run_unfinished(const run *r);

#endif
