/* sum_squares_vector.h: after a vocabulary (vector_avx2.h explains). */
#include "compute/cpu/kernels/variants.h"

/* Two vectors a turn, each with two sums of doubles: four additions under way. */
double VARIANT(sum_squares)(size_t count, const float *x)
{
    vector_double sum0 = vector_double_zero(), sum1 = sum0;
    size_t i = 0;
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
        sum0 = vector_double_add_square(sum0, vector_load(x + i, LANES));
        sum1 = vector_double_add_square(sum1, vector_load(x + i + LANES, LANES));
    }
    for (; i < count; i += LANES)
        sum0 = vector_double_add_square(sum0, vector_load(x + i, lanes_of(count - i)));
    return vector_double_sum(sum0) + vector_double_sum(sum1);
}
