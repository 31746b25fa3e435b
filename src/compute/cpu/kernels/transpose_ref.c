#include "compute/cpu/kernels/variants.h"

void transpose_ref(size_t rows, size_t cols, const float *x, size_t ldx, float *y, size_t ldy)
{
    for (size_t row = 0; row < rows; row++)
        for (size_t col = 0; col < cols; col++) y[col * ldy + row] = x[row * ldx + col];
}
