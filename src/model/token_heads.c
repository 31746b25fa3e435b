/* token_heads.c: a linear layer over the hidden state of every token: tags, and the two ends of an
 * answer. */
#include "model/heads.h"
#include "model/linear.h"

/* ---- tags: W dropout(x) + b */

static dropout dropout_of(const pass *p)
{
    return (dropout){ .rate = p->dropout.classifier,
                      .key = p->dropout.key,
                      .place = DROPOUT_CLASSIFIER,
                      .unit = p->batch->unit,
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
    size_t tokens = p->batch->tokens;
    dropout drop = dropout_of(p);

    const float *hidden = encoder_forward(p);
    if (drop.rate > 0.0f)
        on->dropout_apply(on, tokens, p->config->hidden, &drop, hidden, t->dropped);
    linear_forward(p, &w->weight, &w->bias, tokens, tags_input(p), t->logits);
}

static void tags_backward(const pass *p, params *gradients)
{
    compute *on = p->on;
    tape *t = p->tape;
    const classifier_params *w = &p->params->classifier;
    classifier_params *d = &gradients->classifier;
    size_t tokens = p->batch->tokens;
    dropout drop = dropout_of(p);

    linear_backward_weight(p, &w->weight, tokens, t->dlogits, tags_input(p), &d->weight, &d->bias);
    linear_backward_input(p, &w->weight, tokens, t->dlogits, LINEAR_WRITE, t->dhidden);
    on->dropout_apply(on, tokens, p->config->hidden, &drop, t->dhidden, t->dhidden);
    encoder_backward(p, gradients);
}

static size_t tags_of(const config *c)
{
    return c->labels;
}

const head head_tokens = {
    .class_suffix = "ForTokenClassification",
    .parts = PARAMS_CLASSIFIER,
    .rows = ROWS_ALL,
    .room = { .dropped = true },
    .labelled = true,
    .outputs = tags_of,
    .forward = tags_forward,
    .backward = tags_backward,
};

/* ---- answers: W x + b, without dropout as in transformers */

static void spans_forward(const pass *p)
{
    const spans_params *w = &p->params->spans;
    const float *hidden = encoder_forward(p);
    linear_forward(p, &w->weight, &w->bias, p->batch->tokens, hidden, p->tape->logits);
}

static void spans_backward(const pass *p, params *gradients)
{
    tape *t = p->tape;
    const spans_params *w = &p->params->spans;
    spans_params *d = &gradients->spans;
    size_t tokens = p->batch->tokens;

    linear_backward_weight(p, &w->weight, tokens, t->dlogits, t->hidden, &d->weight, &d->bias);
    linear_backward_input(p, &w->weight, tokens, t->dlogits, LINEAR_WRITE, t->dhidden);
    encoder_backward(p, gradients);
}

static size_t two_outputs(const config *c)
{
    (void)c;
    return 2;
}

static bert_status spans_begin(config *c, const head_start *given)
{
    c->unanswerable = given->unanswerable;
    c->unanswerable_given = true;
    return BERT_OK;
}

const head head_spans = {
    .class_suffix = "ForQuestionAnswering",
    .parts = PARAMS_SPANS,
    .rows = ROWS_ALL,
    .told_by = "qa_outputs.weight",
    .outputs = two_outputs,
    .begin = spans_begin,
    .forward = spans_forward,
    .backward = spans_backward,
};
