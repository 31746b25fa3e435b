/* config_pooling.c: what makes a vector of a text, as sentence-transformers' files say: what is put
 * before the text, how much of it is read, and what is made of its tokens' states. */
#include "base/file.h"
#include "json/json.h"
#include "json/modules.h"
#include "model/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bert_status config_refuse_vectors(config *c, const char *format, ...)
{
    if (c->vectors_unknown) return BERT_OK;
    va_list arguments;
    va_start(arguments, format);
    int bytes = vasprintf(&c->vectors_unknown, format, arguments);
    va_end(arguments);
    if (bytes >= 0) return BERT_OK;
    c->vectors_unknown = NULL;
    return fail(BERT_MEMORY, "out of memory for the configuration");
}

/* Reads a file of the folder, if it is there, into the configuration. */
static bert_status file_take(const char *folder, const char *name,
                             bert_status (*take)(const json_t *o, const char *path, config *c),
                             config *c)
{
    char *path;
    json_t *object = NULL;
    TRY(path_join(folder, name, &path));
    bert_status status = file_exists(path) ? json_read_object(path, &object) : BERT_OK;
    if (object) status = take(object, path, c);
    json_decref(object);
    free(path);
    return status;
}

/* ---- the pooling's config.json */

/* The ways that it names: "mean", or of several "mean+max". Older files have a yes or no for each
 * way, and stand for the mean where all say no. */
static void modes_list(const json_t *o, char *out, size_t room)
{
    static const char *const old[][2] = {
        { "pooling_mode_cls_token", "cls" },
        { "pooling_mode_max_tokens", "max" },
        { "pooling_mode_mean_tokens", "mean" },
        { "pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens" },
        { "pooling_mode_weightedmean_tokens", "weightedmean" },
        { "pooling_mode_lasttoken", "lasttoken" },
    };
    const json_t *mode = json_object_get(o, "pooling_mode"), *one;
    size_t at = 0, i;
    *out = '\0';
    if (json_is_string(mode)) snprintf(out, room, "%s", json_string_value(mode));
    json_array_foreach((json_t *)mode, i, one) if (json_is_string(one) && at < room) at +=
        (size_t)snprintf(out + at, room - at, "%s%s", at ? "+" : "", json_string_value(one));
    if (mode) return;
    for (i = 0; i < sizeof old / sizeof *old; i++)
        if (json_is_true(json_object_get(o, old[i][0])) && at < room)
            at += (size_t)snprintf(out + at, room - at, "%s%s", at ? "+" : "", old[i][1]);
    if (!at) snprintf(out, room, "mean");
}

static bert_status pooling_take(const json_t *o, const char *path, config *c)
{
    char modes[256];
    bool prompt = true;
    modes_list(o, modes, sizeof modes);
    TRY(json_get_bool(o, path, "include_prompt", &prompt));
    c->prompt_left_out = !prompt;
    c->pooling = strcmp(modes, "cls") == 0 ? POOLING_CLS : POOLING_MEAN;
    if (strcmp(modes, "cls") != 0 && strcmp(modes, "mean") != 0)
        return config_refuse_vectors(c, "%s pools by '%s', where only 'mean' and 'cls' are known",
                                     path, modes);
    if (c->pooling == POOLING_CLS && c->prompt_left_out)
        return config_refuse_vectors(
            c,
            "%s says \"include_prompt\": false of the pooling by [CLS], which is "
            "known of the mean alone",
            path);
    return BERT_OK;
}

static bert_status pooling_read(const char *path, config *c)
{
    json_t *object;
    c->pooling = POOLING_MEAN; /* whatever else: it is a folder for vectors */
    if (!file_exists(path))
        return config_refuse_vectors(c, "modules.json names %s, and it is not there", path);
    TRY(json_read_object(path, &object));
    bert_status status = pooling_take(object, path, c);
    json_decref(object);
    return status;
}

/* ---- sentence_bert_config.json */

static bool is_empty(const json_t *value)
{
    return !value || json_is_null(value) || (json_is_object(value) && !json_object_size(value));
}

