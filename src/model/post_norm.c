/* post_norm.c: BERT's layer: attention, then feed-forward, each with its norm behind it. */
#include "model/network.h"

static void forward(const pass *p, size_t layer)
{
    attention_part_forward(p, layer);
    feed_forward_part_forward(p, layer);
}

/* The attention part's output, and under `again` all that forward left. What layers share (tape.h)
 * still holds that of the highest of them. */
static void restore(const pass *p, size_t layer, bool again)
{
    if (again) {
        attention_part_forward(p, layer);
        feed_forward_part_input(p, layer);
    } else {
        attention_part_output(p, layer);
    }
}

static void backward(const pass *p, size_t layer, bool input, params *gradients)
{
    feed_forward_part_backward(p, layer, gradients);
    attention_part_backward(p, layer, input, gradients);
}

const layer_steps layer_post_norm = {
    .forward = forward, .output = feed_forward_part_output, .restore = restore, .backward = backward
};
