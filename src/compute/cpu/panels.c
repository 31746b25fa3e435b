/* panels.c: y = x w^T + b by a w in panels.
 *
 * A weight that stays as it is, in a model that only answers, pays for a form of its own and a
 * kernel that reads it in the order of memory: panels of PANEL_COLS of w's rows, each transposed,
 * [in, PANEL_COLS] without gaps, the last one narrower. dnnl_sgemm copies its matrices anew in each
 * call, and with a single text's few rows that, and waiting for memory, is most of the time.
 *
 * A number of y is one sum in the order of x's columns, whoever computes it and with whatever rows
 * beside it, so the work may be shared by the number of threads. */
#include "compute/cpu/cpu.h"

typedef struct panel_product {
    compute_cpu *cpu;
    linear_shape shape;
    const float *x, *w, *bias;
    float *panels, *y;
    size_t count, shares; /* of panels; an item takes a share of them, neighbours */
} panel_product;

enum { PANEL_ROWS = 128 }; /* of x that are taken down a panel while it is in cache */

static size_t panel_cols(const panel_product *p, size_t panel)
{
    size_t left = p->shape.out - panel * PANEL_COLS;
    return left < PANEL_COLS ? left : PANEL_COLS;
}

static void panel_fill(void *context, size_t index, size_t thread)
{
    (void)thread;
    const panel_product *p = context;
    size_t at = index * PANEL_COLS * p->shape.in, cols = panel_cols(p, index);
    p->cpu->kernels.transpose(cols, p->shape.in, p->w + at, p->shape.in, p->panels + at, cols);
}

void cpu_panels_fill(compute_cpu *cpu, size_t in, size_t out, const float *w, float *panels)
{
    panel_product p = { .cpu = cpu, .shape = { .in = in, .out = out }, .w = w, .panels = panels };
    cpu_share(cpu, (double)in * (double)out, blocks_of(out, PANEL_COLS), panel_fill, &p);
}

static void panel_multiply(const panel_product *p, size_t panel, size_t row, size_t rows, bool last)
{
    const linear_shape *s = &p->shape;
    size_t col = panel * PANEL_COLS, cols = panel_cols(p, panel);
    const float *w = p->panels + col * s->in;
    float *y = p->y + row * s->out + col;
    bool whole_follows = !last && panel_cols(p, panel + 1) == PANEL_COLS;
    p->cpu->kernels.panel(rows, s->in, cols, p->x + row * s->in, s->in, w,
                          whole_follows ? w + s->in * PANEL_COLS : NULL, y, s->out);
    for (size_t i = 0; p->bias && i < rows; i++)
        p->cpu->kernels.add(cols, p->bias + col, y + i * s->out);
}

static void share_multiply(void *context, size_t index, size_t thread)
{
    (void)thread;
    const panel_product *p = context;
    size_t share = index % p->shares, row = index / p->shares * PANEL_ROWS;
    size_t begin = p->count * share / p->shares, end = p->count * (share + 1) / p->shares;
    size_t left = p->shape.rows - row, rows = left < PANEL_ROWS ? left : PANEL_ROWS;
    for (size_t panel = begin; panel < end; panel++)
        panel_multiply(p, panel, row, rows, panel + 1 == end);
}

void cpu_panels_multiply(compute_cpu *cpu, const linear_shape *s, const float *x,
                         const float *panels, const float *bias, float *y)
{
    double operations = 2.0 * (double)s->rows * (double)s->in * (double)s->out;
    size_t threads = cpu_team(cpu, operations);
    panel_product p = { .cpu = cpu,
                        .shape = *s,
                        .x = x,
                        .bias = bias,
                        .panels = (float *)panels,
                        .y = y,
                        .count = blocks_of(s->out, PANEL_COLS) };
    p.shares = p.count < 2 * threads ? p.count : 2 * threads;
    cpu_share(cpu, operations, blocks_of(s->rows, PANEL_ROWS) * p.shares, share_multiply, &p);
}
