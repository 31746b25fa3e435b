/* add_vector.h: sums of arrays, after a vocabulary (vector_avx2.h explains). */
#include "compute/cpu/kernels/variants.h"

void VARIANT(add)(size_t count, const float *x, float *y)
{
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector_store(y + i, n, vector_load(y + i, n) + vector_load(x + i, n));
    }
}
