/* diagnose.h: where numbers that are not finite come from. */
#ifndef TRAIN_DIAGNOSE_H
#define TRAIN_DIAGNOSE_H

#include "train/trainer.h"

/* After the passes of a step whose loss or gradient is not finite, before its update: BERT_NUMERIC
 * with a sentence that names the step, the weight or layer where it begins and the examples that
 * lead there, as far as they can be found one at a time. Writes over the gradient. */
bert_status step_diagnose(trainer *t, const uint32_t *index, size_t count, const bert_event *step);

#endif
