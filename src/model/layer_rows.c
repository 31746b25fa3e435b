/* layer_rows.c: which rows of a layer are wanted, and what dropout calls them. */
#include "model/network.h"

#include <assert.h>

layer_rows layer_rows_of(const pass *p, size_t layer)
{
    const batch *b = p->batch;
    if (p->tape->shape.wanted && layer + 1 == p->config->layers)
        return (layer_rows){ .count = batch_wanted(b),
                             .starts = b->wanted_starts,
                             .unit = b->wanted_unit,
                             .token = b->wanted_token,
                             .few = true };
    return (
        layer_rows){ .count = b->tokens, .starts = b->starts, .unit = b->unit, .token = b->token };
}

static float rate_of(const pass *p, enum dropout_layer_place place)
{
    const family *f = p->config->family;
    switch (place) {
    case DROPOUT_PROBABILITIES:
        return p->dropout.attention;
    case DROPOUT_ATTENTION:
        return f->attention_kept ? 0.0f : p->dropout.hidden;
    case DROPOUT_INTERMEDIATE:
        return p->dropout.intermediate;
    default:
        return f->output_kept ? 0.0f : p->dropout.hidden;
    }
}

dropout layer_dropout(const pass *p, size_t layer, enum dropout_layer_place place,
                      const layer_rows *rows)
{
    size_t number = DROPOUT_LAYERS + DROPOUT_LAYER_PLACES * layer + place;
    assert(number < DROPOUT_DENSE);
    return (dropout){ .rate = rate_of(p, place),
                      .key = p->dropout.key,
                      .place = (uint32_t)number,
                      .unit = rows->unit,
                      .token = rows->token };
}
