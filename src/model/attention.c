/* attention.c: y = norm(x + dropout(W_o attention(W_q x, W_k x, W_v x) + b_o)).
 *
 * Where few tokens are wanted (in the last layer under a sentence's classifier: the first of each
 * sequence), queries and all that follows are computed for those rows alone; keys and values are
 * needed of all. The numbers are the same. */
#include "model/linear.h"

/* The bias by distance, where the family has one; all layers add the same. */
static attention_bias bias_of(const pass *p)
{
    const config *c = p->config;
    return (attention_bias){ .buckets = c->distance_buckets,
                             .table = p->params->embeddings.distance_bias.data,
                             .bucket = c->distances ? c->distances + config_length_most(c) : NULL };
}

static attention_shape shape_of(const pass *p, const layer_rows *rows, const attention_bias *bias)
{
    return (attention_shape){ .heads = p->config->attention_heads,
                              .head_width = p->config->hidden / p->config->attention_heads,
                              .sequences = p->batch->sequences,
                              .query_starts = rows->starts,
                              .key_starts = p->batch->starts,
                              .query_rows = rows->few ? p->batch->wanted_rows : NULL,
                              .bias = bias->table ? bias : NULL };
}

/* The tape's hidden [tokens, hidden] -> its attention_output [queries, hidden] */
void attention_part_forward(const pass *p, size_t layer)
{
    compute *on = p->on;
    const layer_params *w = layer_weights(p, p->params, layer);
    tape *b = p->tape;
    layer_tape *t = &b->layers[layer];
    layer_rows rows = layer_rows_of(p, layer);
    size_t queries = rows.count, keys = p->batch->tokens;
    attention_bias bias = bias_of(p);
    attention_shape shape = shape_of(p, &rows, &bias);
    norm_shape norm = hidden_norm(p, rows.count);
    dropout drop_probabilities = layer_dropout(p, layer, DROPOUT_PROBABILITIES, &rows);
    dropout drop_output = layer_dropout(p, layer, DROPOUT_ATTENTION, &rows);
    const float *x = b->hidden, *residual = rows.few ? b->residual : x;

    if (rows.few)
        on->gather_rows(on, rows.count, p->config->hidden, p->batch->wanted_rows, x, b->residual);
    linear_forward(p, &w->query_weight, &w->query_bias, queries, residual, t->query);
    linear_forward(p, &w->key_weight, &w->key_bias, keys, x, t->key);
    linear_forward(p, &w->value_weight, &w->value_bias, keys, x, t->value);
    on->attention_forward(on, &shape, &drop_probabilities, t->query, t->key, t->value, t->context);
    linear_forward(p, &w->attention_weight, NULL, queries, t->context, t->attention.sum);
    on->residual_norm_forward(on, &norm, &drop_output, w->attention_bias.data, residual,
                              w->attention_gain.data, w->attention_shift.data, t->attention.sum,
                              b->attention_output, t->attention.mean, t->attention.rstd);
}

void attention_part_output(const pass *p, size_t layer)
{
    const layer_params *w = layer_weights(p, p->params, layer);
    const norm_tape *t = &p->tape->layers[layer].attention;
    layer_rows rows = layer_rows_of(p, layer);
    norm_shape norm = hidden_norm(p, rows.count);
    p->on->norm_forward(p->on, &norm, t->sum, w->attention_gain.data, w->attention_shift.data,
                        p->tape->attention_output, t->mean, t->rstd);
}

/* In dhidden: from the gradient of attention_output [queries, hidden] to that of the layer's input
 * [tokens, hidden], which the tape's hidden holds. */
void attention_part_backward(const pass *p, size_t layer, bool input, params *gradients)
{
    compute *on = p->on;
    const layer_params *w = layer_weights(p, p->params, layer);
    layer_params *d = layer_weights(p, gradients, layer);
    tape *b = p->tape;
    const layer_tape *t = &b->layers[layer];
    layer_rows rows = layer_rows_of(p, layer);
    size_t queries = rows.count, keys = p->batch->tokens;
    attention_bias bias = bias_of(p);
    attention_shape shape = shape_of(p, &rows, &bias);
    norm_shape norm = hidden_norm(p, rows.count);
    dropout drop_probabilities = layer_dropout(p, layer, DROPOUT_PROBABILITIES, &rows);
    dropout drop_output = layer_dropout(p, layer, DROPOUT_ATTENTION, &rows);
    const float *x = b->hidden, *residual = rows.few ? b->residual : x;
    float *dcontext = b->dinput;

    on->norm_backward(on, &norm, b->dhidden, t->attention.sum, w->attention_gain.data,
                      t->attention.mean, t->attention.rstd, b->dhidden, d->attention_gain.data,
                      d->attention_shift.data);
    on->dropout_apply(on, norm.rows, norm.width, &drop_output, b->dhidden, b->dbranch);
    linear_backward_weight(p, &w->attention_weight, queries, b->dbranch, t->context,
                           &d->attention_weight, &d->attention_bias);
    linear_backward_input(p, &w->attention_weight, queries, b->dbranch, LINEAR_WRITE, dcontext);
    on->attention_backward(on, &shape, &drop_probabilities, dcontext, t->query, t->key, t->value,
                           b->dquery, b->dkey, b->dvalue, gradients->embeddings.distance_bias.data);
    linear_backward_weight(p, &w->query_weight, queries, b->dquery, residual, &d->query_weight,
                           &d->query_bias);
    linear_backward_weight(p, &w->key_weight, keys, b->dkey, x, &d->key_weight, &d->key_bias);
    linear_backward_weight(p, &w->value_weight, keys, b->dvalue, x, &d->value_weight,
                           &d->value_bias);
    if (!input) return;

    linear_backward_input(p, &w->query_weight, queries, b->dquery, LINEAR_ADD, b->dhidden);
    linear_backward_input(p, &w->key_weight, keys, b->dkey, rows.few ? LINEAR_WRITE : LINEAR_ADD,
                          rows.few ? b->dinput : b->dhidden);
    if (rows.few) {
        on->scatter_add_rows(on, rows.count, p->config->hidden, p->batch->wanted_rows, b->dhidden,
                             b->dinput);
        float *dinput = b->dinput;
        b->dinput = b->dhidden;
        b->dhidden = dinput;
    }
    linear_backward_input(p, &w->value_weight, keys, b->dvalue, LINEAR_ADD, b->dhidden);
}
