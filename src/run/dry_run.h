/* dry_run.h: what a run would be like, without one. */
#ifndef RUN_DRY_RUN_H
#define RUN_DRY_RUN_H

#include "run/run.h"

/* Takes a few steps, as the run would, times them, and tells what the whole of it would take. The
 * run cannot be trained after it. */
bert_status dry_run(run *r);

#endif
