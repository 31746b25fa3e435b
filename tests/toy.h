/* toy.h: a training that takes a moment: a tiny model and sixty made-up texts. */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H

#include "bert.h"
#include "scratch.h"

extern const char toy_model[]; /* its folder */

/* The labels of the model's own head, and others. */
extern const char *const same_labels[3], *const other_labels[3];

/* What an observer heard. */
typedef struct heard {
    char text[8192]; /* notes and warnings, a line each */
    size_t steps, evaluations, stop_after;
    double first_loss, last_loss;
    bert_observer observer;
} heard;

/* Writes sixty texts of three classes that a word decides; returns the path. */
const char *toy_data(void **state, const char *name, const char *const labels[3]);

/* Options of a run on one file, into "out" of the scratch folder, that *h listens to. */
bert_train_options toy_options(void **state, const char *const *train, heard *h);

/* The path of a file in a folder of the scratch folder. */
const char *in_folder(void **state, const char *folder, const char *name);

#endif
