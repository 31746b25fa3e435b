/* tape.h: what a forward pass leaves for the backward pass, and the room for both.
 *
 * Rows are `tokens`, the real tokens of a batch, or `queries`: the rows that are wanted of the last
 * layer, which are all tokens or, for a head that reads few of them, those that the batch wants. A
 * layer's numbers a token: 3 h (q, k, v) + h (context)
 * + 2 (h + h) (sums and their norms) + 2 i (before and after the activation), 16 h for the usual i
 * = 4 h: 49 kB at h = 768. */
#ifndef MODEL_TAPE_H
#define MODEL_TAPE_H

#include "base/arena.h"
#include "compute/compute.h"
#include "model/config.h"

#include <stdbool.h>

typedef struct tape_shape {
    size_t tokens, sequences; /* at most */
    size_t wanted;            /* at most so many tokens are wanted of the last layer; 0: all */
    size_t logit_rows, logit_width;
    bool dropped;  /* does a head drop out hidden states of tokens? */
    bool masked;   /* is there a transform before the logits, and are they overwritten? */
    bool vectors;  /* are the logits vectors of length 1? */
    bool backward; /* else the layers share one record and gradients have no room */
} tape_shape;

typedef struct norm_tape {
    float *sum;         /* [rows, h] what is normalized */
    float *mean, *rstd; /* [rows] */
} norm_tape;

typedef struct layer_tape {
    float *residual;    /* [queries, h] the layer's input at the queries; NULL: the input itself */
    float *query;       /* [queries, h] */
    float *key, *value; /* [tokens, h] */
    float *context;     /* [queries, h] */
    norm_tape attention;
    float *attention_output; /* [queries, h] */
    float *intermediate_sum; /* [queries, i] before the activation */
    float *intermediate;     /* [queries, i] */
    norm_tape output_norm;
    float *output; /* [queries, h] */
} layer_tape;

/* Between the hidden states and the word table, [logit_rows, h] each. */
typedef struct transform_tape {
    float *sum;     /* before the activation */
    norm_tape norm; /* of what the activation gave */
    float *output;
} transform_tape;

typedef struct tape {
    tape_shape shape;
    arena block; /* all of the numbers, in the device's memory */
    norm_tape embedding;
    float *embedding_output;    /* [tokens, h] */
    layer_tape *layers;         /* [layer count] */
    float *first;               /* [sequences, h] hidden states of [CLS] */
    float *pooled_sum, *pooled; /* [sequences, h] before and after tanh (and dropout) */
    transform_tape transform;   /* only where the shape is masked */
    float *logits;              /* [logit_rows, logit_width] */
    float *lengths;             /* [logit_rows] before they were 1; only where the shape is so */
    /* backward only */
    float *dropped;                /* [tokens, h] the last hidden states after a head's dropout */
    float *dlogits;                /* [logit_rows, logit_width]; the logits where masked */
    float *dpooled;                /* [sequences, h] */
    float *dhidden;                /* [tokens, h] gradient of the hidden states, on its way down */
    float *dinput;                 /* [tokens, h] */
    float *dbranch;                /* [tokens, h] */
    float *dquery, *dkey, *dvalue; /* [tokens, h] */
    float *dintermediate;          /* [tokens, i] */
} tape;

/* Takes the room from the device's memory. The caller releases. */
bert_status tape_open(compute *on, const config *c, const tape_shape *shape, tape *out);
void tape_release(compute *on, tape *t);

/* The bytes that tape_open() takes: those for the forward pass, and those for gradients of
 * activations. */
bert_status tape_bytes(const config *c, const tape_shape *shape, size_t *forward, size_t *backward);

#endif
