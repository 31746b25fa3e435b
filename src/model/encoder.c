/* encoder.c: the layers one after another. */
#include "model/network.h"

static const float *layer_input(const pass *p, size_t layer)
{
    return layer ? p->tape->layers[layer - 1].output : p->tape->embedding_output;
}

const float *encoder_forward(const pass *p)
{
    embeddings_forward(p);
    for (size_t layer = 0; layer < p->config->layers; layer++) {
        attention_part_forward(p, layer, layer_input(p, layer));
        feed_forward_part_forward(p, layer);
    }
    return p->tape->layers[p->config->layers - 1].output;
}

/* How many layers at the bottom, the embeddings counted as one, have no gradient that is wanted. */
static size_t frozen_below(const params *gradients)
{
    size_t frozen = 0;
    if (gradients->embeddings.word.data) return 0;
    for (frozen = 1; frozen <= gradients->layer_count; frozen++)
        if (gradients->layers[frozen - 1].query_weight.data) break;
    return frozen;
}

void encoder_backward(const pass *p, params *gradients)
{
    size_t frozen = frozen_below(gradients);
    for (size_t layer = p->config->layers; layer > 0 && layer >= frozen; layer--) {
        feed_forward_part_backward(p, layer - 1, gradients);
        attention_part_backward(p, layer - 1, layer_input(p, layer - 1), layer > frozen, gradients);
    }
    if (frozen == 0) embeddings_backward(p, p->tape->dhidden, gradients);
}