/* What transformers is told beside the folder's own files. */
static bert_status arguments_check(const json_t *o, const char *path, config *c)
{
    static const char *const sets[] = { "tokenizer_args",   "processor_kwargs", "config_args",
                                        "config_kwargs",    "model_args",       "model_kwargs",
                                        "processing_kwargs" };
    static const char *const harmless[] = { "add_pooling_layer", "attn_implementation",
                                            "torch_dtype", "dtype", "trust_remote_code" };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const json_t *set = json_object_get(o, sets[i]);
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)set, key, value)
        {
            size_t k = 0;
            while (k < sizeof harmless / sizeof *harmless && strcmp(harmless[k], key) != 0) k++;
            if (k == sizeof harmless / sizeof *harmless && !is_empty(value))
                TRY(config_refuse_vectors(c, "%s sets '%s' in \"%s\"", path, key, sets[i]));
        }
    }
    return BERT_OK;
}

static bert_status model_take(const json_t *o, const char *path, config *c)
{
    double most = 0.0; /* "no bound" is written as 1e30 */
    const char *does = "feature-extraction", *gives = "token_embeddings";
    TRY(json_get_double(o, path, "max_seq_length", 3, 1e300, &most));
    c->vector_tokens = most < (double)c->positions ? (size_t)most : c->positions;
    TRY(json_get_string(o, path, "transformer_task", &does));
    TRY(json_get_string(o, path, "module_output_name", &gives));
    if (strcmp(does, "feature-extraction") != 0)
        TRY(config_refuse_vectors(c, "%s says \"transformer_task\": '%s'", path, does));
    if (strcmp(gives, "token_embeddings") != 0)
        TRY(config_refuse_vectors(c, "%s says \"module_output_name\": '%s'", path, gives));
    return arguments_check(o, path, c);
}

/* Without modules.json, by which sentence-transformers itself goes, too: part of a folder that has
 * a pooling is taken for the whole. */
static bert_status model_read(const char *folder, config *c)
{
    return file_take(folder, "sentence_bert_config.json", model_take, c);
}

/* ---- config_sentence_transformers.json */

/* These two names are there in any case, and stand for nothing unless the file says more. */
static bool prompt_is_usual(const char *name)
{
    return strcmp(name, "query") == 0 || strcmp(name, "document") == 0;
}

/* "query, passage" */
static void prompts_list(const json_t *prompts, char *out, size_t room)
{
    const char *name;
    json_t *text;
    size_t at = 0;
    *out = '\0';
    json_object_foreach((json_t *)prompts, name, text) if (at < room) at +=
        (size_t)snprintf(out + at, room - at, "%s%s", at ? ", " : "", name);
}

static bert_status prompts_take(const json_t *o, const char *path, config *c)
{
    json_t *prompts = json_object_get(o, "prompts"), *text;
    const char *name, *chosen = NULL;
    char names[256];
    if (prompts && !json_is_null(prompts) && !json_is_object(prompts))
        return fail(BERT_FORMAT, "%s: \"prompts\" must be an object of names and texts", path);
    json_object_foreach(prompts, name, text)
    {
        if (!json_is_string(text) && !json_is_null(text))
            return fail(BERT_FORMAT, "%s: the prompt \"%s\" is no text", path, name);
    }
    if (json_is_object(prompts)) c->prompts = json_incref(prompts);
    TRY(json_get_string(o, path, "default_prompt_name", &chosen));
    if (!chosen) return BERT_OK;
    prompts_list(prompts, names, sizeof names);
    if (!json_object_get(prompts, chosen) && !prompt_is_usual(chosen))
        return fail(BERT_FORMAT, "%s: default_prompt_name '%s' is none of its prompts (%s)", path,
                    chosen, *names ? names : "it has none");
    c->prompt_name = strdup(chosen);
    return c->prompt_name ? BERT_OK : fail(BERT_MEMORY, "out of memory for the configuration");
}

