/* slice.h: a run of bytes that somebody else owns. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Not ended by NUL. `bytes` is NULL for "there is none", which differs from an empty text. */
typedef struct slice {
    const char *bytes;
    size_t count;
} slice;

static inline slice slice_of(const char *text)
{
    return (slice){ text, text ? strlen(text) : 0 };
}

static inline bool slice_equal(slice a, slice b)
{
    return a.count == b.count && (a.count == 0 || memcmp(a.bytes, b.bytes, a.count) == 0);
}

static inline bool slice_ends_with(slice text, const char *end)
{
    size_t count = strlen(end);
    return text.count >= count && memcmp(text.bytes + text.count - count, end, count) == 0;
}

/* The order of their bytes, which for UTF-8 is that of code points: below, at or above 0. */
static inline int slice_compare(slice a, slice b)
{
    size_t count = a.count < b.count ? a.count : b.count;
    int order = count ? memcmp(a.bytes, b.bytes, count) : 0;
    return order ? order : (a.count > b.count) - (a.count < b.count);
}

/* Records of `size` bytes [count] that begin with a slice and are ordered by it: the index of the
 * first that is not before `key`, and whether that is it. */
static inline size_t slice_place(const void *records, size_t count, size_t size, slice key,
                                 bool *there)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slice_compare(*(const slice *)((const char *)records + middle * size), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *there = low < count && slice_equal(*(const slice *)((const char *)records + low * size), key);
    return low;
}

#endif
