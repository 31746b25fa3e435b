/* The reference (crate spm_precompiled, and normalizers/precompiled.rs) looks up a whole grapheme
 * of less than 6 bytes, and puts what its shortest beginning becomes in place of all of it. A
 * longer grapheme, or one with no such beginning, goes character by character. Most characters stay
 * what they are and stand alone: they are passed over by a table of bits. */
#include "text/charsmap.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "text/graphemes.h"
#include "text/normalizer.h"
#include "text/rewrite.h"
#include "text/unicode.h"

#include <nettle/base64.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { WHOLE_BYTES_MAX = 5, PLAIN_END = 0x10000 };

typedef struct charsmap {
    uint32_t *units; /* [unit_count] */
    size_t unit_count;
    char *texts; /* [text_bytes] */
    size_t text_bytes;
    unsigned char *plain; /* a bit for each character below PLAIN_END: stays what it is, and begins
                             and ends a grapheme beside another such */
} charsmap;

static inline size_t unit_offset(uint32_t unit)
{
    return (size_t)(unit >> 10) << ((unit & 1u << 9) >> 6);
}

static inline bool unit_has_leaf(uint32_t unit)
{
    return unit >> 8 & 1;
}

/* *out = the text that begins at byte `begin` of the texts. */
static bool text_at(const charsmap *map, size_t begin, slice *out)
{
    if (begin > map->text_bytes) return false;
    const char *from = map->texts + begin;
    size_t left = map->text_bytes - begin;
    if (left && ((unsigned char)*from & 0xC0) == 0x80) return false; /* inside a character */
    const char *end = left ? memchr(from, '\0', left) : NULL;
    *out = (slice){ from, end ? (size_t)(end - from) : left };
    return true;
}

/* *out = what the shortest beginning of `key` that is in the map becomes. */
static bool lookup(const charsmap *map, slice key, slice *out)
{
    size_t place = unit_offset(map->units[0]);
    for (size_t i = 0; i < key.count; i++) {
        unsigned char byte = (unsigned char)key.bytes[i];
        place ^= byte;
        if (byte == 0 || place >= map->unit_count) return false;
        uint32_t unit = map->units[place];
        if ((unit & (1u << 31 | 0xFF)) != byte) return false;
        place ^= unit_offset(unit);
        if (unit_has_leaf(unit))
            return place < map->unit_count && text_at(map, map->units[place] & ~(1u << 31), out);
    }
    return false;
}

static bool stands_alone(grapheme_class class)
{
    return class == GRAPHEME_OTHER || class == GRAPHEME_PICTOGRAPH || class == GRAPHEME_CONSONANT ||
           class == GRAPHEME_SYLLABLE;
}

static bert_status plain_fill(charsmap *map)
{
    void *plain;
    TRY(memory_zeroed(PLAIN_END / 8, 1, &plain));
    map->plain = plain;
    for (uint32_t code = 0; code < PLAIN_END; code++) {
        char bytes[UTF8_LENGTH_MAX];
        slice becomes;
        if ((code >= 0xD800 && code <= 0xDFFF) ||
            !stands_alone(unicode_class(unicode_properties(code))))
            continue;
        if (!lookup(map, (slice){ bytes, utf8_encode(code, bytes) }, &becomes))
            map->plain[code / 8] |= (unsigned char)(1 << code % 8);
    }
    return BERT_OK;
}

static bert_status texts_take(charsmap *map, slice texts)
{
    if (utf8_malformed(texts) != texts.count)
        return fail(BERT_FORMAT, "the map of characters holds texts that are not UTF-8");
    for (size_t at = 0, end; at < texts.count; at = end + 1) {
        const char *nul = memchr(texts.bytes + at, '\0', texts.count - at);
        end = nul ? (size_t)(nul - texts.bytes) : texts.count;
        if (end - at > CHARSMAP_TEXT_BYTES_MAX)
            return fail(BERT_FORMAT,
                        "the map of characters turns one into %zu bytes, and %d are the most",
                        end - at, CHARSMAP_TEXT_BYTES_MAX);
    }
    void *copy;
    TRY(memory_zeroed(texts.count, 1, &copy));
    map->texts = copy;
    map->text_bytes = texts.count;
    if (texts.count) memcpy(map->texts, texts.bytes, texts.count);
    return BERT_OK;
}

