/* record.h: what a run writes of itself.
 *
 *   eval_results.json  the metrics on the dev data of the weights that were saved; not there
 *                      without dev data, nor where a run was stopped within an epoch
 *   all_results.json   the same, with train_loss, train_runtime, train_samples_per_second, ...
 *                      as transformers' Trainer names them
 *   run.json           all options, sha256 of model and data, versions, processor; max_length is
 *                      read again when the model is used */
#ifndef TRAIN_RECORD_H
#define TRAIN_RECORD_H

#include "train/run.h"

bert_status record_write(const run *r);

/* The max_length that a model folder was trained with (run.json), or 0 where it does not say. */
bert_status record_max_length(const char *folder, size_t *out);

#endif
