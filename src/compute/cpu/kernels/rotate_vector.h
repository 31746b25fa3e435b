/* rotate_vector.h: rotation of pairs, after a vocabulary (vector_avx2.h explains). Each product
 * rounds, as in PyTorch's, so all variants give the same bits. */
#include "compute/cpu/kernels/variants.h"

void VARIANT(rotate)(size_t count, const float *cosine, const float *sine, float sign, float *x,
                     float *y)
{
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector a = vector_load(x + i, n), b = vector_load(y + i, n);
        vector c = vector_load(cosine + i, n), turn = vector_set(sign) * vector_load(sine + i, n);
        vector_store(x + i, n, a * c - b * turn);
        vector_store(y + i, n, b * c + a * turn);
    }
}
