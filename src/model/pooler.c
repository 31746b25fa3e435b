/* pooler.c: tanh(W x + b) for the hidden state x of each sequence's [CLS]. */
#include "model/network.h"

#include <assert.h>

static linear_shape shape_of(const pass *p)
{
    return (linear_shape){ .rows = p->batch->sequences,
                           .in = p->config->hidden,
                           .out = p->config->hidden };
}

/* hidden: what encoder_forward() returned. Where it holds the wanted rows alone, the first of a
 * sequence is its only one. */
void pooler_forward(const pass *p, const float *hidden)
{
    compute *on = p->on;
    tape *t = p->tape;
    linear_shape shape = shape_of(p);
    const uint32_t *rows = t->shape.wanted ? p->batch->wanted_starts : p->batch->starts;

    on->gather_rows(on, shape.rows, shape.in, rows, hidden, t->first);
    linear_layer(on, &shape, t->first, &p->params->pooler.weight, NULL, t->pooled_sum);
    on->activation_forward(on, ACTIVATION_TANH, shape.rows, shape.out, p->params->pooler.bias.data,
                           t->pooled_sum, t->pooled);
}

void pooler_backward(const pass *p, params *gradients)
{
    compute *on = p->on;
    tape *t = p->tape;
    linear_shape shape = shape_of(p);

    assert(t->shape.wanted);
    on->activation_backward(on, ACTIVATION_TANH, shape.rows, shape.out, t->pooled_sum, t->dpooled);
    linear_layer_backward(p, &shape, t->dpooled, t->first, &gradients->pooler.weight,
                          &gradients->pooler.bias);
    on->linear_backward_input(on, &shape, t->dpooled, p->params->pooler.weight.data, false,
                              t->dhidden);
}
