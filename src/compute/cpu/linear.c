/* linear.c: y = x w^T + b and its two backward products. */
#include "compute/cpu/cpu.h"

#include "base/parallel.h"

#include <string.h>

typedef struct bias_rows {
    size_t rows, width;
    const float *bias;
    float *y;
} bias_rows;

static void bias_fill(void *context, size_t index, size_t thread)
{
    (void)thread;
    const bias_rows *t = context;
    row_range range = row_block(t->rows, index);
    for (size_t row = range.begin; row < range.end; row++)
        memcpy(t->y + row * t->width, t->bias, t->width * sizeof *t->y);
}

/* The bias goes in first and the product is added onto it: one pass less than adding it after. */
static void linear_forward(compute *on, const linear_shape *s, const float *x, const float *w,
                           const float *b, float *y)
{
    compute_cpu *cpu = cpu_of(on);
    if (b) {
        bias_rows t = { .rows = s->rows, .width = s->out, .bias = b, .y = y };
        parallel_for(cpu_team(cpu, (double)s->rows * (double)s->out), blocks_of(s->rows, ROW_BLOCK),
                     bias_fill, &t);
    }
    matmul_shape product = { .b_transposed = 1,
                             .rows = s->rows,
                             .cols = s->out,
                             .inner = s->in,
                             .lda = s->in,
                             .ldb = s->in,
                             .ldc = s->out };
    cpu_matmul(cpu, &product, x, w, b ? 1.0f : 0.0f, y);
}

static void linear_backward_input(compute *on, const linear_shape *s, const float *dy,
                                  const float *w, bool accumulate, float *dx)
{
    matmul_shape product = {
        .rows = s->rows, .cols = s->in, .inner = s->out, .lda = s->out, .ldb = s->in, .ldc = s->in
    };
    cpu_matmul(cpu_of(on), &product, dy, w, accumulate ? 1.0f : 0.0f, dx);
}

typedef struct column_sums {
    compute_cpu *cpu;
    size_t rows, width;
    const float *x;
    float *sums;
} column_sums;

/* Adds the rows one after another, for a block of columns: the order, and so the sum, is the same
 * for any number of threads. */
static void columns_add(void *context, size_t index, size_t thread)
{
    (void)thread;
    const column_sums *t = context;
    size_t begin = index * COLUMN_BLOCK;
    size_t count = t->width - begin < COLUMN_BLOCK ? t->width - begin : COLUMN_BLOCK;
    for (size_t row = 0; row < t->rows; row++)
        t->cpu->kernels.add(count, t->x + row * t->width + begin, t->sums + begin);
}

static void linear_backward_weight(compute *on, const linear_shape *s, const float *dy,
                                   const float *x, float *dw, float *db)
{
    compute_cpu *cpu = cpu_of(on);
    matmul_shape product = { .a_transposed = 1,
                             .rows = s->out,
                             .cols = s->in,
                             .inner = s->rows,
                             .lda = s->out,
                             .ldb = s->in,
                             .ldc = s->in };
    if (dw) cpu_matmul(cpu, &product, dy, x, 1.0f, dw);
    if (db) {
        column_sums t = { .cpu = cpu, .rows = s->rows, .width = s->out, .x = dy, .sums = db };
        parallel_for(cpu_team(cpu, (double)s->rows * (double)s->out),
                     blocks_of(s->out, COLUMN_BLOCK), columns_add, &t);
    }
}

void linear_operations(compute *table)
{
    table->linear_forward = linear_forward;
    table->linear_backward_input = linear_backward_input;
    table->linear_backward_weight = linear_backward_weight;
}
