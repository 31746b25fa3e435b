/* adamw_vector.h: the optimizer's update, after a vocabulary (vector_avx2.h explains). 28 bytes an
 * element go through memory, next to which two divisions and a root are free; so nothing is fused
 * or approximated, and the bits are the reference's. */
#include "compute/cpu/kernels/adamw_numbers.h"
#include "compute/cpu/kernels/variants.h"

void VARIANT(adamw)(const adamw_step *s, size_t count, const float *g, float *w, float *m, float *v)
{
    const adamw_numbers a = adamw_numbers_of(s);
    const vector scale = vector_set(s->gradient_scale), decay = vector_set(a.decay_factor);
    const vector rate1 = vector_set(a.rate1), rate2 = vector_set(a.rate2);
    const vector beta2 = vector_set(a.beta2), step = vector_set(a.step);
    const vector root = vector_set(a.correction2_root), epsilon = vector_set(a.epsilon);
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector gradient = scale * vector_load(g + i, n);
        vector first = vector_load(m + i, n), second = vector_load(v + i, n);
        first += rate1 * (gradient - first);
        second = second * beta2 + rate2 * gradient * gradient;
        vector denominator = vector_square_root(second) / root + epsilon;
        vector weight = vector_load(w + i, n) * decay + step * first / denominator;
        vector_store(w + i, n, weight);
        vector_store(m + i, n, first);
        vector_store(v + i, n, second);
    }
}
