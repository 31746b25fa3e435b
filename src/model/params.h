/* params.h: the weights of a model as fields, and the same weights as one flat list. */
#ifndef MODEL_PARAMS_H
#define MODEL_PARAMS_H

#include "base/arena.h"
#include "base/status.h"
#include "model/config.h"
#include "model/param_names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A gradient of which nobody counts the products. */
#define GRADIENT_UNCOUNTED SIZE_MAX

/* A matrix [rows, cols] or a vector [rows] (cols 0), row-major. data NULL: there is none (no such
 * weight, or a gradient nobody wants). Who owns the numbers is the business of who filled it in. */
typedef struct weight {
    size_t rows, cols;
    float *data;
    const float *panels; /* the same for fast products (model/panels.h), or NULL */

    /* Of a gradient, see gradients_begin(): */
    bool written;         /* data holds what this step has made so far */
    size_t products_left; /* in this step, or GRADIENT_UNCOUNTED */
} weight;

size_t weight_count(const weight *w);

typedef struct embedding_params {
#define EMBEDDING_PARAM(field, rows, cols, kind) weight field;
#include "model/params.def"
} embedding_params;

typedef struct layer_params {
#define LAYER_PARAM(field, rows, cols, kind) weight field;
#include "model/params.def"
} layer_params;

typedef struct final_params {
#define FINAL_PARAM(field, rows, cols, kind) weight field;
#include "model/params.def"
} final_params;

typedef struct pooler_params {
#define POOLER_PARAM(field, rows, cols, kind) weight field;
#include "model/params.def"
} pooler_params;

typedef struct dense_params {
#define DENSE_PARAM(field, rows, cols, kind) weight field;
#include "model/params.def"
} dense_params;

typedef struct classifier_params {
#define CLASSIFIER_PARAM(field, rows, cols, kind) weight field;
#include "model/params.def"
} classifier_params;

typedef struct spans_params {
#define SPANS_PARAM(field, rows, cols, kind) weight field;
#include "model/params.def"
} spans_params;

typedef struct transform_params {
#define TRANSFORM_PARAM(field, rows, cols, kind) weight field;
#include "model/params.def"
} transform_params;

typedef struct masked_params {
#define MASKED_PARAM(field, rows, cols, kind) weight field;
#include "model/params.def"
} masked_params;

/* What a weight is, and so whether it decays, who makes its gradient, and how a fresh one begins.
 */
typedef enum param_kind {
    TABLE,  /* rows are looked up; decays */
    MATRIX, /* of a linear layer: matrix products make its gradient; decays */
    BIAS,   /* does not decay; a fresh one is 0 */
    GAIN    /* of a norm; does not decay; a fresh one is 1 */
} param_kind;

/* Of a Dense module: in no list (model/dense.h). */
typedef struct module_params {
    weight weight, bias;
} module_params;

/* Sets of parts (param_part, param_names.h). Every model has the encoder's; a head adds its own
 * (model/heads.h). */
enum {
    PARAMS_POOLER = 1 << PARAM_POOLER,
    PARAMS_DENSE = 1 << PARAM_DENSE,
    PARAMS_CLASSIFIER = 1 << PARAM_CLASSIFIER,
    PARAMS_SPANS = 1 << PARAM_SPANS,
    PARAMS_TRANSFORM = 1 << PARAM_TRANSFORM,
    PARAMS_MASKED = 1 << PARAM_MASKED,
    PARAMS_ENCODER = 1 << PARAM_EMBEDDING | 1 << PARAM_LAYER | 1 << PARAM_FINAL,
    PARAMS_HEADS =
        PARAMS_DENSE | PARAMS_CLASSIFIER | PARAMS_SPANS | PARAMS_TRANSFORM | PARAMS_MASKED,
    PARAMS_ALL = PARAMS_ENCODER | PARAMS_POOLER | PARAMS_HEADS
};

/* One weight of the flat list, in the order of params.def. */
typedef struct param_entry {
    char name[96];     /* in a checkpoint, the family's prefix included */
    const char *other; /* another name that it may have there, or NULL */
    size_t offset;     /* of its weight from the start of the list's struct, see params_weight() */
    size_t rows, cols;
    bool decay;
    double rate;     /* factor on the learning rate: 1 */
    size_t products; /* how many matrix products of a pass make its gradient: 1 for the matrix of a
                        linear layer; 0: other operations add to it */
    bool gain;       /* of a norm: a fresh one is 1 */
    param_part part;
    size_t layer; /* from 0, for PARAM_LAYER: a set of weights, which several layers may share */
} param_entry;

