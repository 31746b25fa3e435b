/* batch.h: sequences laid end to end, without padding, with a table of their starts. */
#ifndef DATA_BATCH_H
#define DATA_BATCH_H

#include "base/arena.h"
#include "data/features.h"

#include <stddef.h>
#include <stdint.h>

typedef struct batch_limits {
    size_t tokens, sequences;
    size_t wanted; /* of the last layer's rows; 0: one a sequence */
} batch_limits;

typedef struct batch {
    size_t tokens, sequences;
    size_t skip; /* of each sequence's tokens, from the first on: no part of a mean */
    int32_t *ids, *types, *positions; /* [tokens]; positions as features.h says */
    uint32_t *starts;                 /* [sequences + 1] */
    /* [tokens] the unit's index in the step, the token's in the unit: what dropout goes by */
    uint32_t *unit, *token;
    /* The tokens that a head which reads few of them wants: the first of each sequence, [CLS],
     * unless a task sets others. Sequence s wants wanted_starts[s] .. wanted_starts[s + 1] - 1. */
    uint32_t *wanted_starts;              /* [sequences + 1] */
    uint32_t *wanted_rows;                /* [wanted] ascending rows among the tokens */
    uint32_t *wanted_unit, *wanted_token; /* [wanted] as above */
    batch_limits limits;
} batch;

/* Carves, or measures, room for batches up to the limits. */
void batch_place(batch *b, const batch_limits *limits, arena *block);

/* Takes the room from the program's memory, in *block, which the caller releases. */
bert_status batch_open(batch *b, const batch_limits *limits, arena *block);

/* Lays the sequences of units index[0 .. count-1] end to end. first_in_step: the index in the
 * optimizer step of the first of them, which dropout goes by. Asserts that they fit. */
void batch_fill(batch *b, const features *f, const uint32_t *index, size_t count,
                size_t first_in_step);

/* Forgets the wanted tokens and goes on to want those named by batch_want(), which come in
 * ascending order, every sequence's in its turn; batch_want_end() closes the list. */
void batch_want_none(batch *b);
void batch_want(batch *b, size_t row);
void batch_want_end(batch *b);

static inline size_t batch_wanted(const batch *b)
{
    return b->wanted_starts[b->sequences];
}

/* The squares of the sequences' lengths, added up: the scores of one attention
 * head. */
size_t batch_token_pairs(const batch *b);

/* How many of index[0 .. count-1] fit the limits, from the first on; at least 1 where count is. */
size_t batch_fit(const batch_limits *limits, const features *f, const uint32_t *index,
                 size_t count);

#endif
