/* attention.c: softmax(q k^T / sqrt(d)) v for each sequence and head.
 *
 * A work item is one head of one sequence: its scores, n^2 numbers (1 MB at 512 tokens), stay in
 * the thread's own scratch and in cache, and no item writes what another reads. Items differ in
 * length, so the team takes them one at a time.
 *
 *     forward   S = q k^T      P = softmax(S / sqrt(d))     D = dropout(P)     y = D v
 *     backward  dv = D^T dy    dD = dy v^T     dP = dropout(dD)     dS = softmax'(P, dP)
 *               dq = dS k      dk = dS^T q */
#include "compute/cpu/cpu.h"

#include <assert.h>
#include <math.h>
#include <string.h>

typedef struct attention_task {
    compute_cpu *cpu;
    const attention_shape *shape;
    const dropout *dropout;
    const float *q, *k, *v, *dy;
    float *y, *dq, *dk, *dv;
} attention_task;

/* One head of one sequence. Matrices of queries or keys have rows of `stride` numbers, score
 * matrices of `keys`. */
typedef struct head {
    compute_cpu *cpu;
    const dropout *dropout;
    size_t first_query, first_key; /* rows of the packed matrices */
    size_t queries, keys, width, stride;
    size_t offset;   /* of the head's columns */
    uint32_t column; /* the head's first one of dropout */
    float scale;
} head;

static head head_of(const attention_task *t, size_t index)
{
    const attention_shape *s = t->shape;
    size_t sequence = index / s->heads, which = index % s->heads;
    return (head){
        .cpu = t->cpu,
        .dropout = t->dropout,
        .first_query = s->query_starts[sequence],
        .first_key = s->key_starts[sequence],
        .queries = s->query_starts[sequence + 1] - s->query_starts[sequence],
        .keys = s->key_starts[sequence + 1] - s->key_starts[sequence],
        .width = s->head_width,
        .stride = s->heads * s->head_width,
        .offset = which * s->head_width,
        .column = (uint32_t)which << 16, /* heads have room for 65,536 keys each */
        .scale = 1.0f / sqrtf((float)s->head_width),
    };
}

/* scores [queries, keys] = a b^T for a of queries and b of keys */
static void head_scores(const head *h, const float *a, const float *b, float *scores)
{
    matmul_shape s = { .b_transposed = 1,
                       .rows = h->queries,
                       .cols = h->keys,
                       .inner = h->width,
                       .lda = h->stride,
                       .ldb = h->stride,
                       .ldc = h->keys };
    cpu_matmul_alone(h->cpu, &s, 1.0f, a, b, 0.0f, scores);
}

/* y [queries, width] = scores x for x of keys */
static void head_apply(const head *h, const float *scores, const float *x, float *y)
{
    matmul_shape s = { .rows = h->queries,
                       .cols = h->width,
                       .inner = h->keys,
                       .lda = h->keys,
                       .ldb = h->stride,
                       .ldc = h->stride };
    cpu_matmul_alone(h->cpu, &s, 1.0f, scores, x, 0.0f, y);
}

/* y [keys, width] = scores^T x for x of queries */
static void head_apply_transposed(const head *h, const float *scores, const float *x, float *y)
{
    matmul_shape s = { .a_transposed = 1,
                       .rows = h->keys,
                       .cols = h->width,
                       .inner = h->queries,
                       .lda = h->keys,
                       .ldb = h->stride,
                       .ldc = h->stride };
    cpu_matmul_alone(h->cpu, &s, 1.0f, scores, x, 0.0f, y);
}

static void head_dropout(const head *h, const float *x, float *y)
{
    for (size_t query = 0; query < h->queries; query++) {
        dropout_row d = dropout_row_of(h->dropout, h->first_query + query, h->column);
        h->cpu->kernels.dropout_apply(&d, h->keys, x + query * h->keys, y + query * h->keys);
    }
}

