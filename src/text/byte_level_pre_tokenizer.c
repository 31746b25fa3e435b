/* The reference's ByteLevel, which cuts by GPT-2's pattern:
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * In words: an ending; else letters, numbers or other characters with a blank before them; else
 * white space, whose last character is left to what follows. It writes texts in the alphabet of
 * byte_level.h then; here the model reads their bytes. */
#include "text/byte_level_pre_tokenizer.h"

#include "base/memory.h"
#include "text/unicode.h"

#include <assert.h>

typedef struct byte_level {
    bool add_prefix_space, use_regex;
} byte_level;

enum { CLASS = UNICODE_SPACE | UNICODE_LETTER | UNICODE_NUMBER };

/* The class of the character at bytes[at], 0 for other characters, and where it ends. */
static inline unsigned class_at(const char *bytes, size_t at, size_t end, size_t *next)
{
    uint32_t code = (unsigned char)bytes[at];
    *next = at + 1;
    if (code >= 0x80) *next = at + utf8_decode((slice){ bytes + at, end - at }, &code);
    return unicode_properties(code) & CLASS;
}

/* The length of an ending that begins with an apostrophe, or 0. */
static size_t ending_length(const char *at, size_t count)
{
    if (count >= 2 && (at[1] == 's' || at[1] == 't' || at[1] == 'm' || at[1] == 'd')) return 2;
    if (count < 3) return 0;
    bool is_so = (at[1] == 'r' && at[2] == 'e') || (at[1] == 'v' && at[2] == 'e') ||
                 (at[1] == 'l' && at[2] == 'l');
    return is_so ? 3 : 0;
}

/* The end of the run of characters of `class` from `at` on; *last: where its last one begins. */
static size_t run_end(const char *bytes, size_t at, size_t end, unsigned class, size_t *last)
{
    for (size_t next; at < end && class_at(bytes, at, end, &next) == class; at = next) *last = at;
    return at;
}

/* The end of the word that begins at `begin`, before `end`. */
static size_t word_end(const char *bytes, size_t begin, size_t end)
{
    size_t next, last = begin;
    if (bytes[begin] == '\'') {
        size_t length = ending_length(bytes + begin, end - begin);
        if (length) return begin + length;
    }
    unsigned class = class_at(bytes, begin, end, &next);
    if (bytes[begin] == ' ' && next < end) {
        size_t after;
        unsigned behind = class_at(bytes, next, end, &after);
        if (!(behind & UNICODE_SPACE)) return run_end(bytes, after, end, behind, &last);
    }
    size_t stop = run_end(bytes, next, end, class, &last);
    return class & UNICODE_SPACE && stop < end && last > begin ? last : stop;
}

/* Writes the text again with a blank before each word that has none, and moves the words there. */
static bert_status text_prefix(words *w, normalized **out)
{
    normalized *to;
    size_t count = 0;
    TRY(words_rewrite(w, w->text.count + w->now.count, out));
    to = *out;
    for (size_t i = 0; i < w->now.count; i++) {
        text_range word = w->now.items[i];
        const char *bytes = w->text.bytes;
        size_t begin = count, next;
        if (bytes[word.begin] != ' ') {
            class_at(bytes, word.begin, word.end, &next);
            to->own[count] = ' ';
            to->origins[count++] = normalized_origin(&w->text, word.begin, next);
        }
        for (size_t at = word.begin; at < word.end; at = next) {
            class_at(bytes, at, word.end, &next);
            text_range origin = normalized_origin(&w->text, at, next);
            for (size_t byte = at; byte < next; byte++) {
                to->own[count] = bytes[byte];
                to->origins[count++] = origin;
            }
        }
        w->now.items[i] = (text_range){ (uint32_t)begin, (uint32_t)count };
    }
    to->count = count;
    return BERT_OK;
}

static bool needs_prefix(const words *w)
{
    for (size_t i = 0; i < w->now.count; i++)
        if (w->text.bytes[w->now.items[i].begin] != ' ') return true;
    return false;
}

static bert_status cut(const void *options, words *w)
{
    const byte_level *o = options;
    const char *bytes = w->text.bytes;
    if ((o->add_prefix_space || w->prefixed) && needs_prefix(w)) {
        normalized *prefixed;
        TRY(text_prefix(w, &prefixed));
        bytes = prefixed->bytes;
    }
    for (size_t i = 0; i < w->now.count; i++) {
        size_t at = w->now.items[i].begin, end = w->now.items[i].end;
        for (size_t next; at < end; at = next) {
            next = o->use_regex ? word_end(bytes, at, end) : end;
            TRY(words_reserve(w, 1));
            words_put(w, at, next);
        }
    }
    return BERT_OK;
}

static bert_status options_new(byte_level of, void **out)
{
    TRY(memory_zeroed(1, sizeof(byte_level), out));
    *(byte_level *)*out = of;
    return BERT_OK;
}

static bert_status read(const json_t *step, const char *type, void **options)
{
    byte_level o = { .add_prefix_space = true, .use_regex = true };
    TRY(json_get_bool(step, type, "add_prefix_space", &o.add_prefix_space));
    TRY(json_get_bool(step, type, "use_regex", &o.use_regex));
    return options_new(o, options);
}

const pre_tokenizer_kind pre_tokenizer_byte_level = { .options = { .read = read },
                                                      .cut = cut,
                                                      .bytes = true };

bert_status byte_level_push(pre_tokenizer *p, bool add_prefix_space)
{
    void *options;
    TRY(options_new((byte_level){ .add_prefix_space = add_prefix_space, .use_regex = true },
                    &options));
    return pre_tokenizer_push(p, &pre_tokenizer_byte_level, options);
}

void byte_level_set_prefix(pre_tokenizer *p, bool add_prefix_space)
{
    assert(p->count && p->steps[p->count - 1].kind == &pre_tokenizer_byte_level);
    ((byte_level *)p->steps[p->count - 1].options)->add_prefix_space = add_prefix_space;
}
