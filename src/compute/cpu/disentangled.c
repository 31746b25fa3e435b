/* disentangled.c: softmax(scale (q k^T + content to position + position to content)) v for each
 * sequence and head.
 *
 * What a query and a key have to do with their distance is a product with a table of positions. A
 * sequence of n tokens meets the rows of distances -(n - 1) .. n - 1, which lie side by side, and
 * with buckets are fewer than these. So all queries are multiplied with those rows once, and so are
 * the keys; the products are then spread over the scores, each to the pairs of its distance:
 *
 *     forward   C = q A^T    E = k B^T      A, B the tables' rows; r the row of a pair's distance
 *               S[i, j] = q[i] . k[j] + C[i, r] + E[j, r]
 *               P = softmax(scale S)     D = dropout(P)     y = D v
 *     backward  dv, dS as in attention.c
 *               dC[i, r] = sum of dS[i, j] over the pairs of row r       dE[j, r] likewise
 *               dq = dS k + dC A      dk = dS^T q + dE B      dA = dC^T q      dB = dE^T k
 *
 * A work item of forward is a head of a sequence. The tables belong to all sequences: an item of
 * backward is a head of a group of sequences, which adds to sums of the group's own in the order of
 * its sequences, and the groups' sums are added in their order. The groups depend on the batch
 * alone, so any number of threads gives the same bits. */
#include "base/memory.h"
#include "compute/cpu/cpu.h"

#include <assert.h>
#include <string.h>

/* Sums of a group take 2 numbers a row and column of the tables to zero and to add: with so many
 * tokens that is little beside the products. */
enum { GROUP_TOKENS = 256, GROUPS_MOST = 8 };

size_t cpu_disentangled_groups(size_t tokens)
{
    size_t groups = tokens / GROUP_TOKENS;
    return groups < 1 ? 1 : groups > GROUPS_MOST ? GROUPS_MOST : groups;
}

/* Rows of a table that lie side by side. */
typedef struct table_rows {
    size_t first, count;
} table_rows;

typedef struct disentangled_task {
    compute_cpu *cpu;
    const disentangled_shape *shape;
    const dropout *dropout;
    const disentangled_tables *tables, *dtables;
    const float *q, *k, *v, *dy;
    float *y, *dq, *dk, *dv;
    size_t groups;
    table_rows rows; /* that the batch meets */
    /* Each of the distances 0 .. near_after, and of 0 .. -near_before, has a row of its own. */
    size_t near_after, near_before;
} disentangled_task;

/* One head of one sequence. Matrices of queries, keys and the tables have rows of `stride` numbers,
 * `column` is the head's first one. */
typedef struct head {
    const disentangled_task *task;
    size_t first_query, first_key; /* rows of the packed matrices */
    size_t queries, keys, width, stride, column;
    uint32_t dropout_column;
    const uint16_t *row; /* of the distance 0 */
    float *scores;       /* two matrices of a block's queries and all keys */
    /* C or dC of a block of queries, E, dE: those of the keys are by blocks, key i's from
     * i * rows_most on; a block has rows of as many numbers as it meets rows of the table. */
    float *products, *keys_products, *keys_slopes;
    size_t rows_most;
} head;

/* The place of a query in its sequence. */
static size_t place_of(const head *h, size_t query)
{
    const uint32_t *rows = h->task->shape->attention.query_rows;
    return rows ? rows[h->first_query + query] - h->first_key : query;
}

/* Queries or keys of a head that follow each other. */
typedef struct block {
    size_t first, count;
    table_rows rows; /* that they meet with all keys, or with all queries */
} block;

static table_rows rows_met(const head *h, const block *queries, const block *keys)
{
    if (!h->row) return (table_rows){ 0 };
    ptrdiff_t low = (ptrdiff_t)place_of(h, queries->first);
    ptrdiff_t high = (ptrdiff_t)place_of(h, queries->first + queries->count - 1);
    ptrdiff_t first = (ptrdiff_t)keys->first, last = first + (ptrdiff_t)keys->count - 1;
    size_t row = h->row[low - last];
    return (table_rows){ row, h->row[high - first] + 1u - row };
}

