/* unicode.h: what the reference's tokenizer holds of each character.
 * Its Unicode is its own (see tools/golden/unicode_tables.py), so these are not the properties of
 * any one version of the standard. */
#ifndef TEXT_UNICODE_H
#define TEXT_UNICODE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The names and bits are those that tools/golden/unicode_tables.py writes. */
enum {
    UNICODE_CONTROL = 1 << 0,       /* removed by "clean_text" */
    UNICODE_SPACE = 1 << 1,         /* parts words */
    UNICODE_CJK = 1 << 2,           /* a word by itself under "handle_chinese_chars" */
    UNICODE_PUNCTUATION = 1 << 3,   /* a word by itself */
    UNICODE_MARK = 1 << 4,          /* removed by "strip_accents" */
    UNICODE_COMBINING = 1 << 5,     /* has a combining class, so decomposing may move it */
    UNICODE_DECOMPOSES = 1 << 6,    /* into other characters */
    UNICODE_LOWERS = 1 << 7,        /* has a lower case of its own */
    UNICODE_WORD = 1 << 8,          /* no added token "single_word" stands beside it */
    UNICODE_LETTER = 1 << 9,        /* \p{L} of patterns */
    UNICODE_NUMBER = 1 << 10,       /* \p{N} of patterns */
    UNICODE_NUMERIC = 1 << 11,      /* parted off by "Digits" */
    UNICODE_COMPATIBLE = 1 << 12,   /* decomposes under NFKD */
    UNICODE_LEANS = 1 << 13,        /* it, or what it begins with under NFKD, may move before the
                                       character before it, or compose with that */
    UNICODE_CHANGES_NFC = 1 << 14,  /* is something else by itself under NFC */
    UNICODE_CHANGES_NFKC = 1 << 15, /* ..and under NFKC */
    UNICODE_ACCENT = 1 << 16,       /* removed by "StripAccents", which removes more than marks */
    UNICODE_CLASS_SHIFT = 17        /* a grapheme_class stands from here on */
};

/* What a character does in a grapheme (UAX #29). The names and their order are those of
 * tools/golden/unicode_tables.py. */
typedef enum grapheme_class {
    GRAPHEME_OTHER,
    GRAPHEME_CONTROL,      /* CR and LF, too */
    GRAPHEME_EXTEND,       /* Extend, unless it is one of the next two */
    GRAPHEME_INDIC_EXTEND, /* Extend, and Indic_Conjunct_Break is Extend */
    GRAPHEME_LINKER,       /* Extend, and Indic_Conjunct_Break is Linker */
    GRAPHEME_JOINER,       /* ZWJ */
    GRAPHEME_SPACING,      /* SpacingMark */
    GRAPHEME_PREPEND,
    GRAPHEME_PICTOGRAPH,
    GRAPHEME_CONSONANT, /* Indic_Conjunct_Break is Consonant */
    GRAPHEME_L,         /* Hangul's beginnings, middles and ends of syllables, and whole ones */
    GRAPHEME_V,
    GRAPHEME_T,
    GRAPHEME_SYLLABLE
} grapheme_class;

enum {
    UNICODE_DECOMPOSITION_MAX = 4,
    UNICODE_COMPATIBLE_MAX = 18, /* U+FDFA */
    UNICODE_LOWER_MAX = 2,
    UTF8_LENGTH_MAX = 4
};

/* Reads the code point that begins at text.bytes[0]. Returns its length in bytes; 0, and *code
 * untouched, where the text is empty or begins with a malformed sequence. Who skips malformed text
 * skips one byte at a time: the rest of the sequence is malformed as well. */
size_t utf8_decode(slice text, uint32_t *code);

/* Writes the bytes of a scalar value, at most UTF8_LENGTH_MAX; returns how many. */
size_t utf8_encode(uint32_t code, char *bytes);

/* The properties of a scalar value, or-ed. */
extern const uint32_t unicode_ascii[128];
unsigned unicode_properties_search(uint32_t code);
static inline unsigned unicode_properties(uint32_t code)
{
    return code < 0x80 ? unicode_ascii[code] : unicode_properties_search(code);
}

static inline grapheme_class unicode_class(unsigned properties)
{
    return (grapheme_class)(properties >> UNICODE_CLASS_SHIFT);
}

/* Lower case of a character that has UNICODE_LOWERS; returns the number of code points written. */
size_t unicode_lower(uint32_t code, uint32_t lower[UNICODE_LOWER_MAX]);

/* Full canonical decomposition of a character that has UNICODE_DECOMPOSES; returns the number of
 * code points written. */
size_t unicode_decompose(uint32_t code, uint32_t parts[UNICODE_DECOMPOSITION_MAX]);

/* Full compatibility decomposition of a character that has UNICODE_COMPATIBLE; returns the number
 * of code points written. */
size_t unicode_decompose_compatible(uint32_t code, uint32_t parts[UNICODE_COMPATIBLE_MAX]);

/* What a character and the one that follows compose to; 0 where they do not. */
uint32_t unicode_compose(uint32_t first, uint32_t second);

/* Is it a digit, as Python's str.isdigit() has it, of a number that is written in tens? */
bool unicode_is_digit(uint32_t code);

/* Canonical combining class of a character that has UNICODE_COMBINING. */
unsigned unicode_combining_class(uint32_t code);

#endif
