#include "text/graphemes.h"

#include "text/unicode.h"

#include <assert.h>
#include <stdbool.h>

/* What has been seen of a grapheme. */
typedef struct grapheme_state {
    uint32_t code; /* its last character, and what that is */
    grapheme_class class;
    bool pictograph; /* a pictograph, then only Extend */
    bool consonant;  /* a consonant, then only linkers and what stands beside them.. */
    bool linked;     /* ..with a linker among them */
    bool joined;     /* a joiner ends what `pictograph` says */
} grapheme_state;

static bool is_extend(grapheme_class class)
{
    return class == GRAPHEME_EXTEND || class == GRAPHEME_INDIC_EXTEND || class == GRAPHEME_LINKER;
}

static bool is_vowel_ended(uint32_t syllable)
{
    return (syllable - 0xAC00) % 28 == 0;
}

static void state_take(grapheme_state *s, uint32_t code, grapheme_class class)
{
    s->joined = s->pictograph && class == GRAPHEME_JOINER;
    s->pictograph = class == GRAPHEME_PICTOGRAPH || (s->pictograph && is_extend(class));
    bool stays =
        class == GRAPHEME_INDIC_EXTEND || class == GRAPHEME_LINKER || class == GRAPHEME_JOINER;
    s->consonant = class == GRAPHEME_CONSONANT || (s->consonant && stays);
    s->linked =
        s->consonant && class != GRAPHEME_CONSONANT && (s->linked || class == GRAPHEME_LINKER);
    s->code = code;
    s->class = class;
}

/* Does Hangul's next character belong to the last one's syllable? */
static bool hangul_goes_on(const grapheme_state *s, grapheme_class next)
{
    bool after_vowel = s->class == GRAPHEME_V, after_end = s->class == GRAPHEME_T;
    if (s->class == GRAPHEME_L)
        return next == GRAPHEME_L || next == GRAPHEME_V || next == GRAPHEME_SYLLABLE;
    if (s->class == GRAPHEME_SYLLABLE) {
        after_vowel = is_vowel_ended(s->code);
        after_end = !after_vowel;
    }
    return (after_vowel && (next == GRAPHEME_V || next == GRAPHEME_T)) ||
           (after_end && next == GRAPHEME_T);
}

/* Does a character belong to the grapheme before it? The rules, in order: GB3 to GB11. Flags, which
 * have 4 bytes a character, may be cut: who asks looks only at graphemes below 6. */
static bool goes_on(const grapheme_state *s, uint32_t code, grapheme_class next)
{
    if (s->class == GRAPHEME_CONTROL) return s->code == '\r' && code == '\n';
    if (next == GRAPHEME_CONTROL) return false;
    if (hangul_goes_on(s, next)) return true;
    if (is_extend(next) || next == GRAPHEME_JOINER || next == GRAPHEME_SPACING) return true;
    if (s->class == GRAPHEME_PREPEND) return true;
    if (next == GRAPHEME_CONSONANT) return s->linked;
    return next == GRAPHEME_PICTOGRAPH && s->joined;
}

size_t grapheme_length(slice text)
{
    grapheme_state state = { 0 };
    size_t at = 0;
    while (at < text.count) {
        uint32_t code = 0;
        size_t length = utf8_decode((slice){ text.bytes + at, text.count - at }, &code);
        assert(length > 0);
        grapheme_class class = unicode_class(unicode_properties(code));
        if (at > 0 && !goes_on(&state, code, class)) return at;
        state_take(&state, code, class);
        at += length;
    }
    return at;
}
