/* adamw_numbers.h: what a step multiplies with, rounded to float where PyTorch rounds it: after the
 * arithmetic on Python's doubles, before the tensors'. The same for all variants. */
#ifndef COMPUTE_CPU_KERNELS_ADAMW_NUMBERS_H
#define COMPUTE_CPU_KERNELS_ADAMW_NUMBERS_H

#include "compute/cpu/kernels/kernels.h"

typedef struct adamw_numbers {
    float decay_factor;        /* 1 - learning_rate * decay */
    float rate1, beta2, rate2; /* rate_i = 1 - beta_i */
    float correction2_root, epsilon;
    float step; /* -learning_rate / correction1 */
} adamw_numbers;

static inline adamw_numbers adamw_numbers_of(const adamw_step *s)
{
    return (adamw_numbers){
        .decay_factor = (float)(1.0 - s->learning_rate * s->decay),
        .rate1 = (float)(1.0 - s->beta1),
        .beta2 = (float)s->beta2,
        .rate2 = (float)(1.0 - s->beta2),
        .correction2_root = (float)s->correction2_root,
        .epsilon = (float)s->epsilon,
        .step = (float)(-s->learning_rate / s->correction1),
    };
}

#endif
