/* config_pooling.c: what stands for a whole sequence, as sentence-transformers' files say. */
#include "base/file.h"
#include "formats/json.h"
#include "model/config.h"

#include <stdlib.h>
#include <string.h>

/* "mean" or "cls"; older files have a yes or no for each way: "pooling_mode_mean_tokens". */
static pooling_kind pooling_of(const json_t *o)
{
    static const char before[] = "pooling_mode_";
    const json_t *mode = json_object_get(o, "pooling_mode"), *value;
    const char *key, *name = json_string_value(mode);
    bool mean = name && strcmp(name, "mean") == 0, first = name && strcmp(name, "cls") == 0;
    bool other = mode && !mean && !first;
    json_object_foreach((json_t *)o, key, value)
    {
        if (mode || strncmp(key, before, strlen(before)) != 0 || !json_is_true(value)) continue;
        if (strcmp(key, "pooling_mode_mean_tokens") == 0)
            mean = true;
        else if (strcmp(key, "pooling_mode_cls_token") == 0)
            first = true;
        else
            other = true;
    }
    if (other || mean == first) return POOLING_OTHER;
    return mean ? POOLING_MEAN : POOLING_CLS;
}

/* Does modules.json name nothing but a model, its pooling and a division by the length? */
static bool modules_known(const json_t *list)
{
    static const char *const known[] = { "Transformer", "Pooling", "Normalize" };
    size_t index;
    const json_t *module;
    json_array_foreach((json_t *)list, index, module)
    {
        const char *type = json_string_value(json_object_get(module, "type"));
        const char *name = type ? strrchr(type, '.') : NULL;
        bool found = false;
        for (size_t i = 0; name && i < sizeof known / sizeof *known; i++)
            found = found || strcmp(name + 1, known[i]) == 0;
        if (!found) return false;
    }
    return true;
}

static bert_status modules_read(const char *folder, bool *known)
{
    char *path;
    json_t *list = NULL;
    TRY(path_join(folder, "modules.json", &path));
    bert_status status = file_exists(path) ? json_read_list(path, &list) : BERT_OK;
    *known = !list || modules_known(list);
    json_decref(list);
    free(path);
    return status;
}

bert_status config_read_pooling(const char *folder, config *c)
{
    char *path;
    json_t *object = NULL;
    bool known = true;
    TRY(path_join(folder, "1_Pooling/config.json", &path));
    bert_status status = BERT_OK;
    if (file_exists(path)) {
        status = json_read_object(path, &object);
        if (status == BERT_OK) status = modules_read(folder, &known);
        if (status == BERT_OK) c->pooling = known ? pooling_of(object) : POOLING_OTHER;
    }
    json_decref(object);
    free(path);
    return status;
}

bert_status config_check_pooling(const config *c)
{
    if (c->pooling != POOLING_OTHER) return BERT_OK;
    return fail(BERT_UNSUPPORTED,
                "the model's modules.json or 1_Pooling/config.json asks for more than the mean of "
                "all tokens or [CLS], and nothing else is known here");
}

bert_status config_set_pooling(config *c, const char *name)
{
    if (!name) {
        if (c->pooling == POOLING_NONE) c->pooling = POOLING_MEAN;
        return config_check_pooling(c);
    }
    if (strcmp(name, "mean") != 0 && strcmp(name, "cls") != 0)
        return fail(BERT_ARGUMENT, "--pooling is '%s'; it can be mean or cls", name);
    c->pooling = *name == 'm' ? POOLING_MEAN : POOLING_CLS;
    return BERT_OK;
}
