/* pooler.c: f(W x + b) for the hidden state x of each sequence's first token, which some families
 * drop out first. */
#include "model/linear.h"

#include <assert.h>

/* Weights, or their gradients. */
typedef struct dense_weights {
    weight *w, *b;
} dense_weights;

static dense_weights weights_of(const params *p, const dense_layer *how)
{
    params *of = (params *)p;
    if (how->part == PARAM_DENSE) return (dense_weights){ &of->dense.weight, &of->dense.bias };
    return (dense_weights){ &of->pooler.weight, &of->pooler.bias };
}

static dropout dropout_of(const pass *p)
{
    return (dropout){ .rate = p->dropout.dense,
                      .key = p->dropout.key,
                      .place = DROPOUT_DENSE,
                      .unit = p->batch->wanted_unit,
                      .token = p->batch->wanted_token };
}

/* hidden: what encoder_forward() returned. Where it holds the wanted rows alone, the first of a
 * sequence is its only one. */
void pooler_forward(const pass *p, const dense_layer *how, const float *hidden)
{
    compute *on = p->on;
    dense_weights w = weights_of(p->params, how);
    tape *t = p->tape;
    size_t sequences = p->batch->sequences, width = p->config->hidden;
    const uint32_t *rows = t->shape.wanted ? p->batch->wanted_starts : p->batch->starts;
    dropout drop = dropout_of(p);

    on->gather_rows(on, sequences, width, rows, hidden, t->first);
    if (how->drops) on->dropout_apply(on, sequences, width, &drop, t->first, t->first);
    linear_forward(p, w.w, NULL, sequences, t->first, t->pooled_sum);
    on->activation_forward(on, how->activation, sequences, width, w.b->data, t->pooled_sum,
                           t->pooled);
}

void pooler_backward(const pass *p, const dense_layer *how, params *gradients)
{
    compute *on = p->on;
    dense_weights w = weights_of(p->params, how), d = weights_of(gradients, how);
    tape *t = p->tape;
    size_t sequences = p->batch->sequences, width = p->config->hidden;
    dropout drop = dropout_of(p);

    assert(t->shape.wanted);
    on->activation_backward(on, how->activation, sequences, width, t->pooled_sum, t->dpooled);
    linear_backward_weight(p, w.w, sequences, t->dpooled, t->first, d.w, d.b);
    linear_backward_input(p, w.w, sequences, t->dpooled, LINEAR_WRITE, t->dhidden);
    if (how->drops) on->dropout_apply(on, sequences, width, &drop, t->dhidden, t->dhidden);
}
