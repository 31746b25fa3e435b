#include "text/wordpiece.h"

#include "base/memory.h"
#include "text/decode.h"

#include <stdlib.h>
#include <string.h>

/* The reference's default; and the most, since at each of a word's characters a piece is looked for
 * that may reach to its end. */
enum { CHARACTERS_OF_A_WORD_MAX = 100, CHARACTERS_OF_A_WORD_LIMIT = 1000 };

typedef struct wordpiece {
    const trie *pieces;
    char *prefix;          /* "##", which marks the pieces inside a word */
    uint32_t continuation; /* its node */
    bool continues;        /* some piece begins with it */
    int32_t unknown;       /* stands for a word that cannot be cut */
    size_t characters_max; /* of a word; a longer one is unknown */
} wordpiece;

static bert_status make(const vocabulary *v, const char *prefix, int32_t unknown,
                        size_t characters_max, word_model *out)
{
    void *block;
    TRY(memory_zeroed(1, sizeof(wordpiece), &block));
    wordpiece *w = block;
    *out = (word_model){ .kind = &word_model_wordpiece, .state = w, .unknown = unknown };
    *w = (wordpiece){ .pieces = &v->ids, .unknown = unknown, .characters_max = characters_max };
    if (!(w->prefix = strdup(prefix))) return fail(BERT_MEMORY, "out of memory for a tokenizer");
    w->continues = trie_walk(&v->ids, slice_of(prefix), &w->continuation);
    return BERT_OK;
}

bert_status wordpiece_make(const vocabulary *v, int32_t unknown, word_model *out)
{
    return make(v, "##", unknown, CHARACTERS_OF_A_WORD_MAX, out);
}

static bert_status read(const json_t *model, const char *path, bool bytes, vocabulary *v,
                        word_model *m)
{
    (void)bytes;
    const char *unknown = "[UNK]", *prefix = "##";
    size_t characters_max = CHARACTERS_OF_A_WORD_MAX;
    TRY(json_get_string(model, path, "unk_token", &unknown));
    TRY(json_get_string(model, path, "continuing_subword_prefix", &prefix));
    TRY(json_get_size(model, path, "max_input_chars_per_word", 0, CHARACTERS_OF_A_WORD_LIMIT,
                      &characters_max));
    TRY(word_model_vocabulary(model, path, v));

    int32_t id = vocabulary_find(v, slice_of(unknown));
    if (id == TRIE_ABSENT)
        return fail(BERT_FORMAT, "%s: the vocabulary lacks \"%s\"", path, unknown);
    return make(v, prefix, id, characters_max, m);
}

static void release(word_model *m)
{
    wordpiece *w = m->state;
    if (w) free(w->prefix);
    free(w);
}

static bert_status decode(const word_model *m, slice token, bool first, joined_text *to)
{
    return decode_pieces(to, token, slice_of(((const wordpiece *)m->state)->prefix), first);
}

static bool continues(const word_model *m, slice token)
{
    slice prefix = slice_of(((const wordpiece *)m->state)->prefix);
    return prefix.count && token.count >= prefix.count &&
           memcmp(token.bytes, prefix.bytes, prefix.count) == 0;
}

static bool is_longer(slice word, size_t characters)
{
    if (word.count <= characters) return false;
    size_t count = 0;
    for (size_t i = 0; i < word.count; i++) count += ((unsigned char)word.bytes[i] & 0xC0) != 0x80;
    return count > characters;
}

/* Cuts one word, not empty. `out` has room for a token a byte. */
static void word_encode(const wordpiece *w, const normalized *in, size_t begin, size_t end,
                        tokenizer_encoding *out)
{
    size_t first = out->count, at = begin;
    bool known = !is_longer((slice){ in->bytes + begin, end - begin }, w->characters_max);
    while (known && at < end) {
        size_t length = 0;
        int32_t id = TRIE_ABSENT;
        if (at == begin || w->continues)
            id = trie_longest(w->pieces, at == begin ? TRIE_ROOT : w->continuation,
                              (slice){ in->bytes + at, end - at }, &length);
        known = id != TRIE_ABSENT;
        if (known) encoding_push(out, id, normalized_origin(in, at, at + length));
        at += length;
    }
    if (known) return;
    out->count = first;
    encoding_push(out, w->unknown, normalized_origin(in, begin, end));
}

static bert_status encode(const word_model *m, const words *in, model_room *room,
                          tokenizer_encoding *out)
{
    (void)room;
    const wordpiece *w = m->state;
    for (size_t i = 0; i < in->now.count; i++) {
        text_range word = in->now.items[i];
        TRY(encoding_reserve(out, word.end - word.begin));
        encoding_next_word(out);
        word_encode(w, &in->text, word.begin, word.end, out);
    }
    return BERT_OK;
}

const word_model_kind word_model_wordpiece = {
    .read = read, .release = release, .encode = encode, .decode = decode, .continues = continues
};
