#include "text/trim.h"

#include "base/memory.h"
#include "text/unicode.h"

enum { BYTE_LEVEL_BLANK = 0x120 };
#define BYTE_LEVEL_BLANK_TEXT "\xC4\xA0" /* "Ġ" */

static size_t decode_back(slice text, size_t end, uint32_t *code)
{
    for (size_t length = 1; length <= UTF8_LENGTH_MAX && length <= end; length++)
        if (utf8_decode((slice){ text.bytes + end - length, length }, code) == length)
            return length;
    return 0;
}

static bool is_blank(uint32_t code)
{
    return code == BYTE_LEVEL_BLANK || unicode_properties(code) & UNICODE_SPACE;
}

static token_blanks blanks_of(slice text)
{
    token_blanks b = { 0 };
    uint32_t code;
    for (size_t at = 0, length; at < text.count; at += length, b.leading++) {
        length = utf8_decode((slice){ text.bytes + at, text.count - at }, &code);
        if (!length || !is_blank(code)) break;
    }
    for (size_t end = text.count, length; end > 0; end -= length, b.trailing++) {
        length = decode_back(text, end, &code);
        if (!length || !is_blank(code)) break;
    }
    return b;
}

bert_status token_blanks_make(const vocabulary *v, const added_tokens *added, token_blanks **out)
{
    void *block;
    TRY(memory_zeroed(v->id_end, sizeof **out, &block));
    *out = block;
    for (size_t id = 0; id < v->id_end; id++) {
        const char *text = vocabulary_text(v, (int32_t)id);
        if (text) (*out)[id] = blanks_of(slice_of(text));
    }
    for (size_t i = 0; i < added->count; i++) (*out)[added->entries[i].id].added = true;
    return BERT_OK;
}

/* `at`, moved over `count` characters or to `end`; what is malformed is passed over. */
static size_t move_on(slice text, size_t at, size_t end, size_t count)
{
    uint32_t code;
    while (count > 0 && at < end) {
        size_t length = utf8_decode((slice){ text.bytes + at, text.count - at }, &code);
        at += length ? length : 1;
        count -= length > 0;
    }
    return at < end ? at : end;
}

/* `end`, moved back over `count` characters; where there are fewer it stays, as in the reference.
 */
static size_t move_back(slice text, size_t end, size_t count)
{
    uint32_t code;
    size_t at = end;
    while (count > 0 && at > 0) {
        size_t length = decode_back(text, at, &code);
        at -= length ? length : 1;
        count -= length > 0;
    }
    return count ? end : at;
}

/* The blanks of a token. An added one has those that it matched, unless it is the model's, too, and
 * was made by that: then it may begin with a blank that is not in the text. */
static token_blanks token_blanks_in(const vocabulary *v, token_blanks own, int32_t id, slice match)
{
    if (!own.added) return own;
    slice content = slice_of(vocabulary_text(v, id));
    bool is_models = content.count > 1 && memcmp(content.bytes, BYTE_LEVEL_BLANK_TEXT, 2) == 0 &&
                     !memmem(match.bytes, match.count, content.bytes, content.count);
    return is_models ? own : blanks_of(match);
}

void offsets_trim(const vocabulary *v, const token_blanks *blanks, bool keeps_prefix, slice text,
                  tokenizer_encoding *encoding, token_span tokens)
{
    uint32_t code;
    size_t begin = 0; /* of what is well-formed */
    while (begin < text.count &&
           !utf8_decode((slice){ text.bytes + begin, text.count - begin }, &code))
        begin++;
    for (size_t i = 0; i < tokens.count; i++) {
        text_range *range = &encoding->offsets[tokens.begin + i];
        int32_t id = encoding->ids[tokens.begin + i];
        slice match = { text.bytes + range->begin, range->end - range->begin };
        token_blanks b = token_blanks_in(v, blanks[id], id, match);
        bool first = i == 0 || range->begin <= begin;
        if (first && keeps_prefix && b.leading == 1) b.leading = 0;
        if (b.leading) range->begin = (uint32_t)move_on(text, range->begin, range->end, b.leading);
        if (b.trailing) {
            size_t end = move_back(text, range->end, b.trailing);
            range->end = end > range->begin ? (uint32_t)end : range->begin;
        }
    }
}
