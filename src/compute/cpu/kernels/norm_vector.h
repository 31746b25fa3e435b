/* norm_vector.h: layer normalization, after a vocabulary (vector_avx2.h explains). A row stays in
 * the first-level cache between the passes. */
#include "compute/cpu/kernels/variants.h"

#include <math.h>

/* x - center or its square, 0 past the end. */
ALWAYS_INLINE vector deviation(const float *x, size_t n, float center, bool squared)
{
    vector distance = vector_first(n, vector_load(x, n) - vector_set(center));
    if (squared) return distance * distance;
    return distance;
}

/* The average of x - center or of its square: four sums, since an addition takes four cycles. */
ALWAYS_INLINE float average_deviation(size_t count, const float *x, float center, bool squared)
{
    vector sum0 = vector_set(0.0f), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    size_t i = 0;
    for (; i + 4 * LANES <= count; i += 4 * LANES) {
        sum0 += deviation(x + i, LANES, center, squared);
        sum1 += deviation(x + i + LANES, LANES, center, squared);
        sum2 += deviation(x + i + 2 * LANES, LANES, center, squared);
        sum3 += deviation(x + i + 3 * LANES, LANES, center, squared);
    }
    for (; i < count; i += LANES) sum0 += deviation(x + i, lanes_of(count - i), center, squared);
    return vector_sum((sum0 + sum1) + (sum2 + sum3)) / (float)count;
}

void VARIANT(norm_forward)(size_t count, float epsilon, const float *x, const float *gain,
                           const float *shift, float *y, float *mean, float *rstd)
{
    float center = average_deviation(count, x, 0.0f, false);
    float variance = average_deviation(count, x, center, true);
    float factor = 1.0f / sqrtf(variance + epsilon);
    *mean = center;
    *rstd = factor;
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector normal = (vector_load(x + i, n) - vector_set(center)) * vector_set(factor);
        vector factors = vector_load(gain + i, n);
        if (shift)
            vector_store(y + i, n, vector_fma(normal, factors, vector_load(shift + i, n)));
        else
            vector_store(y + i, n, normal * factors);
    }
}

void VARIANT(norm_backward)(size_t count, const float *dy, const float *x, const float *gain,
                            float mean, float rstd, float *dx, float *dgain, float *dshift)
{
    const vector center = vector_set(mean), factor = vector_set(rstd);
    vector sum_g = vector_set(0.0f), sum_gn = sum_g;
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector slope = vector_load(dy + i, n);
        vector normal = (vector_load(x + i, n) - center) * factor;
        vector g = vector_load(gain + i, n) * slope;
        sum_g += g;
        sum_gn = vector_fma(g, normal, sum_gn);
        vector_store(dgain + i, n, vector_fma(slope, normal, vector_load(dgain + i, n)));
        if (dshift) vector_store(dshift + i, n, slope + vector_load(dshift + i, n));
    }
    const vector average_g = vector_set(vector_sum(sum_g) / (float)count);
    const vector average_gn = vector_set(vector_sum(sum_gn) / (float)count);
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector normal = (vector_load(x + i, n) - center) * factor;
        vector g = vector_load(gain + i, n) * vector_load(dy + i, n);
        vector_store(dx + i, n, factor * (g - average_g - normal * average_gn));
    }
}