static block queries_at(const head *h, size_t first)
{
    const block keys = { .count = h->keys };
    block b = { .first = first, .count = size_smaller(h->queries - first, DISENTANGLED_BLOCK) };
    b.rows = rows_met(h, &b, &keys);
    return b;
}

static block keys_at(const head *h, size_t first)
{
    const block queries = { .count = h->queries };
    block b = { .first = first, .count = size_smaller(h->keys - first, DISENTANGLED_BLOCK) };
    b.rows = rows_met(h, &queries, &b);
    return b;
}

static head head_of(const disentangled_task *t, size_t sequence, size_t which, size_t thread)
{
    const disentangled_shape *s = t->shape;
    const attention_shape *a = &s->attention;
    const compute_limits *most = &t->cpu->limits;
    head h = {
        .task = t,
        .first_query = a->query_starts[sequence],
        .first_key = a->key_starts[sequence],
        .queries = a->query_starts[sequence + 1] - a->query_starts[sequence],
        .keys = a->key_starts[sequence + 1] - a->key_starts[sequence],
        .width = a->head_width,
        .stride = a->heads * a->head_width,
        .column = which * a->head_width,
        .dropout_column = (uint32_t)which << 16, /* as in attention.c */
        .row = s->row,
        .scores = t->cpu->scores + thread * 2 * attention_rows(most->keys) * most->keys,
        .products =
            t->cpu->positions + thread * (DISENTANGLED_BLOCK + 2 * most->keys) * most->distances,
        .rows_most = most->distances,
    };
    assert(h.keys <= most->keys);
    assert(s->rows <= most->distances);
    h.keys_products = h.products + DISENTANGLED_BLOCK * h.rows_most;
    h.keys_slopes = h.keys_products + most->keys * h.rows_most;
    return h;
}

static float *query_at(const head *h, const float *x, const block *b)
{
    return (float *)x + (h->first_query + b->first) * h->stride + h->column;
}

static float *key_at(const head *h, const float *x, const block *b)
{
    return (float *)x + (h->first_key + b->first) * h->stride + h->column;
}

/* Of all keys. */
static float *first_key(const head *h, const float *x)
{
    return (float *)x + h->first_key * h->stride + h->column;
}

static float *row_at(const head *h, const float *table, table_rows rows)
{
    return (float *)table + rows.first * h->stride + h->column;
}

/* ---- products. Matrices of scores or of products with a table have rows without gaps. */

/* c [rows, cols] = a b^T for a and b of the model's matrices */
static void multiply(const head *h, size_t rows, size_t cols, const float *a, const float *b,
                     float *c)
{
    matmul_shape s = { .b_transposed = 1,
                       .rows = rows,
                       .cols = cols,
                       .inner = h->width,
                       .lda = h->stride,
                       .ldb = h->stride,
                       .ldc = cols };
    cpu_matmul_alone(h->task->cpu, &s, 1.0f, a, b, 0.0f, c);
}

/* y [rows, width] = c x, or with `add` y += c x, for c [rows, cols] and x of the model's matrices
 */
static void apply(const head *h, size_t rows, size_t cols, const float *c, const float *x, bool add,
                  float *y)
{
    matmul_shape s = { .rows = rows,
                       .cols = h->width,
                       .inner = cols,
                       .lda = cols,
                       .ldb = h->stride,
                       .ldc = h->stride };
    cpu_matmul_alone(h->task->cpu, &s, 1.0f, c, x, add ? 1.0f : 0.0f, y);
}

/* y [cols, width] = c^T x, or with `add` y += c^T x */
static void apply_transposed(const head *h, size_t rows, size_t cols, const float *c,
                             const float *x, bool add, float *y)
{
    matmul_shape s = { .a_transposed = 1,
                       .rows = cols,
                       .cols = h->width,
                       .inner = rows,
                       .lda = cols,
                       .ldb = h->stride,
                       .ldc = h->stride };
    cpu_matmul_alone(h->task->cpu, &s, 1.0f, c, x, add ? 1.0f : 0.0f, y);
}

/* ---- products with the tables, and the pairs of a query and a key that they are for */

