/* The reference's Strip: white space at the ends goes. */
#include "text/normalizer.h"

#include "base/memory.h"
#include "text/rewrite.h"
#include "text/strip.h"
#include "text/unicode.h"

#include <stdbool.h>

typedef struct strip {
    bool left, right;
} strip;

static bool is_space(uint32_t code)
{
    return unicode_properties(code) & UNICODE_SPACE;
}

static bert_status strip_apply(const void *options, const normalized *from, normalized *to)
{
    const strip *s = options;
    slice bytes = { from->bytes, from->count };
    size_t begin = 0, end = bytes.count, length;
    while (s->left && begin < end && is_space(character_at(bytes, begin, &length))) begin += length;
    while (s->right && end > begin) {
        size_t last = end - 1;
        while (last > begin && ((unsigned char)bytes.bytes[last] & 0xC0) == 0x80) last--;
        if (!is_space(character_at(bytes, last, &length))) break;
        end = last;
    }
    if (end - begin == bytes.count) return BERT_OK;

    rewriter r;
    TRY(rewriter_open(from, to, &r));
    r.source = begin;
    return rewriter_copy(&r, (slice){ bytes.bytes + begin, end - begin });
}

bert_status strip_make(bool left, bool right, void **out)
{
    TRY(memory_zeroed(1, sizeof(strip), out));
    *(strip *)*out = (strip){ left, right };
    return BERT_OK;
}

static bert_status strip_read(const json_t *step, const char *type, void **options)
{
    bool left = true, right = true;
    TRY(json_get_bool(step, type, "strip_left", &left));
    TRY(json_get_bool(step, type, "strip_right", &right));
    return strip_make(left, right, options);
}

const normalizer_kind normalizer_strip = { .options = { .read = strip_read },
                                           .apply = strip_apply };
