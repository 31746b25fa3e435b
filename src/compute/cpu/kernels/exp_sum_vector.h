/* exp_sum_vector.h: after a vocabulary (vector_avx2.h explains). */
#include "compute/cpu/kernels/variants.h"
#include "compute/cpu/kernels/vector_math.h"

#include <math.h>

/* The largest may miss a NaN: then its exponential is a NaN, and so the sum. */
double VARIANT(exp_sum)(size_t count, const float *x, float *y, float *largest)
{
    vector most = vector_set(-INFINITY);
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        most = vector_at_least(most, vector_first_else(n, vector_load(x + i, n), -INFINITY));
    }
    *largest = vector_largest(most);

    const vector shift = vector_set(*largest);
    vector_double sum = vector_double_zero();
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector power = vector_first(n, vector_exp(vector_load(x + i, n) - shift));
        sum = vector_double_add(sum, power);
        if (y) vector_store(y + i, n, power);
    }
    return vector_double_sum(sum);
}
