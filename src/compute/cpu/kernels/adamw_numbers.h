/* adamw_numbers.h: what a step multiplies with, rounded to float where PyTorch rounds it: after the
 * arithmetic on Python's doubles, before the tensors'. The same for all variants. */
#ifndef COMPUTE_CPU_KERNELS_ADAMW_NUMBERS_H
#define COMPUTE_CPU_KERNELS_ADAMW_NUMBERS_H

#include "compute/cpu/kernels/kernels.h"

#include <float.h>
#include <math.h>

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

/* Without a gradient the moments fade, and soon what Adam adds to a weight is lost in rounding:
 * adamw_idle need not divide and take roots to know that. Of these steps |m| <= faint |w| says that
 * none moves w but by its decay, whatever v is. For m does not grow, and the update is
 *
 *   |u| = |step m / (sqrt(v) / root + epsilon)| <= S |m| / epsilon
 *
 * with S the largest |step|, while the weight stays above D |w|, D the product of the decay
 * factors. With faint = 2^-28 D min(1, epsilon / S) that is 2^-28 of the weight; a product that
 * rounds to a denormal, faint |w| or step m, may double it, so 2^-26, and a quarter of a weight's
 * last place is more. (Where D |w| itself is no normal float, faint |w| is 0, so m is; then u is -0
 * in every step, and w - 0 is w.)
 *
 * NaN, which no m is below: such a bound is not known (a decay beyond the weight, numbers too small
 * for a float). */
static inline float adamw_faint(size_t count, const adamw_numbers *steps)
{
    if (!count || !(steps->beta2 > 0.0f)) return NAN;
    double kept = 1.0, largest = (double)steps->epsilon;
    for (size_t i = 0; i < count; i++) {
        kept *= fmax(0.0, steps[i].decay_factor);
        largest = fmax(largest, -(double)steps[i].step);
    }
    double faint = 0x1p-28 * kept * (double)steps->epsilon / largest;
    return faint >= FLT_MIN ? (float)faint : NAN;
}

#endif
