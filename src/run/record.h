/* record.h: what a run writes of itself.
 *
 *   eval_results.json  the metrics on the dev data of the weights that were saved; not there
 *                      without dev data, nor where a run was stopped within an epoch
 *   all_results.json   the same, with train_loss, train_runtime, train_samples_per_second, ...
 *                      as transformers' Trainer names them
 *   run.json           all options, sha256 of the model's files and of the data's, versions,
 *                      processor, what was planned for its memory, the data's summary
 *                      (data_summary.h), the baselines' metrics (baseline.h), the numbers of every
 *                      evaluation
 *   report.html, README.md
 *                      the same for people (report/report.h) */
#ifndef RUN_RECORD_H
#define RUN_RECORD_H

#include "run/run.h"

/* Keeps what an evaluation came to, but for its tables: {"epoch", "step", "metrics"}. */
bert_status record_evaluation(run *r, size_t epoch, json_t *metrics);

bert_status record_write(const run *r);

/* The parts of run.json that tell whether two runs are one: all options; SHA-256 of every file of
 * weights and of data; versions and processor. The first two become members of `object`; the caller
 * releases *out. */
bert_status record_options(const run *r, json_t *object);
bert_status record_usual_options(const run *r, json_t *object); /* where nothing was chosen */
bert_status record_machine(json_t *object);
bert_status record_digests(const run *r, json_t **out);

/* Reports a BERT_EVENT_DATA: data_summary_put() with "task", "max_length" and "memory" as in
 * run.json, and, where it is not NULL, "time", which this takes over. */
bert_status record_data_tell(const run *r, json_t *time);

/* What the run trains on, as config.json tells it (model/trained_as.h); borrowed from the run. */
trained_as record_trained_as(const run *r);

/* The same of a folder whose config.json does not say, from run.json, where older versions had it;
 * zeros where that does not say either. */
bert_status record_read(const char *folder, trained_as *out);

#endif
