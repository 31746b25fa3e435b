/* embeddings.c: y = dropout(norm(word + position + type)), with a product behind it where the
 * embeddings have a width e of their own: W y + b. */
#include "model/linear.h"

static embedding_shape shape_of(const pass *p)
{
    const batch *b = p->batch;
    const config *c = p->config;
    return (embedding_shape){ .tokens = b->tokens,
                              .width = c->embedding,
                              .ids = b->ids,
                              .positions = b->positions,
                              .types = b->types,
                              .pad = c->pad,
                              .positions_padded = c->family->positions_padded };
}

static dropout dropout_of(const pass *p)
{
    return (dropout){ .rate = p->dropout.hidden,
                      .key = p->dropout.key,
                      .place = DROPOUT_EMBEDDING,
                      .unit = p->batch->unit,
                      .token = p->batch->token };
}

static norm_shape norm_of(const pass *p)
{
    return (norm_shape){ .rows = p->batch->tokens,
                         .width = p->config->embedding,
                         .epsilon = (float)p->config->norm_epsilon };
}

void positions_follow(const config *c, features *f)
{
    f->positions_padded = c->family->positions_padded;
    f->pad = c->pad;
}

void embeddings_forward(const pass *p)
{
    const embedding_params *w = &p->params->embeddings;
    embedding_shape shape = shape_of(p);
    p->on->embedding_forward(p->on, &shape, w->word.data, w->position.data, w->type.data,
                             p->tape->embedding.sum);
    embeddings_output(p);
}

void embeddings_output(const pass *p)
{
    compute *on = p->on;
    const embedding_params *w = &p->params->embeddings;
    tape *t = p->tape;
    norm_shape norm = norm_of(p);
    dropout drop = dropout_of(p);
    float *y = p->config->projected ? t->embedded : t->hidden;

    on->norm_forward(on, &norm, t->embedding.sum, w->norm_gain.data, w->norm_shift.data, y,
                     t->embedding.mean, t->embedding.rstd);
    on->dropout_apply(on, norm.rows, norm.width, &drop, y, y);
    if (p->config->projected)
        linear_forward(p, &w->projection_weight, &w->projection_bias, norm.rows, y, t->hidden);
}

/* From dy [tokens, hidden] to the gradient of what the product reads, dx [tokens, e]. */
static void projection_backward(const pass *p, const float *dy, float *dx, params *gradients)
{
    const embedding_params *w = &p->params->embeddings;
    embedding_params *d = &gradients->embeddings;
    size_t rows = p->batch->tokens;
    linear_backward_weight(p, &w->projection_weight, rows, dy, p->tape->embedded,
                           &d->projection_weight, &d->projection_bias);
    linear_backward_input(p, &w->projection_weight, rows, dy, LINEAR_WRITE, dx);
}

/* doutput [tokens, hidden]; the tape's dbranch is used on the way. */
void embeddings_backward(const pass *p, const float *doutput, params *gradients)
{
    compute *on = p->on;
    const embedding_params *w = &p->params->embeddings;
    embedding_params *d = &gradients->embeddings;
    tape *t = p->tape;
    embedding_shape shape = shape_of(p);
    norm_shape norm = norm_of(p);
    dropout drop = dropout_of(p);

    if (p->config->projected) projection_backward(p, doutput, t->dembedded, gradients);
    on->dropout_apply(on, norm.rows, norm.width, &drop,
                      p->config->projected ? t->dembedded : doutput, t->dembedded);
    on->norm_backward(on, &norm, t->dembedded, t->embedding.sum, w->norm_gain.data,
                      t->embedding.mean, t->embedding.rstd, t->dembedded, d->norm_gain.data,
                      d->norm_shift.data);
    on->embedding_backward(on, &shape, t->dembedded, d->word.data, d->position.data, d->type.data);
    d->word.written = true; /* a head whose decoder is the table adds its product to that */
}
