#include "compute/cpu/kernels/variants.h"

/* Two orders, so that the inner loop is always over neighbours: with b as it is, rows of b are
 * added up; with b transposed, a piece of a's row (gathered where a is transposed) meets rows of b.
 */

enum { PIECE = 256 };

static float a_element(const matmul_shape *s, const float *a, size_t row, size_t inner)
{
    return s->a_transposed ? a[inner * s->lda + row] : a[row * s->lda + inner];
}

static void row_times_rows(const matmul_shape *s, size_t row, float alpha, const float *a,
                           const float *b, float *c)
{
    for (size_t k = 0; k < s->inner; k++) {
        const float value = alpha * a_element(s, a, row, k), *b_row = b + k * s->ldb;
#pragma omp simd
        for (size_t j = 0; j < s->cols; j++) c[j] += value * b_row[j];
    }
}

static void row_times_columns(const matmul_shape *s, size_t row, float alpha, const float *a,
                              const float *b, float *c)
{
    float piece[PIECE];
    for (size_t from = 0; from < s->inner; from += PIECE) {
        size_t length = s->inner - from < PIECE ? s->inner - from : PIECE;
        for (size_t k = 0; k < length; k++) piece[k] = a_element(s, a, row, from + k);
        for (size_t j = 0; j < s->cols; j++) {
            const float *b_column = b + j * s->ldb + from;
            float sum = 0;
#pragma omp simd reduction(+ : sum)
            for (size_t k = 0; k < length; k++) sum += piece[k] * b_column[k];
            c[j] += alpha * sum;
        }
    }
}

void matmul_ref(const matmul_shape *s, float alpha, const float *a, const float *b, float beta,
                float *c)
{
    for (size_t row = 0; row < s->rows; row++, c += s->ldc) {
        for (size_t j = 0; j < s->cols; j++) c[j] = beta == 0.0f ? 0.0f : beta * c[j];
        if (s->b_transposed)
            row_times_columns(s, row, alpha, a, b, c);
        else
            row_times_rows(s, row, alpha, a, b, c);
    }
}
