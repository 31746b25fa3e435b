/* encoder.c: the layers one after another. */
#include "base/memory.h"
#include "model/network.h"

static const layer_steps *steps_of(const pass *p)
{
    static const layer_steps *const kinds[] = {
        [LAYER_POST_NORM] = &layer_post_norm, [LAYER_PRE_NORM] = &layer_pre_norm
    };
    return kinds[p->config->family->layer];
}

compute_limits limits_of(const config *c, size_t rows, size_t keys)
{
    /* a short batch meets more rows of the distances' table than it has tokens */
    return (compute_limits){ .rows = size_larger(rows, c->disentangled.rows),
                             .width = size_larger(config_widest(c), c->embedding),
                             .keys = keys,
                             .biases = c->distance_buckets * c->attention_heads,
                             .distances = c->disentangled.rows };
}

const float *encoder_forward(const pass *p)
{
    const layer_steps *steps = steps_of(p);
    embeddings_forward(p);
    for (size_t layer = 0; layer < p->config->layers; layer++) steps->forward(p, layer);
    return p->tape->hidden;
}

/* What the layer's backward pass reads, but for what the tape kept. */
static void layer_restore(const pass *p, size_t layer)
{
    const layer_steps *steps = steps_of(p);
    if (layer)
        steps->output(p, layer - 1);
    else
        embeddings_output(p);
    steps->restore(p, layer, layer < p->tape->shape.again);
}

/* How many layers at the bottom, the embeddings counted as one, have no gradient that is wanted. */
static size_t frozen_below(const pass *p, const params *gradients)
{
    size_t frozen = 0, layers = p->config->layers;
    if (gradients->embeddings.word.data) return 0;
    for (frozen = 1; frozen <= layers; frozen++)
        if (layer_weights(p, gradients, frozen - 1)->attention_weight.data) break;
    return frozen;
}

void encoder_backward(const pass *p, params *gradients)
{
    const layer_steps *steps = steps_of(p);
    size_t frozen = frozen_below(p, gradients);
    if (steps->end_backward) steps->end_backward(p, gradients);
    for (size_t layer = p->config->layers; layer > 0 && layer >= frozen; layer--) {
        layer_restore(p, layer - 1);
        steps->backward(p, layer - 1, layer > frozen, gradients);
    }
    if (frozen == 0) embeddings_backward(p, p->tape->dhidden, gradients);
}
