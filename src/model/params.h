/* params.h: the weights of a BERT as fields, and the same weights as one flat list. */
#ifndef MODEL_PARAMS_H
#define MODEL_PARAMS_H

#include "base/arena.h"
#include "base/status.h"
#include "model/config.h"

#include <stdbool.h>
#include <stddef.h>

/* A matrix [rows, cols] or a vector [rows] (cols 0), row-major. data NULL: there is none (no such
 * weight, or a gradient nobody wants). Who owns the numbers is the business of who filled it in. */
typedef struct weight {
    size_t rows, cols;
    float *data;
} weight;

size_t weight_count(const weight *w);

typedef struct embedding_params {
#define EMBEDDING_PARAM(field, rows, cols, decay) weight field;
#include "model/params.def"
} embedding_params;

typedef struct layer_params {
#define LAYER_PARAM(field, rows, cols, decay) weight field;
#include "model/params.def"
} layer_params;

typedef struct pooler_params {
#define POOLER_PARAM(field, rows, cols, decay) weight field;
#include "model/params.def"
} pooler_params;

typedef struct classifier_params {
#define CLASSIFIER_PARAM(field, rows, cols, decay) weight field;
#include "model/params.def"
} classifier_params;

typedef enum param_group {
    PARAM_EMBEDDING,
    PARAM_LAYER,
    PARAM_POOLER,
    PARAM_CLASSIFIER
} param_group;

/* One weight of the flat list, in the order of params.def. */
typedef struct param_entry {
    char name[96]; /* in a checkpoint, "bert." included */
    size_t offset; /* of its weight from the start of the list's struct, see params_weight() */
    size_t rows, cols;
    bool decay;
    param_group group;
    size_t layer; /* from 0, for PARAM_LAYER */
} param_entry;

typedef struct params {
    embedding_params embeddings;
    layer_params *layers; /* [layer_count] */
    size_t layer_count;
    pooler_params pooler;
    classifier_params classifier;
} params;

/* Every weight with its shape and no data. The caller releases (which does not touch the data). */
bert_status params_init(const config *c, params *out);
void params_release(params *p);

/* The flat list of a configuration's weights. The caller frees *out with free(). */
bert_status params_list(const config *c, param_entry **out, size_t *count);
weight *params_weight(params *p, const param_entry *entry);

/* Where the trainable weights lie in a block of floats: those with weight decay first, so that the
 * optimizer sees two spans. Weights begin at multiples of 16 floats; the gaps hold zeros and stay
 * so. Gradients and both moments have the same layout. */
typedef struct param_layout {
    size_t *at;         /* [entries] first float, or SIZE_MAX: frozen */
    size_t decay_count; /* floats of the first span: 0 .. decay_count-1 */
    size_t count;       /* floats in all */
} param_layout;

/* --freeze: NULL, "embeddings", or a number N for the embeddings and the first N layers.
 * BERT_ARGUMENT for another word or more layers than there are. *frozen_layers is 0, 1 or 1 + N. */
bert_status param_frozen_parse(const char *freeze, size_t layers, size_t *frozen_layers);

/* frozen_layers 0: nothing is frozen; 1: the embeddings; 1 + N: the embeddings and N layers. The
 * caller releases. */
bert_status param_layout_init(const param_entry *entries, size_t count, size_t frozen_layers,
                              param_layout *out);
void param_layout_release(param_layout *layout);

/* Points the weights of *p that the layout places into `block`; with `only` those it does not place
 * lose their data. */
void params_point(params *p, const param_entry *entries, size_t count, const param_layout *layout,
                  float *block, bool only);

#endif
