/* windows.h: a long text as overlapping pieces of its tokens. */
#ifndef DATA_WINDOWS_H
#define DATA_WINDOWS_H

#include "base/status.h"

#include <stddef.h>

/* Windows of at most `room` tokens, each of which repeats the last `stride` of the one before (as
 * transformers' return_overflowing_tokens: the last window is what is left). */
typedef struct windows {
    size_t tokens, room, stride;
} windows;

typedef struct window {
    size_t begin, end; /* tokens */
} window;

/* At least 1, for an empty text too. Asserts stride < room. */
size_t windows_count(const windows *w);
window windows_at(const windows *w, size_t index);

/* The stride that windows of max_length tokens in all have: the one given, or, for 0, a third of
 * max_length. BERT_ARGUMENT, with the largest that fits, where it leaves no token to advance by
 * beside the `special` tokens of each window (frame_count()), and what else stands in all of them.
 */
bert_status windows_stride(size_t given, size_t max_length, size_t special, size_t *stride);

#endif
