/* rotary.c: queries and keys turned by where they stand in their sequence.
 *
 * The pair (x_i, x_i + d/2) of a head of width d at place p is turned by p theta^(-2i/d); so the
 * product of a query and a key depends on the difference of their places (Su and others: RoFormer,
 * 2021). */
#include "compute/cpu/cpu.h"

typedef struct rotary_task {
    compute_cpu *cpu;
    const attention_shape *shape;
    const rotary *table;
    const uint32_t *starts; /* [sequences + 1] of the rows */
    const uint32_t *rows;   /* among the keys, that each row stands at, or NULL */
    size_t stride;
    float sign, *x;
} rotary_task;

/* The sequence that a row belongs to: the last one that begins there or before. */
static size_t sequence_of(const rotary_task *t, size_t row)
{
    size_t low = 0, high = t->shape->sequences;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (t->starts[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static size_t place_of(const rotary_task *t, size_t row)
{
    size_t sequence = sequence_of(t, row);
    return t->rows ? t->rows[row] - t->shape->key_starts[sequence] : row - t->starts[sequence];
}

static void rows_rotate(void *context, size_t index, size_t thread)
{
    (void)thread;
    const rotary_task *t = context;
    size_t heads = t->shape->heads, width = t->shape->head_width, half = width / 2;
    row_range range = row_block(t->starts[t->shape->sequences], index);
    for (size_t row = range.begin; row < range.end; row++) {
        size_t at = place_of(t, row) * half;
        const float *cosine = t->table->cosine + at, *sine = t->table->sine + at;
        for (size_t head = 0; head < heads; head++) {
            float *x = t->x + row * t->stride + head * width;
            t->cpu->kernels.rotate(half, cosine, sine, t->sign, x, x + half);
        }
    }
}

static void rotary_run(rotary_task *t)
{
    size_t rows = t->starts[t->shape->sequences];
    double numbers = (double)rows * (double)(t->shape->heads * t->shape->head_width);
    cpu_share(t->cpu, 4.0 * numbers, blocks_of(rows, ROW_BLOCK), rows_rotate, t);
}

static void rotate_both(compute *on, const attention_shape *s, const rotary *r, float sign,
                        float *q, float *k)
{
    size_t row = s->heads * s->head_width;
    rotary_task t = { .cpu = cpu_of(on), .shape = s, .table = r, .sign = sign };
    t.starts = s->query_starts;
    t.rows = s->query_rows;
    t.stride = s->query_stride ? s->query_stride : row;
    t.x = q;
    rotary_run(&t);
    t.starts = s->key_starts;
    t.rows = NULL;
    t.stride = s->key_stride ? s->key_stride : row;
    t.x = k;
    rotary_run(&t);
}

static void rotary_forward(compute *on, const attention_shape *s, const rotary *r, float *q,
                           float *k)
{
    rotate_both(on, s, r, 1.0f, q, k);
}

static void rotary_backward(compute *on, const attention_shape *s, const rotary *r, float *dq,
                            float *dk)
{
    rotate_both(on, s, r, -1.0f, dq, dk);
}

void rotary_operations(compute *table)
{
    table->rotary_forward = rotary_forward;
    table->rotary_backward = rotary_backward;
}
