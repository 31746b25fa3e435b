/* pre_norm.c: ModernBERT's layer: each part's norm stands before it, and what the parts give is
 * added up in a stream x that no norm changes.
 *
 *     x += dropout(W_o attention(rotated q, rotated k, v))    q, k, v = W n(x)
 *     x += W_2 dropout(f(a) * b)                              a, b = W_1 n(x)
 *
 * A part ends with the next one's norm, as in BERT's layer, so the tape keeps the same: the stream
 * after each part as the sum of that norm. The first layer's attention has no norm before it, the
 * last layer's feed-forward part has the encoder's final one behind it.
 *
 * One product makes queries, keys and values of all tokens. Where few tokens are wanted of the last
 * layer, attention and what follows are computed for their rows alone. */
#include "model/linear.h"

static attention_shape shape_of(const pass *p, size_t layer, const layer_rows *rows)
{
    const config *c = p->config;
    return (attention_shape){ .heads = c->attention_heads,
                              .head_width = c->hidden / c->attention_heads,
                              .sequences = p->batch->sequences,
                              .query_starts = rows ? rows->starts : p->batch->starts,
                              .key_starts = p->batch->starts,
                              .query_stride = 3 * c->hidden,
                              .key_stride = 3 * c->hidden,
                              .query_rows = rows && rows->few ? p->batch->wanted_rows : NULL,
                              .reach = config_is_local(c, layer) ? c->local_reach : 0 };
}

static rotary rotary_of(const pass *p, size_t layer)
{
    const rotary_table *t = &p->tape->rotary[config_is_local(p->config, layer)];
    return (rotary){ t->cosine, t->sine };
}

/* The stream that a layer is entered with. */
static const float *stream_of(const pass *p, size_t layer)
{
    return layer ? p->tape->layers[layer - 1].output_norm.sum : p->tape->hidden;
}

/* The gain of the norm behind a layer's feed-forward part, or its gradient. */
static weight *gain_behind(const pass *p, const params *of, size_t layer)
{
    if (layer + 1 < p->config->layers) return &layer_weights(p, of, layer + 1)->input_gain;
    return &((params *)of)->final.norm_gain;
}

static dropout attention_dropout_of(const pass *p, size_t layer, const layer_rows *rows)
{
    dropout d = layer_dropout(p, layer, DROPOUT_ATTENTION, rows);
    d.rate = p->dropout.attention; /* transformers has one rate for both places */
    return d;
}

/* ---- attention: the tape's hidden [tokens, h] -> its attention_output [queries, h] */

static void attention_forward(const pass *p, size_t layer)
{
    compute *on = p->on;
    const layer_params *w = layer_weights(p, p->params, layer);
    tape *b = p->tape;
    layer_tape *t = &b->layers[layer];
    layer_rows rows = layer_rows_of(p, layer);
    size_t width = p->config->hidden;
    attention_shape all = shape_of(p, layer, NULL), shape = shape_of(p, layer, &rows);
    rotary turns = rotary_of(p, layer);
    norm_shape norm = hidden_norm(p, rows.count);
    dropout drop_probabilities = layer_dropout(p, layer, DROPOUT_PROBABILITIES, &rows);
    dropout drop_output = attention_dropout_of(p, layer, &rows);
    const float *query = t->query, *residual = stream_of(p, layer);

    linear_forward(p, &w->projections_weight, NULL, p->batch->tokens, b->hidden, t->query);
    on->rotary_forward(on, &all, &turns, t->query, t->key);
    if (rows.few) {
        on->gather_rows(on, rows.count, 3 * width, p->batch->wanted_rows, t->query, b->chosen);
        on->gather_rows(on, rows.count, width, p->batch->wanted_rows, residual, b->residual);
        query = b->chosen;
        residual = b->residual;
    }
    on->attention_forward(on, &shape, &drop_probabilities, query, t->key, t->value, t->context);
    linear_forward(p, &w->attention_weight, NULL, rows.count, t->context, t->attention.sum);
    on->residual_norm_forward(on, &norm, &drop_output, NULL, residual, w->attention_gain.data, NULL,
                              t->attention.sum, b->attention_output, t->attention.mean,
                              t->attention.rstd);
}

