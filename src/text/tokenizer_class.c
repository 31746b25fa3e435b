/* The rules are those of transformers 4.57: tokenization_utils_base.py, _from_pretrained(), and
 * tokenization_utils_fast.py, __init__(). In short: where tokenizer_config.json has an
 * "added_tokens_decoder" it alone tells the added tokens; else the older files have their say. */
#include "text/tokenizer_class.h"

#include "base/file.h"
#include "base/memory.h"
#include "json/modules.h"
#include "text/tokenizer_json.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A token on its way into the vocabulary. */
typedef struct listed_token {
    added_token token;
    long long id;
    bool plain_text; /* written as a string, without flags */
    bool is_written; /* a special token that a file names by its content, for added_tokens.json */
} listed_token;

typedef struct token_list {
    const char *folder; /* for messages */
    listed_token *items;
    size_t count, capacity;
    trie index; /* content -> the last item that has it */
} token_list;

static bert_status list_push(token_list *list, listed_token token)
{
    if (list->count == ADDED_TOKENS_MAX)
        return fail(BERT_FORMAT,
                    "%s: the tokenizer has more than %d special and added tokens; put them into "
                    "the vocabulary",
                    list->folder, ADDED_TOKENS_MAX);
    TRY(fail_in(trie_insert(&list->index, slice_of(token.token.content), (int32_t)list->count),
                "%s", list->folder));
    void *items = list->items;
    bert_status status =
        memory_grow(&items, &list->capacity, list->count + 1, sizeof list->items[0]);
    list->items = items;
    TRY(status);
    list->items[list->count++] = token;
    return BERT_OK;
}

static listed_token *list_find(const token_list *list, const char *content)
{
    int32_t found = trie_find(&list->index, slice_of(content));
    return found == TRIE_ABSENT ? NULL : &list->items[found];
}

static void list_release(token_list *list)
{
    free(list->items);
    trie_release(&list->index);
}

static bert_status optional_read(const char *folder, const char *name, char **path, json_t **out)
{
    TRY(path_join(folder, name, path));
    return file_exists(*path) ? json_read_object(*path, out) : BERT_OK;
}

static bert_status max_length_read(tokenizer_class *c)
{
    double most = -1;
    TRY(json_get_double(c->config, c->config_path, "max_len", 0, 1e300, &most));
    TRY(json_get_double(c->config, c->config_path, "model_max_length", 0, 1e300, &most));
    /* "no bound" is written as 1e30 */
    c->max_length = most < 0 || most >= 0x1p53 ? SIZE_MAX : (size_t)most;
    return BERT_OK;
}

/* What the model is given, where the file says it. */
static void input_names_read(tokenizer_class *c)
{
    const json_t *names = json_object_get(c->config, "model_input_names"), *name;
    size_t i;
    c->untyped = c->kind->untyped;
    if (!json_is_array(names)) return;
    c->untyped = true;
    json_array_foreach((json_t *)names, i, name)
    {
        const char *text = json_string_value(name);
        if (text && strcmp(text, "token_type_ids") == 0) c->untyped = false;
    }
}

static bert_status config_read(tokenizer_class *c)
{
    TRY(json_get_bool(c->config, c->config_path, "do_lower_case", &c->lowercase));
    TRY(json_get_bool(c->config, c->config_path, "tokenize_chinese_chars", &c->split_cjk));
    c->strip_accents = c->lowercase;
    TRY(json_get_bool(c->config, c->config_path, "strip_accents", &c->strip_accents));
    TRY(json_get_bool(c->config, c->config_path, "split_special_tokens", &c->split_special));
    TRY(json_get_bool(c->config, c->config_path, "add_prefix_space", &c->add_prefix_space));
    TRY(json_get_bool(c->config, c->config_path, "trim_offsets", &c->trim_offsets));
    TRY(json_get_string(c->config, c->config_path, "truncation_side", &c->truncation_side));
    return max_length_read(c);
}

