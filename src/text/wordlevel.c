/* The reference's WordLevel: a word is a token, or it is unknown. */
#include "text/decode.h"
#include "text/word_model.h"

static bert_status read(const json_t *model, const char *path, bool bytes, vocabulary *v,
                        word_model *m)
{
    (void)bytes;
    const char *unknown = "<unk>";
    TRY(json_get_string(model, path, "unk_token", &unknown));
    TRY(word_model_vocabulary(model, path, v));
    m->state = v;
    m->unknown = vocabulary_find(v, slice_of(unknown));
    if (m->unknown == TRIE_ABSENT)
        return fail(BERT_FORMAT, "%s: the vocabulary lacks \"%s\"", path, unknown);
    return BERT_OK;
}

static bert_status encode(const word_model *m, const words *in, model_room *room,
                          tokenizer_encoding *out)
{
    (void)room;
    TRY(encoding_reserve(out, in->now.count));
    for (size_t i = 0; i < in->now.count; i++) {
        text_range word = in->now.items[i];
        int32_t id = vocabulary_find(m->state,
                                     (slice){ in->text.bytes + word.begin, word.end - word.begin });
        encoding_next_word(out);
        encoding_push(out, id == TRIE_ABSENT ? m->unknown : id,
                      normalized_origin(&in->text, word.begin, word.end));
    }
    return BERT_OK;
}

static void release(word_model *m)
{
    (void)m; /* the vocabulary is the tokenizer's */
}

static bert_status decode(const word_model *m, slice token, bool first, joined_text *to)
{
    (void)m;
    if (!first) TRY(joined_append(to, slice_of(" ")));
    return joined_append(to, token);
}

static bool continues(const word_model *m, slice token)
{
    (void)m;
    (void)token;
    return false;
}

const word_model_kind word_model_wordlevel = {
    .read = read, .release = release, .encode = encode, .decode = decode, .continues = continues
};
