/* classifier.c: logits = W dropout(pooled) + b for each sequence, of texts or of choices. What is
 * pooled, the family says. */
#include "model/heads.h"
#include "model/linear.h"

static dropout dropout_of(const pass *p)
{
    return (dropout){ .rate = p->dropout.classifier,
                      .key = p->dropout.key,
                      .place = DROPOUT_CLASSIFIER,
                      .unit = p->batch->wanted_unit,
                      .token = p->batch->wanted_token };
}

/* What of the hidden states stands for a sequence, for the transform -> tape->first: the mean of
 * all tokens' or the first token's. */
static void sequences_take(const pass *p, const float *hidden)
{
    compute *on = p->on;
    size_t sequences = p->batch->sequences, width = p->config->hidden;
    if (p->config->classifier_mean)
        on->mean_rows(on, sequences, width, 0, p->batch->starts, hidden, p->tape->first);
    else
        on->gather_rows(on, sequences, width, p->batch->wanted_starts, hidden, p->tape->first);
}

/* The other way, from dpooled. */
static void sequences_give(const pass *p, params *gradients)
{
    tape *t = p->tape;
    size_t sequences = p->batch->sequences, width = p->config->hidden;
    if (!p->config->classifier_mean) {
        transform_backward(p, sequences, t->first, t->dpooled, t->dhidden, gradients);
        return;
    }
    transform_backward(p, sequences, t->first, t->dpooled, t->dbranch, gradients);
    p->on->mean_rows_backward(p->on, sequences, width, 0, p->batch->starts, t->dbranch, t->dhidden);
}

/* What the last layer reads. */
static float *input_of(const pass *p)
{
    return p->config->family->transformed ? p->tape->transform.output : p->tape->pooled;
}

static void forward(const pass *p, const dense_layer *how)
{
    const classifier_params *w = &p->params->classifier;
    size_t sequences = p->batch->sequences;
    dropout drop = dropout_of(p);
    const float *hidden = encoder_forward(p);
    float *x = input_of(p);

    if (p->config->family->transformed) {
        sequences_take(p, hidden);
        transform_forward(p, sequences, p->tape->first);
    } else {
        pooler_forward(p, how, hidden);
    }
    p->on->dropout_apply(p->on, sequences, p->config->hidden, &drop, x, x);
    linear_forward(p, &w->weight, &w->bias, sequences, x, p->tape->logits);
}

static void backward(const pass *p, const dense_layer *how, params *gradients)
{
    const classifier_params *w = &p->params->classifier;
    classifier_params *d = &gradients->classifier;
    tape *t = p->tape;
    size_t sequences = p->batch->sequences;
    dropout drop = dropout_of(p);

    linear_backward_weight(p, &w->weight, sequences, t->dlogits, input_of(p), &d->weight, &d->bias);
    linear_backward_input(p, &w->weight, sequences, t->dlogits, LINEAR_WRITE, t->dpooled);
    p->on->dropout_apply(p->on, sequences, p->config->hidden, &drop, t->dpooled, t->dpooled);
    if (p->config->family->transformed)
        sequences_give(p, gradients);
    else
        pooler_backward(p, how, gradients);
    encoder_backward(p, gradients);
}

static void sequences_forward(const pass *p)
{
    forward(p, p->config->family->sequence);
}

static void sequences_backward(const pass *p, params *gradients)
{
    backward(p, p->config->family->sequence, gradients);
}

static const dense_layer *sequences_dense(const config *c)
{
    return c->family->sequence;
}

static double sequences_dropout(const config *c)
{
    return c->classifier_dropout;
}

static void choices_forward(const pass *p)
{
    forward(p, p->config->family->choice);
}

static void choices_backward(const pass *p, params *gradients)
{
    backward(p, p->config->family->choice, gradients);
}

static const dense_layer *choices_dense(const config *c)
{
    return c->family->choice;
}

static double choices_dropout(const config *c)
{
    return c->choice_dropout;
}

static size_t labels_of(const config *c)
{
    return c->labels;
}

static size_t one_output(const config *c)
{
    (void)c;
    return 1;
}

const head head_classifier = {
    .class_suffix = "ForSequenceClassification",
    .parts = PARAMS_CLASSIFIER,
    .rows = ROWS_FIRST,
    .labelled = true,
    .told_by = "classifier.weight",
    .outputs = labels_of,
    .dense = sequences_dense,
    .dropout = sequences_dropout,
    .forward = sequences_forward,
    .backward = sequences_backward,
};

const head head_choice = {
    .class_suffix = "ForMultipleChoice",
    .parts = PARAMS_CLASSIFIER,
    .rows = ROWS_FIRST,
    .outputs = one_output,
    .dense = choices_dense,
    .dropout = choices_dropout,
    .forward = choices_forward,
    .backward = choices_backward,
};
