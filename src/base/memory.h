/* memory.h: size arithmetic that cannot wrap, and allocation that reports. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* *product = a * b; false, and *product untouched, where that does not fit a size_t. */
bool size_multiply(size_t a, size_t b, size_t *product);

static inline size_t size_larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static inline size_t size_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* *out = `count` zeroed elements of `size` bytes (NULL never stands for success, count 0 included).
 * The caller frees with free(). */
bert_status memory_zeroed(size_t count, size_t size, void **out);

/* Grows *block, which holds *capacity elements of `size` bytes, to hold at least `needed`,
 * doubling. On failure both are as they were. The caller frees *block with free(). */
bert_status memory_grow(void **block, size_t *capacity, size_t needed, size_t size);

#endif
