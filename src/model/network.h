/* network.h: an encoder forward and backward, over packed sequences.
 *
 *     ids -> embeddings -> layer 1 .. n -> a head (heads.h) -> logits
 *
 * Devlin, Chang, Lee, Toutanova: BERT, 2019; Vaswani et al.: Attention is all you need, 2017; the
 * reference is transformers' modeling_bert.py and its siblings (families/). Forward and backward of
 * a part stand in one file, in that order. */
#ifndef MODEL_NETWORK_H
#define MODEL_NETWORK_H

#include "compute/compute.h"
#include "data/batch.h"
#include "model/config.h"
#include "model/params.h"
#include "model/tape.h"

/* Dropout's rates and stream; all zero for evaluation. */
typedef struct dropout_run {
    float hidden, attention;
    float classifier;   /* before a head's last linear layer */
    float dense;        /* before a classifier's dense layer */
    float intermediate; /* of a gated feed-forward part, before its last product */
    uint64_t key;       /* rng_key(seed, step) */
} dropout_run;

/* One pass of one batch: everything the parts need. */
typedef struct pass {
    compute *on;
    const config *config;
    const params *params;
    const batch *batch;
    tape *tape;
    dropout_run dropout;
    double *squares; /* of the gradients that matrix products make (linear.h): added up here when
                        they are complete; NULL: not wanted */
} pass;

/* A LayerNorm over so many rows of hidden states. */
static inline norm_shape hidden_norm(const pass *p, size_t rows)
{
    return (norm_shape){ .rows = rows,
                         .width = p->config->hidden,
                         .epsilon = (float)p->config->norm_epsilon };
}

/* To the last layer's hidden states. Returns [rows, hidden], in the tape: one row a token, or one a
 * wanted token where the tape was opened for few. */
const float *encoder_forward(const pass *p);

/* Pooler alone: f(W x + b) of the hidden states of the first tokens, [CLS] -> tape->pooled
 * [sequences, hidden]. Which weights and which f: `how`, of the family. */
void pooler_forward(const pass *p, const dense_layer *how, const float *hidden);

/* The other way, from tape->dpooled, which is overwritten: writes the tape's dhidden and adds to
 * the gradients of its weights. The tape is one for the first tokens. */
void pooler_backward(const pass *p, const dense_layer *how, params *gradients);

/* norm(f(W x + b)) -> tape->transform.output      x [rows, hidden], output [rows, embedding] */
void transform_forward(const pass *p, size_t rows, const float *x);
/* The other way, from dy [rows, embedding], which is overwritten, to dx [rows, hidden]. */
void transform_backward(const pass *p, size_t rows, const float *x, float *dy, float *dx,
                        params *gradients);

/* From the gradient of the last hidden states in the tape's dhidden, down to the lowest weights
 * that are wanted: adds to the gradients whose data are not NULL. Layers whose weights, and those
 * of all below, are not wanted are not entered. */
void encoder_backward(const pass *p, params *gradients);

/* What computing such a model takes, for batches of so many tokens and sequences up to so long. */
compute_limits limits_of(const config *c, size_t rows, size_t keys);

/* How batches of these features number their tokens: as the model wants it. */
void positions_follow(const config *c, features *f);

/* A layer, of one of the kinds that families have. Forward goes through the tape's `hidden`: the
 * layer's input is replaced by its output. */
typedef struct layer_steps {
    void (*forward)(const pass *p, size_t layer);
    /* From what the tape kept: the layer's output -> hidden, if the layer above it is to go on from
     * there. */
    void (*output)(const pass *p, size_t layer);
    /* With the layer's input in hidden: what its backward pass reads besides the tape. `again`: the
     * tape kept nothing of it (tape.h). */
    void (*restore)(const pass *p, size_t layer, bool again);
    /* In dhidden, from the gradient of the layer's output to that of its input; `input` false: that
     * is not wanted. */
    void (*backward)(const pass *p, size_t layer, bool input, params *gradients);
    /* In dhidden, from the gradient of what the last layer hands on to what its backward pass
     * begins with. NULL: they are the same. */
    void (*end_backward)(const pass *p, params *gradients);
} layer_steps;

