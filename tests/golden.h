/* golden.h: the tiny models in tests/data/golden and PyTorch's numbers for them, opened for a test.
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "compute/compute.h"
#include "data/batch.h"
#include "model/heads.h"
#include "model/pretrained.h"

/* A model with everything that a forward and backward pass of all its sequences wants. */
typedef struct golden {
    const char *folder;
    compute *on;
    pretrained model;
    param_entry *entries; /* [entry_count] of the encoder and the head */
    size_t entry_count;
    tensor_file *numbers;
    features features;
    int32_t *labels; /* [sequences] */
    batch batch;
    arena batch_block, weights, gradient;
    param_layout layout;
    params params, gradients; /* a writable copy of the weights, and room for their gradients */
    float *weight_data, *gradient_data;
    tape tape;
} golden;

/* For BERT_ISA=`isa`; NULL: the best of this machine. numbers: a folder with model.safetensors. */
void golden_open(golden *g, const char *folder, const char *numbers, const char *isa,
                 bool first_only);
void golden_close(golden *g);

pass golden_pass(golden *g);

/* A tensor of the numbers; fails the test where there is none. */
const float *golden_tensor(const golden *g, const char *name, size_t *count);

/* Largest distance of two tensors over the largest value of `want`. */
double largest_error(const float *have, const float *want, size_t count);

#endif
