/* token_heads.c: a linear layer over the hidden state of every token: tags, and the two ends of an
 * answer. */
#include "model/heads.h"
#include "model/linear.h"

/* ---- both: W dropout(x) + b */

static dropout dropout_of(const pass *p)
{
    bool place = p->tape->shape.dropped; /* heads.c: has the family one here? */
    return (dropout){ .rate = place ? p->dropout.classifier : 0.0f,
                      .key = p->dropout.key,
                      .place = DROPOUT_CLASSIFIER,
                      .unit = p->batch->unit,
                      .token = p->batch->token };
}

/* What the classifier reads: the hidden states, or a copy where dropout changes them; the backward
 * pass of the last layer needs them no more, its weights' gradient does. */
static const float *head_input(const pass *p)
{
    return dropout_of(p).rate > 0.0f ? p->tape->dropped : p->tape->hidden;
}

static void forward(const pass *p, const weight *w, const weight *b)
{
    compute *on = p->on;
    tape *t = p->tape;
    size_t tokens = p->batch->tokens;
    dropout drop = dropout_of(p);

    const float *hidden = encoder_forward(p);
    if (drop.rate > 0.0f)
        on->dropout_apply(on, tokens, p->config->hidden, &drop, hidden, t->dropped);
    linear_forward(p, w, b, tokens, head_input(p), t->logits);
}

static void backward(const pass *p, const weight *w, weight *dw, weight *db, params *gradients)
{
    compute *on = p->on;
    tape *t = p->tape;
    size_t tokens = p->batch->tokens;
    dropout drop = dropout_of(p);

    linear_backward_weight(p, w, tokens, t->dlogits, head_input(p), dw, db);
    linear_backward_input(p, w, tokens, t->dlogits, LINEAR_WRITE, t->dhidden);
    on->dropout_apply(on, tokens, p->config->hidden, &drop, t->dhidden, t->dhidden);
    encoder_backward(p, gradients);
}

/* ---- tags */

static void tags_forward(const pass *p)
{
    const classifier_params *w = &p->params->classifier;
    forward(p, &w->weight, &w->bias);
}

static void tags_backward(const pass *p, params *gradients)
{
    classifier_params *d = &gradients->classifier;
    backward(p, &p->params->classifier.weight, &d->weight, &d->bias, gradients);
}

static double tags_dropout(const config *c)
{
    return c->token_dropout;
}

static size_t tags_of(const config *c)
{
    return c->labels;
}

const head head_tokens = {
    .class_suffix = "ForTokenClassification",
    .parts = PARAMS_CLASSIFIER,
    .rows = ROWS_ALL,
    .labelled = true,
    .outputs = tags_of,
    .dropout = tags_dropout,
    .forward = tags_forward,
    .backward = tags_backward,
};

/* ---- answers: in most families without dropout, as in transformers */

static void spans_forward(const pass *p)
{
    const spans_params *w = &p->params->spans;
    forward(p, &w->weight, &w->bias);
}

static void spans_backward(const pass *p, params *gradients)
{
    spans_params *d = &gradients->spans;
    backward(p, &p->params->spans.weight, &d->weight, &d->bias, gradients);
}

static double spans_dropout(const config *c)
{
    return c->answer_dropout;
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
    .dropout = spans_dropout,
    .begin = spans_begin,
    .forward = spans_forward,
    .backward = spans_backward,
};
