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

/* What the last layer reads: the transform's output, which dropout may change where it stands; else
 * the hidden states, or a copy where dropout changes them: the backward pass of the last layer
 * needs them no more, its weights' gradient does. */
static float *head_input(const pass *p)
{
    tape *t = p->tape;
    if (p->config->family->transformed) return t->transform.output;
    return dropout_of(p).rate > 0.0f ? t->dropped : t->hidden;
}

static void forward(const pass *p, const weight *w, const weight *b)
{
    compute *on = p->on;
    tape *t = p->tape;
    size_t tokens = p->batch->tokens;
    dropout drop = dropout_of(p);

    const float *hidden = encoder_forward(p);
    float *x = head_input(p);
    if (p->config->family->transformed) {
        transform_forward(p, tokens, hidden);
        hidden = x;
    }
    if (drop.rate > 0.0f) on->dropout_apply(on, tokens, p->config->hidden, &drop, hidden, x);
    linear_forward(p, w, b, tokens, x, t->logits);
}

static void backward(const pass *p, const weight *w, weight *dw, weight *db, params *gradients)
{
    compute *on = p->on;
    tape *t = p->tape;
    size_t tokens = p->batch->tokens;
    dropout drop = dropout_of(p);
    bool transformed = p->config->family->transformed;
    float *dx = transformed ? t->dbranch : t->dhidden;

    linear_backward_weight(p, w, tokens, t->dlogits, head_input(p), dw, db);
    linear_backward_input(p, w, tokens, t->dlogits, LINEAR_WRITE, dx);
    on->dropout_apply(on, tokens, p->config->hidden, &drop, dx, dx);
    if (transformed) transform_backward(p, tokens, t->hidden, dx, t->dhidden, gradients);
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

/* A family may call them a classifier. */
static weight *spans_weights(const pass *p, const params *of, weight **bias)
{
    params *w = (params *)of;
    bool own = p->config->family->names->spans_weight != NULL;
    *bias = own ? &w->spans.bias : &w->classifier.bias;
    return own ? &w->spans.weight : &w->classifier.weight;
}

static void spans_forward(const pass *p)
{
    weight *b, *w = spans_weights(p, p->params, &b);
    forward(p, w, b);
}

static void spans_backward(const pass *p, params *gradients)
{
    weight *b, *db, *w = spans_weights(p, p->params, &b), *dw = spans_weights(p, gradients, &db);
    backward(p, w, dw, db, gradients);
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
