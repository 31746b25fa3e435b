/* run_series.h: several trainings instead of one: to measure what one score is worth. Each of them
 * is data_train() in a folder of its own beside the output, as OUTPUT.fold-2 or OUTPUT.seed-43.
 *
 *   folds  each fold is held out once and measured by the model trained on the others; last, the
 *          model that is kept is trained on all of the data, in the output folder
 *   seeds  the folder of the best seed becomes the output
 *
 * What a training that has ended leaves until all have is its folder, without the weights if they
 * are no longer wanted: its measures, and the record by which `resume` knows that it has ended and
 * was the same. So where the series is stopped, killed or fails, going on takes those that have
 * ended from their folders, resumes the one that was at work and begins the others. A wish to stop
 * puts the best seed that has ended (else what there is of the first) in its place meanwhile; going
 * on finds it there. */
#ifndef RUN_RUN_SERIES_H
#define RUN_RUN_SERIES_H

#include "run/run.h"

/* What a training gave. */
typedef struct trained {
    evaluation made; /* the dev metrics of what was saved; its metrics NULL: none */
    bool finished;   /* it was not stopped on the way */
} trained;

/* One training (or dry run). dev without rows: none. The caller releases out->made. */
bert_status data_train(const bert_train_options *options, const task *kind, const dataset *d,
                       const dataset *dev, const run_place *place, trained *out);

bert_status folds_train(const bert_train_options *options, const task *kind, const dataset *d);
bert_status seeds_train(const bert_train_options *options, const task *kind, const dataset *d,
                        const dataset *dev);

#endif
