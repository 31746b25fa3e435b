/* update.c: zeroing, the gradient's norm, and the optimizer's step: passes over all parameters,
 * bound by memory. Adam reads w, g, m, v and writes w, m, v: 28 bytes a parameter, 3.1 GB for 110 M
 * of them. Of a table of which a step reads few rows, the same for those rows. */
#include "compute/cpu/cpu.h"

#include "base/parallel.h"
#include "compute/cpu/kernels/adamw_numbers.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { CHUNK = 16384 }; /* floats a work item takes: 64 kB of each array */
enum { SUMS = 4096 };   /* sums of items that are kept, in their order, until the team is done */

typedef struct update_task {
    compute_cpu *cpu;
    size_t count; /* of floats, or of rows */
    const adamw_step *step;
    const float *g;
    float *w, *m, *v;
    double *sums;

    size_t width; /* of rows, and what else they have */
    const uint32_t *index;
    const adamw_idle_steps *past;
    const uint16_t *taken;
} update_task;

static adamw_step step_of(const adamw *a)
{
    return (adamw_step){
        .learning_rate = a->learning_rate,
        .beta1 = a->beta1,
        .beta2 = a->beta2,
        .epsilon = a->epsilon,
        .decay = a->decay,
        .gradient_scale = (float)a->gradient_scale,
        .correction1 = 1.0 - pow(a->beta1, (double)a->step),
        .correction2_root = sqrt(1.0 - pow(a->beta2, (double)a->step)),
    };
}

/* ---- all of a block */

static size_t chunk_count(const update_task *t, size_t index)
{
    size_t left = t->count - index * CHUNK;
    return left < CHUNK ? left : CHUNK;
}

static void zero_chunk(void *context, size_t index, size_t thread)
{
    (void)thread;
    const update_task *t = context;
    memset(t->w + index * CHUNK, 0, chunk_count(t, index) * sizeof *t->w);
}

static void zero(compute *on, size_t count, float *x)
{
    update_task t = { .cpu = cpu_of(on), .count = count, .w = x };
    cpu_share(t.cpu, (double)count, blocks_of(count, CHUNK), zero_chunk, &t);
}

static void squares_chunk(void *context, size_t index, size_t thread)
{
    (void)thread;
    const update_task *t = context;
    t->sums[index] = t->cpu->kernels.sum_squares(chunk_count(t, index), t->g + index * CHUNK);
}

/* In runs of SUMS chunks, each chunk's sum by itself, then all in order. */
static double sum_squares(compute *on, size_t count, const float *x)
{
    double sums[SUMS], total = 0.0;
    for (size_t begin = 0; begin < count; begin += (size_t)SUMS * CHUNK) {
        size_t run = count - begin < (size_t)SUMS * CHUNK ? count - begin : (size_t)SUMS * CHUNK;
        update_task t = { .cpu = cpu_of(on), .count = run, .g = x + begin, .sums = sums };
        cpu_share(t.cpu, 2.0 * (double)run, blocks_of(run, CHUNK), squares_chunk, &t);
        for (size_t i = 0; i < blocks_of(run, CHUNK); i++) total += sums[i];
    }
    return total;
}

static void adamw_chunk(void *context, size_t index, size_t thread)
{
    (void)thread;
    const update_task *t = context;
    size_t at = index * CHUNK;
    t->cpu->kernels.adamw(t->step, chunk_count(t, index), t->g + at, t->w + at, t->m + at,
                          t->v + at);
}

static void adamw_update(compute *on, const adamw *a, size_t count, const float *g, float *w,
                         float *m, float *v)
{
    adamw_step step = step_of(a);
    update_task t = {
        .cpu = cpu_of(on), .count = count, .step = &step, .g = g, .w = w, .m = m, .v = v
    };
    cpu_share(t.cpu, 16.0 * (double)count, blocks_of(count, CHUNK), adamw_chunk, &t);
}

/* ---- rows of a table */

static size_t table_row(const update_task *t, size_t i)
{
    return t->index ? t->index[i] : i;
}

/* operations: on each number of a row, over all rows */
static void rows_run(update_task *t, double operations, parallel_body *body)
{
    cpu_share(t->cpu, operations * (double)t->width, blocks_of(t->count, ROW_BLOCK), body, t);
}

