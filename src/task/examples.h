/* examples.h: rows of data as units and targets, by their task. */
#ifndef TASK_EXAMPLES_H
#define TASK_EXAMPLES_H

#include "task/task.h"

/* The public names of columns, as a dataset takes them. */
dataset_columns columns_of(const bert_columns *columns);

/* `given` names task, options, configuration, tokenizer, max_length, rows and `labelled`; all
 * rows are encoded. BERT_ARGUMENT where the stride does not fit. `what` names the data in what is
 * said of truncated texts; NULL: nothing is said. The caller releases. */
bert_status examples_open(const examples *given, const char *what, const bert_observer *observer,
                          examples *out);
void examples_release(examples *e);

/* The most tokens that batches of up to `tokens` want of the last layer; 0: one a sequence. */
size_t examples_wanted(const examples *e, size_t tokens);

/* The numbers 0, 1, ..., count - 1, for the caller to free(). */
bert_status examples_order(size_t count, uint32_t **out);

#endif
