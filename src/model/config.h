/* config.h: what config.json says of a BERT. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "base/status.h"
#include "compute/activation.h"
#include "model/family.h"
#include "tensors/tensors.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands for a whole sequence in a folder for sentence-transformers. */
typedef enum pooling_kind {
    POOLING_NONE, /* it does not say: no such folder */
    POOLING_MEAN, /* of all tokens' last hidden states */
    POOLING_CLS,
    POOLING_OTHER /* not known here: of no use until one of the two is chosen */
} pooling_kind;

/* Names as in transformers' BertConfig, shortened where no meaning is lost; defaults are its too.
 */
typedef struct config {
    const family *family;       /* of model_type */
    size_t vocabulary;          /* vocab_size */
    size_t hidden;              /* hidden_size */
    size_t layers;              /* num_hidden_layers */
    size_t attention_heads;     /* num_attention_heads; divides hidden */
    size_t intermediate;        /* intermediate_size */
    size_t positions;           /* max_position_embeddings */
    size_t types;               /* type_vocab_size */
    int32_t pad;                /* pad_token_id; -1: none */
    activation_kind activation; /* hidden_act */
    double hidden_dropout;      /* hidden_dropout_prob */
    double attention_dropout;   /* attention_probs_dropout_prob */
    double classifier_dropout;  /* classifier_dropout; null: hidden_dropout_prob */
    double norm_epsilon;        /* layer_norm_eps */
    size_t labels;              /* of id2label, else num_labels, else 2 */
    char **label_names;         /* [labels] */
    const char *label_repeated; /* one of them that two labels have, or NULL */
    bool labels_given;          /* does the file name or count labels? */
    size_t outputs;             /* rows of the classifier: the labels, until head_set_outputs()*/
    bool headless;              /* is it Google's, which says nothing of a head? */
    char *problem;              /* problem_type, or NULL */
    char *architecture;         /* the first of architectures, or NULL */
    pooling_kind pooling;       /* not in config.json: 1_Pooling/config.json and modules.json */
    bool vectors_divided;       /* by their lengths: modules.json */
    size_t vector_tokens;       /* of the longest text: sentence_bert_config.json; 0: not said */
    bool unanswerable; /* was it trained on questions without answers? this program's own key */
    bool unanswerable_given;
    double *thresholds; /* [labels] above which a label is given, or NULL: 0.5 each */
    json_t *source;     /* the whole object, so that a saved folder keeps what is not known here */
} config;

/* Reads a model folder's config.json, or where there is none Google's bert_config.json, which has
 * the same keys but for those of a head. Keys that change the computation in a way not known here
 * (another model_type, relative positions, a decoder) are BERT_UNSUPPORTED. The caller releases. */
bert_status config_read(const char *folder, config *out);
void config_release(config *c);

/* "config.json", or what stands in its place. */
const char *config_file_name(const config *c);

/* What a headless one is for, once the weights have told: as if config.json named this class, and
 * so many labels by transformers' default names (0: it says nothing of them). */
bert_status config_set_head(config *c, const char *class_name, size_t labels);

/* Names the labels anew: copies of names [count]. Thresholds are dropped. */
bert_status config_set_labels(config *c, const char *const *names, size_t count);

/* BERT_UNSUPPORTED where two labels have one name. */
bert_status config_check_labels(const config *c);

/* Writes config.json for `class_name` (say BertForSequenceClassification) as transformers does: the
 * source's keys, with architectures, with id2label and label2id where `labelled`, with problem_type
 * where `problem` is not NULL, with the thresholds where there are any, and with the type that the
 * weights are stored as. */
bert_status config_write(const config *c, const char *folder, const char *class_name, bool labelled,
                         const char *problem, tensor_type stored);

/* c->pooling, vectors_divided and vector_tokens (at most the positions) from 1_Pooling/config.json
 * and, where that is there, modules.json and sentence_bert_config.json; config_read() calls it. */
bert_status config_read_pooling(const char *folder, config *c);

/* Another pooling by name, "mean" or "cls"; NULL: the folder's own, else the mean. BERT_UNSUPPORTED
 * for a folder's own that is not known. */
bert_status config_set_pooling(config *c, const char *name);

/* BERT_UNSUPPORTED where the folder's pooling is not known. */
bert_status config_check_pooling(const config *c);

/* BERT_ARGUMENT where the model has fewer positions than that. */
bert_status config_check_length(const config *c, size_t max_length);

/* BERT_ARGUMENT where the model has one token type only: it cannot tell a pair's second text from
 * its first. */
bert_status config_check_pairs(const config *c);

/* Does a head for masked words share the word embeddings? BERT_UNSUPPORTED where it does not, and
 * config.json's tie_word_embeddings is false: the head would need a word table of its own. */
bool config_is_tied(const config *c);
bert_status config_check_tied(const config *c);

/* "gelu", as hidden_act names it. */
const char *config_activation_name(activation_kind kind);

#endif
