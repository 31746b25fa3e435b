/* attention.c: softmax(q k^T / sqrt(d) + bias) v for each sequence and head.
 *
 * A head's queries are taken in blocks, in their order: the scores of a block stay in the thread's
 * own scratch, 2 * 512 numbers a key, however long a sequence is. Up to 512 queries are one block.
 * Where queries see only the keys nearby, a block is smaller and takes the keys that one of its
 * queries sees; the others have probability 0.
 *
 * A work item of the forward pass is a block, one of the backward pass all blocks of a head: they
 * add to the same dk and dv. No item writes what another reads. Items differ in length, so the team
 * takes them one at a time.
 *
 *     forward   S = q k^T      P = softmax(S / sqrt(d))     D = dropout(P)     y = D v
 *     backward  dv = D^T dy    dD = dy v^T     dP = dropout(dD)     dS = softmax'(P, dP)
 *               dq = dS k      dk = dS^T q
 *
 * With a relative bias the product is scaled first, S = q k^T / sqrt(d) + B, and the rest follows:
 * P = softmax(S), dB = dS, dq = dS k / sqrt(d), dk = dS^T q / sqrt(d). */
#include "compute/cpu/cpu.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Queries of a block where each sees few keys: fewer compute fewer scores of keys that a query does
 * not see, and make smaller products. */
enum { LOCAL_BLOCK = 64 };

typedef struct attention_task {
    compute_cpu *cpu;
    const attention_shape *shape;
    const dropout *dropout;
    const float *q, *k, *v, *dy;
    float *y, *dq, *dk, *dv;
    bool bias_gradient; /* is it wanted? */
    size_t blocks;      /* of the sequence that has most */
    size_t run;         /* backward: so many sequences are one item's */
} attention_task;

/* One head of one sequence, or a block of its queries with the keys that they see. Rows of queries
 * are query_stride numbers apart, rows of keys and values key_stride, rows of what attention gives
 * `stride`, and rows of scores `keys`. */
typedef struct head {
    compute_cpu *cpu;
    const attention_shape *shape;
    const dropout *dropout;
    size_t which, sequence;
    size_t first_query, first_key; /* rows of the packed matrices */
    size_t queries, keys, width, stride, query_stride, key_stride;
    size_t offset;   /* of the head's columns */
    size_t before;   /* keys of the sequence before the first one of the block */
    uint32_t column; /* the first key's for dropout */
    float product_scale, softmax_scale;
    /* Of key j for query i at [j - i + the sequence's keys - 1]: a row of scores takes it in one
     * piece. NULL: no bias. */
    float *bias, *dbias;
} head;

static size_t first_key_of(const head *h)
{
    return h->shape->key_starts[h->sequence];
}

static size_t sequence_keys(const head *h)
{
    return h->shape->key_starts[h->sequence + 1] - first_key_of(h);
}

static head head_of(const attention_task *t, size_t sequence, size_t which)
{
    const attention_shape *s = t->shape;
    float scale = 1.0f / sqrtf((float)s->head_width);
    size_t row = s->heads * s->head_width;
    return (head){
        .cpu = t->cpu,
        .shape = s,
        .dropout = t->dropout,
        .which = which,
        .sequence = sequence,
        .first_query = s->query_starts[sequence],
        .first_key = s->key_starts[sequence],
        .queries = s->query_starts[sequence + 1] - s->query_starts[sequence],
        .keys = s->key_starts[sequence + 1] - s->key_starts[sequence],
        .width = s->head_width,
        .stride = row,
        .query_stride = s->query_stride ? s->query_stride : row,
        .key_stride = s->key_stride ? s->key_stride : row,
        .offset = which * s->head_width,
        .column = (uint32_t)which << 16, /* heads have room for 65,536 keys each */
        .product_scale = s->bias ? scale : 1.0f,
        .softmax_scale = s->bias ? 1.0f : scale,
    };
}

/* ---- blocks */

static size_t block_queries(const attention_shape *s)
{
    return s->reach ? LOCAL_BLOCK : ATTENTION_BLOCK;
}

/* Where in its sequence the block's query number `query` stands. */
static size_t position_of(const head *h, size_t query)
{
    const attention_shape *s = h->shape;
    query += h->first_query;
    return s->query_rows ? s->query_rows[query] - first_key_of(h)
                         : query - s->query_starts[h->sequence];
}

