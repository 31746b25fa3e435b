/* rows.c: what is done to each row by itself: normalization, residual sums, dropout, activations,
 * gathering. */
#include "compute/cpu/cpu.h"

#include <assert.h>
#include <string.h>

/* The arguments of one operation, for its work items. Each operation fills what it needs. */
typedef struct rows_task {
    compute_cpu *cpu;
    size_t rows, width;
    size_t block; /* rows of a work item */
    bool shifts;  /* has the norm a shift? */
    float epsilon;
    activation_kind kind;
    const dropout *dropout;
    const uint32_t *index;
    const float *x, *dy, *gain, *shift, *bias, *residual, *mean_in, *rstd_in;
    float *sum, *y, *dx, *mean, *rstd;
} rows_task;

/* Where nothing is summed over rows, few of them make an item: a single text's share the team too.
 */
enum { FREE_ROW_BLOCK = 4 };

static row_range rows_of(const rows_task *t, size_t index)
{
    size_t begin = index * t->block;
    return (row_range){ begin, t->rows - begin < t->block ? t->rows : begin + t->block };
}

static void rows_run(rows_task *t, parallel_body *body)
{
    if (!t->block) t->block = FREE_ROW_BLOCK;
    double operations = 16.0 * (double)t->rows * (double)t->width; /* of the costlier ones */
    cpu_share(t->cpu, operations, blocks_of(t->rows, t->block), body, t);
}

static void norm_forward_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const rows_task *t = context;
    row_range range = rows_of(t, index);
    for (size_t row = range.begin; row < range.end; row++) {
        size_t at = row * t->width;
        t->cpu->kernels.norm_forward(t->width, t->epsilon, t->x + at, t->gain, t->shift, t->y + at,
                                     t->mean + row, t->rstd + row);
    }
}

static void norm_forward(compute *on, const norm_shape *s, const float *x, const float *gain,
                         const float *shift, float *y, float *mean, float *rstd)
{
    rows_task t = { .cpu = cpu_of(on),
                    .rows = s->rows,
                    .width = s->width,
                    .epsilon = s->epsilon,
                    .x = x,
                    .gain = gain,
                    .shift = shift,
                    .y = y,
                    .mean = mean,
                    .rstd = rstd };
    rows_run(&t, norm_forward_block);
}

static void residual_norm_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const rows_task *t = context;
    row_range range = rows_of(t, index);
    for (size_t row = range.begin; row < range.end; row++) {
        size_t at = row * t->width;
        dropout_row d = dropout_row_of(t->dropout, row, 0);
        t->cpu->kernels.residual_add(&d, t->width, t->sum + at, t->bias, t->residual + at,
                                     t->sum + at);
        t->cpu->kernels.norm_forward(t->width, t->epsilon, t->sum + at, t->gain, t->shift,
                                     t->y + at, t->mean + row, t->rstd + row);
    }
}

static void residual_norm_forward(compute *on, const norm_shape *s, const dropout *d,
                                  const float *bias, const float *residual, const float *gain,
                                  const float *shift, float *x, float *y, float *mean, float *rstd)
{
    rows_task t = { .cpu = cpu_of(on),
                    .rows = s->rows,
                    .width = s->width,
                    .epsilon = s->epsilon,
                    .dropout = d,
                    .bias = bias,
                    .residual = residual,
                    .gain = gain,
                    .shift = shift,
                    .sum = x,
                    .y = y,
                    .mean = mean,
                    .rstd = rstd };
    rows_run(&t, residual_norm_block);
}

static void norm_backward_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const rows_task *t = context;
    float *dgain = t->cpu->partial + index * 2 * t->width, *dshift = dgain + t->width;
    memset(dgain, 0, 2 * t->width * sizeof *dgain);
    row_range range = rows_of(t, index);
    for (size_t row = range.begin; row < range.end; row++) {
        size_t at = row * t->width;
        t->cpu->kernels.norm_backward(t->width, t->dy + at, t->x + at, t->gain, t->mean_in[row],
                                      t->rstd_in[row], t->dx + at, dgain,
                                      t->shifts ? dshift : NULL);
        if (t->sum) t->cpu->kernels.add(t->width, t->dx + at, t->sum + at);
    }
}

/* sum NULL, or has the gradient dx added to it. Sums over all rows are taken in two steps, within
 * blocks of rows and then over the blocks in their order. */
static void norm_backward_run(compute *on, const norm_shape *s, const float *dy, const float *x,
                              const float *gain, const float *mean, const float *rstd, float *dx,
                              float *sum, float *dgain, float *dshift)
{
    compute_cpu *cpu = cpu_of(on);
    rows_task t = { .cpu = cpu,
                    .rows = s->rows,
                    .width = s->width,
                    .block = ROW_BLOCK,
                    .dy = dy,
                    .x = x,
                    .gain = gain,
                    .mean_in = mean,
                    .rstd_in = rstd,
                    .dx = dx,
                    .sum = sum,
                    .shifts = dshift != NULL };
    assert(t.rows <= cpu->limits.rows);
    assert(t.width <= cpu->limits.width);
    rows_run(&t, norm_backward_block);
    if (!dgain) return;
    for (size_t block = 0; block < blocks_of(t.rows, ROW_BLOCK); block++) {
        const float *partial = cpu->partial + block * 2 * t.width;
        cpu->kernels.add(t.width, partial, dgain);
        if (dshift) cpu->kernels.add(t.width, partial + t.width, dshift);
    }
}

