/* update.c: zeroing, the gradient's norm, and the optimizer's step: passes over all parameters,
 * bound by memory. Adam reads w, g, m, v and writes w, m, v: 28 bytes a parameter, 3.1 GB for 110 M
 * of them. */
#include "compute/cpu/cpu.h"

#include "base/parallel.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 16384 }; /* floats a work item takes: 64 kB of each array */

typedef struct update_task {
    compute_cpu *cpu;
    size_t count;
    const adamw_step *step;
    const float *g;
    float *w, *m, *v;
    double *sums;
} update_task;

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
    parallel_for(cpu_team(t.cpu, (double)count), blocks_of(count, CHUNK), zero_chunk, &t);
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
    enum { SUMS = 256 };
    double sums[SUMS], total = 0.0;
    for (size_t begin = 0; begin < count; begin += (size_t)SUMS * CHUNK) {
        size_t run = count - begin < (size_t)SUMS * CHUNK ? count - begin : (size_t)SUMS * CHUNK;
        update_task t = { .cpu = cpu_of(on), .count = run, .g = x + begin, .sums = sums };
        parallel_for(cpu_team(t.cpu, 2.0 * (double)run), blocks_of(run, CHUNK), squares_chunk, &t);
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
    adamw_step step = {
        .learning_rate = a->learning_rate,
        .beta1 = a->beta1,
        .beta2 = a->beta2,
        .epsilon = a->epsilon,
        .decay = a->decay,
        .gradient_scale = (float)a->gradient_scale,
        .correction1 = 1.0 - pow(a->beta1, (double)a->step),
        .correction2_root = sqrt(1.0 - pow(a->beta2, (double)a->step)),
    };
    update_task t = {
        .cpu = cpu_of(on), .count = count, .step = &step, .g = g, .w = w, .m = m, .v = v
    };
    parallel_for(cpu_team(t.cpu, 16.0 * (double)count), blocks_of(count, CHUNK), adamw_chunk, &t);
}

void update_operations(compute *table)
{
    table->zero = zero;
    table->sum_squares = sum_squares;
    table->adamw_update = adamw_update;
}
