/* classifier.c: logits = W dropout(pooled) + b for each sequence. */
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

static void classifier_forward(const pass *p)
{
    const classifier_params *w = &p->params->classifier;
    tape *t = p->tape;
    size_t sequences = p->batch->sequences;
    dropout drop = dropout_of(p);

    pooler_forward(p, encoder_forward(p));
    p->on->dropout_apply(p->on, sequences, p->config->hidden, &drop, t->pooled, t->pooled);
    linear_forward(p, &w->weight, &w->bias, sequences, t->pooled, t->logits);
}

static void classifier_backward(const pass *p, params *gradients)
{
    const classifier_params *w = &p->params->classifier;
    classifier_params *d = &gradients->classifier;
    tape *t = p->tape;
    size_t sequences = p->batch->sequences;
    dropout drop = dropout_of(p);

    linear_backward_weight(p, &w->weight, sequences, t->dlogits, t->pooled, &d->weight, &d->bias);
    linear_backward_input(p, &w->weight, sequences, t->dlogits, LINEAR_WRITE, t->dpooled);
    p->on->dropout_apply(p->on, sequences, p->config->hidden, &drop, t->dpooled, t->dpooled);
    pooler_backward(p, gradients);
    encoder_backward(p, gradients);
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
    .parts = PARAMS_POOLER | PARAMS_CLASSIFIER,
    .rows = ROWS_FIRST,
    .labelled = true,
    .told_by = "classifier.weight",
    .outputs = labels_of,
    .forward = classifier_forward,
    .backward = classifier_backward,
};

const head head_choice = {
    .class_suffix = "ForMultipleChoice",
    .parts = PARAMS_POOLER | PARAMS_CLASSIFIER,
    .rows = ROWS_FIRST,
    .outputs = one_output,
    .forward = classifier_forward,
    .backward = classifier_backward,
};
