/* loss_similarity.c: losses of unit vectors, by the products between them. */
#include "compute/cpu/loss.h"

#include <assert.h>

/* ---- pairs */

typedef struct pair_task {
    size_t width;
    const float *y, *targets;
    float scale, *dy;
} pair_task;

static double pair_item(const void *task, size_t pair)
{
    const pair_task *t = task;
    size_t at = 2 * pair * t->width;
    const float *a = t->y + at, *b = a + t->width;
    double cosine = 0.0;
    for (size_t i = 0; i < t->width; i++) cosine += (double)a[i] * b[i];
    double distance = cosine - (double)t->targets[pair], slope = t->scale * 2.0 * distance;
    for (size_t i = 0; t->dy && i < t->width; i++) {
        t->dy[at + i] = (float)(slope * b[i]);
        t->dy[at + t->width + i] = (float)(slope * a[i]);
    }
    return distance * distance;
}

static void cosine_error(compute *on, size_t pairs, size_t width, const float *y,
                         const float *targets, float scale, float *dy, double *loss)
{
    pair_task t = { .width = width, .y = y, .targets = targets, .scale = scale, .dy = dy };
    losses_add(cpu_of(on), pairs, 100.0 * (double)width, pair_item, &t, loss);
}

/* ---- units
 *
 * With A the anchors, C_m the members m of all units [units, width] each, and S the similarities
 * [units, candidates], candidates = units * (members - 1), in blocks S_m beside each other:
 *
 *     forward   S_m = A C_m^T
 *               loss = sum over units u of cross entropy(similarity_scale * S[u], label u)
 *     backward  dA = sum over m of dS_m C_m     dC_m = dS_m^T A */

typedef struct unit_task {
    const compute_cpu *cpu;
    class_target target;
    float similarity_scale, scale;
    bool gradient; /* replaces S */
    float *similarities;
} unit_task;

static double unit_item(const void *task, size_t unit)
{
    const unit_task *t = task;
    float *row = t->similarities + unit * t->target.classes;
    for (size_t i = 0; i < t->target.classes; i++) row[i] *= t->similarity_scale;
    return cross_entropy_row(t->cpu, &t->target, row, unit, t->scale * t->similarity_scale,
                             t->gradient ? row : NULL);
}

static void similarities_compute(compute_cpu *cpu, size_t units, size_t members, size_t width,
                                 const float *y)
{
    size_t candidates = units * (members - 1), stride = members * width;
    matmul_shape s = { .b_transposed = 1,
                       .rows = units,
                       .cols = units,
                       .inner = width,
                       .lda = stride,
                       .ldb = stride,
                       .ldc = candidates };
    for (size_t m = 1; m < members; m++)
        cpu_matmul(cpu, &s, y, y + m * width, 0.0f, cpu->similarities + (m - 1) * units);
}

static void similarities_backward(compute_cpu *cpu, size_t units, size_t members, size_t width,
                                  const float *y, float *dy)
{
    size_t candidates = units * (members - 1), stride = members * width;
    matmul_shape s = { .rows = units,
                       .cols = width,
                       .inner = units,
                       .lda = candidates,
                       .ldb = stride,
                       .ldc = stride };
    matmul_shape transposed = s;
    transposed.a_transposed = 1;
    for (size_t m = 1; m < members; m++) {
        const float *slopes = cpu->similarities + (m - 1) * units;
        cpu_matmul(cpu, &s, slopes, y + m * width, m == 1 ? 0.0f : 1.0f, dy);
        cpu_matmul(cpu, &transposed, slopes, y, 0.0f, dy + m * width);
    }
}

static void in_batch_negatives(compute *on, size_t units, size_t members, size_t width,
                               const float *y, float similarity_scale, float scale, float *dy,
                               double *loss)
{
    compute_cpu *cpu = cpu_of(on);
    assert(members >= 2);
    assert(units <= cpu->limits.units);
    assert(members <= cpu->limits.members);
    unit_task t = { .cpu = cpu,
                    .target = class_target_of(units * (members - 1), NULL),
                    .similarity_scale = similarity_scale,
                    .scale = scale,
                    .gradient = dy != NULL,
                    .similarities = cpu->similarities };
    similarities_compute(cpu, units, members, width, y);
    losses_add(cpu, units, cross_entropy_operations(t.target.classes), unit_item, &t, loss);
    if (dy) similarities_backward(cpu, units, members, width, y, dy);
}

void similarity_operations(compute *table)
{
    table->cosine_error = cosine_error;
    table->in_batch_negatives = in_batch_negatives;
}
