/* checkpointing.h: when a run takes a checkpoint, and taking it.
 *
 * The parts of a checkpoint (checkpoint.h has the bytes):
 *
 *   state          one JSON object: steps and epochs done; sums over them (loss, seconds, tokens,
 *                  examples); the best score so far, and how many evaluations ago; the last
 *                  evaluation; all options, the SHA-256 of model and data, versions and processor
 *   weights        float32, in the order of the run's param_layout (model/params.h)
 *   first_moment   AdamW's, in the same order
 *   second_moment
 *   train_log      what the run's train_log.jsonl and timings.jsonl hold
 *   timings
 *   best           model.safetensors of the best epoch, where --keep-best has one
 *
 * No generator has a state of its own (base/rng.h): the schedule, dropout and the order of the
 * examples are functions of the seed, the step and the epoch. So a resumed run writes the bytes of
 * one that was never stopped, with any number of threads. */
#ifndef RUN_CHECKPOINTING_H
#define RUN_CHECKPOINTING_H

#include "run/run.h"

/* "500" steps, or a time: "90s", "30min", "2h"; "never". BERT_ARGUMENT for another text. */
bert_status checkpoint_period_parse(const char *text, checkpoint_period *out);

/* Is there room for checkpoints beside a model of `model_bytes`? Where not, it is said and none is
 * taken. */
void checkpoints_plan(run *r, size_t model_bytes);

/* Takes one where the period since the last is over. Between steps. */
bert_status checkpoint_when_due(run *r);

/* Takes one now, if there is room for any. */
bert_status checkpoint_take(run *r);

#endif
