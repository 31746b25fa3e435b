/* masked.c: which word stands at a token: logits = word table norm(f(W x + b)) + bias.
 *
 * The table is the embeddings' own (transformers ties them), so its gradient is the sum of what the
 * decoder here and the embeddings below ask for. The decoder's part reaches the row of [PAD] too,
 * which padding_idx keeps from the embeddings' part alone. */
#include "model/heads.h"

static linear_shape transform_of(const pass *p)
{
    return (linear_shape){ .rows = batch_wanted(p->batch),
                           .in = p->config->hidden,
                           .out = p->config->hidden };
}

static linear_shape decoder_of(const pass *p)
{
    return (linear_shape){ .rows = batch_wanted(p->batch),
                           .in = p->config->hidden,
                           .out = p->config->vocabulary };
}

static void masked_forward(const pass *p)
{
    compute *on = p->on;
    const masked_params *w = &p->params->masked;
    transform_tape *t = &p->tape->transform;
    linear_shape transform = transform_of(p), decoder = decoder_of(p);
    norm_shape norm = hidden_norm(p, batch_wanted(p->batch));

    const float *hidden = encoder_forward(p);
    linear_layer(on, &transform, hidden, &w->dense_weight, NULL, t->sum);
    on->activation_forward(on, p->config->activation, transform.rows, transform.out,
                           w->dense_bias.data, t->sum, t->norm.sum);
    on->norm_forward(on, &norm, t->norm.sum, w->norm_gain.data, w->norm_shift.data, t->output,
                     t->norm.mean, t->norm.rstd);
    linear_layer(on, &decoder, t->output, &p->params->embeddings.word, w->bias.data,
                 p->tape->logits);
}

static void masked_backward(const pass *p, params *gradients)
{
    compute *on = p->on;
    const masked_params *w = &p->params->masked;
    masked_params *d = &gradients->masked;
    tape *b = p->tape;
    const transform_tape *t = &b->transform;
    linear_shape transform = transform_of(p), decoder = decoder_of(p);
    norm_shape norm = hidden_norm(p, batch_wanted(p->batch));

    /* To the table's gradient the embeddings will add. */
    on->linear_backward_weight(on, &decoder, b->dlogits, t->output, p->accumulate,
                               gradients->embeddings.word.data, d->bias.data, NULL);
    on->linear_backward_input(on, &decoder, b->dlogits, p->params->embeddings.word.data, false,
                              b->dbranch);
    on->norm_backward(on, &norm, b->dbranch, t->norm.sum, w->norm_gain.data, t->norm.mean,
                      t->norm.rstd, b->dbranch, d->norm_gain.data, d->norm_shift.data);
    on->activation_backward(on, p->config->activation, transform.rows, transform.out, t->sum,
                            b->dbranch);
    linear_layer_backward(p, &transform, b->dbranch, b->hidden, &d->dense_weight, &d->dense_bias);
    on->linear_backward_input(on, &transform, b->dbranch, w->dense_weight.data, false, b->dhidden);
    encoder_backward(p, gradients);
}

const head head_masked = {
    .class_name = "BertForMaskedLM",
    .groups = GROUP_MASKED,
    .rows = ROWS_WANTED,
    .forward = masked_forward,
    .backward = masked_backward,
};
