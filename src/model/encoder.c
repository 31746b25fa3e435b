/* encoder.c: the layers one after another. */
#include "model/network.h"

const float *encoder_forward(const pass *p)
{
    embeddings_forward(p);
    for (size_t layer = 0; layer < p->config->layers; layer++) {
        attention_part_forward(p, layer);
        feed_forward_part_forward(p, layer);
    }
    return p->tape->hidden;
}

/* What the layer's backward pass reads, but for what the tape kept: the layer's input, and the
 * attention part's output. What layers share (tape.h) still holds that of the highest of them. */
static void layer_restore(const pass *p, size_t layer)
{
    if (layer)
        feed_forward_part_output(p, layer - 1);
    else
        embeddings_output(p);
    if (layer < p->tape->shape.again) {
        attention_part_forward(p, layer);
        feed_forward_part_input(p, layer);
    } else {
        attention_part_output(p, layer);
    }
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
        layer_restore(p, layer - 1);
        feed_forward_part_backward(p, layer - 1, gradients);
        attention_part_backward(p, layer - 1, layer > frozen, gradients);
    }
    if (frozen == 0) embeddings_backward(p, p->tape->dhidden, gradients);
}
