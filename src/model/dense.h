/* dense.h: a Dense module of sentence-transformers: f(W x + b) for the vector x of each text. What
 * f is and how wide W says config->dense. Its weights stand in a file of their own and are in no
 * list of params.h: they are read, and not trained. */
#ifndef MODEL_DENSE_H
#define MODEL_DENSE_H

#include "model/network.h"

/* Points *out to the weights of the module's folder, converted into *numbers, for free(); `on`
 * looks through them once. */
bert_status dense_open(const config *c, compute *on, module_params *out, float **numbers);

/* The vectors [sequences, config_vector_width()] of x [sequences, hidden], borrowed from the tape:
 * x itself where there is no such module. x must not be tape->pooled. */
const float *dense_forward(const pass *p, const float *x);

#endif
