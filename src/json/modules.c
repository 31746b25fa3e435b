#include "json/modules.h"

#include "base/file.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The modules that are known, in the order in which they may stand. Dropout does nothing once a
 * model is trained. */
typedef enum module_kind { MODEL, POOLING, DENSE, NORMALIZE, DROPOUT, UNKNOWN } module_kind;

static module_kind kind_of(const char *type)
{
    static const struct {
        const char *word;
        module_kind kind;
    } kinds[] = { { "Transformer", MODEL }, { "BERT", MODEL },          { "Pooling", POOLING },
                  { "Dense", DENSE },       { "Normalize", NORMALIZE }, { "Dropout", DROPOUT } };
    const char *word = strrchr(type, '.');
    bool own = strncmp(type, "sentence_transformers.", strlen("sentence_transformers.")) == 0;
    for (size_t i = 0; own && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(word + 1, kinds[i].word) == 0) return kinds[i].kind;
    return UNKNOWN;
}

static bert_status unknown_set(sentence_modules *m, const char *before, const char *name,
                               const char *after)
{
    if (m->unknown) return BERT_OK; /* the first is enough */
    if (asprintf(&m->unknown, "%s%s%s", before, name, after) >= 0) return BERT_OK;
    m->unknown = NULL;
    return fail(BERT_MEMORY, "out of memory for modules.json");
}

static bert_status model_place(sentence_modules *m, const char *folder, const char *name)
{
    free(m->model);
    m->model = NULL;
    if (!(m->place = strdup(name))) return fail(BERT_MEMORY, "out of memory for a path");
    return path_join(folder, name, &m->model);
}

static bert_status pooling_place(sentence_modules *m, const char *folder, const char *name)
{
    char *place;
    TRY(path_join(folder, name, &place));
    bert_status status = path_join(place, "config.json", &m->pooling);
    free(place);
    return status;
}

/* A model, a pooling, and behind them what turns and what divides. */
static bert_status module_take(sentence_modules *m, const char *folder, const char *path,
                               const json_t *module, size_t index)
{
    const char *type = "", *name = "";
    if (!json_is_object(module))
        return fail(BERT_FORMAT, "%s: holds something that is no module, {...}", path);
    TRY(json_get_string(module, path, "type", &type));
    TRY(json_get_string(module, path, "path", &name));
    if (*name && !file_name_is_plain(name))
        return fail(BERT_UNSUPPORTED,
                    "%s: the path '%s' of a module is not the name of a folder beside it", path,
                    name);
    module_kind kind = kind_of(type);
    if (*name && (kind != MODEL || index)) TRY(json_put(m->parts, name, json_true()));
    switch (kind) {
    case MODEL:
        if (index) break;
        return *name ? model_place(m, folder, name) : BERT_OK;
    case POOLING:
        if (!index || m->pooling || !*name) break;
        return pooling_place(m, folder, name);
    case DENSE:
        if (!m->pooling || m->dense || m->divided || !*name) break;
        return path_join(folder, name, &m->dense);
    case NORMALIZE:
        if (!m->pooling) break;
        m->divided = true;
        return BERT_OK;
    case DROPOUT:
        return BERT_OK;
    case UNKNOWN:
        return unknown_set(m, "modules.json lists '", type, "', a module that is not known here");
    }
    return unknown_set(m, "modules.json has '", type, "' at a place where it is not known here");
}

static bert_status list_take(sentence_modules *m, const char *folder, const char *path,
                             const json_t *list)
{
    size_t index;
    json_t *module;
    m->listed = json_array_size(list) > 0;
    json_array_foreach((json_t *)list, index, module)
        TRY(module_take(m, folder, path, module, index));
    if (!m->listed || m->pooling) return BERT_OK;
    return unknown_set(m, "modules.json lists no ", "Pooling", ", which makes a text's vector");
}

bert_status modules_read_names(const char *folder, sentence_modules *out)
{
    char *path;
    json_t *list = NULL;
    *out = (sentence_modules){ .model = strdup(folder), .parts = json_object() };
    if (!out->model || !out->parts) return fail(BERT_MEMORY, "out of memory for a path");
    TRY(path_join(folder, "modules.json", &path));
    bert_status status = file_exists(path) ? json_read_list(path, &list) : BERT_OK;
    if (status == BERT_OK) status = list_take(out, folder, path, list);
    json_decref(list);
    free(path);
    return status;
}

bert_status modules_read(const char *folder, sentence_modules *out)
{
    TRY(modules_read_names(folder, out));
    if (!out->place || folder_exists(out->model)) return BERT_OK;
    return fail(BERT_IO,
                "%s/modules.json: the model's folder '%s' is not there; fetch the whole model",
                folder, out->place);
}

void modules_release(sentence_modules *m)
{
    free(m->model);
    free(m->place);
    json_decref(m->parts);
    free(m->pooling);
    free(m->dense);
    free(m->unknown);
    *m = (sentence_modules){ 0 };
}

bert_status modules_model_folder(const char *folder, char **out)
{
    sentence_modules m;
    bert_status status = modules_read(folder, &m);
    if (status == BERT_OK) {
        *out = m.model;
        m.model = NULL;
    }
    modules_release(&m);
    return status;
}

bert_status modules_read_model(const sentence_modules *m, char **path, json_t **out)
{
    *out = NULL;
    TRY(path_join(m->model, "sentence_bert_config.json", path));
    return m->listed && file_exists(*path) ? json_read_object(*path, out) : BERT_OK;
}