/* Sets the kind if the file names a class. */
static bert_status class_take(const json_t *config, const char *path, tokenizer_class *c)
{
    const char *name = NULL;
    TRY(json_get_string(config, path, "tokenizer_class", &name));
    if (!name) return BERT_OK;
    c->kind = tokenizer_kind_find(name);
    return c->kind ? BERT_OK
                   : fail(BERT_UNSUPPORTED,
                          "%s: the tokenizer is a %s, whose ids this program does not make; "
                          "docs/models.md has the classes that it knows",
                          path, name);
}

/* tokenizer_config.json names the class, or else the model's config.json, or it is the one of the
 * model's type. */
static bert_status kind_find(const char *folder, tokenizer_class *c)
{
    char *path = NULL;
    json_t *model = NULL;
    TRY(class_take(c->config, c->config_path, c));
    if (c->kind) return BERT_OK;
    const char *model_type = NULL;
    bert_status status = optional_read(folder, "config.json", &path, &model);
    if (status == BERT_OK) status = class_take(model, path, c);
    if (status == BERT_OK) status = json_get_string(model, path, "model_type", &model_type);
    if (!c->kind) c->kind = tokenizer_kind_of_model(model_type);
    json_decref(model);
    free(path);
    return status;
}

/* Has more than one piece in a hundred a capital letter of ASCII, those in brackets apart? A
 * vocabulary of lower-cased texts has none but what somebody added. */
static bert_status vocabulary_cased(const char *path, bool *out)
{
    file_map map;
    size_t pieces = 0, cased = 0;
    TRY(file_map_open(path, &map));
    for (const char *at = map.bytes, *end = at + map.count; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        bool capital = false;
        for (const char *c = at; c < stop && *at != '['; c++) capital |= *c >= 'A' && *c <= 'Z';
        pieces++;
        cased += capital;
        at = stop + (stop < end);
    }
    file_map_close(&map);
    *out = cased > pieces / 100;
    return BERT_OK;
}

/* Google's folders hold a vocabulary and no word of its case, which their programs are told by an
 * option. (Where there is a config.json, transformers reads the folder, and lower-cases.) */
static bert_status case_find(const char *folder, tokenizer_class *c)
{
    static const char *const others[] = { "config.json", "tokenizer.json" };
    char *path = NULL;
    bool told = false;
    for (size_t i = 0; !told && i < sizeof others / sizeof *others; i++) {
        TRY(path_join(folder, others[i], &path));
        told = file_exists(path);
        free(path);
    }
    if (told) return BERT_OK;
    TRY(path_join(folder, "vocab.txt", &path));
    bert_status status =
        file_exists(path) ? vocabulary_cased(path, &c->cased_by_vocabulary) : BERT_OK;
    free(path);
    if (c->cased_by_vocabulary) c->lowercase = c->strip_accents = false;
    return status;
}

/* do_lower_case of sentence_bert_config.json. */
static bert_status lowercase_first_read(const sentence_modules *m, tokenizer_class *c)
{
    char *path = NULL;
    json_t *object = NULL;
    bert_status status = modules_read_model(m, &path, &object);
    if (object) status = json_get_bool(object, path, "do_lower_case", &c->lowercase_first);
    json_decref(object);
    free(path);
    return status;
}

static bert_status files_read(const char *folder, tokenizer_class *out)
{
    TRY(optional_read(folder, "tokenizer_config.json", &out->config_path, &out->config));
    TRY(optional_read(folder, "special_tokens_map.json", &out->special_path, &out->special));
    TRY(optional_read(folder, "added_tokens.json", &out->added_path, &out->added));
    TRY(kind_find(folder, out));
    input_names_read(out);
    return out->config ? config_read(out) : case_find(folder, out);
}

