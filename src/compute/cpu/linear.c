/* linear.c: y = x w^T + b and its two backward products. */
#include "compute/cpu/cpu.h"

static void linear_to_panels(compute *on, size_t in, size_t out, const float *w, float *panels)
{
    cpu_panels_fill(cpu_of(on), in, out, w, panels);
}

static void linear_forward(compute *on, const linear_shape *s, const float *x, const float *w,
                           const float *panels, const float *b, float *y)
{
    matmul_shape product = { .b_transposed = 1,
                             .rows = s->rows,
                             .cols = s->out,
                             .inner = s->in,
                             .lda = s->in,
                             .ldb = s->in,
                             .ldc = s->out };
    if (panels)
        cpu_panels_multiply(cpu_of(on), s, x, panels, b, y);
    else
        cpu_matmul_weight(cpu_of(on), &product, x, w, b, y);
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
                                   const float *x, bool accumulate, float *dw, float *db,
                                   double *squares)
{
    compute_cpu *cpu = cpu_of(on);
    matmul_shape product = { .a_transposed = 1,
                             .rows = s->out,
                             .cols = s->in,
                             .inner = s->rows,
                             .lda = s->out,
                             .ldb = s->in,
                             .ldc = s->in };
    if (dw) cpu_matmul_squares(cpu, &product, dy, x, accumulate ? 1.0f : 0.0f, dw, squares);
    if (db) {
        column_sums t = { .cpu = cpu, .rows = s->rows, .width = s->out, .x = dy, .sums = db };
        cpu_share(cpu, (double)s->rows * (double)s->out, blocks_of(s->out, COLUMN_BLOCK),
                  columns_add, &t);
    }
}

void linear_operations(compute *table)
{
    table->linear_to_panels = linear_to_panels;
    table->linear_forward = linear_forward;
    table->linear_backward_input = linear_backward_input;
    table->linear_backward_weight = linear_backward_weight;
}
