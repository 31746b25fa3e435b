#include "compute/cpu/kernels/variants.h"

void panel_ref(size_t rows, size_t inner, size_t cols, const float *a, size_t lda, const float *b,
               const float *next, float *c, size_t ldc)
{
    (void)next;
    for (size_t row = 0; row < rows; row++) {
        float sum[PANEL_COLS] = { 0 };
        for (size_t k = 0; k < inner; k++)
            for (size_t col = 0; col < cols; col++)
                sum[col] += a[row * lda + k] * b[k * cols + col];
        for (size_t col = 0; col < cols; col++) c[row * ldc + col] = sum[col];
    }
}