/* Dropout counts columns by four, so the first key is one that four divides. */
static head block_of(const head *whole, size_t index)
{
    head b = *whole;
    size_t most = block_queries(b.shape), begin = index * most, reach = b.shape->reach;
    b.first_query += begin;
    b.queries = size_smaller(whole->queries - begin, most);
    if (!reach) return b;
    size_t low = position_of(&b, 0), high = position_of(&b, b.queries - 1) + reach + 1;
    b.before = low > reach ? (low - reach) / 4 * 4 : 0;
    b.first_key += b.before;
    b.column += (uint32_t)b.before;
    b.keys = size_smaller(high, whole->keys) - b.before;
    return b;
}

/* The block's keys that query number `query` sees. */
static row_range keys_seen(const head *h, size_t query)
{
    size_t reach = h->shape->reach;
    if (!reach) return (row_range){ 0, h->keys };
    size_t at = position_of(h, query), low = at > reach ? at - reach : 0;
    return (row_range){ low - h->before, size_smaller(at + reach + 1 - h->before, h->keys) };
}

/* Those that the query does not see have nothing. */
static void row_clear(const head *h, row_range seen, float *row)
{
    memset(row, 0, seen.begin * sizeof *row);
    memset(row + seen.end, 0, (h->keys - seen.end) * sizeof *row);
}

/* ---- products */

/* What one product reads or writes: rows so far apart. */
typedef struct rows_in {
    const float *at;
    size_t stride;
} rows_in;
typedef struct rows_out {
    float *at;
    size_t stride;
} rows_out;

static size_t query_at(const head *h, size_t stride)
{
    return h->first_query * stride + h->offset;
}

static size_t key_at(const head *h)
{
    return h->first_key * h->key_stride + h->offset;
}

/* The block's rows of a matrix: of queries, as q has them or as y; of keys. */
static rows_in queries_in(const head *h, const float *q)
{
    return (rows_in){ q + query_at(h, h->query_stride), h->query_stride };
}

static rows_in results_in(const head *h, const float *dy)
{
    return (rows_in){ dy + query_at(h, h->stride), h->stride };
}

static rows_in keys_in(const head *h, const float *k)
{
    return (rows_in){ k + key_at(h), h->key_stride };
}

/* scores [queries, keys] = alpha a b^T for a of queries and b of keys */
static void head_scores(const head *h, float alpha, rows_in a, rows_in b, float *scores)
{
    matmul_shape s = { .b_transposed = 1,
                       .rows = h->queries,
                       .cols = h->keys,
                       .inner = h->width,
                       .lda = a.stride,
                       .ldb = b.stride,
                       .ldc = h->keys };
    cpu_matmul_alone(h->cpu, &s, alpha, a.at, b.at, 0.0f, scores);
}

/* y [queries, width] = alpha scores x for x of keys */
static void head_apply(const head *h, float alpha, const float *scores, rows_in x, rows_out y)
{
    matmul_shape s = { .rows = h->queries,
                       .cols = h->width,
                       .inner = h->keys,
                       .lda = h->keys,
                       .ldb = x.stride,
                       .ldc = y.stride };
    cpu_matmul_alone(h->cpu, &s, alpha, scores, x.at, 0.0f, y.at);
}

/* y [keys, width] = alpha scores^T x + beta y for x of queries */
static void head_apply_transposed(const head *h, float alpha, const float *scores, rows_in x,
                                  float beta, float *y)
{
    matmul_shape s = { .a_transposed = 1,
                       .rows = h->keys,
                       .cols = h->width,
                       .inner = h->queries,
                       .lda = h->keys,
                       .ldb = x.stride,
                       .ldc = h->key_stride };
    cpu_matmul_alone(h->cpu, &s, alpha, scores, x.at, beta, y + key_at(h));
}

/* ---- rows of scores */

static void head_dropout(const head *h, const float *x, float *y)
{
    for (size_t query = 0; query < h->queries; query++) {
        dropout_row d = dropout_row_of(h->dropout, h->first_query + query, h->column);
        h->cpu->kernels.dropout_apply(&d, h->keys, x + query * h->keys, y + query * h->keys);
    }
}