static void zero_rows_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const update_task *t = context;
    row_range range = row_block(t->count, index);
    for (size_t i = range.begin; i < range.end; i++)
        memset(t->w + table_row(t, i) * t->width, 0, t->width * sizeof *t->w);
}

static void zero_rows(compute *on, size_t count, size_t width, const uint32_t *index, float *x)
{
    update_task t = { .cpu = cpu_of(on), .count = count, .width = width, .index = index, .w = x };
    rows_run(&t, (double)t.count, zero_rows_block);
}

static void squares_rows_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const update_task *t = context;
    row_range range = row_block(t->count, index);
    for (size_t i = range.begin; i < range.end; i++)
        t->sums[i] = t->cpu->kernels.sum_squares(t->width, t->g + table_row(t, i) * t->width);
}

static void sum_squares_rows(compute *on, size_t count, size_t width, const uint32_t *index,
                             const float *x, double *sum)
{
    double sums[SUMS];
    for (size_t begin = 0; begin < count; begin += SUMS) {
        update_task t = { .cpu = cpu_of(on),
                          .count = count - begin < SUMS ? count - begin : SUMS,
                          .width = width,
                          .index = index ? index + begin : NULL,
                          .g = index ? x : x + begin * width,
                          .sums = sums };
        rows_run(&t, 2.0 * (double)t.count, squares_rows_block);
        for (size_t i = 0; i < t.count; i++) *sum += sums[i];
    }
}

static void adamw_rows_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const update_task *t = context;
    row_range range = row_block(t->count, index);
    for (size_t i = range.begin; i < range.end; i++) {
        size_t at = table_row(t, i) * t->width;
        t->cpu->kernels.adamw(t->step, t->width, t->g + at, t->w + at, t->m + at, t->v + at);
    }
}

static void adamw_update_rows(compute *on, const adamw *a, size_t count, size_t width,
                              const uint32_t *index, const float *g, float *w, float *m, float *v)
{
    adamw_step step = step_of(a);
    update_task t = { .cpu = cpu_of(on),
                      .count = count,
                      .width = width,
                      .index = index,
                      .step = &step,
                      .g = g,
                      .w = w,
                      .m = m,
                      .v = v };
    rows_run(&t, 16.0 * (double)t.count, adamw_rows_block);
}

static void catch_up_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const update_task *t = context;
    row_range range = row_block(t->count, index);
    for (size_t i = range.begin; i < range.end; i++) {
        size_t row = table_row(t, i), at = row * t->width, taken = t->taken[row];
        if (taken == t->past->count) continue;
        adamw_idle_steps missed = { .count = t->past->count - taken,
                                    .numbers = t->past->numbers + taken,
                                    .faint = t->past->faint };
        t->cpu->kernels.adamw_idle(&missed, t->width, t->w + at, t->m + at, t->v + at);
    }
}

static void adamw_catch_up_rows(compute *on, const adamw_past *past, size_t count, size_t width,
                                const uint32_t *index, const uint16_t *taken, float *w, float *m,
                                float *v)
{
    adamw_numbers numbers[ADAMW_PAST_MOST];
    assert(past->count <= ADAMW_PAST_MOST);
    for (size_t k = 0; k < past->count; k++) {
        adamw one = past->first;
        one.step += k;
        one.learning_rate = past->rates[k];
        adamw_step step = step_of(&one);
        numbers[k] = adamw_numbers_of(&step);
    }
    adamw_idle_steps steps = { .count = past->count,
                               .numbers = numbers,
                               .faint = adamw_faint(past->count, numbers) };
    update_task t = { .cpu = cpu_of(on),
                      .count = count,
                      .width = width,
                      .index = index,
                      .past = &steps,
                      .taken = taken,
                      .w = w,
                      .m = m,
                      .v = v };
    double missed = 0.0;
    for (size_t i = 0; i < count; i++) missed += (double)(past->count - taken[table_row(&t, i)]);
    rows_run(&t, 4.0 * missed, catch_up_block);
}

void update_operations(compute *table)
{
    table->zero = zero;
    table->sum_squares = sum_squares;
    table->adamw_update = adamw_update;
    table->zero_rows = zero_rows;
    table->sum_squares_rows = sum_squares_rows;
    table->adamw_update_rows = adamw_update_rows;
    table->adamw_catch_up_rows = adamw_catch_up_rows;
}
