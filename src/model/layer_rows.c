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

dropout layer_dropout(const pass *p, size_t layer, enum dropout_layer_place place,
                      const layer_rows *rows)
{
    size_t number = DROPOUT_LAYERS + DROPOUT_LAYER_PLACES * layer + place;
    const family *f = p->config->family;
    bool kept =
        place == DROPOUT_ATTENTION ? f->attention_kept : place == DROPOUT_OUTPUT && f->output_kept;
    assert(number < DROPOUT_DENSE);
    return (dropout){
        .rate = kept                             ? 0.0f
                : place == DROPOUT_PROBABILITIES ? p->dropout.attention
                                                 : p->dropout.hidden,
        .key = p->dropout.key,
        .place = (uint32_t)number,
        .unit = rows->unit,
        .token = rows->token,
    };
}
