/* safetensors_shard.h: one .safetensors file, mapped, every word of its header verified.
 * Private to src/formats. */
#ifndef FORMATS_SAFETENSORS_SHARD_H
#define FORMATS_SAFETENSORS_SHARD_H

#include "base/file.h"
#include "formats/json.h"
#include "formats/safetensors.h"

/* The format allows 100,000,000 bytes. Parsed, a byte takes some 20 of memory, and the headers of
 * 1,024 layers are 2 MB. */
enum { SAFETENSORS_HEADER_MAX = 1 << 24 };

typedef struct tensor_shard {
    char *path;
    file_map map;
    json_t *header;       /* owns the names */
    tensor_info *tensors; /* [count], by name */
    size_t count;
} tensor_shard;

/* Takes `path` over, which is freed by tensor_shard_close(), also after a failure. */
bert_status tensor_shard_open(char *path, tensor_shard *out);
void tensor_shard_close(tensor_shard *shard); /* a zeroed one is left alone */

/* In an array ordered by name; NULL where there is none. */
const tensor_info *tensor_find(const tensor_info *tensors, size_t count, const char *name);

/* For qsort(). */
int tensor_compare_names(const void *a, const void *b);

#endif
