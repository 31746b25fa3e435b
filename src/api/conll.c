/* conll.c: bert.h's sentences of CoNLL files. */
#include "api/api.h"

#include "base/locale.h"
#include "base/memory.h"
#include "rows/conll.h"

#include <stdlib.h>

struct bert_conll {
    conll *file;
    bert_text *words, *lines; /* of the current sentence */
    size_t words_capacity, lines_capacity;
    char note[1024];
};

bool bert_conll_is(const char *path)
{
    LOCALE_PLAIN;
    return conll_is_kind(path);
}

bert_status bert_conll_open(const char *path, bert_conll **out)
{
    LOCALE_PLAIN;
    void *memory;
    TRY(memory_zeroed(1, sizeof(bert_conll), &memory));
    bert_conll *c = memory;
    bert_status status = conll_open(path, &c->file);
    if (status == BERT_OK)
        *out = c;
    else
        free(c);
    return status;
}

void bert_conll_free(bert_conll *c)
{
    if (!c) return;
    conll_free(c->file);
    free(c->words);
    free(c->lines);
    free(c);
}

bert_status bert_conll_next(bert_conll *c, size_t size, bert_sentence *out, bool *more)
{
    LOCALE_PLAIN;
    conll_sentence s;
    TRY(conll_next(c->file, &s, more));
    if (!*more) return BERT_OK;
    TRY(memory_grow((void **)&c->words, &c->words_capacity, s.count, sizeof *c->words));
    TRY(memory_grow((void **)&c->lines, &c->lines_capacity, s.count, sizeof *c->lines));
    for (size_t i = 0; i < s.count; i++) {
        c->words[i] = text_from(s.words[i]);
        c->lines[i] = text_from(s.lines[i]);
    }
    const bert_sentence sentence = { .words = c->words,
                                     .lines = c->lines,
                                     .count = s.count,
                                     .line = s.line,
                                     .separator = conll_separator(s.lines[0]) };
    struct_give(&sentence, sizeof sentence, size, out);
    return BERT_OK;
}

const char *bert_conll_note(bert_conll *c)
{
    size_t line, count = conll_comments(c->file, &line);
    if (!count) return NULL;
    conll_comments_tell(conll_path(c->file), line, count, c->note, sizeof c->note);
    return c->note;
}