/* Scores are passed over in tiles of so many queries and keys, so that what belongs to a tile's
 * queries and keys stays in the first-level cache. A block of keys is some of them. */
enum { TILE = 32 };
_Static_assert(DISENTANGLED_BLOCK % TILE == 0, "a tile's keys are of one block");

typedef struct tile {
    size_t query, queries; /* from the block's first on */
    size_t key, keys;
    block of_keys; /* that these are of */
} tile;

/* Are its queries side by side, and has each of its distances a row of its own? */
static bool tile_is_near(const head *h, const block *b, const tile *t)
{
    size_t first = place_of(h, b->first + t->query);
    size_t last = place_of(h, b->first + t->query + t->queries - 1);
    return last - first == t->queries - 1 && last <= t->key + h->task->near_after &&
           t->key + t->keys - 1 <= first + h->task->near_before;
}

static band band_of(const head *h, const block *b, const tile *t)
{
    return (band){ .queries = t->queries,
                   .keys = t->keys,
                   .apart = h->keys,
                   .query_apart = b->rows.count + 1,         /* the next query is one further off */
                   .key_apart = t->of_keys.rows.count - 1 }; /* the next key is one nearer */
}

/* Where numbers of a tile's key stand, of the row of the table that comes first in them. */
static size_t key_product_at(const head *h, const tile *t, size_t key)
{
    const block *b = &t->of_keys;
    return b->first * h->rows_most + (key - b->first) * b->rows.count;
}

/* What the tile's first query and key meet: in the queries' products, and in the keys'. */
static size_t near_query_at(const head *h, const block *b, const tile *t)
{
    uint32_t row = *(h->row + place_of(h, b->first + t->query) - t->key);
    return t->query * b->rows.count + row - b->rows.first;
}

static size_t near_key_at(const head *h, const block *b, const tile *t)
{
    uint32_t row = *(h->row + place_of(h, b->first + t->query) - t->key);
    return key_product_at(h, t, t->key) + row - t->of_keys.rows.first;
}

/* scores[i, j] += queries[i, r] + keys[j, r], either NULL: none */
static void tile_spread(const head *h, const block *b, const tile *t, const float *queries,
                        const float *keys, float *scores)
{
    float *y = scores + t->query * h->keys + t->key;
    if (tile_is_near(h, b, t)) {
        band near = band_of(h, b, t);
        h->task->cpu->kernels.band_spread(&near, queries ? queries + near_query_at(h, b, t) : NULL,
                                          keys ? keys + near_key_at(h, b, t) : NULL, y);
        return;
    }
    size_t at = key_product_at(h, t, t->key);
    for (size_t i = t->query; i < t->query + t->queries; i++, y += h->keys) {
        const uint16_t *row = h->row + place_of(h, b->first + i) - t->key;
        for (size_t j = 0; queries && j < t->keys; j++)
            y[j] += queries[i * b->rows.count + *(row - j) - b->rows.first];
        for (size_t j = 0; keys && j < t->keys; j++)
            y[j] += keys[at + j * t->of_keys.rows.count + *(row - j) - t->of_keys.rows.first];
    }
}

/* queries[i, r] += scores[i, j], keys[j, r] += scores[i, j] */
static void tile_gather(const head *h, const block *b, const tile *t, const float *scores,
                        float *queries, float *keys)
{
    const float *y = scores + t->query * h->keys + t->key;
    if (tile_is_near(h, b, t)) {
        band near = band_of(h, b, t);
        h->task->cpu->kernels.band_gather(&near, y,
                                          queries ? queries + near_query_at(h, b, t) : NULL,
                                          keys ? keys + near_key_at(h, b, t) : NULL);
        return;
    }
    size_t at = key_product_at(h, t, t->key);
    for (size_t i = t->query; i < t->query + t->queries; i++, y += h->keys) {
        const uint16_t *row = h->row + place_of(h, b->first + i) - t->key;
        for (size_t j = 0; queries && j < t->keys; j++)
            queries[i * b->rows.count + *(row - j) - b->rows.first] += y[j];
        for (size_t j = 0; keys && j < t->keys; j++)
            keys[at + j * t->of_keys.rows.count + *(row - j) - t->of_keys.rows.first] += y[j];
    }
}

