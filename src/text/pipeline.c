#include "text/pipeline.h"

#include <stdlib.h>
#include <string.h>

/* Depth is bounded by that of the file's values (json_read_object()). */
static bert_status step_read(const pipeline_part *part, const json_t *object, void *into)
{
    const char *type = part->unnamed;
    if (!json_is_object(object)) return fail(BERT_FORMAT, "a step is not an object");
    TRY(json_get_string(object, "a step", "type", &type));
    if (strcmp(type, "Sequence") != 0) return part->read(object, type, into);

    const json_t *steps = json_object_get(object, part->list);
    if (!json_is_array(steps))
        return fail(BERT_FORMAT, "Sequence: \"%s\" is not an array", part->list);
    for (size_t i = 0; i < json_array_size(steps); i++)
        TRY(step_read(part, json_array_get(steps, i), into));
    return BERT_OK;
}

bert_status pipeline_read(const pipeline_part *part, const json_t *root, const char *path,
                          void *into)
{
    const json_t *object = json_object_get(root, part->key);
    if (!object || json_is_null(object)) return BERT_OK;
    return fail_in(step_read(part, object, into), "%s: the %s", path, part->key);
}

bert_status pipeline_unknown(const char *type)
{
    return fail(BERT_UNSUPPORTED, "\"%s\" is not a type that this program knows", type);
}

bert_status pipeline_choice(const json_t *object, const char *type, const char *key,
                            const char *const *names, size_t count, size_t *index)
{
    const char *name = NULL;
    TRY(json_get_string(object, type, key, &name));
    if (!name) return BERT_OK;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) != 0) continue;
        *index = i;
        return BERT_OK;
    }
    return fail(BERT_UNSUPPORTED, "%s: \"%s\" is \"%s\", which this program does not know", type,
                key, name);
}

bert_status step_options_read(const step_options *of, const json_t *step, const char *type,
                              void **options)
{
    *options = NULL;
    bert_status status = of->read ? of->read(step, type, options) : BERT_OK;
    if (status != BERT_OK) step_options_release(of, *options);
    return status;
}

void step_options_release(const step_options *of, void *options)
{
    if (of->release)
        of->release(options);
    else
        free(options);
}
