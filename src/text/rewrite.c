#include "text/rewrite.h"

#include "text/unicode.h"

#include <assert.h>

size_t characters_count(slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.count; i++) count += ((unsigned char)text.bytes[i] & 0xC0) != 0x80;
    return count;
}

uint32_t character_at(slice text, size_t at, size_t *length)
{
    uint32_t code = (unsigned char)text.bytes[at];
    *length = 1;
    if (code >= 0x80) *length = utf8_decode((slice){ text.bytes + at, text.count - at }, &code);
    assert(*length > 0);
    return code;
}

/* Text is well-formed: its first byte says the length of a character. */
static inline size_t character_length(const char *at)
{
    unsigned char lead = (unsigned char)*at;
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

bert_status rewriter_open(const normalized *from, normalized *to, rewriter *out)
{
    *out = (rewriter){ .from = from, .to = to };
    return normalized_begin(to, from, from->count + from->count / 4 + 16, true);
}

static inline bert_status reserve(rewriter *r, size_t more)
{
    size_t needed = r->to->count + more;
    return needed <= r->to->own_capacity && needed <= r->to->origins_capacity
               ? BERT_OK
               : normalized_reserve(r->to, needed);
}

/* Of the character of the old text that begins at `begin`. */
static text_range origin_at(const rewriter *r, size_t begin)
{
    return normalized_origin(r->from, begin, begin + character_length(r->from->bytes + begin));
}

/* What an added character comes from. */
static text_range origin_before(const rewriter *r)
{
    size_t begin = r->source;
    if (begin == 0) return (text_range){ r->from->shift, r->from->shift };
    do begin--;
    while (((unsigned char)r->from->bytes[begin] & 0xC0) == 0x80);
    return origin_at(r, begin);
}

static size_t source_take(rewriter *r)
{
    assert(r->source < r->from->count);
    size_t at = r->source;
    r->source += character_length(r->from->bytes + at);
    return at;
}

static void origins_fill(rewriter *r, size_t begin, text_range origin)
{
    for (size_t i = begin; i < r->to->count; i++) r->to->origins[i] = origin;
}

bert_status rewriter_put(rewriter *r, uint32_t code, size_t takes)
{
    TRY(reserve(r, UTF8_LENGTH_MAX));
    text_range origin = takes ? origin_at(r, source_take(r)) : origin_before(r);
    r->last = r->to->count;
    r->last_added = !takes;
    if (code < 0x80)
        r->to->own[r->to->count++] = (char)code;
    else
        r->to->count += utf8_encode(code, r->to->own + r->to->count);
    origins_fill(r, r->last, origin);
    for (; takes > 1; takes--) source_take(r);
    return BERT_OK;
}

bert_status rewriter_add(rewriter *r, slice text)
{
    if (text.count == 0) return BERT_OK;
    size_t begin = r->to->count;
    TRY(reserve(r, text.count));
    memcpy(r->to->own + begin, text.bytes, text.count);
    r->to->count += text.count;
    origins_fill(r, begin, origin_before(r));
    r->last = r->to->count - 1;
    while (r->last > begin && ((unsigned char)r->to->own[r->last] & 0xC0) == 0x80) r->last--;
    r->last_added = true;
    return BERT_OK;
}

/* Copies bytes of the old text from r->source on. */
static void copy_in_step(rewriter *r, size_t count)
{
    const normalized *from = r->from;
    text_range *origins = r->to->origins + r->to->count;
    memcpy(r->to->own + r->to->count, from->bytes + r->source, count);
    if (from->moved) memcpy(origins, from->origins + r->source, count * sizeof *origins);
    for (size_t at = 0, length; !from->moved && at < count; at += length) {
        text_range origin = origin_at(r, r->source + at);
        length = origin.end - origin.begin;
        for (size_t i = 0; i < length; i++) origins[at + i] = origin;
    }
    r->to->count += count;
    r->source += count;
}

bert_status rewriter_copy(rewriter *r, slice text)
{
    if (text.count == 0) return BERT_OK;
    TRY(reserve(r, text.count));
    if (text.bytes == r->from->bytes + r->source) {
        copy_in_step(r, text.count);
        r->last_added = false;
        return BERT_OK;
    }
    for (size_t at = 0, length; at < text.count; at += length)
        TRY(rewriter_put(r, character_at(text, at, &length), REWRITE_TAKEN));
    return BERT_OK;
}

void rewriter_skip(rewriter *r, size_t characters)
{
    for (; characters; characters--) source_take(r);
}

void rewriter_drop(rewriter *r, size_t characters)
{
    if (r->to->count == 0) return;
    if (r->last_added) {
        origins_fill(r, r->last, origin_at(r, source_take(r)));
        r->last_added = false;
        characters--;
    }
    rewriter_skip(r, characters);
}
