/* train_many.h: several trainings instead of one: to measure what one score is worth. Each of them
 * is data_train() with a folder of its own beside the output, as OUTPUT.fold-2 or OUTPUT.seed-43.
 *
 *   folds  each fold is held out once and measured by the model trained on the others, which is
 * then removed; last, the model that is kept is trained on all of the data seeds  the folder of the
 * best seed so far becomes the output; the others are removed
 *
 * A stop between runs, or within one: folds fail and leave nothing; seeds keep what there is. */
#ifndef API_TRAIN_MANY_H
#define API_TRAIN_MANY_H

#include "train/run.h"

/* One training (or dry run). dev without rows: none. *made, NULL or for evaluation_release():
 * the dev metrics of what was saved. */
bert_status data_train(const bert_train_options *options, const task *kind, const dataset *d,
                       const dataset *dev, evaluation *made);

bert_status folds_train(const bert_train_options *options, const task *kind, const dataset *d);
bert_status seeds_train(const bert_train_options *options, const task *kind, const dataset *d,
                        const dataset *dev);

#endif
