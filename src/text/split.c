/* The reference's Split: a word is cut where a pattern matches, or, inverted, where it does not. */
#include "base/memory.h"
#include "text/pattern.h"
#include "text/split_pieces.h"

#include <stdlib.h>

typedef struct split {
    pattern *pattern;
    split_behavior behavior;
    bool invert;
} split;

static bert_status word_cut(const split *o, words *w, text_range word)
{
    split_pieces s = split_begin(w, o->behavior);
    slice text = { w->text.bytes + word.begin, word.end - word.begin };
    pattern_search search = { 0 };
    size_t done = 0;
    bool found = true;
    bert_status status = BERT_OK;
    while (status == BERT_OK) {
        status = pattern_next(o->pattern, text, &search, &found);
        if (status != BERT_OK || !found) break;
        if (done < search.begin)
            status = split_add(&s, word.begin + done, word.begin + search.begin, o->invert);
        if (status == BERT_OK)
            status = split_add(&s, word.begin + search.begin, word.begin + search.end, !o->invert);
        done = search.end;
    }
    pattern_close(&search);
    TRY(status);
    if (done < text.count) TRY(split_add(&s, word.begin + done, word.end, o->invert));
    return split_end(&s);
}

static bert_status cut(const void *options, words *w)
{
    for (size_t i = 0; i < w->now.count; i++) TRY(word_cut(options, w, w->now.items[i]));
    return BERT_OK;
}

static bert_status read(const json_t *step, const char *type, void **options)
{
    TRY(memory_zeroed(1, sizeof(split), options));
    split *o = *options;
    TRY(split_behavior_read(step, type, &o->behavior));
    TRY(json_get_bool(step, type, "invert", &o->invert));
    return pattern_read(step, type, &o->pattern);
}

static void release(void *options)
{
    split *o = options;
    if (o) pattern_free(o->pattern);
    free(o);
}

const pre_tokenizer_kind pre_tokenizer_split = { .options = { .read = read, .release = release },
                                                 .cut = cut };
