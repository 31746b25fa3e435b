#include "text/rewrite.h"

#include "base/memory.h"
#include "text/unicode.h"

#include <assert.h>

/* A lead byte says the length of its character; text is well-formed here. */
static inline size_t character_length(const char *at)
{
    unsigned char lead = (unsigned char)*at;
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

static bert_status pair_reserve(char **bytes, size_t *bytes_capacity, text_range **origins,
                                size_t *origins_capacity, size_t count)
{
    void *grown = *bytes;
    if (count > NORMALIZED_BYTES_MAX)
        return fail(BERT_ARGUMENT, "a text becomes longer than %d bytes when it is normalized",
                    NORMALIZED_BYTES_MAX);
    bert_status status = memory_grow(&grown, bytes_capacity, count, 1);
    *bytes = grown;
    TRY(status);
    grown = *origins;
    status = memory_grow(&grown, origins_capacity, count, sizeof **origins);
    *origins = grown;
    return status;
}

bert_status normalized_set(normalized *text, slice original, uint32_t shift)
{
    void *bytes = text->bytes;
    bert_status status = memory_grow(&bytes, &text->bytes_capacity, original.count, 1);
    text->bytes = bytes;
    TRY(status);
    if (original.count) memcpy(text->bytes, original.bytes, original.count);
    text->count = original.count;
    text->shift = shift;
    text->moved = false;
    return BERT_OK;
}

bert_status normalized_spell_origins(normalized *text)
{
    if (text->moved) return BERT_OK;
    TRY(pair_reserve(&text->bytes, &text->bytes_capacity, &text->origins, &text->origins_capacity,
                     text->count));
    for (size_t at = 0, end; at < text->count; at = end) {
        end = at + character_length(text->bytes + at);
        text_range origin = { text->shift + (uint32_t)at, text->shift + (uint32_t)end };
        for (size_t i = at; i < end; i++) text->origins[i] = origin;
    }
    text->moved = true;
    return BERT_OK;
}

bert_status rewriter_open(normalized *text, rewriter *out)
{
    TRY(normalized_spell_origins(text));
    *out = (rewriter){ .text = text };
    return BERT_OK;
}

void rewriter_close(rewriter *r)
{
    normalized *text = r->text;
    struct normalized_spare old = { text->bytes, text->origins, text->bytes_capacity,
                                    text->origins_capacity };
    text->bytes = text->spare.bytes;
    text->origins = text->spare.origins;
    text->bytes_capacity = text->spare.bytes_capacity;
    text->origins_capacity = text->spare.origins_capacity;
    text->count = r->count;
    text->spare = old;
}

static inline bert_status rewriter_reserve(rewriter *r, size_t more)
{
    struct normalized_spare *spare = &r->text->spare;
    if (r->count + more <= spare->bytes_capacity && r->count + more <= spare->origins_capacity)
        return BERT_OK;
    return pair_reserve(&spare->bytes, &spare->bytes_capacity, &spare->origins,
                        &spare->origins_capacity, r->count + more);
}

/* What an added character comes from. */
static text_range origin_before(const rewriter *r)
{
    return r->source ? r->text->origins[r->source - 1]
                     : (text_range){ r->text->shift, r->text->shift };
}

static size_t source_take(rewriter *r)
{
    assert(r->source < r->text->count);
    size_t at = r->source;
    r->source += character_length(r->text->bytes + at);
    return at;
}

static void origins_fill(rewriter *r, size_t begin, text_range origin)
{
    for (size_t i = begin; i < r->count; i++) r->text->spare.origins[i] = origin;
}

bert_status rewriter_put(rewriter *r, uint32_t code, size_t takes)
{
    TRY(rewriter_reserve(r, UTF8_LENGTH_MAX));
    text_range origin = takes ? r->text->origins[source_take(r)] : origin_before(r);
    r->last = r->count;
    r->last_added = !takes;
    if (code < 0x80)
        r->text->spare.bytes[r->count++] = (char)code;
    else
        r->count += utf8_encode(code, r->text->spare.bytes + r->count);
    origins_fill(r, r->last, origin);
    for (; takes > 1; takes--) source_take(r);
    return BERT_OK;
}

bert_status rewriter_add(rewriter *r, slice text)
{
    if (text.count == 0) return BERT_OK;
    TRY(rewriter_reserve(r, text.count));
    memcpy(r->text->spare.bytes + r->count, text.bytes, text.count);
    size_t begin = r->count;
    r->count += text.count;
    origins_fill(r, begin, origin_before(r));
    r->last = r->count - 1; /* its last character's origin is that of all its bytes */
    while (r->last > begin && ((unsigned char)r->text->spare.bytes[r->last] & 0xC0) == 0x80)
        r->last--;
    r->last_added = true;
    return BERT_OK;
}

bert_status rewriter_copy(rewriter *r, slice text)
{
    const normalized *old = r->text;
    bool in_step = text.bytes == old->bytes + r->source;
    if (text.count == 0) return BERT_OK;
    TRY(rewriter_reserve(r, text.count));
    if (!in_step) {
        for (size_t at = 0, length; at < text.count; at += length) {
            uint32_t code = 0;
            length = utf8_decode((slice){ text.bytes + at, text.count - at }, &code);
            assert(length > 0);
            TRY(rewriter_put(r, code, REWRITE_TAKEN));
        }
        return BERT_OK;
    }
    memcpy(old->spare.bytes + r->count, text.bytes, text.count);
    memcpy(old->spare.origins + r->count, old->origins + r->source,
           text.count * sizeof *old->origins);
    r->count += text.count;
    r->source += text.count;
    r->last_added = false;
    return BERT_OK;
}

void rewriter_skip(rewriter *r, size_t characters)
{
    for (; characters; characters--) source_take(r);
}

void rewriter_drop(rewriter *r, size_t characters)
{
    if (r->count == 0) return;
    if (r->last_added) {
        origins_fill(r, r->last, r->text->origins[source_take(r)]);
        r->last_added = false;
        characters--;
    }
    rewriter_skip(r, characters);
}
