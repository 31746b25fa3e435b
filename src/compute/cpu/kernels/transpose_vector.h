/* transpose_vector.h: after a vocabulary (vector_avx2.h explains). Squares of LANES numbers a side
 * go through registers; what is left at the right and at the bottom is the reference's. 8 bytes a
 * number. */
#include "compute/cpu/kernels/variants.h"

void VARIANT(transpose)(size_t rows, size_t cols, const float *x, size_t ldx, float *y, size_t ldy)
{
    size_t row_end = rows - rows % LANES, col_end = cols - cols % LANES;
    for (size_t row = 0; row < row_end; row += LANES)
        for (size_t col = 0; col < col_end; col += LANES)
            vector_transpose(x + row * ldx + col, ldx, y + col * ldy + row, ldy);
    transpose_ref(row_end, cols - col_end, x + col_end, ldx, y + col_end * ldy, ldy);
    transpose_ref(rows - row_end, cols, x + row_end * ldx, ldx, y + row_end, ldy);
}
