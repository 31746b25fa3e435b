/* pooling.c: from the rows of a sequence to one vector, and to that vector's length 1. */
#include "base/memory.h"
#include "compute/cpu/cpu.h"

#include <math.h>
#include <string.h>

typedef struct pooling_task {
    compute_cpu *cpu;
    size_t rows, width, skip; /* rows: or sequences */
    const uint32_t *starts;
    const float *x, *dy, *norms_in;
    float *y, *dx, *norms;
} pooling_task;

static void mean_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const pooling_task *t = context;
    row_range range = row_block(t->rows, index);
    for (size_t row = range.begin; row < range.end; row++) {
        float *y = t->y + row * t->width;
        size_t begin = t->starts[row] + t->skip, end = t->starts[row + 1];
        memset(y, 0, t->width * sizeof *y);
        for (size_t token = begin; token < end; token++)
            t->cpu->kernels.add(t->width, t->x + token * t->width, y);
        for (size_t i = 0; begin < end && i < t->width; i++) y[i] /= (float)(end - begin);
    }
}

static void mean_rows(compute *on, size_t sequences, size_t width, size_t skip,
                      const uint32_t *starts, const float *x, float *y)
{
    pooling_task t = { .cpu = cpu_of(on),
                       .rows = sequences,
                       .width = width,
                       .skip = skip,
                       .starts = starts,
                       .x = x,
                       .y = y };
    double operations = 16.0 * (double)sequences * (double)width;
    cpu_share(t.cpu, operations, blocks_of(sequences, ROW_BLOCK), mean_block, &t);
}

/* One sequence: the first row of its mean is computed, the others are copies. */
static void mean_backward_sequence(void *context, size_t index, size_t thread)
{
    (void)thread;
    const pooling_task *t = context;
    size_t start = t->starts[index], end = t->starts[index + 1], width = t->width;
    size_t begin = size_smaller(start + t->skip, end);
    const float *dy = t->dy + index * width;
    float *first = t->dx + begin * width;
    memset(t->dx + start * width, 0, (begin - start) * width * sizeof *first);
    if (begin == end) return;
    for (size_t i = 0; i < width; i++) first[i] = dy[i] / (float)(end - begin);
    for (size_t row = begin + 1; row < end; row++)
        memcpy(t->dx + row * width, first, width * sizeof *first);
}

static void mean_rows_backward(compute *on, size_t sequences, size_t width, size_t skip,
                               const uint32_t *starts, const float *dy, float *dx)
{
    pooling_task t = {
        .cpu = cpu_of(on), .width = width, .skip = skip, .starts = starts, .dy = dy, .dx = dx
    };
    double written = (double)(starts[sequences] - starts[0]) * (double)width;
    cpu_share(t.cpu, 8.0 * written, sequences, mean_backward_sequence, &t);
}

/* torch.nn.functional.normalize's: a row of zeros stays one. */
static const float shortest = 1e-12f;

static void normalize_forward_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const pooling_task *t = context;
    row_range range = row_block(t->rows, index);
    for (size_t row = range.begin; row < range.end; row++) {
        const float *x = t->x + row * t->width;
        float *y = t->y + row * t->width;
        float norm = fmaxf((float)sqrt(t->cpu->kernels.sum_squares(t->width, x)), shortest);
        for (size_t i = 0; i < t->width; i++) y[i] = x[i] / norm;
        t->norms[row] = norm;
    }
}

static void normalize_rows_forward(compute *on, size_t rows, size_t width, const float *x, float *y,
                                   float *norms)
{
    pooling_task t = {
        .cpu = cpu_of(on), .rows = rows, .width = width, .x = x, .y = y, .norms = norms
    };
    double operations = 16.0 * (double)rows * (double)width;
    cpu_share(t.cpu, operations, blocks_of(rows, ROW_BLOCK), normalize_forward_block, &t);
}

static void normalize_backward_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const pooling_task *t = context;
    row_range range = row_block(t->rows, index);
    for (size_t row = range.begin; row < range.end; row++) {
        const float *dy = t->dy + row * t->width, *y = t->x + row * t->width;
        float *dx = t->dx + row * t->width, norm = t->norms_in[row];
        double along = 0.0; /* dy . y; a norm that was held at its least has no slope */
        for (size_t i = 0; norm > shortest && i < t->width; i++) along += (double)dy[i] * y[i];
        for (size_t i = 0; i < t->width; i++) dx[i] = (float)((dy[i] - along * y[i]) / norm);
    }
}

static void normalize_rows_backward(compute *on, size_t rows, size_t width, const float *dy,
                                    const float *y, const float *norms, float *dx)
{
    pooling_task t = { .cpu = cpu_of(on),
                       .rows = rows,
                       .width = width,
                       .dy = dy,
                       .x = y,
                       .norms_in = norms,
                       .dx = dx };
    double operations = 32.0 * (double)rows * (double)width;
    cpu_share(t.cpu, operations, blocks_of(rows, ROW_BLOCK), normalize_backward_block, &t);
}

void pooling_operations(compute *table)
{
    table->mean_rows = mean_rows;
    table->mean_rows_backward = mean_rows_backward;
    table->normalize_rows_forward = normalize_rows_forward;
    table->normalize_rows_backward = normalize_rows_backward;
}
