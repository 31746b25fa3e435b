/* panel_vector.h: after a vocabulary (vector_avx2.h explains).
 *
 * Three vectors of columns are taken down b for BLOCK rows of a at a time: 3 * BLOCK sums stay in
 * registers, and each step reads three vectors of b and a number of each row for 6 * BLOCK * LANES
 * operations. The panel, 147 kB at 768 rows, stays in the second-level cache for the blocks that
 * follow. What comes next is asked for evenly over the steps, so that memory and arithmetic take
 * their time side by side: one review's 27 tokens are 14 operations to a byte of b. */
#include "compute/cpu/kernels/variants.h"

enum { BLOCK = LANES == 16 ? 8 : 4, VECTORS = 3, LINE = 64 };

/* What is to be asked for: `count` cache lines a step. */
typedef struct ahead {
    const char *next;
    size_t count;
} ahead;

/* `rows` and `vectors` are constants where this is put in; the last vector has `lanes` lanes. */
ALWAYS_INLINE void block_multiply(size_t rows, size_t vectors, size_t lanes, size_t inner,
                                  const float *a, size_t lda, const float *b, size_t ldb,
                                  ahead *then, float *c, size_t ldc)
{
    vector sum[BLOCK][VECTORS];
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 3
        for (size_t v = 0; v < vectors; v++) sum[r][v] = vector_set(0.0f);
    const char *next = then->next;
    const size_t count = then->count;
    for (size_t k = 0; k < inner; k++, b += ldb) {
        vector x[VECTORS];
        for (size_t i = 0; i < count; i++, next += LINE) _mm_prefetch(next, _MM_HINT_T1);
#pragma GCC unroll 3
        for (size_t v = 0; v < vectors; v++)
            x[v] = vector_load(b + v * LANES, v + 1 == vectors ? lanes : LANES);
#pragma GCC unroll 8
        for (size_t r = 0; r < rows; r++) {
            vector value = vector_set(a[r * lda + k]);
#pragma GCC unroll 3
            for (size_t v = 0; v < vectors; v++) sum[r][v] = vector_fma(value, x[v], sum[r][v]);
        }
    }
    then->next = next;
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 3
        for (size_t v = 0; v < vectors; v++)
            vector_store(c + r * ldc + v * LANES, v + 1 == vectors ? lanes : LANES, sum[r][v]);
}

ALWAYS_INLINE void columns_multiply(size_t vectors, size_t lanes, size_t rows, size_t inner,
                                    const float *a, size_t lda, const float *b, size_t ldb,
                                    const float *next, float *c, size_t ldc)
{
    enum { LINES = PANEL_COLS * sizeof(float) / LINE }; /* of one row of what comes next */
    size_t blocks = (rows + BLOCK - 1) / BLOCK;
    ahead then = { .next = (const char *)next };
    for (size_t i = 0, row = 0; i < blocks; i++) {
        size_t count = (rows - row) / (blocks - i); /* blocks of almost equal size */
        const float *from = a + row * lda;
        float *to = c + row * ldc;
        then.count = !next ? 0 : blocks >= LINES ? i < LINES : i ? 0 : LINES;
        switch (count) {
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        if (n <= BLOCK)                                                                            \
            block_multiply(n, vectors, lanes, inner, from, lda, b, ldb, &then, to, ldc);           \
        break;
            CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8)
#undef CASE
        }
        row += count;
    }
}

void VARIANT(panel)(size_t rows, size_t inner, size_t cols, const float *a, size_t lda,
                    const float *b, const float *next, float *c, size_t ldc)
{
    enum { WIDE = VECTORS * LANES };
    size_t col = 0;
    for (; col + WIDE <= cols; col += WIDE, next = NULL)
        columns_multiply(VECTORS, LANES, rows, inner, a, lda, b + col, cols, next, c + col, ldc);
    for (; col < cols; col += LANES, next = NULL)
        columns_multiply(1, lanes_of(cols - col), rows, inner, a, lda, b + col, cols, next, c + col,
                         ldc);
}
