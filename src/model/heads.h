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

typedef struct head {
    const char *class_name; /* transformers' class for such a model */
    unsigned groups;        /* of weights, beside the encoder's: what it reads, trains and saves */
    unsigned passed_on;     /* those it does not use, yet saves where the checkpoint has them */
    head_rows rows;
    bool labelled;                  /* do its outputs have names, in config.json? */
    bool bare;                      /* are its weights saved without "bert." before their names? */
    void (*forward)(const pass *p); /* ids -> tape->logits */
    void (*backward)(const pass *p, params *gradients); /* from tape->dlogits */
} head;

extern const head head_classifier, head_choice, head_tokens, head_spans, head_masked, head_vectors;

/* By the class that config.json names; NULL: none of these. BertModel is none: it is the class of
 * every encoder, and head_vectors is known by the pooling that a folder names. */
const head *head_of_class(const char *class_name);

extern const char pretraining_class[];

/* The room that a pass with this head wants, for batches up to the limits. */
tape_shape head_tape_shape(const head *h, const config *c, const batch_limits *limits,
                           bool backward);

#endif
