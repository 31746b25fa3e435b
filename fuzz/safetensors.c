/* safetensors.c: one file of tensors, or an index and its shards.
 *
 *     FILE                               model.safetensors
 *     INDEX ==== FILE ==== FILE ...      model.safetensors.index.json, a.safetensors, b. ...
 *
 * A FILE is 'h', the header's JSON, NUL, the data: the length before the header is put there; or
 * 'r' and the bytes as they are; or 'n', and there is none. */
#include "formats/tensors.h"
#include "fuzz.h"

#include <math.h>
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

static void tensor_check(const tensor_file *f, size_t index)
{
    const tensor_info *info = tensor_file_at(f, index);
    if (index) CHECK(strcmp(tensor_file_at(f, index - 1)->name, info->name) < 0);
    CHECK(tensor_file_find(f, info->name) == info);
    CHECK(info->dimensions <= TENSOR_DIMENSIONS_MAX);
    size_t count = 1;
    for (size_t i = 0; i < info->dimensions; i++) count *= info->shape[i];
    CHECK(count == info->count);
    if (info->type == TENSOR_OTHER) return;

    float *numbers = malloc(count ? count * sizeof *numbers : 1);
    CHECK(numbers != NULL);
    tensor_to_float(info, numbers);
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) sum += isfinite(numbers[i]) ? fabsf(numbers[i]) : 0.0f;
    CHECK(sum >= 0.0);
    free(numbers);
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

    tensor_file *f = NULL;
    bert_status status = tensor_file_open("m", &f);
    if (status != BERT_OK) {
        fuzz_refused(status, "m");
        return 0;
    }
    for (size_t i = 0; i < tensor_file_count(f); i++) tensor_check(f, i);
    CHECK(tensor_file_find(f, "\xFF") == NULL);
    tensor_file_forget(f);
    tensor_file_free(f);
    return 0;
}
