/* config_pooling.c: what stands for a whole sequence, and how much of it is read, as
 * sentence-transformers' files say. */
#include "base/file.h"
#include "json/json.h"
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

/* Names modules.json nothing but a model, its pooling and a division by the length; and the last?
 */
static void modules_look(const json_t *list, bool *known, bool *divided)
{
    static const char *const names[] = { "Transformer", "Pooling", "Normalize" };
    size_t index, which;
    const json_t *module;
    json_array_foreach((json_t *)list, index, module)
    {
        const char *type = json_string_value(json_object_get(module, "type"));
        const char *name = type ? strrchr(type, '.') : NULL;
        for (which = 0; which < 3; which++)
            if (name && strcmp(name + 1, names[which]) == 0) break;
        if (which == 2) *divided = true;
        if (which == 3) *known = false;
    }
}

static bert_status modules_read(const char *path, config *c)
{
    json_t *list;
    bool known = true;
    TRY(json_read_list(path, &list));
    modules_look(list, &known, &c->vectors_divided);
    if (!known) c->pooling = POOLING_OTHER;
    json_decref(list);
    return BERT_OK;
}

static bert_status pooling_read(const char *path, config *c)
{
    json_t *object;
    TRY(json_read_object(path, &object));
    c->pooling = pooling_of(object);
    json_decref(object);
    return BERT_OK;
}

/* The longest text, where it is said. A "no bound" is written as 1e30. */
static bert_status tokens_read(const char *path, config *c)
{
    json_t *object;
    double most = 0.0;
    TRY(json_read_object(path, &object));
    bert_status status = json_get_double(object, path, "max_seq_length", 3, 1e300, &most);
    json_decref(object);
    c->vector_tokens = most < (double)c->positions ? (size_t)most : c->positions;
    return status;
}

bert_status config_read_pooling(const char *folder, config *c)
{
    static const struct {
        const char *name;
        bert_status (*read)(const char *path, config *c);
    } parts[] = { { "1_Pooling/config.json", pooling_read },
                  { "modules.json", modules_read },
                  { "sentence_bert_config.json", tokens_read } };
    bert_status status = BERT_OK;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && status == BERT_OK; i++) {
        char *path;
        TRY(path_join(folder, parts[i].name, &path));
        bool there = file_exists(path);
        if (there) status = parts[i].read(path, c);
        free(path);
        if (!there && i == 0) break; /* no folder of sentence-transformers */
    }
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
    c->pooling = strcmp(name, "cls") == 0 ? POOLING_CLS : POOLING_MEAN;
    return BERT_OK;
}
