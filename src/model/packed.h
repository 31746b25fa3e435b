/* packed.h: weights in the order in which products read them fastest, for a model that only
 * answers.
 *
 * The matrices of the layers, 340 MB of a base-size model's 440, are written once more in blocks
 * that a product takes up without gaps; a single text is then answered about twice as fast. */
#ifndef MODEL_PACKED_H
#define MODEL_PACKED_H

#include "base/arena.h"
#include "compute/compute.h"
#include "model/params.h"

typedef struct packed {
    params params; /* those of the source, the layers' matrices with a packed form beside */
    arena block;   /* the packed forms */
} packed;

/* `from` stays the owner of its numbers and outlives *out. The caller releases. */
bert_status packed_open(compute *on, const config *c, const params *from, packed *out);
void packed_release(packed *p);

#endif