bert_status tokenizer_class_read(const char *folder, tokenizer_class *out)
{
    sentence_modules m;
    *out = (tokenizer_class){ .lowercase = true,
                              .split_cjk = true,
                              .strip_accents = true,
                              .trim_offsets = true,
                              .max_length = SIZE_MAX };
    bert_status status = modules_read(folder, &m);
    if (status == BERT_OK) status = lowercase_first_read(&m, out);
    out->folder = m.model;
    m.model = NULL;
    modules_release(&m);
    return status == BERT_OK ? files_read(out->folder, out) : status;
}

void tokenizer_class_release(tokenizer_class *c)
{
    json_decref(c->config);
    json_decref(c->special);
    json_decref(c->added);
    free(c->folder);
    free(c->config_path);
    free(c->special_path);
    free(c->added_path);
    *c = (tokenizer_class){ 0 };
}

static bool is_legacy(const tokenizer_class *c)
{
    return !json_object_get(c->config, "added_tokens_decoder");
}

/* A special token as a file writes it: a string, or an object. */
static bert_status special_read(const json_t *value, const char *path, const char *key, bool in_map,
                                listed_token *out)
{
    *out = (listed_token){ .plain_text = json_is_string(value) };
    out->is_written = out->plain_text || in_map;
    if (out->plain_text) {
        out->token = (added_token){ .content = json_string_value(value), .special = true };
        return BERT_OK;
    }
    if (!json_is_object(value))
        return fail(BERT_FORMAT, "%s: \"%s\" is neither a text nor an added token", path, key);
    TRY(added_token_read(value, path, &out->token));
    if (in_map) added_token_specialize(&out->token);
    return BERT_OK;
}

/* *value = what is written of a special token, NULL for nothing; *in_map: by
 * special_tokens_map.json, which overrides tokenizer_config.json where it is read at all. */
static const json_t *special_value(const tokenizer_class *c, const char *key, bool *in_map)
{
    const json_t *value = is_legacy(c) ? json_object_get(c->special, key) : NULL;
    *in_map = value != NULL;
    return value ? value : json_object_get(c->config, key);
}

/* A token that no file names by its role. Without a word of its own the class has the padding's of
 * tokenizer.json. */
static const char *special_default(const tokenizer_class *c, const json_t *file, special_role role)
{
    const char *own = c->kind->defaults[role];
    if (own || role != SPECIAL_PAD) return own;
    return json_string_value(json_object_get(json_object_get(file, "padding"), "pad_token"));
}

/* `by_content` has the flags of those that a file writes as strings. */
static bert_status special_push(const tokenizer_class *c, const json_t *file, special_role role,
                                const token_list *by_content, token_list *out)
{
    bool in_map;
    const char *key = special_role_key(role), *content = special_default(c, file, role);
    const json_t *value = special_value(c, key, &in_map);
    listed_token token = { .token = { .content = content, .special = true }, .plain_text = true };
    if (json_is_null(value) || (!value && !content)) return BERT_OK;
    if (value) {
        TRY(special_read(value, in_map ? c->special_path : c->config_path, key, in_map, &token));
        const listed_token *known = list_find(by_content, token.token.content);
        bool is_written = token.is_written;
        if (known) token = *known;
        token.is_written = is_written;
    }
    if (token.plain_text && c->kind->plain_are_tokens) {
        token.plain_text = false;
        token.token.lstrip = role == SPECIAL_MASK;
    }
    if (token.plain_text && c->kind->mask_strips && role == SPECIAL_MASK) {
        token.plain_text = false;
        token.token.lstrip = true;
    }
    if (token.plain_text && c->kind->unknown_normalized && role == SPECIAL_UNK && !file) {
        token.plain_text = false;
        token.token.normalized = token.token.normalized_given = true;
    }
    return list_push(out, token);
}