/* Of the block's first key, for a query. */
static size_t bias_begin(const head *h, size_t query)
{
    return sequence_keys(h) - 1 + h->before - position_of(h, query);
}

static void head_softmax(const head *h, float *scores)
{
    for (size_t query = 0; query < h->queries; query++) {
        float *row = scores + query * h->keys;
        row_range seen = keys_seen(h, query);
        if (h->bias) h->cpu->kernels.add(h->keys, h->bias + bias_begin(h, query), row);
        h->cpu->kernels.softmax_forward(seen.end - seen.begin, h->softmax_scale, row + seen.begin);
        row_clear(h, seen, row);
    }
}

/* d: dP becomes dS */
static void head_softmax_backward(const head *h, const float *p, float *d)
{
    for (size_t query = 0; query < h->queries; query++) {
        float *row = d + query * h->keys;
        row_range seen = keys_seen(h, query);
        h->cpu->kernels.softmax_backward(seen.end - seen.begin, h->softmax_scale,
                                         p + query * h->keys + seen.begin, row + seen.begin);
        row_clear(h, seen, row);
        if (h->dbias) h->cpu->kernels.add(h->keys, row, h->dbias + bias_begin(h, query));
    }
}

/* ---- the relative bias of a head, by distance */

static void bias_spread(head *h, float *room)
{
    const attention_bias *b = h->shape->bias;
    size_t keys = sequence_keys(h);
    for (size_t i = 0; i + 1 < 2 * keys; i++) {
        ptrdiff_t distance = (ptrdiff_t)keys - 1 - (ptrdiff_t)i;
        room[i] = b->table[b->bucket[distance] * h->shape->heads + h->which];
    }
    h->bias = room;
}

/* sums [buckets] += what the distances' gradients come to */
static void bias_collect(const head *h, double *sums)
{
    const attention_bias *b = h->shape->bias;
    size_t keys = sequence_keys(h);
    for (size_t i = 0; i + 1 < 2 * keys; i++)
        sums[b->bucket[(ptrdiff_t)keys - 1 - (ptrdiff_t)i]] += h->dbias[i];
}

/* [runs][heads][buckets] */
static double *bias_sums(const attention_task *t, size_t run, size_t which)
{
    const attention_shape *s = t->shape;
    return t->cpu->bias_sums + (run * s->heads + which) * s->bias->buckets;
}

/* ---- scratch */

static float *scores_of(const attention_task *t, const head *h, size_t thread)
{
    size_t most = t->cpu->limits.keys;
    assert(h->keys <= most);
    assert(h->queries <= h->keys);
    return t->cpu->scores + thread * 2 * attention_rows(most) * most;
}

/* Twice two numbers a key. */
static float *distances_of(const attention_task *t, size_t thread)
{
    assert(t->shape->bias->buckets * t->shape->heads <= t->cpu->limits.biases);
    return t->cpu->distances + thread * 4 * t->cpu->limits.keys;
}

/* ---- items */

static void block_forward(const attention_task *t, const head *h, float *scores)
{
    rows_out y = { t->y + query_at(h, h->stride), h->stride };
    head_scores(h, h->product_scale, queries_in(h, t->q), keys_in(h, t->k), scores);
    head_softmax(h, scores);
    if (h->dropout->rate > 0.0f) head_dropout(h, scores, scores);
    head_apply(h, 1.0f, scores, keys_in(h, t->v), y);
}

static void item_forward(void *context, size_t index, size_t thread)
{
    const attention_task *t = context;
    size_t item = index / t->blocks, block = index % t->blocks, heads = t->shape->heads;
    head h = head_of(t, item / heads, item % heads);
    if (block * block_queries(t->shape) >= h.queries) return;
    float *scores = scores_of(t, &h, thread);
    if (t->shape->bias) bias_spread(&h, distances_of(t, thread));
    h = block_of(&h, block);
    block_forward(t, &h, scores);
}

