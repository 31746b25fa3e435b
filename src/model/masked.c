/* masked.c: which word stands at a token: logits = word table norm(f(W x + b)) + bias.
 *
 * The table is the embeddings' own (transformers ties them), so its gradient is the sum of what the
 * decoder here and the embeddings below ask for. The decoder's part reaches the row of [PAD] too,
 * which padding_idx keeps from the embeddings' part alone. */
#include "model/heads.h"
#include "model/linear.h"

static void masked_forward(const pass *p)
{
    size_t rows = batch_wanted(p->batch);
    transform_forward(p, rows, encoder_forward(p));
    linear_forward(p, &p->params->embeddings.word, &p->params->masked.bias, rows,
                   p->tape->transform.output, p->tape->logits);
}

static void masked_backward(const pass *p, params *gradients)
{
    const weight *table = &p->params->embeddings.word;
    tape *b = p->tape;
    size_t rows = batch_wanted(p->batch);

    linear_backward_weight(p, table, rows, b->dlogits, b->transform.output,
                           &gradients->embeddings.word, &gradients->masked.bias);
    linear_backward_input(p, table, rows, b->dlogits, LINEAR_WRITE, b->dembedded);
    transform_backward(p, rows, b->hidden, b->dembedded, b->dhidden, gradients);
    encoder_backward(p, gradients);
}

static size_t words_of(const config *c)
{
    return c->vocabulary;
}

const head head_masked = {
    .class_suffix = "ForMaskedLM",
    .parts = PARAMS_TRANSFORM | PARAMS_MASKED,
    .rows = ROWS_WANTED,
    .room = { .transformed = true, .masked = true },
    .words_dense = true,
    .told_by = "cls.predictions.bias",
    .outputs = words_of,
    .check = config_check_tied,
    .forward = masked_forward,
    .backward = masked_backward,
};
