#include "compute/cpu/kernels/variants.h"

#include "base/rng.h"

/* What multiplies the four columns from `at` on (a multiple of 4): the scale, or 0. A product, so
 * that a NaN under the mask stays a NaN. */
static void dropout_factors(const dropout_row *d, size_t at, float factor[4])
{
    rng_block counter = { { d->column / 4 + (uint32_t)(at / 4), d->token, d->unit, d->place } };
    rng_block drawn = rng_philox(d->key, counter);
    for (int k = 0; k < 4; k++) factor[k] = drawn.word[k] >= d->threshold ? d->scale : 0.0f;
}

void dropout_apply_ref(const dropout_row *d, size_t count, const float *x, float *y)
{
    for (size_t i = 0; i < count; i += 4) {
        float factor[4];
        dropout_factors(d, i, factor);
        for (size_t k = 0; k < 4 && i + k < count; k++) y[i + k] = x[i + k] * factor[k];
    }
}

void residual_add_ref(const dropout_row *d, size_t count, const float *x, const float *bias,
                      const float *residual, float *sum)
{
    for (size_t i = 0; i < count; i += 4) {
        float factor[4];
        dropout_factors(d, i, factor);
        for (size_t k = 0; k < 4 && i + k < count; k++) {
            float biased = bias ? x[i + k] + bias[i + k] : x[i + k];
            sum[i + k] = residual[i + k] + biased * factor[k];
        }
    }
}