extern const layer_steps layer_post_norm, layer_pre_norm;

/* The weights of a layer, or its gradients: layers may share them. */
static inline layer_params *layer_weights(const pass *p, const params *of, size_t layer)
{
    return &of->layers[config_layer_set(p->config, layer)];
}

/* Attention by itself, between the layer's projections and its last product: of one of the kinds
 * that families have. From the tape's query, key and value of the layer to its context; and from
 * the context's gradient to dquery, dkey and dvalue. */
typedef struct attention_steps {
    void (*forward)(const pass *p, size_t layer, const attention_shape *s, const dropout *d);
    void (*backward)(const pass *p, size_t layer, const attention_shape *s, const dropout *d,
                     const float *dcontext, params *gradients);
} attention_steps;

extern const attention_steps attention_disentangled;

/* The norm of the table of distances, where there is such a table: once a pass, before its layers
 * and, from the gradient that they have added up in the tape, after them. */
void distances_forward(const pass *p);
void distances_backward(const pass *p, params *gradients);

/* The parts, for network's own files. Forward goes through the tape's `hidden`: a layer's input is
 * replaced by its output. The _output and _input of a part are what backward computes again from
 * the sums that were kept. `input` is the gradient's way further down: false ends it here. */
void embeddings_forward(const pass *p);
void embeddings_output(const pass *p); /* -> hidden */
void embeddings_backward(const pass *p, const float *doutput, params *gradients);
void attention_part_forward(const pass *p, size_t layer);
void attention_part_output(const pass *p, size_t layer); /* -> attention_output */
void attention_part_backward(const pass *p, size_t layer, bool input, params *gradients);
void feed_forward_part_input(const pass *p, size_t layer); /* to where the activation ends */
void feed_forward_part_forward(const pass *p, size_t layer);
void feed_forward_part_output(const pass *p, size_t layer); /* -> hidden */
void feed_forward_part_backward(const pass *p, size_t layer, params *gradients);

/* The rows a layer is wanted at, and how dropout names them. */
typedef struct layer_rows {
    size_t count;
    const uint32_t *starts;       /* [sequences + 1] of the queries */
    const uint32_t *unit, *token; /* [count] */
    bool few;                     /* fewer than the tokens */
} layer_rows;

layer_rows layer_rows_of(const pass *p, size_t layer);

/* Places where dropout works. Their numbers are part of every result's bits and never change:
 *
 *      0 ..    3                   outside of the layers; 2 and 3 are free
 *      4 + 4 layer + 0 .. 3        in a layer
 *      DROPOUT_DENSE
 *      DROPOUT_DISTANCES + layer
 *      DROPOUT_FREE ..             free, by blocks: a block begins at a number of its own, which no
 *                                  count of layers moves
 *      RNG_SHUFFLE ..              not dropout's (base/rng.h) */
enum dropout_place {
    DROPOUT_EMBEDDING,
    DROPOUT_CLASSIFIER,
    DROPOUT_LAYERS = 4,
    DROPOUT_DENSE = 1 << 16,     /* before the dense layer of a classifier of sequences */
    DROPOUT_DISTANCES = 1 << 17, /* of the table of distances, before a layer's projections */
    DROPOUT_FREE = DROPOUT_DISTANCES + (1 << 16)
};
enum dropout_layer_place {
    DROPOUT_PROBABILITIES,
    DROPOUT_ATTENTION,
    DROPOUT_OUTPUT,
    DROPOUT_INTERMEDIATE,
    DROPOUT_LAYER_PLACES = 4
};

dropout layer_dropout(const pass *p, size_t layer, enum dropout_layer_place place,
                      const layer_rows *rows);

#endif
