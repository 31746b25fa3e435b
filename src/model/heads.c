#include "model/heads.h"

#include "base/memory.h"

#include <string.h>

static const head *const heads[] = { &head_classifier, &head_choice, &head_tokens,
                                     &head_spans,      &head_masked, &head_vectors };

/* Google's and bert-base's own. */
const char pretraining_suffix[] = "ForPreTraining";

const head *head_at(size_t index)
{
    return index < sizeof heads / sizeof *heads ? heads[index] : NULL;
}

unsigned head_parts(const head *h, const config *c)
{
    const dense_layer *dense = h->dense ? h->dense(c) : NULL;
    unsigned parts = h->parts | (dense ? 1u << dense->part : 0);
    if (parts && c->family->transformed) parts |= PARAMS_TRANSFORM;
    if (parts & PARAMS_SPANS && !c->family->names->spans_weight) /* it calls them a classifier */
        parts ^= PARAMS_SPANS | PARAMS_CLASSIFIER;
    return parts;
}

/* Where every head has the transform, it tells nothing of a head, and goes from one to another. */
unsigned heads_own_parts(const config *c)
{
    return c->family->transformed ? PARAMS_HEADS & ~(unsigned)PARAMS_TRANSFORM : PARAMS_HEADS;
}

static float rate_of(double rate, double own)
{
    if (own < 0.0) return 0.0f; /* no such place */
    return (float)(rate >= 0.0 ? rate : own);
}

dropout_run head_dropout(const head *h, const config *c, double rate)
{
    return (dropout_run){ .hidden = rate_of(rate, c->hidden_dropout),
                          .attention = rate_of(rate, c->attention_dropout),
                          .classifier = h->dropout ? rate_of(rate, h->dropout(c)) : 0.0f,
                          .dense = rate_of(rate, c->dense_dropout),
                          .intermediate = rate_of(rate, c->intermediate_dropout) };
}

static const head *class_find(const config *c, const char *class_name)
{
    const char *suffix = family_class_suffix(c->family, class_name);
    const head *h;
    if (!suffix) return NULL;
    if (c->family->pretraining_masks && strcmp(suffix, pretraining_suffix) == 0)
        return &head_masked;
    for (size_t i = 0; (h = head_at(i)); i++)
        if (strcmp(suffix, h->class_suffix) == 0) return h;
    return NULL;
}

const head *head_of_class(const config *c)
{
    const head *h = class_find(c, c->architecture);
    return h && !h->bare ? h : NULL;
}

bool head_is_bare(const config *c, const char *class_name)
{
    const head *h = class_find(c, class_name);
    return h && h->bare;
}

const head *head_of_weights(unsigned parts)
{
    const head *h;
    for (size_t i = 0; (h = head_at(i)); i++)
        if (h->told_by && (parts & h->parts) == h->parts) return h;
    return &head_vectors;
}

/* Before config.json had "architectures", there were classifiers of texts. */
const head *head_wanted(const config *c)
{
    const head *h = head_of_class(c);
    return h ? h : c->pooling != POOLING_NONE ? &head_vectors : &head_classifier;
}

const head *head_of_model(const config *c, unsigned parts)
{
    const head *h = head_wanted(c);
    unsigned wanted = head_parts(h, c);
    return (parts & wanted) == wanted ? h : NULL;
}

named_class head_class_name(const head *h, const config *c)
{
    return family_class(c->family, h->class_suffix);
}

void head_set_outputs(const head *h, config *c)
{
    if (head_parts(h, c) & PARAMS_CLASSIFIER) c->outputs = h->outputs(c);
}

bert_status head_begin(const head *h, config *c, const head_start *given)
{
    head_set_outputs(h, c);
    c->unanswerable = c->unanswerable_given = false;
    TRY(config_set_answers(c, given->logistic));
    if (h->begin) TRY(h->begin(c, given));
    return h->check ? h->check(c) : BERT_OK;
}

size_t head_logit_rows(const head *h, const batch *b)
{
    if (h->rows == ROWS_WANTED) return batch_wanted(b);
    return h->rows == ROWS_ALL && !h->room.vectors ? b->tokens : b->sequences;
}

tape_shape head_tape_shape(const head *h, const config *c, const batch_limits *limits,
                           bool backward)
{
    size_t wanted = limits->wanted ? limits->wanted : limits->sequences;
    bool tokens = h->rows == ROWS_ALL, mean = h->rows == ROWS_FIRST && c->classifier_mean;
    bool dropped = tokens && h->dropout && h->dropout(c) >= 0.0;
    tape_shape shape = h->room;
    shape.tokens = limits->tokens;
    shape.sequences = limits->sequences;
    shape.wanted = tokens || mean ? 0 : size_smaller(wanted, limits->tokens);
    shape.logit_rows = tokens ? limits->tokens : size_smaller(wanted, limits->tokens);
    if (shape.vectors || mean) shape.logit_rows = limits->sequences;
    shape.logit_width = h->outputs(c);
    shape.transformed |= c->family->transformed && h->parts;
    shape.dropped = dropped;
    shape.backward = backward;
    return shape;
}