/* dx [tokens, h] from rows of few: 0 in the others. In dhidden, by way of dinput. */
static void rows_spread(const pass *p, const layer_rows *rows)
{
    compute *on = p->on;
    tape *b = p->tape;
    float *spread = b->dinput;
    on->zero(on, p->batch->tokens * p->config->hidden, spread);
    on->scatter_add_rows(on, rows->count, p->config->hidden, p->batch->wanted_rows, b->dhidden,
                         spread);
    b->dinput = b->dhidden;
    b->dhidden = spread;
}

/* From the gradient of the context in dinput to that of queries, keys and values. */
static void projections_backward(const pass *p, size_t layer, const layer_rows *rows)
{
    compute *on = p->on;
    tape *b = p->tape;
    const layer_tape *t = &b->layers[layer];
    size_t width = 3 * p->config->hidden, tokens = p->batch->tokens;
    attention_shape all = shape_of(p, layer, NULL), shape = shape_of(p, layer, rows);
    rotary turns = rotary_of(p, layer);
    dropout drop = layer_dropout(p, layer, DROPOUT_PROBABILITIES, rows);

    if (rows->few) {
        on->gather_rows(on, rows->count, width, p->batch->wanted_rows, t->query, b->chosen);
        on->zero(on, rows->count * width, b->dchosen);
        on->zero(on, tokens * width, b->dquery);
    }
    on->attention_backward(on, &shape, &drop, b->dinput, rows->few ? b->chosen : t->query, t->key,
                           t->value, rows->few ? b->dchosen : b->dquery, b->dkey, b->dvalue, NULL);
    if (rows->few)
        on->scatter_add_rows(on, rows->count, width, p->batch->wanted_rows, b->dchosen, b->dquery);
    on->rotary_backward(on, &all, &turns, b->dquery, b->dkey);
}

/* In dhidden: from the gradient of the stream behind the part [queries, h] to that before it
 * [tokens, h]. */
static void attention_backward(const pass *p, size_t layer, bool input, params *gradients)
{
    compute *on = p->on;
    const layer_params *w = layer_weights(p, p->params, layer);
    layer_params *d = layer_weights(p, gradients, layer);
    tape *b = p->tape;
    layer_rows rows = layer_rows_of(p, layer);
    size_t tokens = p->batch->tokens;
    norm_shape norm = hidden_norm(p, rows.count);
    dropout drop = attention_dropout_of(p, layer, &rows);
    float *branch = drop.rate > 0.0f ? b->dbranch : b->dhidden;

    on->dropout_apply(on, norm.rows, norm.width, &drop, b->dhidden, branch);
    linear_backward_weight(p, &w->attention_weight, rows.count, branch, b->layers[layer].context,
                           &d->attention_weight, &d->attention_bias);
    linear_backward_input(p, &w->attention_weight, rows.count, branch, LINEAR_WRITE, b->dinput);
    projections_backward(p, layer, &rows);
    linear_backward_weight(p, &w->projections_weight, tokens, b->dquery, b->hidden,
                           &d->projections_weight, &d->query_bias);
    if (rows.few) rows_spread(p, &rows);
    if (layer == 0) {
        if (input)
            linear_backward_input(p, &w->projections_weight, tokens, b->dquery, LINEAR_ADD,
                                  b->dhidden);
        return;
    }
    const norm_tape *before = &b->layers[layer - 1].output_norm;
    norm.rows = tokens;
    linear_backward_input(p, &w->projections_weight, tokens, b->dquery, LINEAR_WRITE, b->dbranch);
    on->norm_backward_add(on, &norm, b->dbranch, before->sum, w->input_gain.data, before->mean,
                          before->rstd, b->dhidden, d->input_gain.data, NULL);
}

/* ---- feed-forward: the tape's attention_output [queries, h] -> its hidden [queries, h] */

static void feed_forward_input(const pass *p, size_t layer)
{
    compute *on = p->on;
    const config *c = p->config;
    const layer_params *w = layer_weights(p, p->params, layer);
    tape *b = p->tape;
    layer_tape *t = &b->layers[layer];
    layer_rows rows = layer_rows_of(p, layer);
    dropout drop = layer_dropout(p, layer, DROPOUT_INTERMEDIATE, &rows);

    linear_forward(p, &w->intermediate_weight, NULL, rows.count, b->attention_output,
                   t->intermediate_sum);
    on->gated_forward(on, c->activation, rows.count, c->intermediate, t->intermediate_sum,
                      b->intermediate);
    on->dropout_apply(on, rows.count, c->intermediate, &drop, b->intermediate, b->intermediate);
}

