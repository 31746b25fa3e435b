#include "base/arena.h"

#include "base/memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

static size_t round_up(size_t bytes)
{
    return (bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
}

bert_status arena_open(size_t bytes, arena *out)
{
    void *base =
        bytes <= SIZE_MAX / 2 ? aligned_alloc(ARENA_ALIGNMENT, round_up(bytes ? bytes : 1)) : NULL;
    if (!base)
        return fail(BERT_MEMORY, "out of memory: a block of %.1f MB asked for",
                    (double)bytes / 1e6);
    *out = (arena){ .base = base, .used = 0, .capacity = bytes };
    return BERT_OK;
}

/* Those that lie in the block whole. Advice that is refused costs time and nothing else. */
void arena_large_pages(const arena *block)
{
#if defined(MADV_HUGEPAGE)
    enum { PAGE = 2 << 20 };
    size_t skip = (PAGE - (uintptr_t)block->base % PAGE) % PAGE;
    if (!block->base || block->capacity < skip + PAGE) return;
    madvise(block->base + skip, (block->capacity - skip) / PAGE * PAGE, MADV_HUGEPAGE);
#else
    (void)block;
#endif
}

void arena_release(arena *block)
{
    free(block->base);
    *block = (arena){ 0 };
}

void *arena_take(arena *block, size_t count, size_t size)
{
    size_t bytes, end;
    if (!size_multiply(count, size, &bytes) || bytes > SIZE_MAX / 2 ||
        __builtin_add_overflow(block->used, round_up(bytes), &end))
        end = SIZE_MAX;
    char *taken = block->base ? block->base + block->used : NULL;
    assert(!block->base || end <= round_up(block->capacity));
    block->used = end;
    return taken;
}
