/* softmax_vector.h: softmax of a row, after a vocabulary (vector_avx2.h explains). */
#include "compute/cpu/kernels/variants.h"
#include "compute/cpu/kernels/vector_math.h"

#include <math.h>

/* The largest may miss a NaN: then its exponential is a NaN, and so the sum and the row. */
void VARIANT(softmax_forward)(size_t count, float scale, float *x)
{
    if (count == 0) return;
    const vector factor = vector_set(scale);
    vector most = vector_set(-INFINITY);
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        most =
            vector_at_least(most, vector_first_else(n, vector_load(x + i, n) * factor, -INFINITY));
    }
    const vector largest = vector_set(vector_largest(most));

    vector sum = vector_set(0.0f);
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector power = vector_exp(vector_load(x + i, n) * factor - largest);
        sum += vector_first(n, power);
        vector_store(x + i, n, power);
    }
    const vector share = vector_set(1.0f / vector_sum(sum));
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector_store(x + i, n, vector_load(x + i, n) * share);
    }
}

void VARIANT(softmax_backward)(size_t count, float scale, const float *p, float *dp)
{
    vector sum = vector_set(0.0f);
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        sum = vector_fma(vector_load(p + i, n), vector_load(dp + i, n), sum);
    }
    const vector factor = vector_set(scale), average = vector_set(vector_sum(sum));
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector slope = vector_load(dp + i, n) - average;
        vector_store(dp + i, n, factor * (vector_load(p + i, n) * slope));
    }
}
