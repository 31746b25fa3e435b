/* dropout_vector.h: dropout_apply and residual_add, after a vocabulary (vector_avx2.h explains).
 *
 * LANES / 2 Philox blocks of consecutive counters at a time, each in 64-bit lanes: four words a
 * block make 2 * LANES columns. A round is two multiplications, two shifts and two or four XORs for
 * all of them. Bits equal the reference's, in the mask and in the arithmetic. */
#include "compute/cpu/kernels/variants.h"

#include <string.h>

/* The factors, scale or 0, of the 2 * LANES columns from `at` on. rng_philox() of base/rng.c on
 * many counters. */
ALWAYS_INLINE void dropout_factors(const dropout_row *d, size_t at, vector factor[2])
{
    const words multiplier0 = words_set(0xD2511F53u), multiplier1 = words_set(0xCD9E8D57u);
    words word0 = words_count_from(d->column / 4 + (uint32_t)(at / 4));
    words word1 = words_set(d->token), word2 = words_set(d->unit), word3 = words_set(d->place);
    uint32_t key0 = (uint32_t)d->key, key1 = (uint32_t)(d->key >> 32);
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
        words product0 = words_multiply(multiplier0, word0);
        words product1 = words_multiply(multiplier1, word2);
        word0 = words_xor(words_upper(product1), word1, words_set(key0));
        word1 = product1;
        word2 = words_xor(words_upper(product0), word3, words_set(key1));
        word3 = product0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    words drawn[2];
    words_interleave(word0, word1, word2, word3, drawn);
    for (int k = 0; k < 2; k++)
        factor[k] = words_keep(drawn[k], words_set(d->threshold), vector_set(d->scale));
}

void VARIANT(dropout_apply)(const dropout_row *d, size_t count, const float *x, float *y)
{
    if (d->threshold == 0) {
        if (count > 0) memmove(y, x, count * sizeof *y);
        return;
    }
    const dropout_row row = *d; /* stores cannot change a copy: the keys stay in registers */
    for (size_t i = 0; i < count; i += 2 * LANES) {
        vector factor[2];
        dropout_factors(&row, i, factor);
        for (size_t k = 0, at = i; k < 2 && at < count; k++, at += LANES) {
            size_t n = lanes_of(count - at);
            vector_store(y + at, n, vector_load(x + at, n) * factor[k]);
        }
    }
}

/* The n lanes from i on. */
ALWAYS_INLINE void residual_add_lanes(size_t i, size_t n, vector factor, const float *x,
                                      const float *bias, const float *residual, float *sum)
{
    vector biased = vector_load(x + i, n);
    if (bias) biased += vector_load(bias + i, n);
    vector_store(sum + i, n, vector_load(residual + i, n) + biased * factor);
}

void VARIANT(residual_add)(const dropout_row *d, size_t count, const float *x, const float *bias,
                           const float *residual, float *sum)
{
    const dropout_row row = *d;
    vector factor[2] = { vector_set(1.0f), vector_set(1.0f) };
    for (size_t i = 0; i < count; i += 2 * LANES) {
        if (row.threshold > 0) dropout_factors(&row, i, factor);
        for (size_t k = 0, at = i; k < 2 && at < count; k++, at += LANES)
            residual_add_lanes(at, lanes_of(count - at), factor[k], x, bias, residual, sum);
    }
}
