/* heads.h: what stands on top of the encoder, by kind.
 *
 *   head_classifier  [CLS] -> pooler -> dropout -> classifier   logits [sequences, outputs]
 *   head_choice      the same with one output: a sequence's weight among its unit's
 *   head_tokens      dropout -> classifier on every token       logits [tokens, outputs]
 *   head_spans       start and end logit of every token         logits [tokens, 2]
 *   head_masked      transform -> word table on wanted tokens   logits [wanted, vocabulary]
 *   head_vectors     mean of a sequence's tokens, or [CLS]      logits [sequences, hidden]
 *
 * The logits of head_vectors are unit vectors; config->pooling says of what, and tape->first has
 * them before they are scaled. */
#ifndef MODEL_HEADS_H
#define MODEL_HEADS_H

#include "model/network.h"

typedef enum head_rows {
    ROWS_FIRST,  /* of the last layer the first token of each sequence is wanted, [CLS] */
    ROWS_WANTED, /* those that the batch names */
    ROWS_ALL
} head_rows;

/* What the data and the user say of a training that begins. */
typedef struct head_start {
    const char *pooling; /* "mean", "cls", or NULL: the checkpoint's */
    bool unanswerable;   /* do the data hold questions without answers? */
} head_start;

typedef struct head {
    const char *class_suffix; /* of transformers' class for such a model (model/family.h) */
    unsigned groups;    /* of weights, beside the encoder's: what it reads, trains and saves */
    unsigned passed_on; /* those it does not use, yet saves where the checkpoint has them */
    head_rows rows;
    tape_shape room;  /* what the tape keeps for it: dropped, masked, vectors; the rest is 0 */
    bool labelled;    /* do its outputs have names, in config.json? */
    bool bare;        /* are its weights saved without "bert." before their names? */
    bool words_dense; /* does its gradient reach every row of the word table? */
    /* The weight that tells this head if config.json names no class. NULL: no weight does. */
    const char *told_by;

    size_t (*outputs)(const config *c); /* the width of its logits */
    /* BERT_UNSUPPORTED if it cannot read what the configuration asks for. NULL: it always can. */
    bert_status (*check)(const config *c);
    /* Changes the configuration for a training of this head. NULL: nothing to change. */
    bert_status (*begin)(config *c, const head_start *given);
    void (*forward)(const pass *p);                     /* ids -> tape->logits */
    void (*backward)(const pass *p, params *gradients); /* from tape->dlogits */
} head;

extern const head head_classifier, head_choice, head_tokens, head_spans, head_masked, head_vectors;

/* All of them, in the order in which weights tell; NULL from their number on. */
const head *head_at(size_t index);

/* By the class that config.json names. NULL: none of these. BertModel is none: it is the class of
 * every encoder, and head_vectors is known by the pooling that a folder names. */
const head *head_of_class(const config *c);

/* By the groups of weights in a checkpoint whose config.json names no class; head_vectors, which
 * has no weights, if they are of no other head. */
const head *head_of_weights(unsigned groups);

/* The head that a model with these groups of weights answers with: by its class, else by the
 * pooling that its folder names, else a classifier of texts. NULL: it has no trained head. */
const head *head_of_model(const config *c, unsigned groups);

/* transformers' class for a model of the configuration's family with this head. */
named_class head_class_name(const head *h, const config *c);

/* Are weights of this class saved without "bert." before their names? */
bool head_is_bare(const config *c, const char *class_name);

/* The suffix of the class that has head_masked and another, for next sentences. */
extern const char pretraining_suffix[];

/* Makes c->outputs, the rows of the classifier, what this head asks for; nothing changes for a head
 * without a classifier. */
void head_set_outputs(const head *h, config *c);

/* Makes the configuration one for a training of this head, after its labels are set: pooling,
 * outputs, unanswerable. Fails as the head's check(), or with BERT_ARGUMENT for another pooling. */
bert_status head_begin(const head *h, config *c, const head_start *given);

/* The room that a pass with this head wants, for batches up to the limits. */
tape_shape head_tape_shape(const head *h, const config *c, const batch_limits *limits,
                           bool backward);

#endif
