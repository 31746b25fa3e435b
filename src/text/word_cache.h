/* word_cache.h: the tokens of words that were encoded lately. Nine of ten words of a text are, so
 * that a model which takes long over a word asks here first.
 *
 * A place for each of a few thousand hashes; a word takes the place from the one before. A cache is
 * one thread's, and knows the words of one model at a time. */
#ifndef TEXT_WORD_CACHE_H
#define TEXT_WORD_CACHE_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CACHED_BYTES_MAX = 27, CACHED_TOKENS_MAX = 6 };

/* 64 bytes, a line of the processor's caches. */
typedef struct cached_word {
    int32_t ids[CACHED_TOKENS_MAX];     /* [count] */
    uint8_t lengths[CACHED_TOKENS_MAX]; /* [count], in bytes of the word */
    uint8_t count;                      /* 0: the word is not known yet */
    uint8_t bytes_count;
    char bytes[CACHED_BYTES_MAX];
} cached_word;

typedef struct word_cache word_cache;

/* A number that no other model has, also none that is opened later; 0 where the system gives none,
 * and nothing is cached. */
uint64_t word_cache_stamp(void);

/* *out = the place of a word under the model with that stamp: its tokens, or an empty place that
 * the caller may fill; NULL for a word that is too long to keep. Fails only with BERT_MEMORY. The
 * caller frees *cache, NULL at first, with free(). */
bert_status word_cache_find(word_cache **cache, uint64_t stamp, slice word, cached_word **out);

#endif
