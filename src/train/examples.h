/* examples.h: the labelled examples of a file in the form training and evaluation want: ids and
 * targets. */
#ifndef TRAIN_EXAMPLES_H
#define TRAIN_EXAMPLES_H

#include "bert.h"
#include "data/features.h"
#include "model/config.h"
#include "text/tokenizer.h"
#include "train/task.h"

typedef struct examples {
    features features;
    void *targets;
    const task *task;
} examples;

/* The public names of columns, as a dataset takes them. */
dataset_columns columns_of(const bert_columns *columns);

/* Tokenizes every row and asks the task for its targets. `what` names the data in what is said of
 * truncated texts. */
bert_status examples_open(const dataset *d, const task *kind, const config *c, const tokenizer *t,
                          size_t max_length, const char *what, const bert_observer *observer,
                          examples *out);
void examples_release(examples *e);

#endif
