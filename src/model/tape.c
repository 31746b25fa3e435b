#include "model/tape.h"

#include "base/memory.h"

#include <stdlib.h>

static float *take(arena *block, size_t rows, size_t width)
{
    return arena_take(block, rows, width * sizeof(float));
}

static void norm_place(norm_tape *n, size_t rows, size_t width, arena *block)
{
    n->sum = take(block, rows, width);
    n->mean = take(block, rows, 1);
    n->rstd = take(block, rows, 1);
}

static void layer_place(layer_tape *l, const config *c, size_t tokens, size_t queries, arena *block)
{
    l->query = take(block, queries, c->hidden);
    l->key = take(block, tokens, c->hidden);
    l->value = take(block, tokens, c->hidden);
    l->context = take(block, queries, c->hidden);
    norm_place(&l->attention, queries, c->hidden, block);
    l->attention_output = take(block, queries, c->hidden);
    l->intermediate_sum = take(block, queries, c->intermediate);
    l->intermediate = take(block, queries, c->intermediate);
    norm_place(&l->output_norm, queries, c->hidden, block);
    l->output = take(block, queries, c->hidden);
}

/* Without a backward pass all layers write one record; only their outputs take turns, as one is the
 * next one's input. */
static void layers_share(tape *t, const config *c, arena *block)
{
    layer_place(&t->layers[0], c, t->shape.tokens, t->shape.tokens, block);
    float *outputs[2] = { t->layers[0].output, take(block, t->shape.tokens, c->hidden) };
    for (size_t i = 1; i < c->layers; i++) {
        t->layers[i] = t->layers[0];
        t->layers[i].output = outputs[i % 2];
    }
}

static void layers_keep(tape *t, const config *c, arena *block)
{
    for (size_t i = 0; i < c->layers; i++) {
        bool few = i + 1 == c->layers && t->shape.wanted;
        layer_place(&t->layers[i], c, t->shape.tokens, few ? t->shape.wanted : t->shape.tokens,
                    block);
    }
}

static void backward_place(tape *t, const config *c, arena *block)
{
    size_t tokens = t->shape.tokens, sequences = t->shape.sequences;
    if (t->shape.dropped) t->dropped = take(block, tokens, c->hidden);
    /* A number for every word of the vocabulary: once is enough. */
    t->dlogits =
        t->shape.masked ? t->logits : take(block, t->shape.logit_rows, t->shape.logit_width);
    t->dpooled = take(block, sequences, c->hidden);
    t->dhidden = take(block, tokens, c->hidden);
    t->dinput = take(block, tokens, c->hidden);
    t->dbranch = take(block, tokens, c->hidden);
    t->dquery = take(block, tokens, c->hidden);
    t->dkey = take(block, tokens, c->hidden);
    t->dvalue = take(block, tokens, c->hidden);
    t->dintermediate = take(block, tokens, c->intermediate);
}

static void transform_place(transform_tape *t, size_t rows, size_t width, arena *block)
{
    t->sum = take(block, rows, width);
    norm_place(&t->norm, rows, width, block);
    t->output = take(block, rows, width);
}

static void tape_place(tape *t, const config *c, arena *block)
{
    const tape_shape *shape = &t->shape;
    norm_place(&t->embedding, shape->tokens, c->hidden, block);
    t->embedding_output = take(block, shape->tokens, c->hidden);
    if (shape->backward)
        layers_keep(t, c, block);
    else
        layers_share(t, c, block);
    if (shape->wanted) t->layers[c->layers - 1].residual = take(block, shape->wanted, c->hidden);
    t->first = take(block, shape->sequences, c->hidden);
    t->pooled_sum = take(block, shape->sequences, c->hidden);
    t->pooled = take(block, shape->sequences, c->hidden);
    if (shape->masked) transform_place(&t->transform, shape->logit_rows, c->hidden, block);
    t->logits = take(block, shape->logit_rows, shape->logit_width);
    if (shape->vectors) t->lengths = take(block, shape->logit_rows, 1);
    if (shape->backward) backward_place(t, c, block);
}

static bert_status layers_open(const config *c, const tape_shape *shape, tape *out)
{
    void *layers;
    TRY(memory_zeroed(c->layers, sizeof *out->layers, &layers));
    *out = (tape){ .shape = *shape, .layers = layers };
    return BERT_OK;
}

bert_status tape_open(compute *on, const config *c, const tape_shape *shape, tape *out)
{
    tape t;
    TRY(layers_open(c, shape, &t));
    arena measure = { 0 };
    tape_place(&t, c, &measure);
    bert_status status = on->memory_open(on, measure.used, &t.block);
    if (status != BERT_OK) {
        free(t.layers);
        return status;
    }
    tape_place(&t, c, &t.block);
    *out = t;
    return BERT_OK;
}

void tape_release(compute *on, tape *t)
{
    if (t->layers) on->memory_release(on, &t->block);
    free(t->layers);
    *t = (tape){ 0 };
}

bert_status tape_bytes(const config *c, const tape_shape *shape, size_t *forward, size_t *backward)
{
    tape t;
    TRY(layers_open(c, shape, &t));
    arena all = { 0 }, gradients = { 0 };
    tape_place(&t, c, &all);
    if (shape->backward) backward_place(&t, c, &gradients);
    *forward = all.used - gradients.used;
    *backward = gradients.used;
    free(t.layers);
    return BERT_OK;
}
