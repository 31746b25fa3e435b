/* The normalizers that look at each character by itself: Lowercase, StripAccents, Nmt. */
#include "text/normalizer.h"
#include "text/rewrite.h"
#include "text/unicode.h"

/* Writes what a character becomes, none, one or two; returns how many. -1: it stays what it is. */
typedef int map_character(uint32_t code, uint32_t to[UNICODE_LOWER_MAX]);

/* A character that goes stands with the one before it, or nowhere. */
static bert_status mapped_put(rewriter *r, const uint32_t *to, int count)
{
    if (count == 0) rewriter_skip(r, 1);
    for (int i = 0; i < count; i++) TRY(rewriter_put(r, to[i], i ? REWRITE_ADDED : REWRITE_TAKEN));
    return BERT_OK;
}

static bert_status characters_map(map_character *map, const normalized *from, normalized *to)
{
    slice bytes = { from->bytes, from->count };
    rewriter r = { 0 };
    size_t done = 0;
    for (size_t at = 0, length; at < bytes.count; at += length) {
        uint32_t becomes[UNICODE_LOWER_MAX];
        int count = map(character_at(bytes, at, &length), becomes);
        if (count < 0) continue;
        if (!r.from) TRY(rewriter_open(from, to, &r));
        TRY(rewriter_copy(&r, (slice){ bytes.bytes + done, at - done }));
        TRY(mapped_put(&r, becomes, count));
        done = at + length;
    }
    if (!r.from) return BERT_OK;
    return rewriter_copy(&r, (slice){ bytes.bytes + done, bytes.count - done });
}

/* A final sigma is like any other. */
static int map_lower(uint32_t code, uint32_t to[UNICODE_LOWER_MAX])
{
    if (code < 0x80) {
        to[0] = code + ('a' - 'A');
        return code >= 'A' && code <= 'Z' ? 1 : -1;
    }
    return unicode_properties(code) & UNICODE_LOWERS ? (int)unicode_lower(code, to) : -1;
}

/* A character that has a mark in itself keeps it. */
static int map_accents(uint32_t code, uint32_t to[UNICODE_LOWER_MAX])
{
    (void)to;
    return code >= 0x80 && unicode_properties(code) & UNICODE_ACCENT ? 0 : -1;
}

/* The reference's do_nmt(). */
static int map_nmt(uint32_t code, uint32_t to[UNICODE_LOWER_MAX])
{
    bool goes = (code >= 0x01 && code <= 0x08) || code == 0x0B || (code >= 0x0E && code <= 0x1F) ||
                code == 0x7F || code == 0x8F || code == 0x9F;
    bool blank = code == 0x09 || code == 0x0A || code == 0x0C || code == 0x0D || code == 0x1680 ||
                 (code >= 0x200B && code <= 0x200F) || code == 0x2028 || code == 0x2029 ||
                 code == 0x2581 || code == 0xFEFF || code == 0xFFFD;
    to[0] = ' ';
    return goes ? 0 : blank ? 1 : -1;
}

#define CHARACTER_MAP(name, map)                                                                   \
    static bert_status name##_apply(const void *options, const normalized *from, normalized *to)   \
    {                                                                                              \
        (void)options;                                                                             \
        return characters_map(map, from, to);                                                      \
    }                                                                                              \
    const normalizer_kind normalizer_##name = { .apply = name##_apply };

CHARACTER_MAP(lowercase, map_lower)
CHARACTER_MAP(strip_accents, map_accents)
CHARACTER_MAP(nmt, map_nmt)