static void head_softmax(const head *h, float *scores)
{
    for (size_t query = 0; query < h->queries; query++)
        h->cpu->kernels.softmax_forward(h->keys, h->scale, scores + query * h->keys);
}

static float *scratch_of(const attention_task *t, const head *h, size_t thread)
{
    size_t most = t->cpu->limits.keys;
    assert(h->keys <= most);
    assert(h->queries <= h->keys);
    return t->cpu->scores + thread * 2 * most * most;
}

/* x [keys, width] = 0 */
static void head_zero(const head *h, float *x)
{
    for (size_t key = 0; key < h->keys; key++) memset(x + key * h->stride, 0, h->width * sizeof *x);
}

static void head_forward(void *context, size_t index, size_t thread)
{
    const attention_task *t = context;
    head h = head_of(t, index);
    float *scores = scratch_of(t, &h, thread);
    size_t query = h.first_query * h.stride + h.offset, key = h.first_key * h.stride + h.offset;

    if (h.queries == 0) return;
    head_scores(&h, t->q + query, t->k + key, scores);
    head_softmax(&h, scores);
    if (h.dropout->rate > 0.0f) head_dropout(&h, scores, scores);
    head_apply(&h, scores, t->v + key, t->y + query);
}

static void head_backward(void *context, size_t index, size_t thread)
{
    const attention_task *t = context;
    head h = head_of(t, index);
    float *p = scratch_of(t, &h, thread), *d = p + h.queries * h.keys;
    size_t query = h.first_query * h.stride + h.offset, key = h.first_key * h.stride + h.offset;
    bool drops = h.dropout->rate > 0.0f;

    if (h.queries == 0) {
        head_zero(&h, t->dk + key);
        head_zero(&h, t->dv + key);
        return;
    }
    head_scores(&h, t->q + query, t->k + key, p);
    head_softmax(&h, p);
    if (drops) head_dropout(&h, p, d);
    head_apply_transposed(&h, drops ? d : p, t->dy + query, t->dv + key);

    head_scores(&h, t->dy + query, t->v + key, d);
    if (drops) head_dropout(&h, d, d);
    for (size_t row = 0; row < h.queries; row++)
        h.cpu->kernels.softmax_backward(h.keys, h.scale, p + row * h.keys, d + row * h.keys);
    head_apply(&h, d, t->k + key, t->dq + query);
    head_apply_transposed(&h, d, t->q + query, t->dk + key);
}

/* Queries times keys times width, over all sequences and heads: half the operations of one product.
 */
static double head_products(const attention_shape *s)
{
    double pairs = 0.0;
    for (size_t i = 0; i < s->sequences; i++)
        pairs += (double)(s->query_starts[i + 1] - s->query_starts[i]) *
                 (double)(s->key_starts[i + 1] - s->key_starts[i]);
    return pairs * (double)(s->heads * s->head_width);
}

static void attention_forward(compute *on, const attention_shape *s, const dropout *d,
                              const float *q, const float *k, const float *v, float *y)
{
    compute_cpu *cpu = cpu_of(on);
    attention_task t = { .cpu = cpu, .shape = s, .dropout = d, .q = q, .k = k, .v = v, .y = y };
    cpu_share_products(cpu, 4.0 * head_products(s), s->sequences * s->heads, head_forward, &t);
}

static void attention_backward(compute *on, const attention_shape *s, const dropout *d,
                               const float *dy, const float *q, const float *k, const float *v,
                               float *dq, float *dk, float *dv)
{
    compute_cpu *cpu = cpu_of(on);
    attention_task t = { .cpu = cpu,
                         .shape = s,
                         .dropout = d,
                         .q = q,
                         .k = k,
                         .v = v,
                         .dy = dy,
                         .dq = dq,
                         .dk = dk,
                         .dv = dv };
    cpu_share_products(cpu, 10.0 * head_products(s), s->sequences * s->heads, head_backward, &t);
}

void attention_operations(compute *table)
{
    table->attention_forward = attention_forward;
    table->attention_backward = attention_backward;
}
