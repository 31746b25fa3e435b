/* activation_constants.h: the numbers in the activations' formulas, for all variants. */
#ifndef COMPUTE_CPU_KERNELS_ACTIVATION_CONSTANTS_H
#define COMPUTE_CPU_KERNELS_ACTIVATION_CONSTANTS_H

static const float root_half = 0.70710678f;        /* sqrt(1/2) */
static const float normal_density = 0.39894228f;   /* 1 / sqrt(2 pi) */
static const float root_two_over_pi = 0.79788456f; /* sqrt(2 / pi) */
static const float gelu_new_cube = 0.044715f;

#endif
