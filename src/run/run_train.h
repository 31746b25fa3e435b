/* run_train.h: a run from its first step to its folder. */
#ifndef RUN_RUN_TRAIN_H
#define RUN_RUN_TRAIN_H

#include "run/run.h"

/* Trains until the epochs are done, max_steps is reached, patience is over or the observer asks to
 * stop; evaluates on the dev data before the first epoch and after every one; takes checkpoints;
 * then writes the output folder. After a failure (BERT_NUMERIC: a loss or gradient is not finite)
 * the folder is written too where --keep-best has saved an epoch. */
bert_status run_train(run *r);

#endif
