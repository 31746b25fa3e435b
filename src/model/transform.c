/* transform.c: norm(f(W x + b)): what the decoder of masked words reads, and in some families the
 * last layer of every head. */
#include "model/linear.h"

static norm_shape norm_of(const pass *p, size_t rows)
{
    norm_shape norm = hidden_norm(p, rows);
    norm.width = p->config->embedding;
    return norm;
}

void transform_forward(const pass *p, size_t rows, const float *x)
{
    const transform_params *w = &p->params->transform;
    transform_tape *t = &p->tape->transform;
    norm_shape norm = norm_of(p, rows);
    linear_forward(p, &w->dense_weight, NULL, rows, x, t->sum);
    p->on->activation_forward(p->on, p->config->transform_activation, rows, norm.width,
                              w->dense_bias.data, t->sum, t->norm.sum);
    p->on->norm_forward(p->on, &norm, t->norm.sum, w->norm_gain.data, w->norm_shift.data, t->output,
                        t->norm.mean, t->norm.rstd);
}

void transform_backward(const pass *p, size_t rows, const float *x, float *dy, float *dx,
                        params *gradients)
{
    const transform_params *w = &p->params->transform;
    transform_params *d = &gradients->transform;
    const transform_tape *t = &p->tape->transform;
    norm_shape norm = norm_of(p, rows);
    p->on->norm_backward(p->on, &norm, dy, t->norm.sum, w->norm_gain.data, t->norm.mean,
                         t->norm.rstd, dy, d->norm_gain.data, d->norm_shift.data);
    p->on->activation_backward(p->on, p->config->transform_activation, rows, norm.width, t->sum,
                               dy);
    linear_backward_weight(p, &w->dense_weight, rows, dy, x, &d->dense_weight, &d->dense_bias);
    linear_backward_input(p, &w->dense_weight, rows, dy, LINEAR_WRITE, dx);
}