/* Tile `index` of a block; false: there are no more. */
static bool tile_next(const head *h, const block *b, size_t index, tile *out)
{
    size_t across = blocks_of(h->keys, TILE);
    tile t = { .query = index / across * TILE, .key = index % across * TILE };
    if (t.query >= b->count) return false;
    t.queries = size_smaller(b->count - t.query, TILE);
    t.keys = size_smaller(h->keys - t.key, TILE);
    t.of_keys = keys_at(h, t.key / DISENTANGLED_BLOCK * DISENTANGLED_BLOCK);
    *out = t;
    return true;
}

/* scores += what queries and keys have to do with the tables */
static void block_spread(const head *h, const block *b, float *scores)
{
    const disentangled_tables *tables = h->task->tables;
    const float *queries = tables->key ? h->products : NULL;
    const float *keys = tables->query ? h->keys_products : NULL;
    tile t;
    for (size_t i = 0; (queries || keys) && tile_next(h, b, i, &t); i++)
        tile_spread(h, b, &t, queries, keys, scores);
}

/* The products' gradients: of the block's queries, and added to those of the keys */
static void block_gather(const head *h, const block *b, const float *scores)
{
    const disentangled_tables *tables = h->task->tables;
    float *queries = tables->key ? h->products : NULL;
    float *keys = tables->query ? h->keys_slopes : NULL;
    if (queries) memset(queries, 0, b->count * b->rows.count * sizeof *queries);
    tile t;
    for (size_t i = 0; (queries || keys) && tile_next(h, b, i, &t); i++)
        tile_gather(h, b, &t, scores, queries, keys);
}

/* ---- a block of queries */

/* The probabilities before dropout, of which the keys' products with their table are there. */
static void block_probabilities(const head *h, const block *b, float *p)
{
    const disentangled_task *t = h->task;
    const float *q = query_at(h, t->q, b);
    multiply(h, b->count, h->keys, q, first_key(h, t->k), p);
    if (t->tables->key)
        multiply(h, b->count, b->rows.count, q, row_at(h, t->tables->key, b->rows), h->products);
    block_spread(h, b, p);
    for (size_t i = 0; i < b->count; i++)
        t->cpu->kernels.softmax_forward(h->keys, t->shape->scale, p + i * h->keys);
}

static void block_dropout(const head *h, const block *b, const float *x, float *y)
{
    for (size_t i = 0; i < b->count; i++) {
        dropout_row d =
            dropout_row_of(h->task->dropout, h->first_query + b->first + i, h->dropout_column);
        h->task->cpu->kernels.dropout_apply(&d, h->keys, x + i * h->keys, y + i * h->keys);
    }
}

static void block_forward(const head *h, const block *b)
{
    const disentangled_task *t = h->task;
    float *p = h->scores;
    block_probabilities(h, b, p);
    if (t->dropout->rate > 0.0f) block_dropout(h, b, p, p);
    apply(h, b->count, h->keys, p, first_key(h, t->v), false, query_at(h, t->y, b));
}

/* `sums` are the group's, of the tables' gradients. */
static void block_backward(const head *h, const block *b, const disentangled_tables *sums)
{
    const disentangled_task *t = h->task;
    float *p = h->scores, *d = p + b->count * h->keys;
    bool drops = t->dropout->rate > 0.0f, add = b->first > 0;
    const float *q = query_at(h, t->q, b), *dy = query_at(h, t->dy, b);

    block_probabilities(h, b, p);
    if (drops) block_dropout(h, b, p, d);
    apply_transposed(h, b->count, h->keys, drops ? d : p, dy, add, first_key(h, t->dv));

    multiply(h, b->count, h->keys, dy, first_key(h, t->v), d);
    if (drops) block_dropout(h, b, d, d);
    for (size_t i = 0; i < b->count; i++)
        t->cpu->kernels.softmax_backward(h->keys, t->shape->scale, p + i * h->keys,
                                         d + i * h->keys);
    float *dq = query_at(h, t->dq, b);
    apply(h, b->count, h->keys, d, first_key(h, t->k), false, dq);
    apply_transposed(h, b->count, h->keys, d, q, add, first_key(h, t->dk));
    block_gather(h, b, d);
    if (!t->tables->key) return;
    const float *c = h->products;
    apply(h, b->count, b->rows.count, c, row_at(h, t->tables->key, b->rows), true, dq);
    apply_transposed(h, b->count, b->rows.count, c, q, true, row_at(h, sums->key, b->rows));
}

