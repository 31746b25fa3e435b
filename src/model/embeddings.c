/* embeddings.c: y = dropout(norm(word + position + type)). */
#include "model/network.h"

static embedding_shape shape_of(const pass *p)
{
    const batch *b = p->batch;
    return (embedding_shape){ .tokens = b->tokens,
                              .width = p->config->hidden,
                              .ids = b->ids,
                              .positions = b->positions,
                              .types = b->types,
                              .pad = p->config->pad };
}

static dropout dropout_of(const pass *p)
{
    return (dropout){ .rate = p->dropout.hidden,
                      .key = p->dropout.key,
                      .place = DROPOUT_EMBEDDING,
                      .unit = p->batch->unit,
                      .token = p->batch->token };
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
    norm_shape norm = hidden_norm(p, p->batch->tokens);
    dropout drop = dropout_of(p);

    on->norm_forward(on, &norm, t->embedding.sum, w->norm_gain.data, w->norm_shift.data, t->hidden,
                     t->embedding.mean, t->embedding.rstd);
    on->dropout_apply(on, norm.rows, norm.width, &drop, t->hidden, t->hidden);
}

/* doutput [tokens, hidden]; the tape's dbranch is used on the way. */
void embeddings_backward(const pass *p, const float *doutput, params *gradients)
{
    compute *on = p->on;
    const embedding_params *w = &p->params->embeddings;
    embedding_params *d = &gradients->embeddings;
    tape *t = p->tape;
    embedding_shape shape = shape_of(p);
    norm_shape norm = hidden_norm(p, p->batch->tokens);
    dropout drop = dropout_of(p);

    on->dropout_apply(on, norm.rows, norm.width, &drop, doutput, t->dbranch);
    on->norm_backward(on, &norm, t->dbranch, t->embedding.sum, w->norm_gain.data, t->embedding.mean,
                      t->embedding.rstd, t->dbranch, d->norm_gain.data, d->norm_shift.data);
    on->embedding_backward(on, &shape, t->dbranch, d->word.data, d->position.data, d->type.data);
    d->word.written = true; /* a head whose decoder is the table adds its product to that */
}
