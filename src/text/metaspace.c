/* The reference's Metaspace: each blank becomes a mark, "▁", and each mark begins a word. A mark
 * that is put before a text comes from the text's first character. */
#include "text/metaspace.h"

#include "base/memory.h"
#include "text/pipeline.h"
#include "text/pre_tokenizer.h"
#include "text/rewrite.h"
#include "text/unicode.h"

typedef struct metaspace {
    char mark[UTF8_LENGTH_MAX];
    size_t mark_count;
    metaspace_prepend prepend;
    bool split;
} metaspace;

static void append(normalized *to, const char *bytes, size_t count, text_range origin)
{
    for (size_t i = 0; i < count; i++) {
        to->own[to->count] = bytes[i];
        to->origins[to->count++] = origin;
    }
}

static bool begins_with_mark(const metaspace *m, slice text)
{
    return text.bytes[0] == ' ' ||
           (text.count >= m->mark_count && memcmp(text.bytes, m->mark, m->mark_count) == 0);
}

/* Writes a word, and the words that it is cut into; `to` has room for all. */
static void word_cut(const metaspace *m, words *w, slice word, size_t begin, normalized *to)
{
    size_t cut = to->count, length;
    character_at(word, 0, &length);
    text_range first = normalized_origin(&w->text, begin, begin + length);
    if (!begins_with_mark(m, word) &&
        (m->prepend == METASPACE_ALWAYS || (m->prepend == METASPACE_FIRST && first.begin == 0)))
        append(to, m->mark, m->mark_count, first);
    for (size_t at = 0; at < word.count; at += length) {
        character_at(word, at, &length);
        bool blank = word.bytes[at] == ' ';
        bool mark =
            blank || (length == m->mark_count && memcmp(word.bytes + at, m->mark, length) == 0);
        if (mark && m->split) {
            words_put(w, cut, to->count);
            cut = to->count;
        }
        text_range origin = normalized_origin(&w->text, begin + at, begin + at + length);
        if (blank)
            append(to, m->mark, m->mark_count, origin);
        else
            append(to, word.bytes + at, length, origin);
    }
    words_put(w, cut, to->count);
}

/* Each byte may become a mark, and each word have one more. */
static bert_status cut(const void *options, words *w)
{
    const metaspace *m = options;
    size_t bytes = 0;
    normalized *to;
    for (size_t i = 0; i < w->now.count; i++) bytes += w->now.items[i].end - w->now.items[i].begin;
    TRY(words_rewrite(w, (bytes + w->now.count) * m->mark_count, &to));
    for (size_t i = 0; i < w->now.count; i++) {
        text_range word = w->now.items[i];
        TRY(words_reserve(w, word.end - word.begin + 1));
        word_cut(m, w, (slice){ w->text.bytes + word.begin, word.end - word.begin }, word.begin,
                 to);
    }
    return BERT_OK;
}

bert_status metaspace_make(slice mark, metaspace_prepend prepend, bool split, void **out)
{
    uint32_t code;
    size_t length = utf8_decode(mark, &code);
    if (length == 0 || length != mark.count)
        return fail(BERT_FORMAT, "\"replacement\" is not one character");
    TRY(memory_zeroed(1, sizeof(metaspace), out));
    metaspace *m = *out;
    *m = (metaspace){ .mark_count = length, .prepend = prepend, .split = split };
    memcpy(m->mark, mark.bytes, length);
    return BERT_OK;
}

/* Older files say "add_prefix_space", true or false, for always and never. */
static bert_status read(const json_t *step, const char *type, void **options)
{
    static const char *const names[] = {
        [METASPACE_ALWAYS] = "always", [METASPACE_FIRST] = "first", [METASPACE_NEVER] = "never"
    };
    const char *mark = NULL;
    bool prefix = true, split = true;
    size_t prepend = METASPACE_ALWAYS;
    TRY(json_get_string(step, type, "replacement", &mark));
    if (!mark) return fail(BERT_FORMAT, "%s: lacks its \"replacement\"", type);
    TRY(json_get_bool(step, type, "add_prefix_space", &prefix));
    TRY(json_get_bool(step, type, "split", &split));
    TRY(pipeline_choice(step, type, "prepend_scheme", names, 3, &prepend));
    if (!prefix && json_object_get(step, "prepend_scheme") && prepend != METASPACE_NEVER)
        return fail(BERT_FORMAT, "%s: \"add_prefix_space\" is false and \"prepend_scheme\" \"%s\"",
                    type, names[prepend]);
    if (!prefix) prepend = METASPACE_NEVER;
    return fail_in(metaspace_make(slice_of(mark), (metaspace_prepend)prepend, split, options), "%s",
                   type);
}

const pre_tokenizer_kind pre_tokenizer_metaspace = { .options = { .read = read }, .cut = cut };
