/* layer_rows.c: which rows of a layer are wanted, and what dropout calls them. */
#include "model/network.h"

layer_rows layer_rows_of(const pass *p, size_t layer)
{
    const batch *b = p->batch;
    if (p->tape->shape.first_only && layer + 1 == p->config->layers)
        return (layer_rows){ .count = b->sequences,
                             .starts = b->first_starts,
                             .example = b->first_example,
                             .token = b->first_token,
                             .first_only = true };
    return (layer_rows){
        .count = b->tokens, .starts = b->starts, .example = b->example, .token = b->token
    };
}

dropout layer_dropout(const pass *p, size_t layer, enum dropout_layer_place place,
                      const layer_rows *rows)
{
    return (dropout){
        .rate = place == DROPOUT_PROBABILITIES ? p->dropout.attention : p->dropout.hidden,
        .key = p->dropout.key,
        .place = (uint32_t)(DROPOUT_LAYERS + DROPOUT_LAYER_PLACES * layer + place),
        .example = rows->example,
        .token = rows->token,
    };
}