static void feed_forward_forward(const pass *p, size_t layer)
{
    static const dropout none;
    const layer_params *w = layer_weights(p, p->params, layer);
    tape *b = p->tape;
    layer_tape *t = &b->layers[layer];
    norm_shape norm = hidden_norm(p, layer_rows_of(p, layer).count);

    feed_forward_input(p, layer);
    linear_forward(p, &w->output_weight, NULL, norm.rows, b->intermediate, t->output_norm.sum);
    p->on->residual_norm_forward(p->on, &norm, &none, NULL, t->attention.sum,
                                 gain_behind(p, p->params, layer)->data, NULL, t->output_norm.sum,
                                 b->hidden, t->output_norm.mean, t->output_norm.rstd);
}

/* In dhidden [queries, h]: from the gradient of the stream behind the part to that before it. */
static void feed_forward_backward(const pass *p, size_t layer, params *gradients)
{
    compute *on = p->on;
    const config *c = p->config;
    const layer_params *w = layer_weights(p, p->params, layer);
    layer_params *d = layer_weights(p, gradients, layer);
    tape *b = p->tape;
    const layer_tape *t = &b->layers[layer];
    layer_rows rows = layer_rows_of(p, layer);
    norm_shape norm = hidden_norm(p, rows.count);
    dropout drop = layer_dropout(p, layer, DROPOUT_INTERMEDIATE, &rows);
    float *y = b->dintermediate; /* its gradient, until gated_backward() makes it anew */

    linear_backward_input(p, &w->output_weight, rows.count, b->dhidden, LINEAR_WRITE, y);
    on->dropout_apply(on, rows.count, c->intermediate, &drop, y, y);
    on->gated_backward(on, c->activation, rows.count, c->intermediate, t->intermediate_sum, y);
    on->dropout_apply(on, rows.count, c->intermediate, &drop, y, y);
    linear_backward_weight(p, &w->output_weight, rows.count, b->dhidden, y, &d->output_weight,
                           &d->output_bias);
    linear_backward_weight(p, &w->intermediate_weight, rows.count, t->intermediate_sum,
                           b->attention_output, &d->intermediate_weight, &d->intermediate_bias);
    linear_backward_input(p, &w->intermediate_weight, rows.count, t->intermediate_sum, LINEAR_WRITE,
                          b->dbranch);
    on->norm_backward_add(on, &norm, b->dbranch, t->attention.sum, w->attention_gain.data,
                          t->attention.mean, t->attention.rstd, b->dhidden, d->attention_gain.data,
                          NULL);
}

/* ---- the layer */

static void forward(const pass *p, size_t layer)
{
    attention_forward(p, layer);
    feed_forward_forward(p, layer);
}

static void output(const pass *p, size_t layer)
{
    const norm_tape *t = &p->tape->layers[layer].output_norm;
    norm_shape norm = hidden_norm(p, layer_rows_of(p, layer).count);
    p->on->norm_forward(p->on, &norm, t->sum, gain_behind(p, p->params, layer)->data, NULL,
                        p->tape->hidden, t->mean, t->rstd);
}

static void restore(const pass *p, size_t layer, bool again)
{
    const norm_tape *t = &p->tape->layers[layer].attention;
    norm_shape norm = hidden_norm(p, layer_rows_of(p, layer).count);
    if (again) {
        attention_forward(p, layer);
        feed_forward_input(p, layer);
        return;
    }
    p->on->norm_forward(p->on, &norm, t->sum,
                        layer_weights(p, p->params, layer)->attention_gain.data, NULL,
                        p->tape->attention_output, t->mean, t->rstd);
}

static void backward(const pass *p, size_t layer, bool input, params *gradients)
{
    feed_forward_backward(p, layer, gradients);
    attention_backward(p, layer, input, gradients);
}

/* The final norm. */
static void end_backward(const pass *p, params *gradients)
{
    size_t last = p->config->layers - 1;
    const norm_tape *t = &p->tape->layers[last].output_norm;
    norm_shape norm = hidden_norm(p, layer_rows_of(p, last).count);
    p->on->norm_backward(p->on, &norm, p->tape->dhidden, t->sum, p->params->final.norm_gain.data,
                         t->mean, t->rstd, p->tape->dhidden, gradients->final.norm_gain.data, NULL);
}

const layer_steps layer_pre_norm = { .forward = forward,
                                     .output = output,
                                     .restore = restore,
                                     .backward = backward,
                                     .end_backward = end_backward };
