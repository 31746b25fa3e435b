/* run_start.h: what a run takes over from the checkpoint that it starts from. */
#ifndef RUN_RUN_START_H
#define RUN_RUN_START_H

#include "run/run.h"

/* Fills r->config: the checkpoint's configuration, with the labels of the training data.
 * Decides whether the checkpoint's head is kept, and says so; a head that is not kept is forgotten
 * in r->start. */
bert_status config_choose(run *r);

/* Says which tensors of the model's folder are not used, and what was assumed about its tokenizer.
 */
void start_tell(const run *r);

#endif
