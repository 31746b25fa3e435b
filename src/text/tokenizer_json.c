#include "text/tokenizer_json.h"

#include <math.h>
#include <string.h>

/* The reference's default; and the most, since at each of a word's characters a piece is looked for
 * that may reach to its end. */
enum { CHARACTERS_OF_A_WORD_MAX = 100, CHARACTERS_OF_A_WORD_LIMIT = 1000 };

/* *out = the object `key`, whose "type" must be the one this program has. */
static bert_status part_get(const json_t *root, const char *path, const char *key,
                            const char *wanted, const json_t **out)
{
    const json_t *part = json_object_get(root, key);
    const char *type = "none";
    if (json_is_object(part)) {
        type = wanted; /* old files leave it out of the model */
        TRY(json_get_string(part, path, "type", &type));
    }
    if (strcmp(type, wanted) != 0)
        return fail(BERT_UNSUPPORTED, "%s: the %s is \"%s\", not BERT's \"%s\"", path, key, type,
                    wanted);
    *out = part;
    return BERT_OK;
}

static bert_status id_read(const json_t *value, const char *path, const char *text, int32_t *out)
{
    double number = json_number_value(value);
    if (!json_is_number(value) || number != floor(number) || number < 0 ||
        number >= VOCABULARY_IDS_MAX)
        return fail(BERT_FORMAT, "%s: the id of \"%s\" is not a whole number from 0 to %d", path,
                    text, VOCABULARY_IDS_MAX - 1);
    *out = (int32_t)number;
    return BERT_OK;
}

static bert_status vocabulary_take(const json_t *model, const char *path, vocabulary *v)
{
    json_t *vocab = json_object_get(model, "vocab");
    if (!json_is_object(vocab)) return fail(BERT_FORMAT, "%s: \"vocab\" is not an object", path);
    const char *text;
    json_t *value;
    json_object_foreach(vocab, text, value)
    {
        int32_t id;
        TRY(id_read(value, path, text, &id));
        const char *other = vocabulary_text(v, id);
        if (other)
            return fail(BERT_FORMAT, "%s: \"%s\" and \"%s\" both have the id %d", path, other, text,
                        id);
        TRY(fail_in(vocabulary_add(v, slice_of(text), id), "%s: \"vocab\"", path));
    }
    return BERT_OK;
}

static bert_status model_read(const json_t *root, const char *path, tokenizer *t)
{
    const json_t *model;
    TRY(part_get(root, path, "model", "WordPiece", &model));
    const char *unknown = "[UNK]", *prefix = "##";
    size_t characters_max = CHARACTERS_OF_A_WORD_MAX;
    TRY(json_get_string(model, path, "unk_token", &unknown));
    TRY(json_get_string(model, path, "continuing_subword_prefix", &prefix));
    TRY(json_get_size(model, path, "max_input_chars_per_word", 0, CHARACTERS_OF_A_WORD_LIMIT,
                      &characters_max));
    TRY(vocabulary_take(model, path, &t->vocabulary));

    int32_t id = vocabulary_find(&t->vocabulary, slice_of(unknown));
    if (id == TRIE_ABSENT)
        return fail(BERT_FORMAT, "%s: the vocabulary lacks \"%s\"", path, unknown);
    return wordpiece_init(&t->vocabulary, prefix, id, characters_max, &t->wordpiece);
}

static bert_status normalizer_read(const json_t *root, const char *path, normalizer_options *own)
{
    const json_t *part;
    TRY(part_get(root, path, "normalizer", "BertNormalizer", &part));
    *own = (normalizer_options){ .clean_text = true, .split_cjk = true, .lowercase = true };
    TRY(json_get_bool(part, path, "clean_text", &own->clean_text));
    TRY(json_get_bool(part, path, "handle_chinese_chars", &own->split_cjk));
    TRY(json_get_bool(part, path, "lowercase", &own->lowercase));
    own->strip_accents = own->lowercase;
    TRY(json_get_bool(part, path, "strip_accents", &own->strip_accents));
    return BERT_OK;
}

/* One piece of a template is { "SpecialToken" or "Sequence": { "id", "type_id" } }. NULL unless it
 * is of this kind and type. */
static const char *piece_name(const json_t *piece, const char *kind, int type)
{
    const json_t *body = json_object_get(piece, kind);
    const json_t *piece_type = json_object_get(body, "type_id");
    bool is_so = json_is_number(piece_type) && json_number_value(piece_type) == type;
    return is_so ? json_string_value(json_object_get(body, "id")) : NULL;
}