static void norm_backward(compute *on, const norm_shape *s, const float *dy, const float *x,
                          const float *gain, const float *mean, const float *rstd, float *dx,
                          float *dgain, float *dshift)
{
    norm_backward_run(on, s, dy, x, gain, mean, rstd, dx, NULL, dgain, dshift);
}

static void norm_backward_add(compute *on, const norm_shape *s, float *dy, const float *x,
                              const float *gain, const float *mean, const float *rstd, float *dx,
                              float *dgain, float *dshift)
{
    norm_backward_run(on, s, dy, x, gain, mean, rstd, dy, dx, dgain, dshift);
}

static void dropout_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const rows_task *t = context;
    row_range range = rows_of(t, index);
    for (size_t row = range.begin; row < range.end; row++) {
        dropout_row d = dropout_row_of(t->dropout, row, 0);
        t->cpu->kernels.dropout_apply(&d, t->width, t->x + row * t->width, t->y + row * t->width);
    }
}

static void dropout_apply(compute *on, size_t rows, size_t width, const dropout *d, const float *x,
                          float *y)
{
    if (!(d->rate > 0.0f) && x == y) return;
    rows_task t = { .cpu = cpu_of(on), .rows = rows, .width = width, .dropout = d, .x = x, .y = y };
    rows_run(&t, dropout_block);
}

static void activation_forward_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const rows_task *t = context;
    row_range range = rows_of(t, index);
    for (size_t row = range.begin; row < range.end; row++) {
        float *u = t->sum + row * t->width;
        t->cpu->kernels.activation_forward(t->kind, t->width, u, t->bias, u, t->y + row * t->width);
    }
}

static void activation_forward(compute *on, activation_kind kind, size_t rows, size_t width,
                               const float *bias, float *u, float *y)
{
    rows_task t = { .cpu = cpu_of(on),
                    .rows = rows,
                    .width = width,
                    .kind = kind,
                    .bias = bias,
                    .sum = u,
                    .y = y };
    rows_run(&t, activation_forward_block);
}

static void activation_backward_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const rows_task *t = context;
    row_range range = rows_of(t, index);
    float *dx = t->dx + range.begin * t->width;
    t->cpu->kernels.activation_backward(t->kind, (range.end - range.begin) * t->width,
                                        t->sum + range.begin * t->width, dx, dx);
}

static void activation_backward(compute *on, activation_kind kind, size_t rows, size_t width,
                                float *u, float *dy)
{
    rows_task t = {
        .cpu = cpu_of(on), .rows = rows, .width = width, .kind = kind, .sum = u, .dx = dy
    };
    rows_run(&t, activation_backward_block);
}

static void gated_forward_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const rows_task *t = context;
    row_range range = rows_of(t, index);
    for (size_t row = range.begin; row < range.end; row++) {
        const float *u = t->x + row * 2 * t->width;
        t->cpu->kernels.gated_forward(t->kind, t->width, u, u + t->width, t->y + row * t->width);
    }
}

static void gated_forward(compute *on, activation_kind kind, size_t rows, size_t width,
                          const float *u, float *y)
{
    rows_task t = { .cpu = cpu_of(on), .rows = rows, .width = width, .kind = kind, .x = u, .y = y };
    rows_run(&t, gated_forward_block);
}

static void gated_backward_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const rows_task *t = context;
    row_range range = rows_of(t, index);
    for (size_t row = range.begin; row < range.end; row++) {
        float *u = t->sum + row * 2 * t->width;
        t->cpu->kernels.gated_backward(t->kind, t->width, u, u + t->width, t->dx + row * t->width);
    }
}

static void gated_backward(compute *on, activation_kind kind, size_t rows, size_t width, float *u,
                           float *dy)
{
    rows_task t = {
        .cpu = cpu_of(on), .rows = rows, .width = width, .kind = kind, .sum = u, .dx = dy
    };
    rows_run(&t, gated_backward_block);
}

static void gather_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const rows_task *t = context;
    row_range range = rows_of(t, index);
    for (size_t row = range.begin; row < range.end; row++)
        memcpy(t->y + row * t->width, t->x + t->index[row] * t->width, t->width * sizeof *t->y);
}

static void gather_rows(compute *on, size_t count, size_t width, const uint32_t *index,
                        const float *x, float *y)
{
    rows_task t = {
        .cpu = cpu_of(on), .rows = count, .width = width, .index = index, .x = x, .y = y
    };
    rows_run(&t, gather_block);
}

static void scatter_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const rows_task *t = context;
    row_range range = rows_of(t, index);
    for (size_t row = range.begin; row < range.end; row++)
        t->cpu->kernels.add(t->width, t->dy + row * t->width, t->dx + t->index[row] * t->width);
}

static void scatter_add_rows(compute *on, size_t count, size_t width, const uint32_t *index,
                             const float *dy, float *dx)
{
    rows_task t = {
        .cpu = cpu_of(on), .rows = count, .width = width, .index = index, .dy = dy, .dx = dx
    };
    rows_run(&t, scatter_block);
}

void rows_operations(compute *table)
{
    table->norm_forward = norm_forward;
    table->norm_backward = norm_backward;
    table->norm_backward_add = norm_backward_add;
    table->residual_norm_forward = residual_norm_forward;
    table->dropout_apply = dropout_apply;
    table->activation_forward = activation_forward;
    table->activation_backward = activation_backward;
    table->gated_forward = gated_forward;
    table->gated_backward = gated_backward;
    table->gather_rows = gather_rows;
    table->scatter_add_rows = scatter_add_rows;
}
