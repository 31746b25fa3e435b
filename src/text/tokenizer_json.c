#include "text/tokenizer_json.h"

#include <string.h>

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

/* Has a part, or a step in it, a "pattern" that is a "Regex"? */
static bool is_patterned(const json_t *part)
{
    if (json_object_get(json_object_get(part, "pattern"), "Regex")) return true;
    const json_t *steps = json_object_get(part, "pretokenizers");
    if (!steps) steps = json_object_get(part, "normalizers");
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (is_patterned(json_array_get(steps, i))) return true;
    return false;
}

bert_status tokenizer_json_read(const char *path, json_t **root, tokenizer *t)
{
    TRY(json_read_object(path, root));
    TRY(normalizer_read(*root, path, &t->normalizer));
    TRY(pre_tokenizer_read(*root, path, &t->pre_tokenizer));
    TRY(word_model_read(*root, path, pre_tokenizer_gives_bytes(&t->pre_tokenizer), &t->vocabulary,
                        &t->model));
    TRY(post_processor_read(*root, path, &t->post));
    t->patterned = is_patterned(json_object_get(*root, "normalizer")) ||
                   is_patterned(json_object_get(*root, "pre_tokenizer"));
    TRY(truncation_read(*root, path, t));
    return added_read(*root, path, t);
}