/* kept: 1 where dk and dv are added to, 0 where they are written */
static void block_backward(const attention_task *t, const head *h, float kept, float *p)
{
    rows_in q = queries_in(h, t->q), k = keys_in(h, t->k), dy = results_in(h, t->dy);
    rows_out dq = { t->dq + query_at(h, h->query_stride), h->query_stride };
    float *d = p + h->queries * h->keys;
    bool drops = h->dropout->rate > 0.0f;

    head_scores(h, h->product_scale, q, k, p);
    head_softmax(h, p);
    if (drops) head_dropout(h, p, d);
    head_apply_transposed(h, 1.0f, drops ? d : p, dy, kept, t->dv);

    head_scores(h, 1.0f, dy, keys_in(h, t->v), d);
    if (drops) head_dropout(h, d, d);
    head_softmax_backward(h, p, d);
    head_apply(h, h->product_scale, d, k, dq);
    head_apply_transposed(h, h->product_scale, d, q, kept, t->dk);
}

/* x [keys, width] = 0 */
static void head_zero(const head *h, float *x)
{
    x += key_at(h);
    for (size_t key = 0; key < h->keys; key++)
        memset(x + key * h->key_stride, 0, h->width * sizeof *x);
}

/* The first block writes dk and dv if it sees all keys. */
static void head_backward(const attention_task *t, const head *h, float *scores)
{
    bool begun = h->shape->reach || h->queries == 0;
    if (begun) {
        head_zero(h, t->dk);
        head_zero(h, t->dv);
    }
    for (size_t i = 0; i < blocks_of(h->queries, block_queries(h->shape)); i++) {
        head b = block_of(h, i);
        block_backward(t, &b, begun || i ? 1.0f : 0.0f, scores);
    }
}

static void item_backward(void *context, size_t index, size_t thread)
{
    const attention_task *t = context;
    const attention_shape *s = t->shape;
    size_t run = index / s->heads, which = index % s->heads, first = run * t->run;
    for (size_t i = first; i < s->sequences && i < first + t->run; i++) {
        head h = head_of(t, i, which);
        size_t distances = 2 * h.keys;
        if (s->bias) bias_spread(&h, distances_of(t, thread));
        if (t->bias_gradient) {
            h.dbias = h.bias + distances;
            memset(h.dbias, 0, distances * sizeof *h.dbias);
        }
        head_backward(t, &h, scores_of(t, &h, thread));
        if (t->bias_gradient) bias_collect(&h, bias_sums(t, run, which));
    }
}

/* ---- operations */

static void attention_forward(compute *on, const attention_shape *s, const dropout *d,
                              const float *q, const float *k, const float *v, float *y)
{
    compute_cpu *cpu = cpu_of(on);
    attention_task t = { .cpu = cpu, .shape = s, .dropout = d, .q = q, .k = k, .v = v, .y = y };
    for (size_t i = 0; i < s->sequences; i++) {
        size_t queries = s->query_starts[i + 1] - s->query_starts[i];
        t.blocks = size_larger(t.blocks, blocks_of(queries, block_queries(s)));
    }
    cpu_share_products(cpu, 4.0 * attention_products(s), s->sequences * s->heads * t.blocks,
                       item_forward, &t);
}

/* Sums within runs of sequences, then over the runs in their order: the same for any team. */
static void bias_finish(const attention_task *t, size_t runs, float *dbias)
{
    size_t heads = t->shape->heads, buckets = t->shape->bias->buckets;
    for (size_t i = 0; i < heads * buckets; i++) {
        double sum = 0.0;
        for (size_t run = 0; run < runs; run++) sum += bias_sums(t, run, i % heads)[i / heads];
        dbias[i] += (float)sum;
    }
}

static void attention_backward(compute *on, const attention_shape *s, const dropout *d,
                               const float *dy, const float *q, const float *k, const float *v,
                               float *dq, float *dk, float *dv, float *dbias)
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
                         .dv = dv,
                         .bias_gradient = dbias != NULL,
                         .run = dbias ? blocks_of(s->sequences, ATTENTION_RUNS) : 1 };
    size_t runs = t.run ? blocks_of(s->sequences, t.run) : 0;
    if (dbias)
        memset(cpu->bias_sums, 0, runs * s->heads * s->bias->buckets * sizeof *cpu->bias_sums);
    cpu_share_products(cpu, 10.0 * attention_products(s), runs * s->heads, item_backward, &t);
    if (dbias) bias_finish(&t, runs, dbias);
}

void attention_operations(compute *table)
{
    table->attention_forward = attention_forward;
    table->attention_backward = attention_backward;
}
