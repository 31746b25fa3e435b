#include "tensors/safetensors_write.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "json/json.h"
#include "tensors/safetensors.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const tensor_out *const *)a)->name, (*(const tensor_out *const *)b)->name);
}

static size_t count_of(const tensor_out *tensor)
{
    return tensor->rows * (tensor->cols ? tensor->cols : 1);
}

static bert_status bytes_of(const char *path, const tensor_out *tensor, size_t *bytes)
{
    size_t count, width = tensor->type == TENSOR_F32 ? sizeof(float) : sizeof(uint16_t);
    if (!size_multiply(tensor->rows, tensor->cols ? tensor->cols : 1, &count) ||
        !size_multiply(count, width, bytes) || *bytes > INT64_MAX)
        return fail(BERT_ARGUMENT, "%s: tensor '%s' of [%zu, %zu] is too big", path, tensor->name,
                    tensor->rows, tensor->cols);
    return BERT_OK;
}

/* One tensor's member of the header; jansson escapes the name. */
static bert_status member_add(const char *path, json_t *header, const tensor_out *tensor,
                              size_t *end)
{
    size_t bytes, begin = *end;
    TRY(bytes_of(path, tensor, &bytes));
    if (__builtin_add_overflow(begin, bytes, end) || *end > INT64_MAX)
        return fail(BERT_ARGUMENT, "%s: the tensors together are too big", path);
    if (strcmp(tensor->name, "__metadata__") == 0 || json_object_get(header, tensor->name))
        return fail(BERT_ARGUMENT, "%s: two tensors cannot have the name '%s'", path, tensor->name);
    if (utf8_malformed(slice_of(tensor->name)) != strlen(tensor->name))
        return fail(BERT_ARGUMENT, "%s: a tensor's name is not UTF-8", path);
    static const char *const types[] = {
        [TENSOR_F32] = "F32", [TENSOR_F16] = "F16", [TENSOR_BF16] = "BF16"
    };
    const char *type = types[tensor->type];
    json_int_t rows = (json_int_t)tensor->rows, cols = (json_int_t)tensor->cols;
    json_int_t first = (json_int_t)begin, last = (json_int_t)*end;
    return json_put(header, tensor->name,
                    cols ? json_pack("{s:s,s:[I,I],s:[I,I]}", "dtype", type, "shape", rows, cols,
                                     "data_offsets", first, last)
                         : json_pack("{s:s,s:[I],s:[I,I]}", "dtype", type, "shape", rows,
                                     "data_offsets", first, last));
}

/* The header's text, to be padded by the writer. */
static bert_status header_text(const char *path, const tensor_out *const *ordered, size_t count,
                               char **out)
{
    json_t *header = json_pack("{s:{s:s}}", "__metadata__", "format", "pt");
    if (!header) return fail(BERT_MEMORY, "%s: out of memory", path);
    size_t end = 0;
    bert_status status = BERT_OK;
    for (size_t i = 0; i < count && status == BERT_OK; i++)
        status = member_add(path, header, ordered[i], &end);
    if (status == BERT_OK) status = json_text(header, out);
    json_decref(header);
    return status;
}

/* A half of 0x7C00 was a number, since infinities are no weights. */
static bert_status halves_put(const char *path, const tensor_out *tensor, FILE *stream)
{
    enum { AT_ONCE = 4096 };
    uint16_t halves[AT_ONCE];
    size_t count = count_of(tensor);
    for (size_t i = 0; i < count; i += AT_ONCE) {
        size_t now = size_smaller(AT_ONCE, count - i);
        tensor_of_float(tensor->data + i, now, tensor->type, halves);
        for (size_t j = 0; tensor->type == TENSOR_F16 && j < now; j++)
            if ((halves[j] & 0x7FFF) == 0x7C00)
                return fail(BERT_NUMERIC,
                            "%s: '%s' holds %.9g, which is too big for F16; BF16 has room for it",
                            path, tensor->name, (double)tensor->data[i + j]);
        fwrite(halves, sizeof *halves, now, stream);
    }
    return BERT_OK;
}

static bert_status data_put(const char *path, const tensor_out *tensor, FILE *stream)
{
    if (tensor->type != TENSOR_F32) return halves_put(path, tensor, stream);
    fwrite(tensor->data, sizeof *tensor->data, count_of(tensor), stream);
    return BERT_OK;
}

/* The file is put together in stdio's buffer; glibc hands the bulk of a big tensor straight on. */
static bert_status file_put(const file_write *file, const char *header,
                            const tensor_out *const *ordered, size_t count)
{
    size_t length = strlen(header), padded = (length + 7) / 8 * 8;
    if (padded > SAFETENSORS_HEADER_MAX)
        return fail(BERT_ARGUMENT, "%s: the names of its tensors are too long for a header",
                    file->path);
    unsigned char prefix[8];
    for (size_t i = 0; i < sizeof prefix; i++)
        prefix[i] = (unsigned char)((uint64_t)padded >> (8 * i));
    fwrite(prefix, 1, sizeof prefix, file->stream);
    fprintf(file->stream, "%-*s", (int)padded, header);
    for (size_t i = 0; i < count; i++) TRY(data_put(file->path, ordered[i], file->stream));
    return BERT_OK;
}

static bert_status tensors_put(const file_write *file, const tensor_out *tensors, size_t count)
{
    const tensor_out **ordered = NULL;
    TRY(memory_zeroed(count, sizeof *ordered, (void **)&ordered));
    for (size_t i = 0; i < count; i++) ordered[i] = &tensors[i];
    qsort(ordered, count, sizeof *ordered, compare_names);

    char *header = NULL;
    bert_status status = header_text(file->path, ordered, count, &header);
    if (status == BERT_OK) status = file_put(file, header, ordered, count);
    free(header);
    free(ordered);
    return status;
}

bert_status tensor_file_write(const folder_handle *in, const char *name, const tensor_out *tensors,
                              size_t count)
{
    file_write file;
    TRY(file_write_open(in, name, &file));
    bert_status status = tensors_put(&file, tensors, count);
    if (status == BERT_OK) return file_write_commit(&file);
    file_write_abort(&file);
    return status;
}
