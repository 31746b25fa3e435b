/* added_tokens.h: tokens that are found in the text before it is cut into words, as the reference's
 * added vocabulary does it: [MASK] and its like, and what a user added.
 *
 * Read-only use may be shared by threads. A zeroed set is empty. */
#ifndef TEXT_ADDED_TOKENS_H
#define TEXT_ADDED_TOKENS_H

#include "base/slice.h"
#include "base/status.h"
#include "text/normalizer.h"
#include "text/trie.h"
#include "text/vocabulary.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* At each place of a text a token is looked for, as far as one reaches; and each is compared with
 * others when a tokenizer is opened. */
enum { ADDED_TOKEN_BYTES_MAX = 1 << 10, ADDED_TOKENS_MAX = 1 << 15 };

typedef struct added_token {
    const char *content;
    bool single_word;    /* only where no character of a word stands beside it */
    bool lstrip, rstrip; /* takes the white space on that side with it */
    bool normalized;     /* found in the normalized text, by its normalized content */
    bool special;
    bool normalized_given; /* a file says so; else `normalized` is what `special` is not */
} added_token;

/* Makes a token special, with what follows from that. */
void added_token_specialize(added_token *token);

/* A token with its id, in its newest definition. */
typedef struct added_entry {
    added_token token; /* content owned */
    int32_t id;
    bool special_once; /* some definition of it was special */
} added_entry;

/* Something to be searched for. */
typedef struct added_pattern {
    size_t entry;
    bool normalized;
} added_pattern;

typedef struct added_pattern_list {
    added_pattern *items;
    size_t count, capacity;
} added_pattern_list;

/* What the patterns of one kind are found by. */
typedef struct added_matcher {
    trie entries;     /* content -> index into added_tokens.entries */
    bool begins[256]; /* with this byte some content begins */
} added_matcher;

typedef struct added_tokens {
    added_entry *entries;
    size_t count, capacity;
    size_t id_end;                     /* highest id + 1 */
    trie index;                        /* content -> index into entries */
    added_pattern_list special, plain; /* in the order of adding; the special ones count as first */
    added_matcher raw, normalized;     /* found before and after the normalizer */
    bool split_special; /* "split_special_tokens": special tokens are text like any other */
} added_tokens;

/* The entry of a content, borrowed until the next is added, or NULL. */
const added_entry *added_tokens_find(const added_tokens *added, const char *content);

/* Adds a token on top of `v`, which gives its id; one that it lacks gets a fresh id, and its name
 * there. One without content is passed over. The content is copied. */
bert_status added_tokens_add(added_tokens *added, const added_token *token, vocabulary *v);

/* Makes ready for searching: after the last added_tokens_add(). `n` normalizes contents. */
bert_status added_tokens_build(added_tokens *added, const normalizer *n);
void added_tokens_release(added_tokens *added);

/* How far a search has come. Start from { 0 }. */
typedef struct added_scan {
    size_t searched; /* where the search goes on */
    size_t consumed; /* the end of the last match with the white space it took */
} added_scan;

typedef struct added_match {
    size_t begin, end;
    int32_t id;
} added_match;

/* Finds the next token in `text`; the text from scan->consumed (as it was) to match->begin is not
 * part of any. False: there is no further one. */
bool added_tokens_next(const added_tokens *added, const added_matcher *matcher, slice text,
                       added_scan *scan, added_match *match);

#endif