/* Does a template begin as [CLS] A [SEP] B [SEP] and have `count` pieces? */
static bool template_is_bert(const json_t *pieces, size_t count, const char *names[2])
{
    static const struct {
        const char *kind, *sequence;
        int name, type;
    } wanted[] = { { "SpecialToken", NULL, 0, 0 },
                   { "Sequence", "A", 0, 0 },
                   { "SpecialToken", NULL, 1, 0 },
                   { "Sequence", "B", 0, 1 },
                   { "SpecialToken", NULL, 1, 1 } };
    if (json_array_size(pieces) != count) return false;
    for (size_t i = 0; i < count; i++) {
        const char *name = piece_name(json_array_get(pieces, i), wanted[i].kind, wanted[i].type);
        const char *must = wanted[i].sequence ? wanted[i].sequence : names[wanted[i].name];
        if (!name || (must && strcmp(name, must) != 0)) return false;
        if (!wanted[i].sequence) names[wanted[i].name] = name;
    }
    return true;
}

static bert_status template_id(const json_t *part, const char *path, const char *name, int32_t *id)
{
    const json_t *tokens = json_object_get(part, "special_tokens");
    const json_t *ids = json_object_get(json_object_get(tokens, name), "ids");
    if (json_array_size(ids) != 1)
        return fail(BERT_FORMAT, "%s: \"%s\" of the post_processor's template has not one id", path,
                    name);
    return id_read(json_array_get(ids, 0), path, name, id);
}

static bert_status template_read(const json_t *part, const char *path, int32_t *cls, int32_t *sep)
{
    const char *names[2] = { NULL, NULL };
    if (!template_is_bert(json_object_get(part, "pair"), 5, names) ||
        !template_is_bert(json_object_get(part, "single"), 3, names))
        return fail(BERT_UNSUPPORTED,
                    "%s: the post_processor's template is not \"[CLS] A [SEP]\" and \"[CLS] A "
                    "[SEP] B [SEP]\"",
                    path);
    TRY(template_id(part, path, names[0], cls));
    return template_id(part, path, names[1], sep);
}

/* [CLS] and [SEP], which two kinds of post-processor write: as a template that says where they
 * stand, or as two pairs of text and id. */
static bert_status frame_read(const json_t *root, const char *path, tokenizer *t)
{
    const json_t *part = json_object_get(root, "post_processor");
    const char *type = json_string_value(json_object_get(part, "type"));
    int32_t cls, sep;
    if (!type || strcmp(type, "BertProcessing") != 0) {
        TRY(part_get(root, path, "post_processor", "TemplateProcessing", &part));
        TRY(template_read(part, path, &cls, &sep));
    } else {
        TRY(id_read(json_array_get(json_object_get(part, "cls"), 1), path, "cls", &cls));
        TRY(id_read(json_array_get(json_object_get(part, "sep"), 1), path, "sep", &sep));
    }
    frames_bert(cls, sep, &t->single, &t->pair);
    return BERT_OK;
}

bert_status added_token_read(const json_t *object, const char *path, added_token *out)
{
    added_token token = { 0 };
    TRY(json_get_string(object, path, "content", &token.content));
    if (!token.content) return fail(BERT_FORMAT, "%s: an added token lacks its \"content\"", path);
    TRY(json_get_bool(object, path, "single_word", &token.single_word));
    TRY(json_get_bool(object, path, "lstrip", &token.lstrip));
    TRY(json_get_bool(object, path, "rstrip", &token.rstrip));
    TRY(json_get_bool(object, path, "special", &token.special));
    token.normalized = !token.special;
    token.normalized_given = json_is_boolean(json_object_get(object, "normalized"));
    TRY(json_get_bool(object, path, "normalized", &token.normalized));
    *out = token;
    return BERT_OK;
}

const json_t *tokenizer_json_added(const json_t *root)
{
    return json_object_get(root, "added_tokens");
}

/* The ids that stand beside the tokens are not read: the reference gives its own, too. */
static bert_status added_read(const json_t *root, const char *path, tokenizer *t)
{
    const json_t *tokens = tokenizer_json_added(root);
    if (tokens && !json_is_null(tokens) && !json_is_array(tokens))
        return fail(BERT_FORMAT, "%s: \"added_tokens\" is not an array", path);
    for (size_t i = 0; i < json_array_size(tokens); i++) {
        added_token token;
        TRY(added_token_read(json_array_get(tokens, i), path, &token));
        TRY(fail_in(added_tokens_add(&t->added, &token, &t->vocabulary), "%s", path));
    }
    return BERT_OK;
}

/* Only the side of the stored truncation is used, as the class does. */
static bert_status truncation_read(const json_t *root, const char *path, tokenizer *t)
{
    const char *direction = "Right";
    const json_t *stored = json_object_get(root, "truncation");
    if (json_is_object(stored)) TRY(json_get_string(stored, path, "direction", &direction));
    t->truncate_left = strcmp(direction, "Left") == 0;
    return BERT_OK;
}

bert_status tokenizer_json_read(const char *path, json_t **root, tokenizer *t,
                                normalizer_options *own)
{
    const json_t *part;
    TRY(json_read_object(path, root));
    TRY(model_read(*root, path, t));
    TRY(normalizer_read(*root, path, own));
    TRY(part_get(*root, path, "pre_tokenizer", "BertPreTokenizer", &part));
    TRY(frame_read(*root, path, t));
    TRY(truncation_read(*root, path, t));
    return added_read(*root, path, t);
}
