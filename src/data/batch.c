#include "data/batch.h"

#include <assert.h>
#include <string.h>

void batch_place(batch *b, const batch_limits *limits, arena *block)
{
    *b = (batch){ .limits = *limits };
    b->ids = arena_take(block, limits->tokens, sizeof *b->ids);
    b->types = arena_take(block, limits->tokens, sizeof *b->types);
    b->positions = arena_take(block, limits->tokens, sizeof *b->positions);
    b->example = arena_take(block, limits->tokens, sizeof *b->example);
    b->token = arena_take(block, limits->tokens, sizeof *b->token);
    b->starts = arena_take(block, limits->sequences + 1, sizeof *b->starts);
    b->first_starts = arena_take(block, limits->sequences + 1, sizeof *b->first_starts);
    b->first_example = arena_take(block, limits->sequences, sizeof *b->first_example);
    b->first_token = arena_take(block, limits->sequences, sizeof *b->first_token);
}

static void sequence_put(batch *b, const features *f, uint32_t example, size_t in_step)
{
    size_t length = features_length(f, example), at = b->tokens;
    memcpy(b->ids + at, f->ids + f->starts[example], length * sizeof *b->ids);
    for (size_t i = 0; i < length; i++) {
        b->types[at + i] = i >= f->first_counts[example];
        b->positions[at + i] = (int32_t)i;
        b->token[at + i] = (uint32_t)i;
        b->example[at + i] = (uint32_t)in_step;
    }
    b->first_starts[b->sequences] = (uint32_t)b->sequences;
    b->first_example[b->sequences] = (uint32_t)in_step;
    b->first_token[b->sequences] = 0;
    b->starts[b->sequences] = (uint32_t)at;
    b->tokens += length;
    b->sequences++;
}

void batch_fill(batch *b, const features *f, const uint32_t *index, size_t count,
                size_t first_in_step)
{
    assert(count <= b->limits.sequences);
    b->tokens = b->sequences = 0;
    for (size_t i = 0; i < count; i++) {
        assert(b->tokens + features_length(f, index[i]) <= b->limits.tokens);
        sequence_put(b, f, index[i], first_in_step + i);
    }
    b->starts[b->sequences] = (uint32_t)b->tokens;
    b->first_starts[b->sequences] = (uint32_t)b->sequences;
}

size_t batch_fit(const batch_limits *limits, const features *f, const uint32_t *index, size_t count)
{
    size_t tokens = 0, fit = 0;
    while (fit < count && fit < limits->sequences) {
        tokens += features_length(f, index[fit]);
        if (tokens > limits->tokens && fit > 0) break;
        fit++;
    }
    return fit;
}
