/* bpe_parts.h: what a model of byte-pair encoding is made of, for the file that makes it and the
 * one that uses it. */
#ifndef TEXT_BPE_PARTS_H
#define TEXT_BPE_PARTS_H

#include "text/bpe_merges.h"
#include "text/trie.h"
#include "text/vocabulary.h"
#include "text/word_model.h"

#include <stdbool.h>
#include <stdint.h>

enum { AFFIX_BYTES_MAX = 64, BYTES = 256 };

/* Where a character stands in its word; a word of one is both first and last. */
enum { NOT_FIRST = 1, LAST = 2, PLACES = 4 };

typedef struct bpe {
    const vocabulary *vocabulary;
    bpe_merges merges;
    const char *prefix, *suffix; /* of characters that are not first, of the last; in `affixes` */
    char *affixes;
    int32_t unknown;  /* -1: what is not known is left out */
    bool bytes;       /* words are bytes */
    bool keeps_first; /* of a merge that is there twice the first counts, not the last */
    bool fuse_unknown, ignore_merges, falls_back;
    bool drops;                 /* some byte has no token, and nothing stands for it */
    int32_t ids[PLACES][BYTES]; /* of bytes; -1 for none */
    int32_t fallback[BYTES];    /* "<0xE2>"; -1 for none */
    trie whole;                 /* the bytes of tokens, for `ignore_merges` */
    uint64_t stamp;             /* word_cache.h's */
} bpe;

/* word_model_bpe's. */
bert_status bpe_read(const json_t *model, const char *path, bool bytes, vocabulary *v,
                     word_model *m);
void bpe_release(word_model *m);

/* The id of a character in its place, or TRIE_ABSENT. */
int32_t bpe_character_id(const bpe *b, slice character, unsigned place);

#endif
