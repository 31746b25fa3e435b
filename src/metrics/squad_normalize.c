/* squad_normalize.c: Python's str.lower(), \w and str.split(), as far as normalize_answer() needs
 * them, on UTF-8.
 *
 * Categories and simple lower case are utf8proc's. The reference was seen under Python 3.11, which
 * knows Unicode 14; utf8proc 2.8 knows Unicode 15. Of the 1,112,064 scalar values 4,430 differ
 * between the two, all of them assigned by the later version; tests/test_squad.c counts them. */
#include "base/memory.h"
#include "metrics/squad.h"

#include <stdint.h>
#include <stdlib.h>
#include <utf8proc.h>

enum {
    MALFORMED = -1, /* stands for a byte that is no UTF-8; has no properties */
    CAPITAL_I_WITH_DOT = 0x130,
    CAPITAL_SIGMA = 0x3A3,
    SMALL_FINAL_SIGMA = 0x3C2,
    COMBINING_DOT_ABOVE = 0x307
};

typedef struct code_range {
    int32_t first, last;
} code_range;

typedef struct character {
    int32_t code;
    size_t bytes;
} character;

static character character_at(slice text, size_t at)
{
    utf8proc_int32_t code;
    utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)text.bytes + at,
                                              (utf8proc_ssize_t)(text.count - at), &code);
    return bytes > 0 ? (character){ code, (size_t)bytes } : (character){ MALFORMED, 1 };
}

static bool in_ranges(int32_t code, const code_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last) return true;
    return false;
}

/* Python's string.punctuation. */
static bool is_punctuation(int32_t code)
{
    return (code >= '!' && code <= '/') || (code >= ':' && code <= '@') ||
           (code >= '[' && code <= '`') || (code >= '{' && code <= '~');
}

/* str.isspace(), at which str.split() parts. */
static bool is_space(int32_t code)
{
    static const code_range spaces[] = { { 0x9, 0xD },       { 0x1C, 0x20 },     { 0x85, 0x85 },
                                         { 0xA0, 0xA0 },     { 0x1680, 0x1680 }, { 0x2000, 0x200A },
                                         { 0x2028, 0x2029 }, { 0x202F, 0x202F }, { 0x205F, 0x205F },
                                         { 0x3000, 0x3000 } };
    return in_ranges(code, spaces, sizeof spaces / sizeof spaces[0]);
}

/* re's \w but for the underscore, which went with the punctuation: str.isalnum(). */
static bool is_word(int32_t code)
{
    utf8proc_category_t category = utf8proc_category(code);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

typedef enum case_role {
    CASE_NONE,    /* ends a word, to a sigma */
    CASE_CARRIED, /* Case_Ignorable: looked through, to what stands behind it */
    CASE_CASED
} case_role;

/* Section 3.13 of the Unicode Standard, its properties made of categories and what they leave out.
 * What is both cased and ignorable is ignorable here: Python asks that first. */
static case_role case_role_of(int32_t code)
{
    static const code_range ignorable[] = {
        { '\'', '\'' },     { '.', '.' },       { ':', ':' },       { 0xB7, 0xB7 },
        { 0x387, 0x387 },   { 0x55F, 0x55F },   { 0x5F4, 0x5F4 },   { 0x2018, 0x2019 },
        { 0x2024, 0x2024 }, { 0x2027, 0x2027 }, { 0xFE13, 0xFE13 }, { 0xFE52, 0xFE52 },
        { 0xFE55, 0xFE55 }, { 0xFF07, 0xFF07 }, { 0xFF0E, 0xFF0E }, { 0xFF1A, 0xFF1A }
    };
    static const code_range cased[] = { { 0xAA, 0xAA },       { 0xBA, 0xBA },
                                        { 0x2160, 0x217F },   { 0x24B6, 0x24E9 },
                                        { 0x1F130, 0x1F149 }, { 0x1F150, 0x1F169 },
                                        { 0x1F170, 0x1F189 } };
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
        return CASE_CARRIED;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
        return CASE_CASED;
    default:
        if (in_ranges(code, ignorable, sizeof ignorable / sizeof ignorable[0])) return CASE_CARRIED;
        return in_ranges(code, cased, sizeof cased / sizeof cased[0]) ? CASE_CASED : CASE_NONE;
    }
}

