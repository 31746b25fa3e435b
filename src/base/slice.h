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

/* The order of their bytes, which for UTF-8 is that of code points: below, at or above 0. */
static inline int slice_compare(slice a, slice b)
{
    size_t count = a.count < b.count ? a.count : b.count;
    int order = count ? memcmp(a.bytes, b.bytes, count) : 0;
    return order ? order : (a.count > b.count) - (a.count < b.count);
}

#endif
