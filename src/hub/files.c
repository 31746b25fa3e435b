#include "hub/files.h"

#include "json/json.h"

#include <string.h>

enum { NAME_BYTES_MAX = 1024, SHARDS_MAX = 1024 };

const char *const hub_small_files[] = {
#define SMALL(name) name,
#define WEIGHTS(kind, name)
#include "hub/files.def"
#undef SMALL
#undef WEIGHTS
};
const size_t hub_small_count = sizeof hub_small_files / sizeof *hub_small_files;

const hub_weights hub_weights_files[] = {
#define SMALL(name)
#define WEIGHTS(kind, name) { HUB_##kind, name },
#include "hub/files.def"
#undef SMALL
#undef WEIGHTS
};
const size_t hub_weights_count = sizeof hub_weights_files / sizeof *hub_weights_files;

static bool part_good(slice part)
{
    return part.count && !slice_equal(part, slice_of(".")) && !slice_equal(part, slice_of(".."));
}

bool hub_file_name_good(slice name)
{
    slice part = { name.bytes, 0 };
    if (name.count > NAME_BYTES_MAX) return false;
    for (size_t i = 0; i < name.count; i++) {
        unsigned char byte = (unsigned char)name.bytes[i];
        if (byte < ' ' || byte == 0x7F || byte == '\\') return false;
        if (byte != '/') {
            part.count++;
            continue;
        }
        if (!part_good(part)) return false;
        part = (slice){ name.bytes + i + 1, 0 };
    }
    return part_good(part);
}

static bert_status shards_collect(const json_t *map, const char *path, json_t *out)
{
    const char *tensor;
    json_t *value;
    json_object_foreach((json_t *)map, tensor, value)
    {
        const char *name = json_string_value(value);
        if (!name || !hub_file_name_good(slice_of(name)) || strchr(name, '/'))
            return fail(BERT_FORMAT, "%s: names a shard that is no plain file name", path);
        TRY(json_put(out, name, json_true()));
        if (json_object_size(out) > SHARDS_MAX)
            return fail(BERT_FORMAT, "%s: names more than %d shards", path, SHARDS_MAX);
    }
    if (!json_object_size(out)) return fail(BERT_FORMAT, "%s: names no shard", path);
    return BERT_OK;
}

bert_status hub_shards_read(const char *index_path, json_t **out)
{
    json_t *index = NULL, *names = json_object();
    bert_status status =
        names ? json_read_object(index_path, &index) : fail(BERT_MEMORY, "out of memory for names");
    if (status == BERT_OK)
        status = shards_collect(json_object_get(index, "weight_map"), index_path, names);
    json_decref(index);
    if (status == BERT_OK)
        *out = names;
    else
        json_decref(names);
    return status;
}

bool hub_is_checkpoint_part(const char *index, const char *name)
{
    static const char of[] = "-of-", digits[] = "0123456789";
    size_t stem = strlen(index) - strlen("index");
    if (strncmp(name, index, stem) != 0 || strncmp(name + stem, "data-", 5) != 0) return false;
    const char *rest = name + stem + 5;
    if (strspn(rest, digits) != 5 || strncmp(rest + 5, of, 4) != 0) return false;
    return strspn(rest + 9, digits) == 5 && !rest[14];
}
