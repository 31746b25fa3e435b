/* resume.h: continuing a run from its newest good checkpoint (checkpointing.h). */
#ifndef RUN_RESUME_H
#define RUN_RESUME_H

#include "run/run.h"

/* Opens the journal of a run whose weights and data are open. With the option `resume` the run then
 * stands where the newest good checkpoint left it; damaged ones are passed over with a warning, and
 * where there is none it begins anew and says so. BERT_ARGUMENT, naming both values, where options,
 * model or data are not those that it was begun with. r->finished: the output folder holds the
 * run's end already. */
bert_status run_begin(run *r);

#endif
