/* features.h: texts as ids, the form in which training and prediction want them. */
#ifndef DATA_FEATURES_H
#define DATA_FEATURES_H

#include "base/slice.h"
#include "base/status.h"
#include "text/tokenizer.h"

#include <stddef.h>
#include <stdint.h>

/* Example i has ids[starts[i]] .. ids[starts[i + 1] - 1]; its first first_counts[i] are of type 0.
 * Start from { 0 }. */
typedef struct features {
    size_t count;
    size_t *starts; /* [count + 1] */
    uint32_t *first_counts;
    int32_t *ids;
    size_t longest;   /* tokens of the longest example */
    size_t truncated; /* examples that lost tokens to max_length */
    size_t starts_capacity, first_capacity, ids_capacity;
} features;

/* Appends one example. `encoding` is the caller's scratch, kept between calls. */
bert_status features_add(features *f, const tokenizer *t, slice text, slice pair, size_t max_length,
                         tokenizer_encoding *encoding);

/* Forgets the examples, keeps the memory. */
void features_clear(features *f);
void features_release(features *f);

static inline size_t features_length(const features *f, size_t example)
{
    return f->starts[example + 1] - f->starts[example];
}

#endif
