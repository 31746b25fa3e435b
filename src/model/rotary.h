/* rotary.h: the tables of rotary positions, a cosine and a sine for each place and pair of a head's
 * numbers. Layers that see all tokens and those that see few have each their own. */
#ifndef MODEL_ROTARY_H
#define MODEL_ROTARY_H

#include "model/tape.h"

/* Room for all places that a batch may have. Nothing for layers without. */
void rotary_place(tape *t, const config *c, arena *block);
bert_status rotary_fill(compute *on, const config *c, tape *t);

#endif
