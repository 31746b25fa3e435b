/* config.h: what config.json says of a model. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "base/folder.h"
#include "base/status.h"
#include "compute/activation.h"
#include "json/modules.h"
#include "model/family.h"
#include "model/trained_as.h"
#include "tensors/tensors.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands for a whole sequence in a folder for sentence-transformers. */
typedef enum pooling_kind {
    POOLING_NONE, /* it does not say: no such folder */
    POOLING_MEAN, /* of all tokens' last hidden states */
    POOLING_CLS
} pooling_kind;

/* A Dense module of sentence-transformers (model/dense.h). */
typedef struct dense_config {
    char *folder; /* NULL: there is none */
    size_t width; /* out_features; in_features is hidden */
    bool bias;
    bool linear; /* no activation */
    activation_kind activation;
} dense_config;

/* Of disentangled attention (compute.h), as DeBERTa says it. */
typedef struct disentangled_config {
    size_t rows;  /* of the table of distances' embeddings (rel_embeddings); 0: there is none */
    bool normed;  /* does a norm follow the table? norm_rel_ebd */
    bool key;     /* are queries multiplied with the distances' keys? c2p in pos_att_type */
    bool query;   /* and keys with the distances' queries? p2c */
    bool own;     /* have distances projections of their own? share_att_key is false */
    size_t terms; /* the scores are divided by the root of the head's width times this */
} disentangled_config;

/* Names as in transformers' BertConfig, shortened where no meaning is lost; other families have
 * other keys for the same (family.h). Defaults are those of the family's class. */
struct config {
    const family *family;   /* of model_type */
    size_t vocabulary;      /* vocab_size */
    size_t embedding;       /* embedding_size: of rows of the word table; else hidden */
    size_t hidden;          /* hidden_size */
    size_t layers;          /* num_hidden_layers */
    size_t layer_sets;      /* sets of layers' weights: layers, or fewer where they are shared */
    size_t attention_heads; /* num_attention_heads; divides hidden */
    size_t intermediate;    /* intermediate_size */
    size_t positions;       /* max_position_embeddings: rows of the table */
    size_t position_first;  /* the first token's; those below it are padding's */
    size_t types;           /* type_vocab_size */
    bool unpositioned;      /* is there no table of positions? */
    disentangled_config disentangled;
    size_t distance_buckets; /* relative_attention_num_buckets; 0: attention adds no bias */
    uint16_t *distances;     /* [2 * config_length_most()] a bucket each, from the furthest key on
                                the right to the furthest on the left */
    int32_t pad;             /* pad_token_id; -1: none */
    bool projected;       /* is there a product from the embeddings' width to the hidden states'? */
    bool projected_first; /* does it stand before the embeddings' norm, not behind it? */
    activation_kind activation;           /* hidden_act */
    activation_kind transform_activation; /* of the head for masked words */
    double hidden_dropout;                /* hidden_dropout_prob */
    double attention_dropout;             /* attention_probs_dropout_prob */
    /* Before the last linear layer of a head for sequences, choices, tokens, answers; and before
     * the dense layer that a classifier of sequences may have (dense_layer.drops). The usual key is
     * classifier_dropout; null: hidden_dropout_prob. Below 0: there is no such place. */
    double classifier_dropout, choice_dropout, token_dropout, answer_dropout, dense_dropout;
    double intermediate_dropout; /* mlp_dropout: of a gated feed-forward part */
    bool classifier_mean; /* classifier_pooling: do classifiers read the mean of all tokens, and not
                             the first? */
    bool *local;          /* [layers] does a query see only the keys nearby? NULL: none does */
    size_t local_reach;   /* at most so far away: local_attention / 2 */
    double rotary_theta[2];   /* of rotary positions: where all keys are seen, where those nearby */
    double initializer_cut;   /* initializer_cutoff_factor: fresh weights are at most so many
                                 deviations from 0; 0: no bound */
    double initializer_range; /* the deviation of fresh weights */
    double norm_epsilon;      /* layer_norm_eps */
    size_t labels;            /* of id2label, else num_labels, else 2 */
    char **label_names;       /* [labels] */
    const char *label_repeated; /* one of them that two labels have, or NULL */
    bool labels_given;          /* does the file name or count labels? */
    size_t outputs;             /* rows of the classifier: the labels, until head_set_outputs()*/
    bool headless;              /* is it Google's, which says nothing of a head? */
    char *problem;              /* problem_type, or NULL */
    char *architecture;         /* the first of architectures, or NULL */
    char *answer_function;      /* of an output, as sentence-transformers names it, or NULL */
    bool logistic;              /* are answers of a number the logistic function of the output? */
    /* Of sentence-transformers' files, not of config.json: config_read_pooling() */
    pooling_kind pooling;  /* 1_Pooling/config.json */
    bool prompt_left_out;  /* of the mean; the same file's include_prompt is false */
    dense_config dense;    /* behind the pooling */
    bool vectors_divided;  /* by their lengths: modules.json */
    size_t vector_tokens;  /* of the longest text: sentence_bert_config.json; 0: not said */
    char *vectors_unknown; /* what is not known here of these files, as a part of a sentence; NULL:
                              nothing */
    json_t *prompts;       /* {name: text} of config_sentence_transformers.json, or NULL */
    char *prompt_name;     /* the one to put before every text, or NULL */
    bool unanswerable;     /* was it trained on questions without answers? this program's own key */
    bool unanswerable_given;
    double *thresholds; /* [labels] above which a label is given, or NULL: 0.5 each */
    trained_as trained; /* "trained_on", another key of this program; borrowed from the source */
    json_t *source;     /* the whole object, so that a saved folder keeps what is not known here */
};

