/* masked.c: which word stands at a token: logits = word table norm(f(W x + b)) + bias.
 *
 * The table is the embeddings' own (transformers ties them), so its gradient is the sum of what the
 * decoder here and the embeddings below ask for. The decoder's part reaches the row of [PAD] too,
 * which padding_idx keeps from the embeddings' part alone. */
#include "model/heads.h"
#include "model/linear.h"

static norm_shape norm_of(const pass *p, size_t rows)
{
    norm_shape norm = hidden_norm(p, rows);
    norm.width = p->config->embedding;
    return norm;
}

static void masked_forward(const pass *p)
{
    compute *on = p->on;
    const masked_params *w = &p->params->masked;
    const weight *table = &p->params->embeddings.word;
    transform_tape *t = &p->tape->transform;
    size_t rows = batch_wanted(p->batch);
    norm_shape norm = norm_of(p, rows);

    const float *hidden = encoder_forward(p);
    linear_forward(p, &w->dense_weight, NULL, rows, hidden, t->sum);
    on->activation_forward(on, p->config->masked_activation, rows, norm.width, w->dense_bias.data,
                           t->sum, t->norm.sum);
    on->norm_forward(on, &norm, t->norm.sum, w->norm_gain.data, w->norm_shift.data, t->output,
                     t->norm.mean, t->norm.rstd);
    linear_forward(p, table, &w->bias, rows, t->output, p->tape->logits);
}

static void masked_backward(const pass *p, params *gradients)
{
    compute *on = p->on;
    const masked_params *w = &p->params->masked;
    const weight *table = &p->params->embeddings.word;
    masked_params *d = &gradients->masked;
    tape *b = p->tape;
    const transform_tape *t = &b->transform;
    size_t rows = batch_wanted(p->batch);
    norm_shape norm = norm_of(p, rows);

    linear_backward_weight(p, table, rows, b->dlogits, t->output, &gradients->embeddings.word,
                           &d->bias);
    linear_backward_input(p, table, rows, b->dlogits, LINEAR_WRITE, b->dembedded);
    on->norm_backward(on, &norm, b->dembedded, t->norm.sum, w->norm_gain.data, t->norm.mean,
                      t->norm.rstd, b->dembedded, d->norm_gain.data, d->norm_shift.data);
    on->activation_backward(on, p->config->masked_activation, rows, norm.width, t->sum,
                            b->dembedded);
    linear_backward_weight(p, &w->dense_weight, rows, b->dembedded, b->hidden, &d->dense_weight,
                           &d->dense_bias);
    linear_backward_input(p, &w->dense_weight, rows, b->dembedded, LINEAR_WRITE, b->dhidden);
    encoder_backward(p, gradients);
}

static size_t words_of(const config *c)
{
    return c->vocabulary;
}

const head head_masked = {
    .class_suffix = "ForMaskedLM",
    .parts = PARAMS_MASKED,
    .rows = ROWS_WANTED,
    .room = { .masked = true },
    .words_dense = true,
    .told_by = "cls.predictions.bias",
    .outputs = words_of,
    .check = config_check_tied,
    .forward = masked_forward,
    .backward = masked_backward,
};
