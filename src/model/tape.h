/* tape.h: what a forward pass leaves for the backward pass, and the room for both.
 *
 * e is the embeddings' width, most often h. Rows are `tokens`, the real tokens of a batch, or
 * `queries`: the rows that are wanted of the last layer, which are all tokens or, for a head that
 * reads few of them, those that the batch wants.
 *
 * A layer keeps what is dear to compute: 3 h numbers a token (q, k, v), h (context), 2 h (the sums
 * before its two norms) and i (before the activation): 10 h for the usual i = 4 h, 31 kB at h =
 * 768. What norms and the activation make of those is not kept: backward computes it again, into
 * the same bits, in buffers that all layers share.
 *
 * Disentangled attention keeps 2 h numbers more for each row of the table of distances.
 *
 * With `again`, the first so many layers keep no more than the second of those sums, h: the rest is
 * written into one record, which they share with the layer above them, and backward of each first
 * runs its forward pass once more. The numbers are the same, bit for bit. */
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
    bool dropped;     /* does a head drop out hidden states of tokens? */
    bool transformed; /* is there a transform before the logits? */
    bool masked;      /* are they overwritten by their gradient? */
    bool vectors;     /* are the logits vectors of length 1? */
    bool backward;    /* else the layers share all of one record and gradients have no room */
    size_t again;     /* so many layers, from the first, are computed again in backward; below the
                         number of layers, and only with backward */
} tape_shape;

typedef struct norm_tape {
    float *sum;         /* [rows, h] what is normalized */
    float *mean, *rstd; /* [rows] */
} norm_tape;

/* Where one product makes queries, keys and values of all tokens, they are the columns of one
 * [tokens, 3 h]. */
typedef struct layer_tape {
    float *query;                         /* [queries, h] */
    float *key, *value;                   /* [tokens, h] */
    float *context;                       /* [queries, h] */
    float *distance_key, *distance_query; /* [distances, h] where attention is disentangled */
    norm_tape attention;
    float *intermediate_sum; /* [queries, i] before the activation, or [queries, 2 i] where it is
                                gated; backward leaves what came after it here, or its gradient */
    norm_tape output_norm;
} layer_tape;

/* The table of distances, all of it; a pass uses the rows that its batch has distances for. */
typedef struct distance_tape {
    norm_tape norm; /* without a sum: that is the table itself */
    float *output;  /* [distances, h] of the norm */
    float *dropped; /* [distances, h] what a layer projects; in backward then its gradient */
    uint32_t *unit, *token; /* [distances] 0 and the row: what dropout calls them; the program's */
    /* backward only, [distances, h] */
    float *dkey, *dquery; /* of a layer's distance_key and distance_query */
    float *doutput;       /* summed up over the layers */
} distance_tape;

/* Before a head's last layer, [logit_rows, e] each. */
typedef struct transform_tape {
    float *sum;     /* before the activation */
    norm_tape norm; /* of what the activation gave */
    float *output;
} transform_tape;

/* Written once, when the tape is opened: cosines and sines of [places, head width / 2]. */
typedef struct rotary_table {
    float *cosine, *sine;
} rotary_table;

typedef struct tape {
    tape_shape shape;
    arena block; /* all of the numbers, in the device's memory */
    norm_tape embedding;
    distance_tape distances;
    layer_tape *layers; /* [layer count] */

    /* Of the layer that is being computed, forward or backward. */
    float *embedded; /* [tokens, e] what a product makes hidden states of, or what their norm reads,
                        where there is one */
    float *hidden;   /* [tokens, h] its input; after its forward pass its output [queries] */
    float *residual; /* [wanted, h] the last layer's input at the queries, where few */
    float *chosen;   /* [wanted, 3 h] its queries, keys and values, where few */
    float *attention_output; /* [queries, h] */
    float *intermediate;     /* [queries, i] after the activation */

    /* [global, local][places] of rotary positions, for the kind of layers that have them. */
    rotary_table rotary[2];

    float *first;               /* [sequences, h] hidden states of [CLS] */
    float *pooled_sum, *pooled; /* [sequences, h] before and after tanh (and dropout), or
                                   [sequences, vector width] those of a Dense module */
    transform_tape transform;   /* only where the shape is transformed */
    float *logits;              /* [logit_rows, logit_width] */
    float *lengths;             /* [logit_rows] before they were 1; only where the shape is so */
    /* backward only */
    float *dropped;   /* [tokens, h] the last hidden states after a head's dropout */
    float *dlogits;   /* [logit_rows, logit_width]; the logits where masked */
    float *dpooled;   /* [sequences, h] */
    float *dhidden;   /* [tokens, h] gradient of the hidden states, on its way down */
    float *dinput;    /* [tokens, h] */
    float *dbranch;   /* [tokens, h] */
    float *dembedded; /* [tokens, e] of a width of their own; else dbranch */
    float *dchosen;   /* [wanted, 3 h] */
    float *dquery, *dkey,
        *dvalue;          /* [tokens, h]; in the room of dintermediate, which is done then */
    float *dintermediate; /* [tokens, i]; in the room of intermediate, which is done then */
} tape;

/* Takes the room from the device's memory. The caller releases. */
bert_status tape_open(compute *on, const config *c, const tape_shape *shape, tape *out);
void tape_release(compute *on, tape *t);

/* The bytes that tape_open() takes: those for the forward pass, and those for gradients of
 * activations that have room of their own. */
bert_status tape_bytes(const config *c, const tape_shape *shape, size_t *forward, size_t *backward);

#endif
