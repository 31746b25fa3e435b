/* tasks.h: all tasks. */
#ifndef TASKS_TASKS_H
#define TASKS_TASKS_H

#include "task/task.h"

#define TASK(name) extern const task task_##name;
#include "tasks/tasks.def"
#undef TASK

/* In the order of tasks.def; NULL from their number on. */
const task *task_at(size_t index);

/* The task that a model without a trained head is taken for, before there are data. */
const task *task_usual(void);

/* By --task's name; BERT_ARGUMENT with those that there are. */
bert_status task_by_name(const char *name, const task **out);

/* By the form of the data and what the labels look like; says which and why. */
bert_status task_by_data(const dataset *d, const bert_observer *observer, const task **out);

/* What a model folder is for: by the class and the problem that config.json names, and the weights
 * that are there. NULL: it has no trained head. */
const task *task_of_model(const config *c, unsigned parts);

#endif