/* Does a cased character follow, with nothing but ignorable ones before it? */
static bool cased_follows(slice text, size_t at)
{
    while (at < text.count) {
        character c = character_at(text, at);
        case_role role = case_role_of(c.code);
        if (role != CASE_CARRIED) return role == CASE_CASED;
        at += c.bytes;
    }
    return false;
}

static void code_append(int32_t code, squad_text *out)
{
    out->count += (size_t)utf8proc_encode_char(code, (utf8proc_uint8_t *)out->bytes + out->count);
}

/* Lower case of the text without its punctuation. Whether a sigma is final is asked of the text
 * with its punctuation, for that goes last. */
static void lower_append(slice text, squad_text *out)
{
    bool cased_before = false;
    for (size_t at = 0; at < text.count;) {
        character c = character_at(text, at);
        size_t next = at + c.bytes;
        if (c.code == MALFORMED) {
            out->bytes[out->count++] = text.bytes[at];
        } else if (c.code == CAPITAL_SIGMA && cased_before && !cased_follows(text, next)) {
            code_append(SMALL_FINAL_SIGMA, out);
        } else if (c.code == CAPITAL_I_WITH_DOT) { /* the one whose lower case is two */
            code_append('i', out);
            code_append(COMBINING_DOT_ABOVE, out);
        } else if (!is_punctuation(c.code)) {
            code_append(utf8proc_tolower(c.code), out);
        }
        case_role role = case_role_of(c.code);
        if (role != CASE_CARRIED) cased_before = role == CASE_CASED;
        at = next;
    }
}

static bool is_article(slice word)
{
    return slice_equal(word, slice_of("a")) || slice_equal(word, slice_of("an")) ||
           slice_equal(word, slice_of("the"));
}

/* The word that begins at `at`, empty where none does. */
static slice word_at(slice text, size_t at)
{
    size_t end = at;
    while (end < text.count) {
        character c = character_at(text, end);
        if (!is_word(c.code)) break;
        end += c.bytes;
    }
    return (slice){ text.bytes + at, end - at };
}

/* Articles become spaces, spaces between others become one. In place: what is written never gets
 * ahead of what is read, since a space is written for one or more bytes that were left out. */
static void articles_and_spaces_drop(squad_text *t)
{
    slice text = { t->bytes, t->count };
    bool parted = false;
    t->count = 0;
    for (size_t at = 0; at < text.count;) {
        slice piece = word_at(text, at);
        bool parts = is_article(piece);
        if (piece.count == 0) {
            character c = character_at(text, at);
            piece.count = c.bytes;
            parts = is_space(c.code);
        }
        at += piece.count;
        if (!parts) {
            if (parted && t->count > 0) t->bytes[t->count++] = ' ';
            memmove(t->bytes + t->count, piece.bytes, piece.count);
            t->count += piece.count;
        }
        parted = parts;
    }
}

bert_status squad_normalize(slice text, squad_text *out)
{
    /* Lower case is at most half as long again (two bytes to three). */
    size_t needed;
    if (!size_multiply(text.count, 2, &needed))
        return fail(BERT_MEMORY, "out of memory: a text of %zu bytes is too long", text.count);
    void *bytes = out->bytes;
    TRY(memory_grow(&bytes, &out->capacity, needed, 1));
    out->bytes = bytes;
    out->count = out->token_count = 0;
    lower_append(text, out);
    articles_and_spaces_drop(out);
    return BERT_OK;
}

void squad_text_release(squad_text *text)
{
    free(text->bytes);
    free(text->tokens);
    *text = (squad_text){ 0 };
}
