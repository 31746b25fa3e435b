/* dry_run.h: what a run would be like, without one. */
#ifndef RUN_DRY_RUN_H
#define RUN_DRY_RUN_H

#include "run/run.h"

/* Tells a BERT_EVENT_DATA: data_summary_json() with "task", "max_length" and "memory" as in
 * run.json, and, where it is not NULL, "time", which this takes over. */
bert_status data_tell(const run *r, json_t *time);

/* Takes a few steps, as the run would, times them, and tells what the whole of it would take. The
 * run cannot be trained after it. */
bert_status dry_run(run *r);

#endif
