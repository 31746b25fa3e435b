/* heads.h: what stands on top of the encoder, by kind.
 *
 *   head_classifier  [CLS] -> dense -> dropout -> classifier    logits [sequences, outputs]
 *   head_choice      the same with one output: a sequence's weight among its unit's
 *   head_tokens      dropout -> classifier on every token       logits [tokens, outputs]
 *   head_spans       start and end logit of every token         logits [tokens, 2]
 *   head_masked      transform -> word table on wanted tokens   logits [wanted, vocabulary]
 *   head_vectors     mean of a sequence's tokens, or [CLS]      logits [sequences, vector width]
 *
 * The logits of head_vectors are unit vectors; config->pooling says of what, and tape->first has
 * what the pooling made. */
#ifndef MODEL_HEADS_H
#define MODEL_HEADS_H

#include "model/network.h"

typedef enum head_rows {
    ROWS_FIRST,  /* of the last layer the first token of each sequence is wanted, [CLS] */
    ROWS_WANTED, /* those that the batch names */
    ROWS_ALL
} head_rows;

/* What a head must know of the data and the options when a training begins. */
typedef struct head_start {
    const char *pooling; /* "mean", "cls", or NULL: the checkpoint's */
    const char *prompt;  /* a name or a text, or NULL: the checkpoint's */
    bool unanswerable;   /* do the data hold questions without answers? */
    bool logistic;       /* are the task's answers logistic functions of the outputs? */
} head_start;

/* The facts of a head. Whoever uses a head asks for a fact, never which head it is. */
typedef struct head {
    const char *class_suffix; /* of transformers' class for such a model (model/family.h) */
    unsigned parts;           /* PARAMS_..: what it reads, trains and saves beside the encoder, but
                                 for its dense layer's: head_parts() has them all */
    unsigned passed_on;       /* those it does not use, yet saves where the checkpoint has them */
    head_rows rows;
    tape_shape room;     /* what the tape keeps for it: masked, vectors; the rest is 0 */
    bool labelled;       /* do its outputs have names, in config.json? */
    bool bare;           /* are its weights saved without "bert.", the family's prefix? */
    bool words_dense;    /* does its gradient reach every row of the word table? */
    const char *told_by; /* if no class is named, the weight that tells this head, or NULL */

    size_t (*outputs)(const config *c); /* the width of its logits */
    /* The dense layer before its last one, and the rate of dropout between them, below 0 for none.
     * NULL: it has no such thing in any family. */
    const dense_layer *(*dense)(const config *c);
    double (*dropout)(const config *c);
    /* BERT_UNSUPPORTED if it cannot read what the configuration asks for. NULL: it always can. */
    bert_status (*check)(const config *c);
    /* Changes the configuration for a training of this head. NULL: nothing to change. */
    bert_status (*begin)(config *c, const head_start *given);
    void (*forward)(const pass *p);                     /* ids -> tape->logits */
    void (*backward)(const pass *p, params *gradients); /* from tape->dlogits */
} head;

extern const head head_classifier, head_choice, head_tokens, head_spans, head_masked, head_vectors;

/* Its parts in the configuration's family. */
unsigned head_parts(const head *h, const config *c);

/* PARAMS_HEADS, but for what all heads of the family have in common. */
unsigned heads_own_parts(const config *c);

/* Rates of dropout in a training of this head: the configuration's, or `rate` in all places that
 * the model has, unless it is below 0. */
dropout_run head_dropout(const head *h, const config *c, double rate);

/* All heads, in the order in which told_by is looked for. NULL: the index is past the last. */
const head *head_at(size_t index);

/* By the class that config.json names. NULL: none of these. BertModel is none: it is the class of
 * every encoder, and head_vectors is known by the pooling that a folder names. */
const head *head_of_class(const config *c);

/* The head of a checkpoint that has these parts and names no class. head_vectors, which has no
 * weights, if none of them is a head's. */
const head *head_of_weights(unsigned parts);

/* The head that a model's folder is for: that of its class; else head_vectors, if the folder names
 * a pooling; else head_classifier. */
const head *head_wanted(const config *c);

/* The head with which a model of these parts answers. NULL: it lacks weights of the one above. */
const head *head_of_model(const config *c, unsigned parts);

/* transformers' class for a model with this head, of the configuration's family. */
named_class head_class_name(const head *h, const config *c);

/* Are weights of this class saved without the family's prefix before their names? */
bool head_is_bare(const config *c, const char *class_name);

/* The suffix of the class that has head_masked and a head for next sentences. */
extern const char pretraining_suffix[];

/* Sets c->outputs, the rows of the classifier, to this head's. A head without a classifier changes
 * nothing. */
void head_set_outputs(const head *h, config *c);

/* Prepares a configuration, whose labels are set, for a training of this head: pooling, outputs,
 * unanswerable. BERT_ARGUMENT for a prompt that is none, else the head's check(). */
bert_status head_begin(const head *h, config *c, const head_start *given);

/* How many rows of logits a pass makes of the batch: one a sequence, a token or a wanted token. */
size_t head_logit_rows(const head *h, const batch *b);

/* The room that a pass with this head wants, for batches up to the limits. */
tape_shape head_tape_shape(const head *h, const config *c, const batch_limits *limits,
                           bool backward);

#endif
