/* Two ways to the same result. Most texts are ASCII without control characters: there each byte
 * becomes one byte, by a table. Any other text is spread out into characters, each with its origin,
 * and goes through the reference's steps in the reference's order: clean and split, decompose and
 * strip, lower. */
#include "text/bert_normalizer.h"

#include "base/memory.h"
#include "text/unicode.h"

#include <assert.h>
#include <stdlib.h>

typedef struct normal_character {
    uint32_t code;
    uint16_t properties;
    uint8_t combining_class;
    bool added; /* not the first of a decomposition */
    text_range origin;
} normal_character;

static void ascii_fill(bert_normalizer *n)
{
    for (uint32_t code = 0; code < 0x80; code++) {
        unsigned properties = unicode_properties(code);
        unsigned char byte = (unsigned char)code;
        if (n->options.clean_text && properties & UNICODE_SPACE) byte = ' ';
        if (n->options.clean_text && properties & UNICODE_CONTROL) byte = 0;
        if (n->options.lowercase && properties & UNICODE_LOWERS) {
            uint32_t lower[UNICODE_LOWER_MAX];
            unicode_lower(code, lower);
            byte = (unsigned char)lower[0];
        }
        n->ascii[code] = byte;
    }
}

static bert_status characters_reserve(normal_character **characters, size_t *capacity, size_t count)
{
    void *grown = *characters;
    bert_status status = memory_grow(&grown, capacity, count, sizeof **characters);
    *characters = grown;
    return status;
}

/* Maps by the table; false where a byte has to be looked at more closely. */
static bool map_ascii(const unsigned char *table, const char *from, size_t count, char *to)
{
    unsigned char all = 1;
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = table[(unsigned char)from[i]];
        to[i] = (char)byte;
        all &= byte != 0;
    }
    return all;
}

/* Decodes into characters: removes controls, blanks out white space, sets blanks around CJK. */
static size_t characters_read(const bert_normalizer_options *options, const normalized *from,
                              normal_character *characters)
{
    size_t count = 0;
    for (size_t at = 0, length; at < from->count; at += length) {
        uint32_t code = 0;
        length = utf8_decode((slice){ from->bytes + at, from->count - at }, &code);
        assert(length > 0);
        unsigned properties = unicode_properties(code);
        if (options->clean_text && properties & UNICODE_CONTROL) continue;
        if (options->clean_text && properties & UNICODE_SPACE) code = ' ', properties = 0;

        normal_character read = { .code = code,
                                  .properties = (uint16_t)properties,
                                  .origin = normalized_origin(from, at, at + length) };
        normal_character blank = { .code = ' ', .origin = read.origin };
        bool apart = options->split_cjk && properties & UNICODE_CJK;
        if (apart) characters[count++] = blank;
        characters[count++] = read;
        if (apart) characters[count++] = blank;
    }
    return count;
}

static int compare_class(const void *a, const void *b)
{
    const normal_character *left = a, *right = b;
    if (left->combining_class != right->combining_class)
        return left->combining_class < right->combining_class ? -1 : 1;
    /* Until origins_assign(), an origin's begin holds the character's place: the order is stable.
     */
    return left->origin.begin < right->origin.begin ? -1 : 1;
}

/* Full canonical decomposition, not ordered yet. Origins hold places in `decomposed`. */
static size_t characters_decompose(const normal_character *characters, size_t count,
                                   normal_character *decomposed)
{
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t parts[UNICODE_DECOMPOSITION_MAX] = { characters[i].code };
        bool decomposes = characters[i].properties & UNICODE_DECOMPOSES;
        size_t part_count = decomposes ? unicode_decompose(characters[i].code, parts) : 1;
        for (size_t part = 0; part < part_count; part++) {
            normal_character made_now = { .code = parts[part],
                                          .properties = characters[i].properties,
                                          .added = part > 0,
                                          .origin = { (uint32_t)made, 0 } };
            if (decomposes) made_now.properties = (uint16_t)unicode_properties(parts[part]);
            if (made_now.properties & UNICODE_COMBINING)
                made_now.combining_class = (uint8_t)unicode_combining_class(parts[part]);
            decomposed[made++] = made_now;
        }
    }
    return made;
}

/* Canonical order: each run of combining characters by class. */
static void characters_order(normal_character *decomposed, size_t count)
{
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin; end < count && decomposed[end].combining_class; end++) {
        }
        if (end - begin > 1)
            qsort(decomposed + begin, end - begin, sizeof *decomposed, compare_class);
        if (end == begin) end++;
    }
}

