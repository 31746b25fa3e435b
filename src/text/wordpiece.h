/* wordpiece.h: a normalized text cut into words, and each word into the longest pieces that the
 * vocabulary holds, from its front (the reference's BertPreTokenizer and WordPiece). */
#ifndef TEXT_WORDPIECE_H
#define TEXT_WORDPIECE_H

#include "base/slice.h"
#include "base/status.h"
#include "text/normalizer.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wordpiece {
    const trie *pieces;
    char *prefix;          /* "##", which marks the pieces inside a word */
    uint32_t continuation; /* its node */
    bool continues;        /* some piece begins with it */
    int32_t unknown;       /* stands for a word that cannot be cut */
    size_t characters_max; /* of a word; a longer one is unknown */
} wordpiece;

/* `v` must outlive the result; `prefix` is copied. Fails only with BERT_MEMORY. The caller
 * releases.
 */
bert_status wordpiece_init(const vocabulary *v, const char *prefix, int32_t unknown,
                           size_t characters_max, wordpiece *out);
void wordpiece_release(wordpiece *w);

/* Of a token's text, "##ing": what it adds to its text, "ing", and whether it continues a word. */
slice wordpiece_text(const wordpiece *w, slice token, bool *continues);

/* Appends the tokens of text->bytes[begin .. end) to `out`. Fails only with BERT_MEMORY. */
bert_status wordpiece_encode(const wordpiece *w, const normalized *text, size_t begin, size_t end,
                             tokenizer_encoding *out);

/* Makes room for `more` tokens. */
bert_status encoding_reserve(tokenizer_encoding *out, size_t more);

/* Appends a token where there is room. */
static inline void encoding_push(tokenizer_encoding *out, int32_t id, text_range offsets)
{
    out->ids[out->count] = id;
    out->offsets[out->count++] = offsets;
}

#endif