static bert_status whole_take(const json_t *o, const char *path, config *c)
{
    const char *type = "SentenceTransformer", *answers = c->answer_function;
    size_t width = 0;
    TRY(prompts_take(o, path, c));
    TRY(json_get_string(o, path, "model_type", &type));
    TRY(json_get_size(o, path, "truncate_dim", 1, 1 << 16, &width));
    TRY(json_get_string(o, path, "activation_fn", &answers));
    if (answers != c->answer_function) TRY(config_name_answers(c, answers));
    if (strcmp(type, "SentenceTransformer") != 0)
        TRY(config_refuse_vectors(c, "%s says \"model_type\": '%s'", path, type));
    if (width && width < config_vector_width(c))
        TRY(config_refuse_vectors(c, "%s says \"truncate_dim\": %zu, to cut vectors", path, width));
    return BERT_OK;
}

/* ---- all of them */

static bert_status listed_read(const char *folder, const sentence_modules *m, config *c)
{
    c->pooling = POOLING_MEAN;
    c->vectors_divided = m->divided;
    if (m->unknown) TRY(config_refuse_vectors(c, "%s", m->unknown));
    if (m->pooling) TRY(pooling_read(m->pooling, c));
    if (m->dense) TRY(config_read_dense(m->dense, c));
    TRY(model_read(m->model, c));
    return file_take(folder, "config_sentence_transformers.json", whole_take, c);
}

bert_status config_read_pooling(const char *folder, const sentence_modules *m, config *c)
{
    char *path;
    if (m->listed) return listed_read(folder, m, c);
    TRY(path_join(folder, "1_Pooling/config.json", &path));
    bert_status status = BERT_OK;
    if (file_exists(path)) {
        status = pooling_read(path, c);
        if (status == BERT_OK) status = model_read(folder, c);
    }
    free(path);
    return status;
}

bert_status config_check_pooling(const config *c)
{
    if (!c->vectors_unknown) return BERT_OK;
    return fail(BERT_UNSUPPORTED,
                "the vectors of this model cannot be made here: %s; %s mean or cls makes plain "
                "ones",
                c->vectors_unknown, FIELD(pooling));
}

bert_status config_set_pooling(config *c, const char *name)
{
    if (!name) {
        if (c->pooling == POOLING_NONE) c->pooling = POOLING_MEAN;
        return config_check_pooling(c);
    }
    free(c->vectors_unknown);
    c->vectors_unknown = NULL;
    config_drop_dense(c);
    c->pooling = strcmp(name, "cls") == 0 ? POOLING_CLS : POOLING_MEAN;
    if (c->pooling == POOLING_CLS) c->prompt_left_out = false;
    return BERT_OK;
}

/* ---- prompts */

static const char no_prompt[] = "none";

/* "query" looks like a name, "query: " like a text. */
static bool is_word(const char *text)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return *text && !text[strspn(text, letters)];
}

bert_status config_find_prompt(const config *c, const char *given, const char **text)
{
    const char *name = given ? given : c->prompt_name;
    const json_t *named = name ? json_object_get(c->prompts, name) : NULL;
    *text = json_is_string(named) ? json_string_value(named) : "";
    if (named || !given || strcmp(given, no_prompt) == 0) return BERT_OK;
    if (is_word(given)) {
        char names[256];
        prompts_list(c->prompts, names, sizeof names);
        return fail_field(BERT_ARGUMENT, "prompt",
                          "'%s' is none of the model's prompts (%s); a text to put before each "
                          "input ends in a blank or a sign, such as '%s: '; none is for no prompt",
                          given, *names ? names : "it names none", given);
    }
    *text = given;
    return BERT_OK;
}

bert_status config_set_prompt(config *c, const char *given)
{
    static const char own[] = "prompt"; /* the name of a text without one */
    const char *text;
    if (!given) return BERT_OK;
    TRY(config_find_prompt(c, given, &text));
    bool named = json_object_get(c->prompts, given);
    char *name = *text || named ? strdup(named ? given : own) : NULL;
    if (!name && (*text || named)) return fail(BERT_MEMORY, "out of memory for the configuration");
    free(c->prompt_name);
    c->prompt_name = name;
    if (!name || named) return BERT_OK;
    if (!c->prompts) c->prompts = json_object();
    if (!c->prompts) return fail(BERT_MEMORY, "out of memory for the configuration");
    return json_put(c->prompts, own, json_string_of(slice_of(text)));
}
