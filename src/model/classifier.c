/* classifier.c: logits = W_c dropout(tanh(W_p x + b_p)) + b_c for the hidden state x of each
 * sequence's [CLS]. */
#include "model/network.h"

#include <assert.h>

static linear_shape pooler_shape(const pass *p)
{
    return (linear_shape){ .rows = p->batch->sequences,
                           .in = p->config->hidden,
                           .out = p->config->hidden };
}

static linear_shape classifier_shape(const pass *p)
{
    return (linear_shape){ .rows = p->batch->sequences,
                           .in = p->config->hidden,
                           .out = p->config->labels };
}

static dropout dropout_of(const pass *p)
{
    return (dropout){ .rate = p->dropout.classifier,
                      .key = p->dropout.key,
                      .place = DROPOUT_CLASSIFIER,
                      .example = p->batch->first_example,
                      .token = p->batch->first_token };
}

/* hidden: what encoder_forward() returned. */
void pooler_forward(const pass *p, const float *hidden)
{
    compute *on = p->on;
    tape *t = p->tape;
    linear_shape shape = pooler_shape(p);
    const uint32_t *rows = t->shape.first_only ? p->batch->first_starts : p->batch->starts;

    on->gather_rows(on, shape.rows, shape.in, rows, hidden, t->first);
    on->linear_forward(on, &shape, t->first, p->params->pooler.weight.data, NULL, t->pooled_sum);
    on->activation_forward(on, ACTIVATION_TANH, shape.rows, shape.out, p->params->pooler.bias.data,
                           t->pooled_sum, t->pooled);
}

void classifier_forward(const pass *p)
{
    compute *on = p->on;
    tape *t = p->tape;
    linear_shape shape = classifier_shape(p);
    dropout drop = dropout_of(p);

    pooler_forward(p, encoder_forward(p));
    on->dropout_apply(on, shape.rows, shape.in, &drop, t->pooled, t->pooled);
    on->linear_forward(on, &shape, t->pooled, p->params->classifier.weight.data,
                       p->params->classifier.bias.data, t->logits);
}

void classifier_backward(const pass *p, params *gradients)
{
    compute *on = p->on;
    tape *t = p->tape;
    linear_shape head = classifier_shape(p), pooler = pooler_shape(p);
    dropout drop = dropout_of(p);

    assert(t->shape.first_only);
    on->linear_backward_weight(on, &head, t->dlogits, t->pooled, gradients->classifier.weight.data,
                               gradients->classifier.bias.data);
    on->linear_backward_input(on, &head, t->dlogits, p->params->classifier.weight.data, false,
                              t->dpooled);
    on->dropout_apply(on, head.rows, head.in, &drop, t->dpooled, t->dpooled);
    on->activation_backward(on, ACTIVATION_TANH, pooler.rows, pooler.out, t->pooled_sum,
                            t->dpooled);
    on->linear_backward_weight(on, &pooler, t->dpooled, t->first, gradients->pooler.weight.data,
                               gradients->pooler.bias.data);
    on->linear_backward_input(on, &pooler, t->dpooled, p->params->pooler.weight.data, false,
                              t->dhidden);
    encoder_backward(p, gradients);
}
