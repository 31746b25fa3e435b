/* normalizer.h: a text made plain, as the reference's BertNormalizer does it, and for each byte of
 * the result where it came from. */
#ifndef TEXT_NORMALIZER_H
#define TEXT_NORMALIZER_H

#include "base/slice.h"
#include "base/status.h"
#include "text/tokenizer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The reference's options, by what they do. */
typedef struct normalizer_options {
    bool clean_text;    /* control characters go, any white space becomes a blank */
    bool split_cjk;     /* "handle_chinese_chars": blanks around CJK ideographs */
    bool strip_accents; /* decompose, then drop the marks */
    bool lowercase;
} normalizer_options;

typedef struct normalizer {
    normalizer_options options;
    unsigned char ascii[256]; /* what a byte becomes, where that is so whatever stands beside it; 0
                                 where it needs a longer look */
} normalizer;

/* A normalized text. Start from { 0 }; reuse keeps the memory; normalized_release() at the end. */
typedef struct normalized {
    char *bytes; /* [count], UTF-8 */
    size_t count;
    uint32_t shift;      /* where the original begins in the text it is a part of */
    bool moved;          /* false: byte i came from byte shift + i, and `origins` says nothing */
    text_range *origins; /* [count], in bytes of the text that the original is a part of */
    size_t bytes_capacity, origins_capacity;
    struct normalized_spare { /* what it is written anew into (rewrite.h) */
        char *bytes;
        text_range *origins;
        size_t bytes_capacity, origins_capacity;
    } spare;
    struct normal_character *characters, *decomposed; /* the normalizer's own */
    size_t characters_capacity, decomposed_capacity;
} normalized;

normalizer normalizer_of(normalizer_options options);

/* Normalizes `original`, well-formed UTF-8 that begins at byte `shift` of a longer text. Fails only
 * with BERT_MEMORY. */
bert_status normalize(const normalizer *n, slice original, uint32_t shift, normalized *out);
void normalized_release(normalized *text);

/* What the bytes [begin, end) of `text`, not none, came from. */
text_range normalized_origin(const normalized *text, size_t begin, size_t end);

#endif
