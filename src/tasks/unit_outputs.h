/* unit_outputs.h: the decoding of tasks whose rows are one unit each and whose answer is all that
 * the head gives for it: const float *, [sequences of a unit, width of the logits]. */
#ifndef TASKS_UNIT_OUTPUTS_H
#define TASKS_UNIT_OUTPUTS_H

#include "task/task.h"

extern const task_decoding unit_decoding;

#endif
