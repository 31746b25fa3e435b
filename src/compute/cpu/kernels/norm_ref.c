#include "compute/cpu/kernels/variants.h"

#include <math.h>

/* Sums in double: this is what the others are measured against. */

void norm_forward_ref(size_t count, float epsilon, const float *x, const float *gain,
                      const float *shift, float *y, float *mean, float *rstd)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) sum += x[i];
    double center = sum / (double)count;
    for (size_t i = 0; i < count; i++) squares += (x[i] - center) * (x[i] - center);

    *mean = (float)center;
    *rstd = (float)(1.0 / sqrt(squares / (double)count + (double)epsilon));
    for (size_t i = 0; i < count; i++) {
        float normal = (x[i] - *mean) * *rstd;
        y[i] = shift ? gain[i] * normal + shift[i] : gain[i] * normal;
    }
}

void norm_backward_ref(size_t count, const float *dy, const float *x, const float *gain, float mean,
                       float rstd, float *dx, float *dgain, float *dshift)
{
    double sum_g = 0, sum_gn = 0;
    for (size_t i = 0; i < count; i++) {
        float n = (x[i] - mean) * rstd, g = gain[i] * dy[i];
        sum_g += g;
        sum_gn += (double)g * n;
        dgain[i] += dy[i] * n;
        if (dshift) dshift[i] += dy[i];
    }
    float average_g = (float)(sum_g / (double)count), average_gn = (float)(sum_gn / (double)count);
    for (size_t i = 0; i < count; i++) {
        float n = (x[i] - mean) * rstd, g = gain[i] * dy[i];
        dx[i] = rstd * (g - average_g - n * average_gn);
    }
}
