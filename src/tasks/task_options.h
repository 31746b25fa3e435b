/* task_options.h: which tasks take which of bert_task_options. An option that a task does not take
 * is refused: nobody sets one for nothing. */
#ifndef TASKS_TASK_OPTIONS_H
#define TASKS_TASK_OPTIONS_H

#include "task/task.h"

/* BERT_ARGUMENT where an option is given and out of bounds, before the task is known. 0,
 * false, NULL and the default value all mean "not given". */
bert_status task_options_bounds(const bert_task_options *given);

/* BERT_ARGUMENT where an option is given that the task does not take, with the tasks that do, and
 * where one that it takes is out of bounds, given or not. `source` says where
 * the task comes from: "found from the data"; NULL: the caller named it. */
bert_status task_options_check(const task *kind, const bert_task_options *o, const char *source);

/* BERT_ARGUMENT where a stride is given and no windows are cut. `windows`: are they asked for, here
 * or when the model was trained? */
bert_status task_stride_check(const task *kind, size_t stride, bool windows);

#endif
