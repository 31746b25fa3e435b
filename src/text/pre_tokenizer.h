/* pre_tokenizer.h: the steps that cut a text into the words that a model encodes.
 *
 * Each step goes through all words that the one before left, and cuts each of them further. Most
 * leave the text as it is; a step that has to change it (blanks that become "▁") writes another.
 * Read-only use may be shared by threads. */
#ifndef TEXT_PRE_TOKENIZER_H
#define TEXT_PRE_TOKENIZER_H

#include "base/status.h"
#include "json/json.h"
#include "text/normalized.h"
#include "text/pipeline.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct word_list {
    text_range *items; /* [count], in bytes of a normalized text */
    size_t count, capacity;
} word_list;

/* What a step works on. Start from { 0 }; reuse keeps the memory; words_release() at the end. */
typedef struct words {
    normalized text; /* what the words lie in; borrowed */
    word_list now;   /* the words, none of them empty */
    word_list next;  /* what a step makes of them */
    normalized room[2];
    size_t rewritten; /* how often the text was */
    bool prefixed;    /* the text is a word: ByteLevel puts a blank before it in any case */
} words;

void words_release(words *w);

/* Makes room for `more` words in w->next. */
bert_status words_reserve(words *w, size_t more);

/* Appends a word to w->next, where there is room; an empty one is passed over. */
static inline void words_put(words *w, size_t begin, size_t end)
{
    w->next.items[w->next.count] = (text_range){ (uint32_t)begin, (uint32_t)end };
    w->next.count += begin < end;
}

/* For a step that changes the text: *to = where it writes the new one, moved and with room for
 * `count` bytes; w->next then lies in that. Call once, at the beginning; w->text stays as it is. */
bert_status words_rewrite(words *w, size_t count, normalized **to);

/* What a step of one type does. Each is one file and one line in pre_tokenizers.def. */
typedef struct pre_tokenizer_kind {
    step_options options;
    /* Goes through w->now and writes w->next, which is empty. Fails only with BERT_MEMORY, or with
     * BERT_ARGUMENT for a text that is too long or too hard to cut. */
    bert_status (*cut)(const void *options, words *w);
    bool bytes; /* its words are bytes to the model, which reads its vocabulary so (byte_level.h);
                   no step follows */
} pre_tokenizer_kind;

#define PRE_TOKENIZER(type, kind) extern const pre_tokenizer_kind kind;
#include "text/pre_tokenizers.def"
#undef PRE_TOKENIZER

typedef struct pre_tokenizer_step {
    const pre_tokenizer_kind *kind;
    void *options;
} pre_tokenizer_step;

enum { PRE_TOKENIZER_STEPS_MAX = 32 }; /* each passes over the whole text */

typedef struct pre_tokenizer {
    pre_tokenizer_step steps[PRE_TOKENIZER_STEPS_MAX];
    size_t count;
} pre_tokenizer;

/* Reads tokenizer.json's "pre_tokenizer" into a zeroed one; null is none. A type that is not known
 * is BERT_UNSUPPORTED. The caller releases, whatever is returned. */
bert_status pre_tokenizer_read(const json_t *root, const char *path, pre_tokenizer *out);
void pre_tokenizer_release(pre_tokenizer *p);

/* Are the words bytes to the model? */
bool pre_tokenizer_gives_bytes(const pre_tokenizer *p);

/* Appends a step, whose options are taken over, also where this fails. */
bert_status pre_tokenizer_push(pre_tokenizer *p, const pre_tokenizer_kind *kind, void *options);

/* Cuts `segment` of `text` into w->now, words in w->text, which lie in `text` and in `w` until the
 * next call. Fails as a step does. */
bert_status pre_tokenize(const pre_tokenizer *p, const normalized *text, text_range segment,
                         words *w);

#endif
