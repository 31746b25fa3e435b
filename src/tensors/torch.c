#include "tensors/torch.h"

#include <string.h>

/* Where a tar archive says that it is one. */
enum { TAR_MAGIC_AT = 257 };

static bool map_has(const file_map *map, size_t at, const char *text)
{
    size_t count = strlen(text);
    return map->count >= at + count && memcmp(map->bytes + at, text, count) == 0;
}

static bert_status form_read(tensor_part *part)
{
    if (map_has(&part->map, 0, "PK\3\4")) return torch_zip_read(part);
    if (map_has(&part->map, TAR_MAGIC_AT, "ustar"))
        return fail(BERT_FORMAT,
                    "%s: is of a torch before 0.1.10 (a tar archive); load it with that and save "
                    "it with a newer one",
                    part->path);
    return torch_legacy_read(part);
}

bert_status torch_open(char *path, tensor_part *out)
{
    tensor_part part = { .path = path };
    bert_status status = file_map_open(path, &part.map);
    if (status == BERT_OK) status = form_read(&part);
    if (status == BERT_OK)
        *out = part;
    else
        tensor_part_close(&part);
    return status;
}
