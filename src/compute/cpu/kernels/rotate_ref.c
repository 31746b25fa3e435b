#include "compute/cpu/kernels/variants.h"

void rotate_ref(size_t count, const float *cosine, const float *sine, float sign, float *x,
                float *y)
{
    for (size_t i = 0; i < count; i++) {
        float before = x[i], turn = sign * sine[i];
        x[i] = before * cosine[i] - y[i] * turn;
        y[i] = y[i] * cosine[i] + before * turn;
    }
}
