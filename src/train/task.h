/* task.h: what a task must give, and all that training, evaluation and prediction know of it.
 * A task is one file in src/tasks and one line in tasks.def. */
#ifndef TRAIN_TASK_H
#define TRAIN_TASK_H

#include "base/status.h"
#include "data/dataset.h"
#include "model/network.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* How a call speaks while it runs: bert.h's observer. */
typedef struct bert_observer bert_observer;

/* Labels in the order of their logits. */
typedef struct label_names {
    char **names; /* [count] */
    size_t count;
} label_names;

void label_names_release(label_names *labels);

typedef struct task {
    const char *name;         /* as --task names it */
    const char *problem_type; /* in config.json */
    const char *class_name;   /* transformers' class for such a model */

    /* The labels that training data hold, in order; says what is odd about them. The caller
     * releases. */
    bert_status (*labels_find)(const dataset *d, const bert_observer *observer, label_names *out);

    /* What each example asks, as the task keeps it: an object for targets_free(). A label that the
     * configuration does not have is BERT_DATA with file and line. */
    bert_status (*targets_open)(const dataset *d, const config *c, void **targets);
    void (*targets_free)(void *targets);

    /* From a batch to logits, and from the tape's dlogits to gradients. */
    void (*forward)(const pass *p);
    void (*backward)(const pass *p, params *gradients);

    /* After forward, for examples index[0 .. count-1] of the targets: adds the sum of their losses
     * to *loss and writes scale times its gradient to the tape's dlogits. scale 0: no gradient is
     * wanted. */
    void (*loss)(const pass *p, const void *targets, const uint32_t *index, size_t count,
                 double scale, double *loss);

    /* Metrics of many batches: an object for metrics_free(). */
    bert_status (*metrics_open)(const config *c, void **metrics);
    void (*metrics_free)(void *metrics);
    bert_status (*metrics_add)(void *metrics, const pass *p, const void *targets,
                               const uint32_t *index, size_t count);
    /* Adds the task's members to a JSON object, names beginning with "eval_" where transformers has
     * them. */
    void (*metrics_put)(const void *metrics, const config *c, json_t *object);
    /* What --keep-best goes by: more is better. */
    double (*metrics_score)(const void *metrics);
    /* Says aloud what a user should worry about. */
    void (*metrics_warn)(const void *metrics, const config *c, const bert_observer *observer);
} task;

#endif
