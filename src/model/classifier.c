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

static void forward(const pass *p, const dense_layer *how)
{
    const classifier_params *w = &p->params->classifier;
    tape *t = p->tape;
    size_t sequences = p->batch->sequences;
    dropout drop = dropout_of(p);

    pooler_forward(p, how, encoder_forward(p));
    p->on->dropout_apply(p->on, sequences, p->config->hidden, &drop, t->pooled, t->pooled);
    linear_forward(p, &w->weight, &w->bias, sequences, t->pooled, t->logits);
}

static void backward(const pass *p, const dense_layer *how, params *gradients)
{
    const classifier_params *w = &p->params->classifier;
    classifier_params *d = &gradients->classifier;
    tape *t = p->tape;
    size_t sequences = p->batch->sequences;
    dropout drop = dropout_of(p);

    linear_backward_weight(p, &w->weight, sequences, t->dlogits, t->pooled, &d->weight, &d->bias);
    linear_backward_input(p, &w->weight, sequences, t->dlogits, LINEAR_WRITE, t->dpooled);
    p->on->dropout_apply(p->on, sequences, p->config->hidden, &drop, t->dpooled, t->dpooled);
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