/* Further special tokens: an array of them, or an object whose values they are. */
static bert_status further_push(const json_t *tokens, const char *path, const char *key,
                                bool in_map, token_list *out)
{
    if (tokens && !json_is_null(tokens) && !json_is_array(tokens) && !json_is_object(tokens))
        return fail(BERT_FORMAT, "%s: \"%s\" holds no list", path, key);
    void *iterator = json_object_iter((json_t *)tokens);
    for (size_t i = 0; i < json_array_size(tokens) || iterator; i++) {
        const json_t *value =
            iterator ? json_object_iter_value(iterator) : json_array_get(tokens, i);
        listed_token token;
        TRY(special_read(value, path, key, in_map, &token));
        TRY(list_push(out, token));
        if (iterator) iterator = json_object_iter_next((json_t *)tokens, iterator);
    }
    return BERT_OK;
}

static bert_status all_further_push(const tokenizer_class *c, token_list *out)
{
    static const char additional[] = "additional_special_tokens", extra[] = "extra_special_tokens";
    const size_t before = out->count;
    TRY(further_push(json_object_get(c->config, additional), c->config_path, additional, false,
                     out));
    if (is_legacy(c))
        TRY(further_push(json_object_get(c->special, additional), c->special_path, additional, true,
                         out));
    bool listed = out->count > before;
    for (size_t i = 0; !listed && i < SPECIAL_FURTHER_MAX && c->kind->further[i]; i++)
        TRY(list_push(out,
                      (listed_token){ .token = { .content = c->kind->further[i], .special = true },
                                      .plain_text = true }));
    size_t count = out->count;
    TRY(further_push(json_object_get(c->config, extra), c->config_path, extra, false, out));
    while (count < out->count) out->items[count++].is_written = false; /* the class alone asks */
    return BERT_OK;
}

/* All special tokens, each once, in the class's order. */
static bert_status specials_list(const tokenizer_class *c, const json_t *file,
                                 const token_list *by_content, token_list *out)
{
    token_list all = { .folder = c->folder };
    bert_status status = BERT_OK;
    for (special_role role = 0; role < SPECIAL_ROLES && status == BERT_OK; role++)
        status = special_push(c, file, role, by_content, &all);
    if (status == BERT_OK) status = all_further_push(c, &all);
    for (size_t i = 0; i < all.count && status == BERT_OK; i++) {
        listed_token *item = &all.items[i], *first = list_find(out, item->token.content);
        /* Of vocab.txt a tokenizer in Python is made first, which settles the flag of these. */
        if (!file && !list_find(by_content, item->token.content))
            item->token.normalized_given = true;
        if (first) first->is_written |= item->is_written;
        if (!first) status = list_push(out, *item);
    }
    list_release(&all);
    return status;
}

static int compare_ids(const void *a, const void *b)
{
    const listed_token *left = a, *right = b;
    return left->id < right->id ? -1 : left->id > right->id;
}

/* An entry of "added_tokens_decoder": its key is the id. */
static bert_status decoder_read(const tokenizer_class *c, token_list *out)
{
    const char *key;
    json_t *value;
    const json_t *decoder = json_object_get(c->config, "added_tokens_decoder");
    if (!json_is_object(decoder))
        return fail(BERT_FORMAT, "%s: \"added_tokens_decoder\" is not an object", c->config_path);
    json_object_foreach((json_t *)decoder, key, value)
    {
        char *end;
        errno = 0;
        listed_token token = { .id = strtoll(key, &end, 10) };
        if (end == key || *end || errno)
            return fail(BERT_FORMAT, "%s: \"%s\" in \"added_tokens_decoder\" is not an id",
                        c->config_path, key);
        TRY(added_token_read(value, c->config_path, &token.token));
        TRY(list_push(out, token));
    }
    return BERT_OK;
}

/* tokenizer.json's own tokens; their ids decide whom they replace in legacy_read(). */
static bert_status file_read(const json_t *of_file, const char *path, token_list *out)
{
    for (size_t i = 0; i < json_array_size(of_file); i++) {
        const json_t *object = json_array_get(of_file, i);
        size_t id = 0;
        TRY(json_get_size(object, path, "id", 0, INT32_MAX, &id));
        listed_token token = { .id = (long long)id };
        TRY(added_token_read(object, path, &token.token));
        TRY(list_push(out, token));
    }
    return BERT_OK;
}

