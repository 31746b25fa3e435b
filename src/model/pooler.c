/* pooler.c: tanh(W x + b) for the hidden state x of each sequence's [CLS]. */
#include "model/linear.h"

#include <assert.h>

/* hidden: what encoder_forward() returned. Where it holds the wanted rows alone, the first of a
 * sequence is its only one. */
void pooler_forward(const pass *p, const float *hidden)
{
    compute *on = p->on;
    const pooler_params *w = &p->params->pooler;
    tape *t = p->tape;
    size_t sequences = p->batch->sequences, width = p->config->hidden;
    const uint32_t *rows = t->shape.wanted ? p->batch->wanted_starts : p->batch->starts;

    on->gather_rows(on, sequences, width, rows, hidden, t->first);
    linear_forward(p, &w->weight, NULL, sequences, t->first, t->pooled_sum);
    on->activation_forward(on, ACTIVATION_TANH, sequences, width, w->bias.data, t->pooled_sum,
                           t->pooled);
}

void pooler_backward(const pass *p, params *gradients)
{
    compute *on = p->on;
    const pooler_params *w = &p->params->pooler;
    pooler_params *d = &gradients->pooler;
    tape *t = p->tape;
    size_t sequences = p->batch->sequences, width = p->config->hidden;

    assert(t->shape.wanted);
    on->activation_backward(on, ACTIVATION_TANH, sequences, width, t->pooled_sum, t->dpooled);
    linear_backward_weight(p, &w->weight, sequences, t->dpooled, t->first, &d->weight, &d->bias);
    linear_backward_input(p, &w->weight, sequences, t->dpooled, LINEAR_WRITE, t->dhidden);
}
