/* embedding.c: the sum of a word's, a position's and a segment's vector, and its gradients. */
#include "compute/cpu/cpu.h"

#include <string.h>

typedef struct embedding_task {
    compute_cpu *cpu;
    const embedding_shape *shape;
    const float *word, *position, *type;
    float *sum;
} embedding_task;

static void embedding_block(void *context, size_t index, size_t thread)
{
    (void)thread;
    const embedding_task *t = context;
    const embedding_shape *s = t->shape;
    row_range range = row_block(s->tokens, index);
    for (size_t row = range.begin; row < range.end; row++) {
        float *sum = t->sum + row * s->width;
        memcpy(sum, t->word + (size_t)s->ids[row] * s->width, s->width * sizeof *sum);
        if (t->type) t->cpu->kernels.add(s->width, t->type + (size_t)s->types[row] * s->width, sum);
        if (t->position)
            t->cpu->kernels.add(s->width, t->position + (size_t)s->positions[row] * s->width, sum);
    }
}

static void embedding_forward(compute *on, const embedding_shape *s, const float *word,
                              const float *position, const float *type, float *sum)
{
    compute_cpu *cpu = cpu_of(on);
    embedding_task t = {
        .cpu = cpu, .shape = s, .word = word, .position = position, .type = type, .sum = sum
    };
    cpu_share(cpu, 3.0 * (double)s->tokens * (double)s->width, blocks_of(s->tokens, ROW_BLOCK),
              embedding_block, &t);
}

typedef struct table_gradient {
    compute_cpu *cpu;
    size_t tokens, width;
    const int32_t *rows; /* [tokens] */
    int32_t skip;
    const float *dsum;
    float *dtable;
} table_gradient;

/* Two tokens may share a row, so the team shares the columns: each adds its columns of all tokens
 * in their order. */
static void table_columns(void *context, size_t index, size_t thread)
{
    (void)thread;
    const table_gradient *t = context;
    size_t begin = index * COLUMN_BLOCK;
    size_t count = t->width - begin < COLUMN_BLOCK ? t->width - begin : COLUMN_BLOCK;
    for (size_t token = 0; token < t->tokens; token++) {
        if (t->rows[token] == t->skip) continue;
        t->cpu->kernels.add(count, t->dsum + token * t->width + begin,
                            t->dtable + (size_t)t->rows[token] * t->width + begin);
    }
}

static void table_backward(compute_cpu *cpu, const embedding_shape *s, const int32_t *rows,
                           int32_t skip, const float *dsum, float *dtable)
{
    if (!dtable) return;
    table_gradient t = { .cpu = cpu,
                         .tokens = s->tokens,
                         .width = s->width,
                         .rows = rows,
                         .skip = skip,
                         .dsum = dsum,
                         .dtable = dtable };
    cpu_share(cpu, (double)s->tokens * (double)s->width, blocks_of(s->width, COLUMN_BLOCK),
              table_columns, &t);
}

static void embedding_backward(compute *on, const embedding_shape *s, const float *dsum,
                               float *dword, float *dposition, float *dtype)
{
    compute_cpu *cpu = cpu_of(on);
    const int32_t none = -1;
    table_backward(cpu, s, s->ids, s->pad, dsum, dword);
    table_backward(cpu, s, s->positions, s->positions_padded ? s->pad : none, dsum, dposition);
    table_backward(cpu, s, s->types, none, dsum, dtype);
}

void embedding_operations(compute *table)
{
    table->embedding_forward = embedding_forward;
    table->embedding_backward = embedding_backward;
}
