/* feed_forward.c: y = norm(x + dropout(W_2 f(W_1 x + b_1) + b_2)). */
#include "model/linear.h"

/* The tape's attention_output [queries, hidden] -> its intermediate [queries, intermediate] */
void feed_forward_part_input(const pass *p, size_t layer)
{
    compute *on = p->on;
    const config *c = p->config;
    const layer_params *w = layer_weights(p, p->params, layer);
    tape *b = p->tape;
    layer_tape *t = &b->layers[layer];
    size_t rows = layer_rows_of(p, layer).count;

    linear_forward(p, &w->intermediate_weight, NULL, rows, b->attention_output,
                   t->intermediate_sum);
    on->activation_forward(on, c->activation, rows, c->intermediate, w->intermediate_bias.data,
                           t->intermediate_sum, b->intermediate);
}

/* The tape's attention_output [queries, hidden] -> its hidden [queries, hidden] */
void feed_forward_part_forward(const pass *p, size_t layer)
{
    compute *on = p->on;
    const layer_params *w = layer_weights(p, p->params, layer);
    tape *b = p->tape;
    norm_tape *t = &b->layers[layer].output_norm;
    layer_rows rows = layer_rows_of(p, layer);
    norm_shape norm = hidden_norm(p, rows.count);
    dropout drop = layer_dropout(p, layer, DROPOUT_OUTPUT, &rows);

    feed_forward_part_input(p, layer);
    linear_forward(p, &w->output_weight, NULL, rows.count, b->intermediate, t->sum);
    on->residual_norm_forward(on, &norm, &drop, w->output_bias.data, b->attention_output,
                              w->output_gain.data, w->output_shift.data, t->sum, b->hidden, t->mean,
                              t->rstd);
}

void feed_forward_part_output(const pass *p, size_t layer)
{
    const layer_params *w = layer_weights(p, p->params, layer);
    const norm_tape *t = &p->tape->layers[layer].output_norm;
    norm_shape norm = hidden_norm(p, layer_rows_of(p, layer).count);
    p->on->norm_forward(p->on, &norm, t->sum, w->output_gain.data, w->output_shift.data,
                        p->tape->hidden, t->mean, t->rstd);
}

/* In dhidden [queries, hidden]: from the gradient of the layer's output to that of
 * attention_output, which the tape holds. */
void feed_forward_part_backward(const pass *p, size_t layer, params *gradients)
{
    compute *on = p->on;
    const config *c = p->config;
    const layer_params *w = layer_weights(p, p->params, layer);
    layer_params *d = layer_weights(p, gradients, layer);
    tape *b = p->tape;
    const layer_tape *t = &b->layers[layer];
    layer_rows rows = layer_rows_of(p, layer);
    norm_shape norm = hidden_norm(p, rows.count);
    dropout drop = layer_dropout(p, layer, DROPOUT_OUTPUT, &rows);

    on->norm_backward(on, &norm, b->dhidden, t->output_norm.sum, w->output_gain.data,
                      t->output_norm.mean, t->output_norm.rstd, b->dhidden, d->output_gain.data,
                      d->output_shift.data);
    on->dropout_apply(on, norm.rows, norm.width, &drop, b->dhidden, b->dbranch);
    linear_backward_input(p, &w->output_weight, rows.count, b->dbranch, LINEAR_WRITE,
                          b->dintermediate);
    on->activation_backward(on, c->activation, rows.count, c->intermediate, t->intermediate_sum,
                            b->dintermediate);
    linear_backward_weight(p, &w->output_weight, rows.count, b->dbranch, t->intermediate_sum,
                           &d->output_weight, &d->output_bias);
    linear_backward_weight(p, &w->intermediate_weight, rows.count, b->dintermediate,
                           b->attention_output, &d->intermediate_weight, &d->intermediate_bias);
    linear_backward_input(p, &w->intermediate_weight, rows.count, b->dintermediate, LINEAR_ADD,
                          b->dhidden);
}
