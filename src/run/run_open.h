/* run_open.h: opening a training run. */
#ifndef RUN_RUN_OPEN_H
#define RUN_RUN_OPEN_H

#include "run/run.h"

/* Opens a run for the training data `d` and the dev data (NULL: none), which outlive the run, as
 * does what `place` points at. A dry run has no output and no journal. Where the checkpoint has a
 * head for the same labels it is kept, else a fresh one is drawn, and the observer hears which. On
 * failure nothing remains. */
bert_status run_open(const bert_train_options *options, const task *kind, const dataset *d,
                     const dataset *dev, const run_place *place, run *r);

#endif
