/* disentangled.c: attention that scores by content and by distance (compute.h), DeBERTa's. He, Liu,
 * Gao, Chen: DeBERTa: Decoding-enhanced BERT with Disentangled Attention, 2021.
 *
 *     table -> norm -> dropout -> W_k, W_q -> what queries and keys are multiplied with
 *
 * The table has a row for each bucket of distances. All layers read it behind one norm; what drops
 * out is a layer's own, and so are the projections: the layer's weights for keys and queries, or
 * further ones. Only the rows that the batch has distances for are computed. */
#include "model/linear.h"

#include <math.h>

/* Rows of the table, and where they begin in a matrix of all. */
typedef struct table_rows {
    size_t first, count, at;
} table_rows;

static disentangled_shape shape_of(const pass *p, const attention_shape *s)
{
    const config *c = p->config;
    return (disentangled_shape){
        .attention = *s,
        .scale = 1.0f / sqrtf((float)s->head_width * (float)c->disentangled.terms),
        .rows = c->disentangled.rows,
        .row = c->distances ? c->distances + config_length_most(c) : NULL,
    };
}

static table_rows rows_of(const pass *p)
{
    const attention_shape sequences = { .sequences = p->batch->sequences,
                                        .key_starts = p->batch->starts };
    disentangled_shape s = shape_of(p, &sequences);
    table_rows rows = { 0 };
    rows.count = disentangled_rows(&s, &rows.first);
    rows.at = rows.first * p->config->hidden;
    return rows;
}

/* ---- the table's norm */

void distances_forward(const pass *p)
{
    const embedding_params *w = &p->params->embeddings;
    distance_tape *t = &p->tape->distances;
    if (!p->config->disentangled.rows || !p->config->disentangled.normed) return;
    table_rows rows = rows_of(p);
    norm_shape norm = hidden_norm(p, rows.count);
    p->on->norm_forward(p->on, &norm, w->distance.data + rows.at, w->distance_gain.data,
                        w->distance_shift.data, t->output + rows.at, t->norm.mean + rows.first,
                        t->norm.rstd + rows.first);
}

void distances_backward(const pass *p, params *gradients)
{
    const embedding_params *w = &p->params->embeddings;
    embedding_params *d = &gradients->embeddings;
    distance_tape *t = &p->tape->distances;
    if (!p->config->disentangled.rows) return;
    table_rows rows = rows_of(p);
    norm_shape norm = hidden_norm(p, rows.count);
    float *dx = t->doutput + rows.at;
    if (p->config->disentangled.normed)
        p->on->norm_backward(p->on, &norm, dx, w->distance.data + rows.at, w->distance_gain.data,
                             t->norm.mean + rows.first, t->norm.rstd + rows.first, dx,
                             d->distance_gain.data, d->distance_shift.data);
    p->on->scatter_add_rows(p->on, rows.count, p->config->hidden, t->token, dx,
                            d->distance.data + rows.at);
}

/* ---- a layer's keys and queries of distances */

typedef struct projection {
    const weight *w, *b;
    weight *dw, *db; /* NULL where there are no gradients */
} projection;

static projection key_projection(const pass *p, size_t layer, const params *gradients)
{
    bool own = p->config->disentangled.own;
    const layer_params *w = layer_weights(p, p->params, layer);
    layer_params *d = gradients ? layer_weights(p, gradients, layer) : NULL;
    return own ? (projection){ &w->distance_key_weight, &w->distance_key_bias,
                               d ? &d->distance_key_weight : NULL,
                               d ? &d->distance_key_bias : NULL }
               : (projection){ &w->key_weight, &w->key_bias, d ? &d->key_weight : NULL,
                               d ? &d->key_bias : NULL };
}

static projection query_projection(const pass *p, size_t layer, const params *gradients)
{
    bool own = p->config->disentangled.own;
    const layer_params *w = layer_weights(p, p->params, layer);
    layer_params *d = gradients ? layer_weights(p, gradients, layer) : NULL;
    return own ? (projection){ &w->distance_query_weight, &w->distance_query_bias,
                               d ? &d->distance_query_weight : NULL,
                               d ? &d->distance_query_bias : NULL }
               : (projection){ &w->query_weight, &w->query_bias, d ? &d->query_weight : NULL,
                               d ? &d->query_bias : NULL };
}

static dropout dropout_of(const pass *p, size_t layer, const table_rows *rows)
{
    const distance_tape *t = &p->tape->distances;
    return (dropout){ .rate = p->dropout.hidden,
                      .key = p->dropout.key,
                      .place = DROPOUT_DISTANCES + (uint32_t)layer,
                      .unit = t->unit,
                      .token = t->token + rows->first };
}

