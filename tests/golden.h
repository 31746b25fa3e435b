/* golden.h: the tiny models in tests/data/golden and tests/data/heads with PyTorch's numbers for
 * them, opened for a test; and what a test asks of numbers: how far are they?
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "compute/compute.h"
#include "data/batch.h"
#include "model/heads.h"
#include "model/pretrained.h"

typedef struct golden golden;

/* What stands on the encoder and what is asked of it, as a task has it in task/task.h; targets are
 * tensors of the numbers. golden_tasks.h has them all. */
typedef struct golden_task {
    const head *head;
    /* Names the tokens that the head wants, after batch_fill(). NULL: the first of each sequence.
     */
    void (*prepare)(golden *g, const uint32_t *index, size_t count);
    /* By how much the sum of the units' losses is divided. */
    double (*weigh)(const golden *g, const uint32_t *index, size_t count);
    /* After the head's forward pass of units index[0 .. count-1]: adds the sum of their losses to
     * *loss and writes scale times its gradient to the tape's dlogits. */
    void (*loss)(golden *g, const uint32_t *index, size_t count, float scale, double *loss);
} golden_task;

/* A model with everything that a forward and backward pass of all its units wants. */
struct golden {
    const char *folder;
    const golden_task *task;
    compute *on;
    pretrained model;
    param_entry *entries; /* [entry_count] of the encoder and the head */
    size_t entry_count;
    tensor_file *numbers;
    features features;
    uint32_t *every; /* [units] 0, 1, 2, ...: the index of all units */
    batch batch;     /* any of the last layer's rows may be wanted */
    arena batch_block, weights, gradient;
    param_layout layout;
    params params, gradients; /* a writable copy of the weights, and room for their gradients */
    float *weight_data, *gradient_data;
    tape tape;
    dropout_run dropout; /* of golden_pass(); off until a test sets it */
    double squares;      /* of the matrices' gradients, as golden_learn() left them */
};

/* For BERT_ISA=`isa`; NULL: the best of this machine. numbers: a folder with model.safetensors;
 * NULL: folder/numbers. */
void golden_open(golden *g, const char *folder, const char *numbers, const golden_task *task,
                 const char *isa);
void golden_close(golden *g);

pass golden_pass(golden *g);

/* Fills the batch with units index[0 .. count-1], the first being the step's unit first_in_step,
 * and computes the head's outputs. */
void golden_forward(golden *g, const uint32_t *index, size_t count, size_t first_in_step);

/* The loss of a step of these units, its gradient added to g->gradients: `part` units at a time, as
 * training does with --micro-batch. */
double golden_learn(golden *g, const uint32_t *index, size_t count, size_t part);

/* From here on the first so many layers are computed again in backward (model/tape.h). */
void golden_compute_again(golden *g, size_t layers);

/* A tensor of the numbers; fails the test where there is none. */
const float *golden_tensor(const golden *g, const char *name, size_t *count);

/* Largest distance of two tensors over the largest value of `want`. */
double largest_error(const float *have, const float *want, size_t count);

/* |have - want| over |want|, Euclidean norms. */
double norm_error(const float *have, const float *want, size_t count);

/* A distance of one kind: what is allowed, and the largest that was met. */
typedef struct distance {
    const char *what;
    double bound, seen;
    char where[192]; /* it was met */
} distance;

/* Fails the test where `value` is beyond the bound or not a number. */
void distance_check(distance *d, const char *where, double value);

/* The furthest of those kinds that were met. */
void distances_print(const char *from, const distance *d, size_t count);

#endif
