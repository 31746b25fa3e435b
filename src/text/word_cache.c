#include "text/word_cache.h"

#include "base/memory.h"

#include <stdlib.h>
#include <sys/random.h>

enum { PLACE_BITS = 14 }; /* 1 MiB, of which only what is used becomes memory */

struct word_cache {
    uint64_t stamp;
    cached_word places[1 << PLACE_BITS];
};

uint64_t word_cache_stamp(void)
{
    uint64_t stamp;
    return getrandom(&stamp, sizeof stamp, GRND_NONBLOCK) == sizeof stamp ? stamp : 0;
}

static uint64_t mix(uint64_t hash, const char *bytes, size_t count)
{
    uint64_t word = 0;
    memcpy(&word, bytes, count);
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15); /* 2^64 over the golden ratio */
    return hash ^ hash >> 32;
}

static uint64_t word_hash(slice word)
{
    uint64_t hash = word.count;
    for (; word.count >= 8; word = (slice){ word.bytes + 8, word.count - 8 })
        hash = mix(hash, word.bytes, 8);
    return mix(hash, word.bytes, word.count);
}

bert_status word_cache_find(word_cache **cache, uint64_t stamp, slice word, cached_word **out)
{
    *out = NULL;
    if (word.count > CACHED_BYTES_MAX || !stamp) return BERT_OK;
    if (*cache && (*cache)->stamp != stamp) {
        free(*cache);
        *cache = NULL;
    }
    if (!*cache) {
        void *block;
        TRY(memory_zeroed(1, sizeof **cache, &block));
        *cache = block;
        (*cache)->stamp = stamp;
    }
    cached_word *place = &(*cache)->places[word_hash(word) >> (64 - PLACE_BITS)];
    *out = place;
    if (place->bytes_count == word.count && memcmp(place->bytes, word.bytes, word.count) == 0)
        return BERT_OK;
    place->count = 0;
    place->bytes_count = (uint8_t)word.count;
    memcpy(place->bytes, word.bytes, word.count);
    return BERT_OK;
}
