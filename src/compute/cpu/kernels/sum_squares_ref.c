#include "compute/cpu/kernels/variants.h"

double sum_squares_ref(size_t count, const float *x)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)x[i] * x[i];
    return sum;
}
