/* panels.h: weights in the order in which products read them fastest, for a model that only
 * answers.
 *
 * The matrices of the layers, 340 MB of a base-size model's 440, are written once more in blocks
 * that a product takes up without gaps; a single text is then answered about twice as fast. */
#ifndef MODEL_PANELS_H
#define MODEL_PANELS_H

#include "base/arena.h"
#include "compute/compute.h"
#include "model/params.h"

typedef struct weight_panels {
    params params; /* those of the source, the layers' matrices with their panels beside */
    arena block;   /* the panels */
} weight_panels;

/* `from` stays the owner of its numbers and outlives *out. The caller releases. */
bert_status panels_open(compute *on, const config *c, const params *from, weight_panels *out);
void panels_release(weight_panels *p);

#endif