static uint32_t read_u32(const char *at)
{
    const unsigned char *bytes = (const unsigned char *)at;
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static bert_status charsmap_read(slice bytes, charsmap *map)
{
    size_t trie_bytes = bytes.count >= 4 ? read_u32(bytes.bytes) / 4 * (size_t)4 : 0;
    if (trie_bytes == 0 || trie_bytes > bytes.count - 4)
        return fail(BERT_FORMAT, "the map of characters ends before its trie does");
    void *units;
    TRY(memory_zeroed(trie_bytes / 4, sizeof map->units[0], &units));
    map->units = units;
    map->unit_count = trie_bytes / 4;
    for (size_t i = 0; i < map->unit_count; i++) map->units[i] = read_u32(bytes.bytes + 4 + 4 * i);
    TRY(texts_take(map, (slice){ bytes.bytes + 4 + trie_bytes, bytes.count - 4 - trie_bytes }));
    return plain_fill(map);
}

static void charsmap_release(charsmap *map)
{
    free(map->units);
    free(map->texts);
    free(map->plain);
}

/* How many bytes from `at` on stay what they are, the last character apart, which may belong
 * together with what follows. */
static size_t plain_end(const charsmap *map, slice text, size_t at)
{
    size_t last = at;
    while (at < text.count) {
        size_t length;
        uint32_t code = character_at(text, at, &length);
        if (code >= PLAIN_END || !(map->plain[code / 8] >> code % 8 & 1)) return last;
        last = at;
        at += length;
    }
    return at;
}

/* `to` stands for so many characters of the old text. */
static bert_status mapped_put(rewriter *r, size_t characters, slice to)
{
    if (to.count == 0) rewriter_drop(r, characters);
    for (size_t at = 0, length; at < to.count; at += length) {
        uint32_t code = character_at(to, at, &length);
        TRY(rewriter_put(r, code, characters ? REWRITE_TAKEN : REWRITE_ADDED));
        if (characters) characters--;
    }
    if (to.count) rewriter_skip(r, characters);
    return BERT_OK;
}

/* A grapheme, or a character of one: *mapped, and what it becomes, or not. */
static bert_status part_rewrite(const charsmap *map, slice part, rewriter *r, bool *mapped)
{
    slice becomes;
    *mapped = lookup(map, part, &becomes);
    return *mapped ? mapped_put(r, characters_count(part), becomes) : BERT_OK;
}

static bert_status grapheme_rewrite(const charsmap *map, slice grapheme, rewriter *r)
{
    bool mapped = false;
    if (grapheme.count <= WHOLE_BYTES_MAX) TRY(part_rewrite(map, grapheme, r, &mapped));
    for (size_t at = 0, length; !mapped && at < grapheme.count; at += length) {
        bool part_mapped;
        character_at(grapheme, at, &length);
        slice part = { grapheme.bytes + at, length };
        TRY(part_rewrite(map, part, r, &part_mapped));
        if (!part_mapped) TRY(rewriter_copy(r, part));
    }
    return BERT_OK;
}

static bert_status map_apply(const void *options, const normalized *from, normalized *to)
{
    const charsmap *map = options;
    slice bytes = { from->bytes, from->count };
    size_t at = plain_end(map, bytes, 0);
    if (at == bytes.count) return BERT_OK;

    rewriter r;
    TRY(rewriter_open(from, to, &r));
    TRY(rewriter_copy(&r, (slice){ bytes.bytes, at }));
    while (at < bytes.count) {
        slice grapheme = { bytes.bytes + at, bytes.count - at };
        grapheme.count = grapheme_length(grapheme);
        TRY(grapheme_rewrite(map, grapheme, &r));
        at += grapheme.count;
        size_t plain = plain_end(map, bytes, at);
        TRY(rewriter_copy(&r, (slice){ bytes.bytes + at, plain - at }));
        at = plain;
    }
    return BERT_OK;
}

static void map_release(void *options)
{
    if (options) charsmap_release(options);
    free(options);
}

bert_status charsmap_make(slice bytes, void **out)
{
    TRY(memory_zeroed(1, sizeof(charsmap), out));
    bert_status status = charsmap_read(bytes, *out);
    if (status == BERT_OK) return BERT_OK;
    map_release(*out);
    *out = NULL;
    return status;
}

static bert_status map_read(const json_t *step, const char *type, void **options)
{
    const char *text = NULL;
    TRY(json_get_string(step, type, "precompiled_charsmap", &text));
    if (!text) return fail(BERT_FORMAT, "%s: lacks its \"precompiled_charsmap\"", type);
    void *bytes;
    size_t count = BASE64_DECODE_LENGTH(strlen(text));
    TRY(memory_zeroed(count, 1, &bytes));
    struct base64_decode_ctx context;
    base64_decode_init(&context);
    bool is_base64 = base64_decode_update(&context, &count, bytes, strlen(text), text) &&
                     base64_decode_final(&context);
    bert_status status =
        is_base64 ? fail_in(charsmap_make((slice){ bytes, count }, options), "%s", type)
                  : fail(BERT_FORMAT, "%s: \"precompiled_charsmap\" is not base64", type);
    free(bytes);
    return status;
}

const normalizer_kind normalizer_precompiled = {
    .options = { .read = map_read, .release = map_release }, .apply = map_apply
};
