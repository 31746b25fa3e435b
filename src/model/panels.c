#include "model/panels.h"

#include "model/linear.h"

#include <string.h>

/* The layers' matrices, one after another. With a block that only measures nothing is written. */
static void layers_place(compute *on, params *p, arena *block)
{
    for (size_t i = 0; i < p->layer_count; i++) {
        weight *w;
#define LAYER_PARAM(field, r, k, decay)                                                            \
    w = &p->layers[i].field;                                                                       \
    if (w->cols) {                                                                                 \
        float *place = arena_take(block, weight_count(w), sizeof *place);                          \
        if (place) linear_to_panels(on, w, place);                                                 \
    }
#include "model/params.def"
    }
}

bert_status panels_open(compute *on, const config *c, const params *from, weight_panels *out)
{
    weight_panels p = { 0 };
    TRY(params_init(c, &p.params));
    layer_params *layers = p.params.layers;
    memcpy(layers, from->layers, from->layer_count * sizeof *layers);
    p.params = *from;
    p.params.layers = layers;
    arena measure = { 0 };
    layers_place(on, &p.params, &measure);
    bert_status status = arena_open(measure.used, &p.block);
    if (status == BERT_OK) {
        arena_large_pages(&p.block);
        layers_place(on, &p.params, &p.block);
        *out = p;
    } else {
        params_release(&p.params);
    }
    return status;
}

void panels_release(weight_panels *p)
{
    params_release(&p->params);
    arena_release(&p->block);
    *p = (weight_panels){ 0 };
}
