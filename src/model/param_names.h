/* param_names.h: the parts of a model, and what checkpoints of a family call the weights in them.
 *
 * A name that begins with a dot stands inside the encoder, behind the family's prefix:
 * ".pooler.dense.weight" is "bert.pooler.dense.weight" in the file. '#' stands for a layer's
 * number. NULL: the family has no such weight. */
#ifndef MODEL_PARAM_NAMES_H
#define MODEL_PARAM_NAMES_H

typedef enum param_part {
    PARAM_EMBEDDING,
    PARAM_LAYER,
    PARAM_FINAL,      /* the encoder's, after the last layer */
    PARAM_POOLER,     /* a linear layer over the first token, of the encoder's */
    PARAM_DENSE,      /* the like of a classifier's */
    PARAM_CLASSIFIER, /* a linear layer over sequences or over tokens */
    PARAM_SPANS,      /* start and end of an answer */
    PARAM_TRANSFORM,  /* before the word table; in some families before every head's last layer */
    PARAM_MASKED      /* a bias a word */
} param_part;

/* A field for each of params.def. */
typedef struct param_names {
#define EMBEDDING_PARAM(field, rows, cols, kind) const char *embedding_##field;
#define LAYER_PARAM(field, rows, cols, kind) const char *layer_##field;
#define FINAL_PARAM(field, rows, cols, kind) const char *final_##field;
#define POOLER_PARAM(field, rows, cols, kind) const char *pooler_##field;
#define DENSE_PARAM(field, rows, cols, kind) const char *dense_##field;
#define CLASSIFIER_PARAM(field, rows, cols, kind) const char *classifier_##field;
#define SPANS_PARAM(field, rows, cols, kind) const char *spans_##field;
#define TRANSFORM_PARAM(field, rows, cols, kind) const char *transform_##field;
#define MASKED_PARAM(field, rows, cols, kind) const char *masked_##field;
#include "model/params.def"
    const char *projected_weight, *projected_bias; /* a classifier's behind a dense layer; NULL: the
                                                      same as without */
} param_names;

#endif
