/* classifier.c: logits = W dropout(pooled) + b for each sequence. */
#include "model/heads.h"

static linear_shape shape_of(const pass *p)
{
    return (linear_shape){ .rows = p->batch->sequences,
                           .in = p->config->hidden,
                           .out = p->config->outputs };
}

static dropout dropout_of(const pass *p)
{
    return (dropout){ .rate = p->dropout.classifier,
                      .key = p->dropout.key,
                      .place = DROPOUT_CLASSIFIER,
                      .example = p->batch->wanted_example,
                      .token = p->batch->wanted_token };
}

static void classifier_forward(const pass *p)
{
    compute *on = p->on;
    tape *t = p->tape;
    linear_shape shape = shape_of(p);
    dropout drop = dropout_of(p);

    pooler_forward(p, encoder_forward(p));
    on->dropout_apply(on, shape.rows, shape.in, &drop, t->pooled, t->pooled);
    linear_layer(on, &shape, t->pooled, &p->params->classifier.weight,
                 p->params->classifier.bias.data, t->logits);
}

static void classifier_backward(const pass *p, params *gradients)
{
    compute *on = p->on;
    tape *t = p->tape;
    linear_shape shape = shape_of(p);
    dropout drop = dropout_of(p);

    linear_layer_backward(p, &shape, t->dlogits, t->pooled, &gradients->classifier.weight,
                          &gradients->classifier.bias);
    on->linear_backward_input(on, &shape, t->dlogits, p->params->classifier.weight.data, false,
                              t->dpooled);
    on->dropout_apply(on, shape.rows, shape.in, &drop, t->dpooled, t->dpooled);
    pooler_backward(p, gradients);
    encoder_backward(p, gradients);
}

const head head_classifier = {
    .class_name = "BertForSequenceClassification",
    .groups = GROUP_POOLER | GROUP_CLASSIFIER,
    .rows = ROWS_FIRST,
    .labelled = true,
    .forward = classifier_forward,
    .backward = classifier_backward,
};

const head head_choice = {
    .class_name = "BertForMultipleChoice",
    .groups = GROUP_POOLER | GROUP_CLASSIFIER,
    .rows = ROWS_FIRST,
    .forward = classifier_forward,
    .backward = classifier_backward,
};
