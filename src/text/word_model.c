#include "text/word_model.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *type;
    const word_model_kind *kind;
} kinds[] = {
#define WORD_MODEL(type, kind) { #type, &kind },
#include "text/word_models.def"
#undef WORD_MODEL
};

bert_status word_model_read(const json_t *root, const char *path, bool bytes, vocabulary *v,
                            word_model *out)
{
    const json_t *model = json_object_get(root, "model");
    /* old files leave it out */
    const char *type = json_object_get(model, "merges") ? "BPE" : "WordPiece";
    if (!json_is_object(model)) return fail(BERT_FORMAT, "%s: has no \"model\"", path);
    TRY(json_get_string(model, path, "type", &type));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].type, type) != 0) continue;
        *out = (word_model){ .kind = kinds[i].kind, .unknown = -1 };
        if (!bytes || out->kind->takes_bytes) return out->kind->read(model, path, bytes, v, out);
        return fail(BERT_UNSUPPORTED, "%s: the model: \"%s\" behind a ByteLevel pre_tokenizer",
                    path, type);
    }
    return fail(BERT_UNSUPPORTED, "%s: the model: \"%s\" is not a type that this program knows",
                path, type);
}

void word_model_release(word_model *m)
{
    if (m->kind) m->kind->release(m);
    *m = (word_model){ 0 };
}

void model_room_release(model_room *room)
{
    free(room->block);
    free(room->cache);
    *room = (model_room){ 0 };
}

bert_status word_model_id(const json_t *value, const char *path, const char *text, int32_t *out)
{
    double number = json_number_value(value);
    if (!json_is_number(value) || number != floor(number) || number < 0 ||
        number >= VOCABULARY_IDS_MAX)
        return fail(BERT_FORMAT, "%s: the id of \"%s\" is not a whole number from 0 to %d", path,
                    text, VOCABULARY_IDS_MAX - 1);
    *out = (int32_t)number;
    return BERT_OK;
}

bert_status word_model_texts(const json_t *texts, const char *path, vocabulary *v)
{
    const char *text;
    json_t *value;
    json_object_foreach((json_t *)texts, text, value)
    {
        int32_t id;
        TRY(word_model_id(value, path, text, &id));
        const char *other = vocabulary_text(v, id);
        if (other)
            return fail(BERT_FORMAT, "%s: \"%s\" and \"%s\" both have the id %d", path, other, text,
                        id);
        TRY(fail_in(vocabulary_add(v, slice_of(text), id), "%s: \"%.40s\"", path, text));
    }
    return BERT_OK;
}

bert_status word_model_vocabulary(const json_t *model, const char *path, vocabulary *v)
{
    const json_t *vocab = json_object_get(model, "vocab");
    if (!json_is_object(vocab)) return fail(BERT_FORMAT, "%s: \"vocab\" is not an object", path);
    return word_model_texts(vocab, path, v);
}

static bert_status array_reserve(void **items, size_t *capacity, size_t needed, size_t size)
{
    return needed <= *capacity ? BERT_OK : memory_grow(items, capacity, needed, size);
}

bert_status encoding_reserve(tokenizer_encoding *out, size_t more)
{
    size_t needed = out->count + more;
    if (needed <= out->capacity) return BERT_OK;
    /* `capacity` is that of the last one, so that it holds for all. */
    void *ids = out->ids, *offsets = out->offsets, *in_words = out->words;
    bert_status status = array_reserve(&ids, &out->ids_capacity, needed, sizeof *out->ids);
    out->ids = ids;
    TRY(status);
    status = array_reserve(&offsets, &out->offsets_capacity, needed, sizeof *out->offsets);
    out->offsets = offsets;
    TRY(status);
    status = array_reserve(&in_words, &out->capacity, needed, sizeof *out->words);
    out->words = in_words;
    return status;
}
