#include "compute/cpu/kernels/variants.h"

#include <math.h>

double exp_sum_ref(size_t count, const float *x, float *y, float *largest)
{
    float most = -INFINITY;
    for (size_t i = 0; i < count; i++) most = fmaxf(most, x[i]);

    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        float power = expf(x[i] - most);
        sum += power;
        if (y) y[i] = power;
    }
    *largest = most;
    return sum;
}