typedef struct params {
    embedding_params embeddings;
    layer_params *layers; /* [layer_count] sets; config_layer_set() says which is a layer's */
    size_t layer_count;
    final_params final;
    pooler_params pooler;
    dense_params dense; /* of a classifier, before its last linear layer */
    classifier_params classifier;
    spans_params spans;
    transform_params transform;
    masked_params masked;
    module_params module; /* of sentence-transformers, behind the pooling */
} params;

/* Every weight with its shape and no data; one that the family has not is [0]. The caller releases
 * (which does not touch the data). */
bert_status params_init(const config *c, params *out);
void params_release(params *p);

/* The flat list of a configuration's weights that belong to `parts`. A classifier behind a dense
 * layer of its own may have another name than one by itself: the list goes by whether `parts` has
 * both. The caller frees *out with free(). */
bert_status params_list(const config *c, unsigned parts, param_entry **out, size_t *count);
weight *params_weight(params *p, const param_entry *entry);

/* How a span's gradient is made in a step, and so who zeroes and measures it. */
typedef enum span_gradient {
    SPAN_ROWS,    /* in rows of a table: those that the step reads are zeroed, added to, measured */
    SPAN_ADDED,   /* it is zeroed, passes add to it, and it is measured */
    SPAN_PRODUCTS /* matrix products write it, and the last of them measures it (linear.h) */
} span_gradient;

/* Neighbouring weights that the optimizer treats alike. */
typedef struct param_span {
    size_t begin, count; /* floats of the block */
    bool decay;
    double rate; /* factor on the learning rate */
    span_gradient gradient;
    size_t rows, width; /* SPAN_ROWS: of the table; a gap may follow it in the span */
} param_span;

/* Where the trainable weights lie in a block of floats: first those with weight decay, then those
 * without, in the order of the list. Weights begin at multiples of 16 floats; the gaps hold zeros
 * and stay so. Gradients and both moments have the same layout.
 *
 * The block is its spans one after another. BERT has at most four: the word table; the
 * other embeddings, whose gradients are zeroed and measured; the matrices of linear layers, whose
 * gradients are not (they are most of the block); and what has no decay. The gradient's norm sums
 * up span by span, so another division changes its last bits. */
typedef struct param_layout {
    size_t *at;        /* [entries] first float, or SIZE_MAX: frozen */
    param_span *spans; /* [span_count] */
    size_t span_count;
    size_t count; /* floats of all spans */
} param_layout;

/* --freeze: NULL, "embeddings", or a number N for the embeddings and the first N layers.
 * BERT_ARGUMENT for another word, more layers than there are, or layers that share their weights.
 * *frozen_layers is 0, 1 or 1 + N. */
bert_status param_frozen_parse(const char *freeze, const config *c, size_t *frozen_layers);

/* frozen_layers 0: nothing is frozen; 1: the embeddings; 1 + N: the embeddings and N layers. The
 * weights of frozen_parts are too. The caller releases. */
bert_status param_layout_init(const param_entry *entries, size_t count, size_t frozen_layers,
                              unsigned frozen_parts, param_layout *out);
void param_layout_release(param_layout *layout);

/* Points the weights of *p that the layout places into `block`; with `only` those it does not place
 * lose their data. */
void params_point(params *p, const param_entry *entries, size_t count, const param_layout *layout,
                  float *block, bool only);

/* Begins a step of `passes` backward passes for gradients with these entries, so that nothing large
 * need be zeroed and a weight may be used several times in a pass: a gradient's first product in
 * the step writes it, the later ones add, and the last is known, for then its squares are summed
 * up. Those whose entry counts no products are zeroed and measured by the optimizer. */
void gradients_begin(params *gradients, const param_entry *entries, size_t count, size_t passes);

/* A product is about to write the gradient or to add to it. Is it the last of the step? */
bool gradient_product(weight *gradient);

/* Have all gradients that are wanted had all their products? */
bool gradients_complete(const params *gradients, const param_entry *entries, size_t count);

#endif
