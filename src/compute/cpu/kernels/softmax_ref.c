#include "compute/cpu/kernels/variants.h"

#include <math.h>

void softmax_forward_ref(size_t count, float scale, float *x)
{
    float largest = -INFINITY;
    for (size_t i = 0; i < count; i++) largest = fmaxf(largest, scale * x[i]);

    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += x[i] = expf(scale * x[i] - largest);
    for (size_t i = 0; i < count; i++) x[i] = (float)(x[i] / sum);
}

void softmax_backward_ref(size_t count, float scale, const float *p, float *dp)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)p[i] * dp[i];
    float average = (float)sum;
    for (size_t i = 0; i < count; i++) dp[i] = scale * (p[i] * (dp[i] - average));
}
