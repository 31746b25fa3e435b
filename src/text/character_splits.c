/* The reference's pre-tokenizers that look at one character after another: WhitespaceSplit,
 * Punctuation, Digits, and Whitespace, whose pattern is \w+|[^\w\s]+. */
#include "base/memory.h"
#include "text/split_pieces.h"
#include "text/unicode.h"

typedef struct character_split {
    unsigned properties; /* a character with one of these is a delimiter */
    split_behavior behavior;
} character_split;

static unsigned properties_at(slice text, size_t at, size_t *next)
{
    uint32_t code = (unsigned char)text.bytes[at];
    *next = at + 1;
    if (code >= 0x80) *next = at + utf8_decode((slice){ text.bytes + at, text.count - at }, &code);
    return unicode_properties(code);
}

static bert_status word_cut(const character_split *o, words *w, text_range word)
{
    split_pieces s = split_begin(w, o->behavior);
    slice text = { w->text.bytes, word.end };
    size_t done = word.begin;
    for (size_t at = word.begin, next; at < word.end; at = next) {
        if (!(properties_at(text, at, &next) & o->properties)) continue;
        if (done < at) TRY(split_add(&s, done, at, false));
        TRY(split_add(&s, at, next, true));
        done = next;
    }
    if (done < word.end) TRY(split_add(&s, done, word.end, false));
    return split_end(&s);
}

static bert_status cut(const void *options, words *w)
{
    for (size_t i = 0; i < w->now.count; i++) TRY(word_cut(options, w, w->now.items[i]));
    return BERT_OK;
}

static bert_status options_new(character_split of, void **out)
{
    TRY(memory_zeroed(1, sizeof of, out));
    *(character_split *)*out = of;
    return BERT_OK;
}

static bert_status read_blanks(const json_t *step, const char *type, void **options)
{
    (void)step;
    (void)type;
    return options_new((character_split){ UNICODE_SPACE, SPLIT_REMOVED }, options);
}

static bert_status read_punctuation(const json_t *step, const char *type, void **options)
{
    character_split o = { UNICODE_PUNCTUATION, SPLIT_ISOLATED };
    TRY(split_behavior_read(step, type, &o.behavior));
    return options_new(o, options);
}

static bert_status read_digits(const json_t *step, const char *type, void **options)
{
    bool single = false;
    TRY(json_get_bool(step, type, "individual_digits", &single));
    return options_new(
        (character_split){ UNICODE_NUMERIC, single ? SPLIT_ISOLATED : SPLIT_CONTIGUOUS }, options);
}

const pre_tokenizer_kind pre_tokenizer_whitespace_split = { .options = { .read = read_blanks },
                                                            .cut = cut };
const pre_tokenizer_kind pre_tokenizer_punctuation = { .options = { .read = read_punctuation },
                                                       .cut = cut };
const pre_tokenizer_kind pre_tokenizer_digits = { .options = { .read = read_digits }, .cut = cut };

/* Runs of word characters, and runs of what is neither those nor white space. */
static bert_status cut_runs(const void *options, words *w)
{
    (void)options;
    const unsigned classes = UNICODE_WORD | UNICODE_SPACE;
    for (size_t i = 0; i < w->now.count; i++) {
        slice text = { w->text.bytes, w->now.items[i].end };
        for (size_t at = w->now.items[i].begin, next; at < text.count; at = next) {
            size_t after;
            unsigned class = properties_at(text, at, &next) & classes;
            while (next < text.count && (properties_at(text, next, &after) & classes) == class)
                next = after;
            if (class & UNICODE_SPACE) continue;
            TRY(words_reserve(w, 1));
            words_put(w, at, next);
        }
    }
    return BERT_OK;
}

const pre_tokenizer_kind pre_tokenizer_whitespace = { .cut = cut_runs };
