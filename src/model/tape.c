#include "model/tape.h"

#include "base/memory.h"
#include "model/rotary.h"

#include <assert.h>
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

/* What a layer need not keep where it is computed again. */
static void record_place(layer_tape *l, const config *c, size_t tokens, size_t queries,
                         arena *block)
{
    if (c->family->layer == LAYER_PRE_NORM) {
        l->query = take(block, tokens, 3 * c->hidden);
        l->key = l->query ? l->query + c->hidden : NULL;
        l->value = l->query ? l->key + c->hidden : NULL;
    } else {
        l->query = take(block, queries, c->hidden);
        l->key = take(block, tokens, c->hidden);
        l->value = take(block, tokens, c->hidden);
    }
    l->context = take(block, queries, c->hidden);
    if (c->disentangled.key) l->distance_key = take(block, c->disentangled.rows, c->hidden);
    if (c->disentangled.query) l->distance_query = take(block, c->disentangled.rows, c->hidden);
    norm_place(&l->attention, queries, c->hidden, block);
    l->intermediate_sum = take(block, queries, config_intermediate_sums(c));
}

/* Layers 0 .. again share a record: backward meets the last of them first, and finds what forward
 * left there. Without a backward pass all layers share all they have. */
static void layers_place(tape *t, const config *c, arena *block)
{
    size_t tokens = t->shape.tokens, last = c->layers - 1;
    size_t shared = t->shape.backward ? t->shape.again : last;
    for (size_t i = 0; i < c->layers; i++) {
        size_t queries = i == last && t->shape.wanted ? t->shape.wanted : tokens;
        layer_tape *l = &t->layers[i];
        if (i > 0 && i <= shared)
            *l = t->layers[i - 1];
        else
            record_place(l, c, tokens, queries, block);
        if (i == 0 || t->shape.backward) norm_place(&l->output_norm, queries, c->hidden, block);
    }
}

/* Gradients of the three projections follow those of the feed-forward part, and these follow its
 * forward pass. */
static void workspace_place(tape *t, const config *c, arena *block)
{
    size_t tokens = t->shape.tokens, projections = 3 * c->hidden;
    bool backward = t->shape.backward, pre_norm = c->family->layer == LAYER_PRE_NORM;
    if (c->projected) t->embedded = take(block, tokens, c->embedding);
    t->hidden = take(block, tokens, c->hidden);
    if (t->shape.wanted) t->residual = take(block, t->shape.wanted, c->hidden);
    if (pre_norm && t->shape.wanted) t->chosen = take(block, t->shape.wanted, projections);
    t->attention_output = take(block, tokens, c->hidden);
    t->intermediate =
        take(block, tokens, backward ? size_larger(c->intermediate, projections) : c->intermediate);
    if (!backward || !t->intermediate) return;
    t->dintermediate = t->dquery = t->intermediate;
    size_t apart = pre_norm ? c->hidden : tokens * c->hidden;
    t->dkey = t->dquery + apart;
    t->dvalue = t->dkey + apart;
}

static void backward_place(tape *t, const config *c, arena *block)
{
    size_t tokens = t->shape.tokens, sequences = t->shape.sequences;
    if (t->shape.dropped && !t->shape.transformed) t->dropped = take(block, tokens, c->hidden);
    /* A number for every word of the vocabulary: once is enough. */
    t->dlogits =
        t->shape.masked ? t->logits : take(block, t->shape.logit_rows, t->shape.logit_width);
    t->dpooled = take(block, sequences, c->hidden);
    t->dhidden = take(block, tokens, c->hidden);
    t->dinput = take(block, tokens, c->hidden);
    t->dbranch = take(block, tokens, c->hidden);
    if (c->family->layer == LAYER_PRE_NORM && t->shape.wanted)
        t->dchosen = take(block, t->shape.wanted, 3 * c->hidden);
    t->dembedded = c->projected ? take(block, tokens, c->embedding) : t->dbranch;
}

static void distances_place(distance_tape *t, const config *c, bool backward, arena *block)
{
    size_t rows = c->disentangled.rows;
    if (!rows) return;
    t->norm.mean = take(block, rows, 1);
    t->norm.rstd = take(block, rows, 1);
    t->output = take(block, rows, c->hidden);
    t->dropped = take(block, rows, c->hidden);
    if (!backward) return;
    t->dkey = take(block, rows, c->hidden);
    t->dquery = take(block, rows, c->hidden);
    t->doutput = take(block, rows, c->hidden);
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
    norm_place(&t->embedding, shape->tokens, c->projected_first ? c->hidden : c->embedding, block);
    rotary_place(t, c, block);
    distances_place(&t->distances, c, shape->backward, block);
    layers_place(t, c, block);
    workspace_place(t, c, block);
    t->first = take(block, shape->sequences, c->hidden);
    t->pooled_sum = take(block, shape->sequences, config_widest(c));
    t->pooled = take(block, shape->sequences, config_widest(c));
    if (shape->transformed) transform_place(&t->transform, shape->logit_rows, c->embedding, block);
    t->logits = take(block, shape->logit_rows, shape->logit_width);
    if (shape->vectors) t->lengths = take(block, shape->logit_rows, 1);
    if (shape->backward) backward_place(t, c, block);
}

static bert_status layers_open(const config *c, const tape_shape *shape, tape *out)
{
    void *layers, *names;
    size_t rows = c->disentangled.rows;
    assert(shape->again < c->layers);
    assert(!shape->again || shape->backward);
    TRY(memory_zeroed(c->layers, sizeof *out->layers, &layers));
    bert_status status = memory_zeroed(2 * rows, sizeof(uint32_t), &names);
    if (status != BERT_OK) {
        free(layers);
        return status;
    }
    tape t = { .shape = *shape, .layers = layers };
    t.distances.unit = names;
    t.distances.token = t.distances.unit + rows;
    for (size_t i = 0; i < rows; i++) t.distances.token[i] = (uint32_t)i;
    *out = t;
    return BERT_OK;
}

static void layers_release(tape *t)
{
    free(t->layers);
    free(t->distances.unit);
}

bert_status tape_open(compute *on, const config *c, const tape_shape *shape, tape *out)
{
    tape t;
    TRY(layers_open(c, shape, &t));
    arena measure = { 0 };
    tape_place(&t, c, &measure);
    bert_status status = on->memory_open(on, measure.used, &t.block);
    if (status != BERT_OK) {
        layers_release(&t);
        return status;
    }
    tape_place(&t, c, &t.block);
    status = rotary_fill(on, c, &t);
    if (status == BERT_OK)
        *out = t;
    else
        tape_release(on, &t);
    return status;
}

void tape_release(compute *on, tape *t)
{
    if (t->layers) on->memory_release(on, &t->block);
    layers_release(t);
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
    layers_release(&t);
    return BERT_OK;
}
