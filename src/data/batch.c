#include "data/batch.h"

#include <assert.h>
#include <string.h>

/* batch_fill() wants one of each sequence, whatever a task makes of it after. */
static size_t wanted_most(const batch_limits *limits)
{
    return limits->wanted > limits->sequences ? limits->wanted : limits->sequences;
}

void batch_place(batch *b, const batch_limits *limits, arena *block)
{
    size_t wanted = wanted_most(limits);
    *b = (batch){ .limits = *limits };
    b->ids = arena_take(block, limits->tokens, sizeof *b->ids);
    b->types = arena_take(block, limits->tokens, sizeof *b->types);
    b->positions = arena_take(block, limits->tokens, sizeof *b->positions);
    b->unit = arena_take(block, limits->tokens, sizeof *b->unit);
    b->token = arena_take(block, limits->tokens, sizeof *b->token);
    b->starts = arena_take(block, limits->sequences + 1, sizeof *b->starts);
    b->wanted_starts = arena_take(block, limits->sequences + 1, sizeof *b->wanted_starts);
    b->wanted_rows = arena_take(block, wanted, sizeof *b->wanted_rows);
    b->wanted_unit = arena_take(block, wanted, sizeof *b->wanted_unit);
    b->wanted_token = arena_take(block, wanted, sizeof *b->wanted_token);
}

bert_status batch_open(batch *b, const batch_limits *limits, arena *block)
{
    arena measure = { 0 };
    batch_place(b, limits, &measure);
    TRY(arena_open(measure.used, block));
    batch_place(b, limits, block);
    return BERT_OK;
}

static void positions_put(const features *f, const int32_t *ids, size_t length, int32_t *positions)
{
    int32_t next = f->positions_padded ? f->pad + 1 : 0;
    for (size_t i = 0; i < length; i++) {
        bool padding = f->positions_padded && ids[i] == f->pad;
        positions[i] = padding ? f->pad : next;
        next += !padding;
    }
}

/* first_token: how many tokens of the unit stand before the sequence. */
static void sequence_put(batch *b, const features *f, size_t sequence, size_t in_step,
                         size_t first_token)
{
    size_t begin = f->starts[sequence], length = f->starts[sequence + 1] - begin, at = b->tokens;
    assert(at + length <= b->limits.tokens);
    memcpy(b->ids + at, f->ids + begin, length * sizeof *b->ids);
    positions_put(f, f->ids + begin, length, b->positions + at);
    for (size_t i = 0; i < length; i++) {
        b->types[at + i] = !f->untyped && i >= f->first_counts[sequence];
        b->token[at + i] = (uint32_t)(first_token + i);
        b->unit[at + i] = (uint32_t)in_step;
    }
    b->starts[b->sequences++] = (uint32_t)at;
    b->tokens += length;
}

void batch_fill(batch *b, const features *f, const uint32_t *index, size_t count,
                size_t first_in_step)
{
    size_t group = features_group(f);
    assert(count * group <= b->limits.sequences);
    b->tokens = b->sequences = 0;
    b->skip = f->skip;
    for (size_t i = 0; i < count; i++) {
        size_t first = index[i] * group;
        for (size_t k = 0; k < group; k++)
            sequence_put(b, f, first + k, first_in_step + i,
                         f->starts[first + k] - f->starts[first]);
    }
    b->starts[b->sequences] = (uint32_t)b->tokens;
    batch_want_none(b);
    for (size_t i = 0; i < b->sequences; i++) batch_want(b, b->starts[i]);
    batch_want_end(b);
}

void batch_want_none(batch *b)
{
    b->wanted_starts[0] = 0;
}

/* While the list grows, wanted_starts[0] holds its length. */
void batch_want(batch *b, size_t row)
{
    size_t at = b->wanted_starts[0]++;
    assert(at < wanted_most(&b->limits));
    b->wanted_rows[at] = (uint32_t)row;
    b->wanted_unit[at] = b->unit[row];
    b->wanted_token[at] = b->token[row];
}

void batch_want_end(batch *b)
{
    size_t count = b->wanted_starts[0], at = 0;
    for (size_t s = 0; s < b->sequences; s++) {
        b->wanted_starts[s] = (uint32_t)at;
        while (at < count && b->wanted_rows[at] < b->starts[s + 1]) at++;
    }
    b->wanted_starts[b->sequences] = (uint32_t)count;
}

size_t batch_token_pairs(const batch *b)
{
    size_t sum = 0;
    for (size_t i = 0; i < b->sequences; i++) {
        size_t length = b->starts[i + 1] - b->starts[i];
        sum += length * length;
    }
    return sum;
}

size_t batch_fit(const batch_limits *limits, const features *f, const uint32_t *index, size_t count)
{
    size_t tokens = 0, fit = 0, group = features_group(f);
    while (fit < count && (fit + 1) * group <= limits->sequences) {
        tokens += features_length(f, index[fit]);
        if (tokens > limits->tokens && fit > 0) break;
        fit++;
    }
    return fit;
}
