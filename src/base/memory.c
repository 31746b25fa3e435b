#include "base/memory.h"

#include <stdlib.h>

bool size_multiply(size_t a, size_t b, size_t *product)
{
    size_t wrapped;
    if (__builtin_mul_overflow(a, b, &wrapped)) return false;
    *product = wrapped;
    return true;
}

bert_status memory_zeroed(size_t count, size_t size, void **out)
{
    void *block = calloc(count ? count : 1, size ? size : 1);
    if (!block)
        return fail(BERT_MEMORY, "out of memory: %zu elements of %zu bytes asked for", count, size);
    *out = block;
    return BERT_OK;
}

bert_status memory_grow(void **block, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity) return BERT_OK;
    size_t wanted = *capacity ? *capacity : 16;
    while (wanted < needed) {
        if (!size_multiply(wanted, 2, &wanted))
            return fail(BERT_MEMORY, "out of memory: %zu elements of %zu bytes asked for", needed,
                        size);
    }
    size_t bytes;
    void *grown = size_multiply(wanted, size, &bytes) ? realloc(*block, bytes) : NULL;
    if (!grown)
        return fail(BERT_MEMORY, "out of memory: %zu elements of %zu bytes asked for", needed,
                    size);
    *block = grown;
    *capacity = wanted;
    return BERT_OK;
}