/* The reference gives origins out after reordering: the first part of each decomposition takes the
 * next character's, whichever that is by now, and an added part shares the last one taken. */
static void origins_assign(const normal_character *characters, uint32_t shift, size_t count,
                           normal_character *decomposed)
{
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (!decomposed[i].added)
            decomposed[i].origin = characters[taken++].origin;
        else
            decomposed[i].origin =
                taken ? characters[taken - 1].origin : (text_range){ shift, shift };
    }
}

static size_t marks_remove(normal_character *characters, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!(characters[i].properties & UNICODE_MARK)) characters[kept++] = characters[i];
    return kept;
}

/* Writes characters out as bytes; `out` has room for all of them. */
static void characters_write(const normal_character *characters, size_t count, bool lowercase,
                             normalized *out)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t codes[UNICODE_LOWER_MAX] = { characters[i].code };
        size_t code_count = 1;
        if (lowercase && characters[i].properties & UNICODE_LOWERS)
            code_count = unicode_lower(characters[i].code, codes);
        for (size_t c = 0; c < code_count; c++) {
            size_t length = utf8_encode(codes[c], out->own + at);
            for (size_t byte = 0; byte < length; byte++) out->origins[at++] = characters[i].origin;
        }
    }
    out->count = at;
}

static bool any_changes(const normal_character *characters, size_t count, unsigned properties)
{
    for (size_t i = 0; i < count; i++)
        if (characters[i].properties & properties) return true;
    return false;
}

static bert_status normalize_characters(const bert_normalizer_options *options,
                                        const normalized *from, normalized *to)
{
    /* An ideograph has three bytes or four and becomes three characters; any other character has
     * at least one byte. */
    TRY(characters_reserve(&to->characters, &to->characters_capacity, from->count));
    normal_character *characters = to->characters;
    size_t count = characters_read(options, from, characters);

    if (options->strip_accents &&
        any_changes(characters, count, UNICODE_DECOMPOSES | UNICODE_COMBINING | UNICODE_MARK)) {
        TRY(characters_reserve(&to->decomposed, &to->decomposed_capacity,
                               count * UNICODE_DECOMPOSITION_MAX));
        size_t made = characters_decompose(characters, count, to->decomposed);
        characters_order(to->decomposed, made);
        origins_assign(characters, from->shift, made, to->decomposed);
        characters = to->decomposed;
        count = marks_remove(characters, made);
    }
    TRY(normalized_begin(to, from, count * UTF8_LENGTH_MAX, true));
    characters_write(characters, count, options->lowercase, to);
    return BERT_OK;
}

static bert_status apply(const void *options, const normalized *from, normalized *to)
{
    const bert_normalizer *n = options;
    if (!from->moved) {
        TRY(normalized_begin(to, from, from->count, false));
        to->count = from->count;
        if (map_ascii(n->ascii, from->bytes, from->count, to->own)) return BERT_OK;
    }
    return normalize_characters(&n->options, from, to);
}

static bert_status step_new(bert_normalizer_options options, void **out)
{
    void *block;
    TRY(memory_zeroed(1, sizeof(bert_normalizer), &block));
    bert_normalizer *n = *out = block;
    n->options = options;
    ascii_fill(n);
    return BERT_OK;
}

static bert_status read(const json_t *step, const char *type, void **options)
{
    bert_normalizer_options o = { .clean_text = true, .split_cjk = true, .lowercase = true };
    TRY(json_get_bool(step, type, "clean_text", &o.clean_text));
    TRY(json_get_bool(step, type, "handle_chinese_chars", &o.split_cjk));
    TRY(json_get_bool(step, type, "lowercase", &o.lowercase));
    o.strip_accents = o.lowercase;
    TRY(json_get_bool(step, type, "strip_accents", &o.strip_accents));
    return step_new(o, options);
}

const normalizer_kind normalizer_bert = { .options = { .read = read }, .apply = apply };

bert_status bert_normalizer_make(bert_normalizer_options options, normalizer *out)
{
    void *step;
    TRY(step_new(options, &step));
    *out = (normalizer){ 0 };
    return normalizer_push(out, &normalizer_bert, step);
}

const bert_normalizer_options *bert_normalizer_of(const normalizer *n)
{
    if (n->count != 1 || n->steps[0].kind != &normalizer_bert) return NULL;
    return &((const bert_normalizer *)n->steps[0].options)->options;
}