/* added_tokens.json: { content: id }; and tokenizer.json's, which replace those of their ids. */
static bert_status legacy_read(const tokenizer_class *c, const token_list *of_file,
                               const token_list *specials, token_list *out)
{
    const char *content;
    json_t *value;
    json_object_foreach(c->added, content, value)
    {
        size_t id = 0;
        if (json_is_null(value))
            return fail(BERT_FORMAT, "%s: \"%s\" has no id", c->added_path, content);
        TRY(json_get_size(c->added, c->added_path, content, 0, INT32_MAX, &id));
        const listed_token *of_role = list_find(specials, content);
        bool special = of_role && of_role->is_written, replaced = false;
        listed_token token = { .token = { .content = content,
                                          .normalized = !special,
                                          .special = special,
                                          .normalized_given = true },
                               .id = (long long)id };
        for (size_t i = 0; i < of_file->count; i++) replaced |= of_file->items[i].id == token.id;
        if (!replaced) TRY(list_push(out, token));
    }
    for (size_t i = 0; i < of_file->count; i++) TRY(list_push(out, of_file->items[i]));
    return BERT_OK;
}

/* The tokens of `decoder`, those that are there already too, then the special ones. */
static bert_status tokens_add(const token_list *decoder, const token_list *specials,
                              added_tokens *added, vocabulary *v, token_list *fresh)
{
    for (size_t i = 0; i < decoder->count; i++) TRY(list_push(fresh, decoder->items[i]));
    for (size_t i = 0; i < specials->count; i++) {
        const listed_token *special = &specials->items[i];
        const char *content = special->token.content;
        bool there = added_tokens_find(added, content) || list_find(fresh, content);
        if (!special->plain_text || !there) TRY(list_push(fresh, *special));
    }
    for (size_t i = 0; i < fresh->count; i++) {
        added_token token = fresh->items[i].token;
        if (list_find(specials, token.content)) added_token_specialize(&token);
        TRY(fail_in(added_tokens_add(added, &token, v), "%s", fresh->folder));
    }
    return BERT_OK;
}

bert_status tokenizer_class_add(const tokenizer_class *c, const json_t *file, added_tokens *added,
                                vocabulary *v)
{
    const token_list none = { .folder = c->folder };
    token_list decoder = none, specials = none, fresh = none, in_file = none;
    bert_status status = BERT_OK;
    if (is_legacy(c)) {
        status = fail_in(file_read(tokenizer_json_added(file), "tokenizer.json", &in_file), "%s",
                         c->folder);
        if (status == BERT_OK) status = specials_list(c, file, &in_file, &specials);
        if (status == BERT_OK) status = legacy_read(c, &in_file, &specials, &decoder);
    } else {
        status = decoder_read(c, &decoder);
        if (status == BERT_OK) status = specials_list(c, file, &decoder, &specials);
    }
    if (decoder.count) qsort(decoder.items, decoder.count, sizeof decoder.items[0], compare_ids);
    if (status == BERT_OK) status = tokens_add(&decoder, &specials, added, v, &fresh);
    list_release(&decoder);
    list_release(&specials);
    list_release(&fresh);
    list_release(&in_file);
    return status;
}

bert_status tokenizer_class_token(const tokenizer_class *c, special_role role, const char **text)
{
    bool in_map;
    const char *key = special_role_key(role);
    const json_t *value = special_value(c, key, &in_map);
    *text = c->kind->defaults[role] ? c->kind->defaults[role] : "";
    if (!value) return BERT_OK;
    if (json_is_null(value) && role == SPECIAL_MASK) { /* one that is not there */
        *text = "";
        return BERT_OK;
    }
    listed_token token;
    TRY(special_read(value, in_map ? c->special_path : c->config_path, key, in_map, &token));
    *text = token.token.content;
    return BERT_OK;
}
