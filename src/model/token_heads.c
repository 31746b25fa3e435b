/* token_heads.c: a linear layer over the hidden state of every token: tags, and the two ends of an
 * answer. */
#include "model/heads.h"

static linear_shape shape_of(const pass *p, const weight *w)
{
    return (linear_shape){ .rows = p->batch->tokens, .in = p->config->hidden, .out = w->rows };
}

/* ---- tags: W dropout(x) + b */

static dropout dropout_of(const pass *p)
{
    return (dropout){ .rate = p->dropout.classifier,
                      .key = p->dropout.key,
                      .place = DROPOUT_CLASSIFIER,
                      .example = p->batch->example,
                      .token = p->batch->token };
}

/* What the classifier reads: the hidden states, or a copy where dropout changes them; the backward
 * pass of the last layer needs them no more, its weights' gradient does. */
static const float *tags_input(const pass *p)
{
    return p->dropout.classifier > 0.0f ? p->tape->dropped : p->tape->hidden;
}

static void tags_forward(const pass *p)
{
    compute *on = p->on;
    tape *t = p->tape;
    const classifier_params *w = &p->params->classifier;
    linear_shape shape = shape_of(p, &w->weight);
    dropout drop = dropout_of(p);

    const float *hidden = encoder_forward(p);
    if (drop.rate > 0.0f) on->dropout_apply(on, shape.rows, shape.in, &drop, hidden, t->dropped);
    linear_layer(on, &shape, tags_input(p), &w->weight, w->bias.data, t->logits);
}

static void tags_backward(const pass *p, params *gradients)
{
    compute *on = p->on;
    tape *t = p->tape;
    const classifier_params *w = &p->params->classifier;
    linear_shape shape = shape_of(p, &w->weight);
    dropout drop = dropout_of(p);

    linear_layer_backward(p, &shape, t->dlogits, tags_input(p), &gradients->classifier.weight,
                          &gradients->classifier.bias);
    on->linear_backward_input(on, &shape, t->dlogits, w->weight.data, false, t->dhidden);
    on->dropout_apply(on, shape.rows, shape.in, &drop, t->dhidden, t->dhidden);
    encoder_backward(p, gradients);
}

const head head_tokens = {
    .class_name = "BertForTokenClassification",
    .groups = GROUP_CLASSIFIER,
    .rows = ROWS_ALL,
    .labelled = true,
    .forward = tags_forward,
    .backward = tags_backward,
};

/* ---- answers: W x + b, without dropout as in transformers */

static void spans_forward(const pass *p)
{
    const spans_params *w = &p->params->spans;
    linear_shape shape = shape_of(p, &w->weight);
    linear_layer(p->on, &shape, encoder_forward(p), &w->weight, w->bias.data, p->tape->logits);
}

static void spans_backward(const pass *p, params *gradients)
{
    compute *on = p->on;
    tape *t = p->tape;
    const spans_params *w = &p->params->spans;
    linear_shape shape = shape_of(p, &w->weight);

    linear_layer_backward(p, &shape, t->dlogits, t->hidden, &gradients->spans.weight,
                          &gradients->spans.bias);
    on->linear_backward_input(on, &shape, t->dlogits, w->weight.data, false, t->dhidden);
    encoder_backward(p, gradients);
}

const head head_spans = {
    .class_name = "BertForQuestionAnswering",
    .groups = GROUP_SPANS,
    .rows = ROWS_ALL,
    .forward = spans_forward,
    .backward = spans_backward,
};