/* ---- a head of a sequence */

/* A head's columns of rows of one of the model's matrices = 0 */
static void columns_zero(size_t rows, size_t width, size_t stride, float *x)
{
    for (size_t row = 0; row < rows; row++) memset(x + row * stride, 0, width * sizeof *x);
}

static void keys_forward(const head *h)
{
    const disentangled_task *t = h->task;
    for (size_t first = 0; t->tables->query && first < h->keys; first += DISENTANGLED_BLOCK) {
        block b = keys_at(h, first);
        multiply(h, b.count, b.rows.count, key_at(h, t->k, &b), row_at(h, t->tables->query, b.rows),
                 h->keys_products + first * h->rows_most);
    }
}

static void keys_backward(const head *h, const disentangled_tables *sums)
{
    const disentangled_task *t = h->task;
    for (size_t first = 0; t->tables->query && first < h->keys; first += DISENTANGLED_BLOCK) {
        block b = keys_at(h, first);
        size_t rows = b.rows.count;
        const float *e = h->keys_slopes + first * h->rows_most;
        apply(h, b.count, rows, e, row_at(h, t->tables->query, b.rows), true, key_at(h, t->dk, &b));
        apply_transposed(h, b.count, rows, e, key_at(h, t->k, &b), true,
                         row_at(h, sums->query, b.rows));
    }
}

static void keys_slopes_zero(const head *h)
{
    for (size_t first = 0; h->task->tables->query && first < h->keys; first += DISENTANGLED_BLOCK) {
        block b = keys_at(h, first);
        memset(h->keys_slopes + first * h->rows_most, 0, b.count * b.rows.count * sizeof(float));
    }
}

static void head_forward(void *context, size_t index, size_t thread)
{
    const disentangled_task *t = context;
    size_t heads = t->shape->attention.heads;
    head h = head_of(t, index / heads, index % heads, thread);
    if (h.queries == 0) return;
    keys_forward(&h);
    for (size_t first = 0; first < h.queries; first += DISENTANGLED_BLOCK) {
        block b = queries_at(&h, first);
        block_forward(&h, &b);
    }
}

static void head_backward(const head *h, const disentangled_tables *sums)
{
    const disentangled_task *t = h->task;
    if (h->queries == 0) {
        columns_zero(h->keys, h->width, h->stride, first_key(h, t->dk));
        columns_zero(h->keys, h->width, h->stride, first_key(h, t->dv));
        return;
    }
    keys_forward(h);
    keys_slopes_zero(h);
    for (size_t first = 0; first < h->queries; first += DISENTANGLED_BLOCK) {
        block b = queries_at(h, first);
        block_backward(h, &b, sums);
    }
    keys_backward(h, sums);
}

/* ---- groups */

/* Where a group adds up the tables' gradients: the first does in the result. */
static disentangled_tables group_sums(const disentangled_task *t, size_t group)
{
    if (group == 0) return *t->dtables;
    const attention_shape *a = &t->shape->attention;
    size_t numbers = t->shape->rows * a->heads * a->head_width;
    float *sums = t->cpu->tables + (group - 1) * 2 * numbers;
    return (disentangled_tables){ .key = t->tables->key ? sums : NULL,
                                  .query = t->tables->query ? sums + numbers : NULL };
}