/* What the first product of a feed-forward part makes of a token. */
static inline size_t config_intermediate_sums(const config *c)
{
    return c->family->layer == LAYER_PRE_NORM ? 2 * c->intermediate : c->intermediate;
}

static inline bool config_is_local(const config *c, size_t layer)
{
    return c->local && c->local[layer];
}

/* Which set of weights a layer has. */
static inline size_t config_layer_set(const config *c, size_t layer)
{
    return layer * c->layer_sets / c->layers;
}

/* The tokens of the longest sequence that there are positions for. */
static inline size_t config_length_most(const config *c)
{
    return c->positions - c->position_first;
}

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

/* config_answer.c, for config_read(): the function's name as config.json says it, or another that
 * stands above it; and what follows from it, once labels and problem are known. */
bert_status config_read_answers(const char *path, config *c);
bert_status config_name_answers(config *c, const char *name);
void config_settle_answers(config *c);

/* Answers of a model that is trained here: config_write() says so where a function was named. */
bert_status config_set_answers(config *c, bool is_logistic);

/* BERT_UNSUPPORTED for a function that is not known. */
bert_status config_check_answers(const config *c);

/* BERT_UNSUPPORTED where two labels have one name. */
bert_status config_check_labels(const config *c);

/* Writes config.json for `class_name` (say BertForSequenceClassification) as transformers does: the
 * source's keys, with architectures, with id2label and label2id where `labelled`, with problem_type
 * where `problem` is not NULL, with the thresholds where there are any, with what it was trained on
 * where that is known, and with the type that the weights are stored as. */
bert_status config_write(const config *c, const folder_handle *folder, const char *class_name,
                         bool labelled, const char *problem, tensor_type stored);

/* c->pooling and what follows it, from the files that sentence-transformers has in a folder of
 * these modules; vector_tokens is at most the positions. config_read() calls it. */
bert_status config_read_pooling(const char *folder, const sentence_modules *m, config *c);

/* config_dense.c: c->dense from the module's folder, if it is known. */
bert_status config_read_dense(const char *folder, config *c);
void config_drop_dense(config *c);

/* Numbers in the vector of a text, and in the widest row that a vector is made of. */
size_t config_vector_width(const config *c);
size_t config_widest(const config *c);

/* Keeps the first reason, a part of a sentence, why vectors as the folder asks for cannot be made.
 */
__attribute__((format(printf, 2, 3))) bert_status config_refuse_vectors(config *c,
                                                                        const char *format, ...);

/* "torch.nn.modules.activation.Tanh" and "torch.nn.Tanh" are torch's Tanh. */
bool config_is_torch(const char *name, const char *word);

/* Another pooling by name, "mean" or "cls"; NULL: the folder's own, else the mean. BERT_UNSUPPORTED
 * for a folder's own that is not known. */
bert_status config_set_pooling(config *c, const char *name);

/* BERT_UNSUPPORTED where vectors as the folder asks for are not known. */
bert_status config_check_pooling(const config *c);

/* What to put before each text: the prompt of that name, nothing for "none", or `given` itself;
 * NULL: the folder's own.
 * *text, borrowed from c or given, is "" for nothing. BERT_ARGUMENT for a single word that names no
 * prompt. */
bert_status config_find_prompt(const config *c, const char *given, const char **text);

/* Makes it the folder's own. NULL: leaves that as it is. */
bert_status config_set_prompt(config *c, const char *given);

/* A dropout's rate. For families' own keys. */
bert_status config_read_rate(const json_t *object, const char *path, const char *key, double *out);

/* One of hidden_act's names. */
bert_status config_read_activation(const json_t *object, const char *path, const char *key,
                                   activation_kind *out);

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
