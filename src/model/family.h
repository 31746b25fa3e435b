/* family.h: the models that share an architecture: what sets them apart is here and in
 * families/, a file a family and a line in families.def.
 *
 * A family is facts: what its checkpoints call things, how config.json says them, what is there
 * when it does not, which kind its layers are (network.h). Nobody else asks which family it is.
 *
 * transformers names its classes after them:
 *
 *   BertForMaskedLM    prefix of the family and suffix of the head
 *   BertModel          the encoder by itself
 *
 * A head knows its suffix (model/heads.h). */
#ifndef MODEL_FAMILY_H
#define MODEL_FAMILY_H

#include "base/status.h"
#include "compute/activation.h"
#include "model/param_names.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct config config;

/* What a family's layers compute (network.h). */
typedef enum layer_kind {
    LAYER_POST_NORM, /* y = norm(x + f(x)), for attention and for the feed-forward part */
    LAYER_PRE_NORM   /* y = x + f(norm(x)); rotary positions, a gated feed-forward part */
} layer_kind;

/* How their attention scores. */
typedef enum attention_kind {
    ATTENTION_PLAIN,
    ATTENTION_DISENTANGLED /* by content and by distance (disentangled.c) */
} attention_kind;

/* What config.json calls sizes and rates. NULL: the family does not have it, or not as a key. */
typedef struct family_keys {
    const char *hidden, *layers, *attention_heads, *intermediate, *embedding, *types;
    const char *activation, *norm_epsilon;
    const char *hidden_dropout, *attention_dropout;
} family_keys;

/* What most of them are called. */
extern const family_keys family_keys_usual;

/* y = f(W x + b) of a sequence's first token, what a classifier of sequences reads. */
typedef struct dense_layer {
    param_part part; /* PARAM_POOLER or PARAM_DENSE */
    activation_kind activation;
    bool drops; /* is x dropped out first? */
} dense_layer;

/* tanh, of the encoder's pooler; and of a classifier's own with dropout before it, as RoBERTa has
 * it. */
extern const dense_layer dense_pooler, dense_roberta;

typedef struct family {
    const char *name;         /* as its paper has it */
    const char *model_type;   /* in config.json */
    const char *class_prefix; /* of transformers' classes */
    const char *prefix;       /* before the names of the encoder's weights: "bert" */
    const param_names *names;
    const char *decoder; /* the name of a word table that a head for masked words has to itself */
    const family_keys *keys;
    const config
        *defaults; /* what the class in transformers takes where config.json says nothing */
    layer_kind layer;
    attention_kind attention;
    const dense_layer *sequence; /* before the classifier of sequences, and of choices */
    const dense_layer *choice;
    bool positions_padded;  /* position ids begin behind that of padding, see features.h */
    bool transformed;       /* every head has a transform before its last layer (transform.c) */
    bool pads_by_one;       /* padding is id 1, whatever config.json says */
    bool tensorflow;        /* are its files of TensorFlow and Keras read? */
    bool pretraining_masks; /* does its class ..ForPreTraining have a head for masked words? */
    bool attention_kept;    /* no dropout after attention's last product */
    bool output_kept;       /* nor after the feed-forward part's */

    /* Reads keys of its own, once the usual ones are read. NULL: there are none. */
    bert_status (*read)(const json_t *object, const char *path, config *c);
    /* Adds what older or newer versions of transformers read instead of the source's keys. NULL:
     * nothing. */
    bert_status (*write)(const config *c, json_t *object);
    /* The deviation of a fresh weight of this part, and how many deviations away from 0 it is cut
     * off; 0: it is not. NULL: initializer_range, and it is not. */
    double (*fresh)(const config *c, param_part part, double *cut);
} family;

/* DeBERTa with another head for masked words; config.json says which. */
extern const family family_deberta_v2_pretrained;

#define FAMILY(name) extern const family family_##name;
#include "model/families.def"

/* BERT_UNSUPPORTED if no family has this model_type; `path` is the file that names it. NULL: it
 * names none, as files of 2019; then the family of this class, and BERT if that is NULL too. */
bert_status family_find(const char *path, const char *model_type, const char *class_name,
                        const family **out);

/* Has its encoder a pooler, whatever a checkpoint holds? ELECTRA's, say, belongs to a head. */
bool family_has_pooler(const family *f);

typedef struct named_class {
    char name[64];
} named_class;

/* The suffix is one of a head. */
named_class family_class(const family *f, const char *suffix);

/* What follows the family's prefix in the name of a class. NULL: the class is of another family, or
 * class_name is NULL. */
const char *family_class_suffix(const family *f, const char *class_name);

#endif
