/* differences.h: an operation's backward against the finite differences of its forward. */
#ifndef TESTS_DIFFERENCES_H
#define TESTS_DIFFERENCES_H

#include "compute/compute.h"

/* One operation under test: forward computes y from the inputs; objective is weighted(y, dy). */
typedef struct trial {
    compute *on;
    float *input[6];
    size_t count[6];    /* of each input */
    float *gradient[6]; /* NULL: not compared */
    float *y, *dy;
    size_t outputs;
    void (*forward)(struct trial *t);
    void (*backward)(struct trial *t);
} trial;

/* An input of random numbers whose gradient begins at zero. */
void trial_input(trial *t, size_t which, size_t count);
void trial_output(trial *t, size_t count);
/* Compares, and frees inputs and outputs. */
void trial_run(trial *t);

/* On the reference, and on the best instruction set. */
void each_device(void (*run)(compute *on));

#endif