static void group_backward(void *context, size_t index, size_t thread)
{
    const disentangled_task *t = context;
    const attention_shape *a = &t->shape->attention;
    size_t group = index / a->heads, which = index % a->heads;
    size_t width = a->head_width, stride = a->heads * width;
    disentangled_tables sums = group_sums(t, group);
    size_t at = t->rows.first * stride + which * width;
    if (sums.key) columns_zero(t->rows.count, width, stride, sums.key + at);
    if (sums.query) columns_zero(t->rows.count, width, stride, sums.query + at);

    size_t tokens = a->key_starts[a->sequences] - a->key_starts[0];
    for (size_t sequence = 0; sequence < a->sequences; sequence++) {
        size_t before = a->key_starts[sequence] - a->key_starts[0];
        if (before == tokens) break; /* nothing but empty sequences follows */
        if (before * t->groups / tokens != group) continue;
        head h = head_of(t, sequence, which, thread);
        head_backward(&h, &sums);
    }
}

/* Row by row of the tables' gradients: the first group's sums += the others', in their order */
static void groups_add(void *context, size_t index, size_t thread)
{
    (void)thread;
    const disentangled_task *t = context;
    const attention_shape *a = &t->shape->attention;
    size_t stride = a->heads * a->head_width;
    row_range rows = row_block(t->rows.count, index);
    size_t at = (t->rows.first + rows.begin) * stride, count = (rows.end - rows.begin) * stride;
    for (size_t group = 1; group < t->groups; group++) {
        disentangled_tables sums = group_sums(t, group);
        if (sums.key) t->cpu->kernels.add(count, sums.key + at, t->dtables->key + at);
        if (sums.query) t->cpu->kernels.add(count, sums.query + at, t->dtables->query + at);
    }
}

/* ---- the operations */

/* Additions and multiplications: of each pair of a query and a key, and of what both have to do
 * with the tables, which have no more rows that are met than twice the keys. */
static double operations_of(const disentangled_shape *s, double of_pairs)
{
    return 3.0 * of_pairs * attention_products(&s->attention);
}

static void rows_find(disentangled_task *t)
{
    const uint16_t *row = t->shape->row;
    if (!row) return;
    size_t farthest = attention_farthest(&t->shape->attention);
    t->rows.count = disentangled_rows(t->shape, &t->rows.first);
    while (t->near_after < farthest && row[1] == row[0] + 1) t->near_after++, row++;
    row = t->shape->row;
    while (t->near_before < farthest && *(row - 1) + 1 == row[0]) t->near_before++, row--;
}

static void disentangled_forward(compute *on, const disentangled_shape *s, const dropout *d,
                                 const float *q, const float *k, const float *v,
                                 const disentangled_tables *tables, float *y)
{
    compute_cpu *cpu = cpu_of(on);
    disentangled_task t = {
        .cpu = cpu, .shape = s, .dropout = d, .tables = tables, .q = q, .k = k, .v = v, .y = y
    };
    cpu_share_products(cpu, operations_of(s, 4.0), s->attention.sequences * s->attention.heads,
                       head_forward, &t);
}

static void disentangled_backward(compute *on, const disentangled_shape *s, const dropout *d,
                                  const float *dy, const float *q, const float *k, const float *v,
                                  const disentangled_tables *tables, float *dq, float *dk,
                                  float *dv, const disentangled_tables *dtables)
{
    compute_cpu *cpu = cpu_of(on);
    const attention_shape *a = &s->attention;
    assert(s->rows * a->heads * a->head_width <= cpu->limits.distances * cpu->limits.width);
    disentangled_task t = {
        .cpu = cpu,
        .shape = s,
        .dropout = d,
        .tables = tables,
        .dtables = dtables,
        .q = q,
        .k = k,
        .v = v,
        .dy = dy,
        .dq = dq,
        .dk = dk,
        .dv = dv,
        .groups = cpu_disentangled_groups(a->key_starts[a->sequences] - a->key_starts[0]),
    };
    rows_find(&t);
    cpu_share_products(cpu, operations_of(s, 10.0), t.groups * a->heads, group_backward, &t);
    if (t.groups == 1) return;
    double numbers = (double)(t.rows.count * a->heads * a->head_width) * (double)(2 * t.groups);
    cpu_share(cpu, numbers, blocks_of(t.rows.count, ROW_BLOCK), groups_add, &t);
}

void disentangled_operations(compute *table)
{
    table->disentangled_forward = disentangled_forward;
    table->disentangled_backward = disentangled_backward;
}