/* What a layer projects: the first of `rows`. */
static const float *table_of(const pass *p, size_t layer, const table_rows *rows)
{
    const distance_tape *t = &p->tape->distances;
    const float *x =
        p->config->disentangled.normed ? t->output : p->params->embeddings.distance.data;
    dropout drop = dropout_of(p, layer, rows);
    if (!(drop.rate > 0.0f)) return x + rows->at;
    p->on->dropout_apply(p->on, rows->count, p->config->hidden, &drop, x + rows->at,
                         t->dropped + rows->at);
    return t->dropped + rows->at;
}

static void project(const pass *p, size_t layer)
{
    const layer_tape *t = &p->tape->layers[layer];
    table_rows rows = rows_of(p);
    const float *x = table_of(p, layer, &rows);
    projection key = key_projection(p, layer, NULL), query = query_projection(p, layer, NULL);
    if (t->distance_key) linear_forward(p, key.w, key.b, rows.count, x, t->distance_key + rows.at);
    if (t->distance_query)
        linear_forward(p, query.w, query.b, rows.count, x, t->distance_query + rows.at);
}

/* The gradient of what was projected, added to the tape's doutput. */
static void table_backward(const pass *p, size_t layer, const table_rows *rows,
                           const projection *key, const projection *query)
{
    const layer_tape *l = &p->tape->layers[layer];
    const distance_tape *t = &p->tape->distances;
    size_t width = p->config->hidden, at = rows->at;
    dropout drop = dropout_of(p, layer, rows);
    bool drops = drop.rate > 0.0f, highest = layer + 1 == p->config->layers;
    float *dx = (drops ? t->dropped : t->doutput) + at;
    linear_output output = drops || highest ? LINEAR_WRITE : LINEAR_ADD;

    if (l->distance_key) {
        linear_backward_input(p, key->w, rows->count, t->dkey + at, output, dx);
        output = LINEAR_ADD;
    }
    if (l->distance_query)
        linear_backward_input(p, query->w, rows->count, t->dquery + at, output, dx);
    if (!drops) return;
    if (highest) {
        p->on->dropout_apply(p->on, rows->count, width, &drop, dx, t->doutput + at);
    } else {
        p->on->dropout_apply(p->on, rows->count, width, &drop, dx, dx);
        p->on->scatter_add_rows(p->on, rows->count, width, t->token, dx, t->doutput + at);
    }
}

static void project_backward(const pass *p, size_t layer, params *gradients)
{
    const layer_tape *l = &p->tape->layers[layer];
    const distance_tape *t = &p->tape->distances;
    table_rows rows = rows_of(p);
    const float *x = table_of(p, layer, &rows);
    projection key = key_projection(p, layer, gradients);
    projection query = query_projection(p, layer, gradients);
    if (l->distance_key)
        linear_backward_weight(p, key.w, rows.count, t->dkey + rows.at, x, key.dw, key.db);
    if (l->distance_query)
        linear_backward_weight(p, query.w, rows.count, t->dquery + rows.at, x, query.dw, query.db);
    if (gradients->embeddings.distance.data) table_backward(p, layer, &rows, &key, &query);
}

/* ---- attention */

static disentangled_tables tables_of(const layer_tape *t)
{
    return (disentangled_tables){ .key = t->distance_key, .query = t->distance_query };
}

static void forward(const pass *p, size_t layer, const attention_shape *s, const dropout *d)
{
    const layer_tape *t = &p->tape->layers[layer];
    disentangled_shape shape = shape_of(p, s);
    disentangled_tables tables = tables_of(t);
    if (shape.rows) project(p, layer);
    p->on->disentangled_forward(p->on, &shape, d, t->query, t->key, t->value, &tables, t->context);
}

static void backward(const pass *p, size_t layer, const attention_shape *s, const dropout *d,
                     const float *dcontext, params *gradients)
{
    const tape *b = p->tape;
    const layer_tape *t = &b->layers[layer];
    disentangled_shape shape = shape_of(p, s);
    disentangled_tables tables = tables_of(t);
    disentangled_tables dtables = { .key = tables.key ? b->distances.dkey : NULL,
                                    .query = tables.query ? b->distances.dquery : NULL };
    p->on->disentangled_backward(p->on, &shape, d, dcontext, t->query, t->key, t->value, &tables,
                                 b->dquery, b->dkey, b->dvalue, &dtables);
    if (shape.rows) project_backward(p, layer, gradients);
}

const attention_steps attention_disentangled = { forward, backward };
