/* features.h: texts as ids, the form in which training and prediction want them.
 *
 * The unit is what a step counts: a text or a pair of texts, a window of a long one, or the few
 * sequences that belong together (the endings of a choice, the texts that are compared). All units
 * have `group` sequences, side by side. A row of the data makes one unit, or several where it is
 * cut into windows; the units of a row lie side by side too. */
#ifndef DATA_FEATURES_H
#define DATA_FEATURES_H

#include "base/slice.h"
#include "base/status.h"
#include "text/tokenizer.h"

#include <stddef.h>
#include <stdint.h>

/* Sequence i has ids[starts[i]] .. ids[starts[i + 1] - 1]; its first first_counts[i] are of type 0.
 * Start from { 0 }, or { .group = n }. */
enum { FEATURES_TOKENS_MAX = INT32_MAX }; /* 8 GB of ids, before anything is computed */

typedef struct features {
    size_t count;     /* of units: sequences / group */
    size_t sequences; /* [count * group], and fewer than a group more while a unit is being added */
    size_t group;     /* sequences a unit; 0 stands for 1 */
    bool untyped;     /* all ids are of type 0, those of second texts too */
    /* Positions are pad + 1, pad + 2, ..; a token with the id `pad` has the position pad, and those
     * after it go on as if it were not there (RoBERTa's create_position_ids_from_input_ids). Else
     * they are 0, 1, .. */
    bool positions_padded;
    int32_t pad;    /* where they are; -1: no token's */
    slice prompt;   /* features_set_prompt() */
    size_t skip;    /* tokens at the beginning of each sequence that are no part of a mean */
    size_t *starts; /* [sequences + 1] */
    uint32_t *first_counts; /* [sequences] */
    uint32_t *rows;         /* [sequences] index of the data's row that each came from */
    int32_t *ids;
    size_t longest;   /* tokens of the longest sequence */
    size_t truncated; /* sequences that lost tokens to max_length */
    char *prompted;   /* the prompt and the text at work */
    size_t prompted_capacity;
    size_t starts_capacity, first_capacity, rows_capacity, ids_capacity;
} features;

/* From now on features_add() puts `prompt`, which must live as long, before the text (of a pair the
 * first). left_out: its tokens, and the special ones before it, are to be skipped. */
bert_status features_set_prompt(features *f, const tokenizer *t, slice prompt, bool left_out,
                                size_t max_length, tokenizer_encoding *encoding);

/* Appends one sequence of row `row`: the encoding of a text or a pair, cut to max_length (the
 * longer text of a pair first). `encoding` is the caller's scratch, kept between calls. */
bert_status features_add(features *f, const tokenizer *t, size_t row, slice text, slice pair,
                         size_t max_length, tokenizer_encoding *encoding);

/* Appends one sequence: the tokens of two texts, or of one (second.count 0), in their frame. */
bert_status features_add_framed(features *f, size_t row, const frame *around, token_slice first,
                                token_slice second);

/* Appends one sequence of ids as they are, the first `first_count` of type 0. */
bert_status features_append(features *f, size_t row, const int32_t *ids, size_t count,
                            size_t first_count);

/* Forgets the units, keeps the memory, the group, the rules for types and positions, and the
 * prompt. */
void features_clear(features *f);
void features_release(features *f);

static inline size_t features_group(const features *f)
{
    return f->group ? f->group : 1;
}

/* Tokens of a unit, all of its sequences. */
static inline size_t features_length(const features *f, size_t unit)
{
    size_t group = features_group(f);
    return f->starts[(unit + 1) * group] - f->starts[unit * group];
}

/* Tokens of all units. */
static inline size_t features_tokens(const features *f)
{
    return f->sequences ? f->starts[f->sequences] : 0;
}

/* What the units take in memory. */
size_t features_bytes(const features *f);

/* Tokens of the longest unit; 0 without any. */
size_t features_longest_unit(const features *f);

/* The data's row that a unit came from. */
static inline size_t features_row(const features *f, size_t unit)
{
    return f->rows[unit * features_group(f)];
}

#endif
