/* word_model.h: what makes tokens of the words of a text.
 * Read-only use may be shared by threads. */
#ifndef TEXT_WORD_MODEL_H
#define TEXT_WORD_MODEL_H

#include "base/slice.h"
#include "base/status.h"
#include "json/json.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"
#include "text/word_cache.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct word_model_kind;

typedef struct word_model {
    const struct word_model_kind *kind;
    void *state;     /* the kind's own */
    int32_t unknown; /* stands for what cannot be encoded; -1: there is none */
} word_model;

/* What a model needs while it encodes, of one thread. Start from { 0 }; model_room_release() at the
 * end. */
typedef struct model_room {
    void *block; /* memory whose content is not kept, for memory_grow() with elements of one byte */
    size_t capacity;
    size_t word_count; /* how many words have been looked up here */
    word_cache *cache;
} model_room;

void model_room_release(model_room *room);

/* What a model of one type does. Each is one file and one line in word_models.def. */
typedef struct word_model_kind {
    /* Reads what the model's object says: the vocabulary into `v`, which outlives the model and is
     * empty before, the rest into m->state, and m->unknown. The caller releases, whatever is
     * returned. Messages begin with `path`. `bytes`: words are bytes, and the vocabulary is written
     * in the alphabet of byte_level.h. */
    bert_status (*read)(const json_t *model, const char *path, bool bytes, vocabulary *v,
                        word_model *m);
    void (*release)(word_model *m);
    /* Appends the tokens of w->now: encoding_next_word() before each word, encoding_reserve() and
     * encoding_push() for its tokens. Fails only with BERT_MEMORY. */
    bert_status (*encode)(const word_model *m, const words *w, model_room *room,
                          tokenizer_encoding *out);
    /* Appends a token to a text, as the reference's decoder does; `token` is a token's text, or
     * that of several that are joined already. */
    bert_status (*decode)(const word_model *m, slice token, bool first, joined_text *to);
    /* Does a token continue a word, for who has no words of an encoding? */
    bool (*continues)(const word_model *m, slice token);
    bool marks_words; /* tokens have the blank that stands before a word */
    bool takes_bytes; /* may words be bytes? */
} word_model_kind;

#define WORD_MODEL(type, kind) extern const word_model_kind kind;
#include "text/word_models.def"
#undef WORD_MODEL

/* Reads tokenizer.json's "model". A type that is not known is BERT_UNSUPPORTED. The caller
 * releases, whatever is returned. */
bert_status word_model_read(const json_t *root, const char *path, bool bytes, vocabulary *v,
                            word_model *out);
void word_model_release(word_model *m); /* a zeroed one, too */

/* For readers of vocabularies: the id that is `value`, a whole number from 0 on. */
bert_status word_model_id(const json_t *value, const char *path, const char *text, int32_t *out);
/* An object of texts and ids; and the member "vocab" that is one. */
bert_status word_model_texts(const json_t *texts, const char *path, vocabulary *v);
bert_status word_model_vocabulary(const json_t *model, const char *path, vocabulary *v);

/* Makes room for `more` tokens. */
bert_status encoding_reserve(tokenizer_encoding *out, size_t more);

/* The tokens that are pushed from here on belong to another word. */
static inline void encoding_next_word(tokenizer_encoding *out)
{
    out->word++;
}

/* Appends a token where there is room. */
static inline void encoding_push(tokenizer_encoding *out, int32_t id, text_range offsets)
{
    out->ids[out->count] = id;
    out->words[out->count] = out->word;
    out->offsets[out->count++] = offsets;
}

#endif
