/* safetensors.c: one file of tensors, or an index and its shards.
 *
 *     FILE                               model.safetensors
 *     INDEX ==== FILE ==== FILE ...      model.safetensors.index.json, a.safetensors, b. ...
 *
 * A FILE is 'h', the header's JSON, NUL, the data: the length before the header is put there; or
 * 'r' and the bytes as they are; or 'n', and there is none. */
#include "fuzz.h"
#include "tensors.h"

#include <stdlib.h>

enum { PARTS_MAX = 4 };

static void shard_put(const char *path, slice input)
{
    uint8_t kind = fuzz_byte(&input);
    if (kind == 'n') return;
    if (kind != 'h') {
        fuzz_file(path, input);
        return;
    }
    const char *end = input.count ? memchr(input.bytes, '\0', input.count) : NULL;
    size_t header = end ? (size_t)(end - input.bytes) : input.count;
    size_t data = end ? input.count - header - 1 : 0;
    char *bytes = malloc(8 + header + data);
    CHECK(bytes != NULL);
    for (size_t i = 0; i < 8; i++) bytes[i] = (char)((uint64_t)header >> 8 * i);
    memcpy(bytes + 8, input.bytes, header);
    if (data) memcpy(bytes + 8 + header, end + 1, data);
    fuzz_file(path, (slice){ bytes, 8 + header + data });
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "m/a.safetensors", "m/b.safetensors", "m/c.safetensors" };
    slice parts[PARTS_MAX], input = { (const char *)data, size };
    size_t count = fuzz_parts(input, parts, PARTS_MAX);
    fuzz_files_clear();
    if (count == 1)
        shard_put("m/model.safetensors", parts[0]);
    else
        fuzz_file("m/model.safetensors.index.json", parts[0]);
    for (size_t i = 1; i < count; i++) shard_put(names[i - 1], parts[i]);
    tensors_check("m");
    return 0;
}
