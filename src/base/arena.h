/* arena.h: one block of memory with one lifetime, carved from the front.
 *
 * Layout code runs twice: first on an arena without a block, which only adds up, then on one opened
 * with the sum.
 *
 *     arena measure = { 0 };
 *     tape_place(&tape, &shape, &measure);
 *     arena block;
 *     TRY(arena_open(measure.used, &block));
 *     tape_place(&tape, &shape, &block);
 *
 * Not for several threads at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/status.h"

#include <stddef.h>

enum { ARENA_ALIGNMENT = 64 }; /* a cache line, and the widest vector register */

typedef struct arena {
    char *base; /* NULL: measuring */
    size_t used, capacity;
} arena;

/* Opens a block of `bytes`, aligned to a cache line, contents undefined. */
bert_status arena_open(size_t bytes, arena *out);

/* A hint for a block that nothing has been written to yet and that will be written from end to end:
 * pages of 2 MB where the system has them (Linux), so that a pass over it waits less for addresses
 * to be looked up. A block that stays empty in places would take more memory for it. */
void arena_large_pages(const arena *block);

/* Gives the block back. A measuring or zeroed arena is left alone. */
void arena_release(arena *block);

/* The next count * size bytes, aligned; NULL while measuring. Asserts that they fit.
 * A product that wraps counts as SIZE_MAX, so that opening such an arena fails. */
void *arena_take(arena *block, size_t count, size_t size);

#endif
