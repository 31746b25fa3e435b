/* batch.h: sequences laid end to end, without padding, with a table of their starts. */
#ifndef DATA_BATCH_H
#define DATA_BATCH_H

#include "base/arena.h"
#include "data/features.h"

#include <stddef.h>
#include <stdint.h>

typedef struct batch_limits {
    size_t tokens, sequences;
} batch_limits;

typedef struct batch {
    size_t tokens, sequences;
    int32_t *ids, *types, *positions; /* [tokens] */
    uint32_t *starts;                 /* [sequences + 1] */
    uint32_t *example,
        *token; /* [tokens] the example's index in the step, the token's in the example */
    /* the same for the first tokens alone, [CLS] */
    uint32_t *first_starts;                /* [sequences + 1] 0, 1, 2, ...: one row a sequence */
    uint32_t *first_example, *first_token; /* [sequences] */
    batch_limits limits;
} batch;

/* Carves, or measures, room for batches up to the limits. */
void batch_place(batch *b, const batch_limits *limits, arena *block);

/* Lays the features of examples index[0 .. count-1] end to end. first_in_step: the index in the
 * optimizer step of the first of them, which dropout goes by. Asserts that they fit. */
void batch_fill(batch *b, const features *f, const uint32_t *index, size_t count,
                size_t first_in_step);

/* How many of index[0 .. count-1] fit the limits, from the first on; at least 1 where count is. */
size_t batch_fit(const batch_limits *limits, const features *f, const uint32_t *index,
                 size_t count);

#endif
