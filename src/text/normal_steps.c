#include "text/normal_steps.h"

#include "text/rewrite.h"
#include "text/unicode.h"

#include <assert.h>

static slice bytes_of(const normalized *text)
{
    return (slice){ text->bytes, text->count };
}

static uint32_t code_at(slice text, size_t at, size_t *length)
{
    uint32_t code = (unsigned char)text.bytes[at];
    *length = 1;
    if (code >= 0x80) *length = utf8_decode((slice){ text.bytes + at, text.count - at }, &code);
    assert(*length > 0);
    return code;
}

/* A normalizer that makes of one character none, one or two, whatever stands beside it: writes
 * them, and returns how many; -1: the character stays what it is. */
typedef int map_character(uint32_t code, uint32_t to[UNICODE_LOWER_MAX]);

/* Characters that go at the beginning are skipped; others stand with the character before them. */
static bert_status mapped_put(rewriter *r, const uint32_t *to, int count)
{
    if (count == 0) rewriter_skip(r, 1);
    for (int i = 0; i < count; i++) TRY(rewriter_put(r, to[i], i ? REWRITE_ADDED : REWRITE_TAKEN));
    return BERT_OK;
}

static bert_status characters_map(map_character *map, normalized *text)
{
    slice bytes = bytes_of(text);
    rewriter r = { 0 };
    size_t done = 0, length;
    for (size_t at = 0; at < bytes.count; at += length) {
        uint32_t to[UNICODE_LOWER_MAX];
        int count = map(code_at(bytes, at, &length), to);
        if (count < 0) continue;
        if (!r.text) TRY(rewriter_open(text, &r));
        TRY(rewriter_copy(&r, (slice){ text->bytes + done, at - done }));
        TRY(mapped_put(&r, to, count));
        done = at + length;
    }
    if (!r.text) return BERT_OK;
    TRY(rewriter_copy(&r, (slice){ text->bytes + done, text->count - done }));
    rewriter_close(&r);
    return BERT_OK;
}

static int map_lower(uint32_t code, uint32_t to[UNICODE_LOWER_MAX])
{
    if (code < 0x80) {
        to[0] = code + ('a' - 'A');
        return code >= 'A' && code <= 'Z' ? 1 : -1;
    }
    return unicode_properties(code) & UNICODE_LOWERS ? (int)unicode_lower(code, to) : -1;
}

static int map_accents(uint32_t code, uint32_t to[UNICODE_LOWER_MAX])
{
    (void)to;
    return code >= 0x80 && unicode_properties(code) & UNICODE_MARK ? 0 : -1;
}

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

bert_status normal_lowercase(normalized *text)
{
    return characters_map(map_lower, text);
}

bert_status normal_strip_accents(normalized *text)
{
    return characters_map(map_accents, text);
}

bert_status normal_nmt(normalized *text)
{
    return characters_map(map_nmt, text);
}

static bool is_space(uint32_t code)
{
    return unicode_properties(code) & UNICODE_SPACE;
}

bert_status normal_strip(bool left, bool right, normalized *text)
{
    slice bytes = bytes_of(text);
    size_t begin = 0, end = bytes.count, length;
    while (left && begin < end && is_space(code_at(bytes, begin, &length))) begin += length;
    while (right && end > begin) {
        size_t last = end - 1;
        while (last > begin && ((unsigned char)bytes.bytes[last] & 0xC0) == 0x80) last--;
        if (!is_space(code_at(bytes, last, &length))) break;
        end = last;
    }
    if (begin == 0) {
        text->count = end;
        return BERT_OK;
    }
    TRY(normalized_spell_origins(text));
    text->count = end - begin;
    memmove(text->bytes, text->bytes + begin, text->count);
    memmove(text->origins, text->origins + begin, text->count * sizeof text->origins[0]);
    return BERT_OK;
}

static size_t characters_count(slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.count; i++) count += ((unsigned char)text.bytes[i] & 0xC0) != 0x80;
    return count;
}

static bool find_pattern(slice pattern, slice text, size_t *at, size_t *end)
{
    for (const char *from = text.bytes + *at;
         (size_t)(text.bytes + text.count - from) >= pattern.count; from++) {
        size_t left = (size_t)(text.bytes + text.count - from);
        from = memchr(from, pattern.bytes[0], left);
        if (!from || (size_t)(text.bytes + text.count - from) < pattern.count) return false;
        if (memcmp(from, pattern.bytes, pattern.count) != 0) continue;
        *at = (size_t)(from - text.bytes);
        *end = *at + pattern.count;
        return true;
    }
    return false;
}

static bool find_blanks(slice pattern, slice text, size_t *at, size_t *end)
{
    if (!find_pattern(pattern, text, at, end)) return false;
    while (*end < text.count && text.bytes[*end] == ' ') ++*end;
    return true;
}

typedef bool find_next(slice pattern, slice text, size_t *at, size_t *end);

/* What is put in a match's place has the origin of its last character. */
static bert_status replace(find_next *find, slice pattern, slice content, normalized *text)
{
    rewriter r = { 0 };
    size_t done = 0, at = 0, end = 0;
    for (; find(pattern, bytes_of(text), &at, &end); at = done = end) {
        if (!r.text) TRY(rewriter_open(text, &r));
        TRY(rewriter_copy(&r, (slice){ text->bytes + done, at - done }));
        rewriter_skip(&r, characters_count((slice){ text->bytes + at, end - at }));
        TRY(rewriter_add(&r, content));
    }
    if (!r.text) return BERT_OK;
    TRY(rewriter_copy(&r, (slice){ text->bytes + done, text->count - done }));
    rewriter_close(&r);
    return BERT_OK;
}

bert_status normal_replace(slice pattern, slice content, normalized *text)
{
    assert(pattern.count > 0);
    return replace(find_pattern, pattern, content, text);
}

bert_status normal_replace_blanks(slice content, normalized *text)
{
    return replace(find_blanks, slice_of("  "), content, text);
}

/* All of `content` comes from the text's first character. */
bert_status normal_prepend(slice content, normalized *text)
{
    rewriter r;
    if (text->count == 0 || content.count == 0) return BERT_OK;
    TRY(rewriter_open(text, &r));
    rewriter_skip(&r, 1);
    TRY(rewriter_add(&r, content));
    r.source = 0;
    TRY(rewriter_copy(&r, bytes_of(text)));
    rewriter_close(&r);
    return BERT_OK;
}
