/* tasks.h: all tasks. */
#ifndef TASKS_TASKS_H
#define TASKS_TASKS_H

#include "train/task.h"

#define TASK(name) extern const task task_##name;
#include "tasks/tasks.def"
#undef TASK

/* By --task's name; BERT_ARGUMENT with those that there are. */
bert_status task_by_name(const char *name, const task **out);

/* By what the labels look like; says which and why. A label with a decimal point asks for
 * regression, a column `labels` with a comma anywhere for several labels a text: BERT_UNSUPPORTED,
 * with the way to have them as classes. */
bert_status task_by_data(const dataset *d, const bert_observer *observer, const task **out);

#endif
