#include "tensors/tensorflow.h"

#include "base/memory.h"
#include "base/wire.h"
#include "tensors/tensor_list.h"
#include "tensors/tensorflow_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ending[] = ".index";

/* ---- which file */

/* The text after `key: "` at the start of a line, up to the next quote. */
static slice quoted_after(slice text, const char *key)
{
    size_t length = strlen(key);
    for (const char *at = text.bytes, *end = text.bytes + text.count; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        if ((size_t)(stop - at) > length && memcmp(at, key, length) == 0) {
            const char *quote = memchr(at + length, '"', (size_t)(stop - at) - length);
            if (quote) return (slice){ at + length, (size_t)(quote - at) - length };
        }
        at = stop + (stop < end);
    }
    return (slice){ NULL, 0 };
}

/* `checkpoint` says where the file stood when it was written; it is looked for in this folder. */
static bert_status checkpoint_read(const char *path, char **name)
{
    file_map map;
    TRY(file_map_open(path, &map));
    slice named = quoted_after((slice){ map.bytes, map.count }, "model_checkpoint_path: \"");
    const char *slash = named.count ? memrchr(named.bytes, '/', named.count) : NULL;
    if (slash) named = (slice){ slash + 1, named.count - (size_t)(slash + 1 - named.bytes) };
    bert_status status = BERT_OK;
    if (named.count == 0 || named.count > 255 || memchr(named.bytes, '\0', named.count))
        status =
            fail(BERT_FORMAT, "%s: names no file by a line model_checkpoint_path: \"...\"", path);
    else if (asprintf(name, "%.*s%s", (int)named.count, named.bytes, ending) < 0) {
        *name = NULL;
        status = fail(BERT_MEMORY, "out of memory for the name of a checkpoint");
    }
    file_map_close(&map);
    return status;
}

bert_status tensorflow_find(const char *folder, char **name)
{
    static const char *const usual[] = { "bert_model.ckpt.index", "model.ckpt.index" };
    char *path = NULL;
    *name = NULL;
    TRY(path_join(folder, "checkpoint", &path));
    bert_status status = file_exists(path) ? checkpoint_read(path, name) : BERT_OK;
    free(path);
    for (size_t i = 0; status == BERT_OK && !*name && i < sizeof usual / sizeof *usual; i++) {
        TRY(path_join(folder, usual[i], &path));
        if (file_exists(path) && !(*name = strdup(usual[i])))
            status = fail(BERT_MEMORY, "out of memory for the name of a checkpoint");
        free(path);
    }
    return status;
}

/* ---- the index */

typedef struct tensor_bundle {
    const char *path; /* of the index */
    tensor_part *part;
    tensor_list list;
    bool header_there;
} tensor_bundle;

/* The numbers of types.proto. */
static const struct tensor_format {
    uint64_t number;
    tensor_type type;
    size_t bytes;
} formats[] = {
    { 1, TENSOR_F32, 4 },    { 2, TENSOR_F64, 8 },    { 3, TENSOR_OTHER, 4 }, /* int32 */
    { 4, TENSOR_OTHER, 1 },                                                   /* uint8 */
    { 5, TENSOR_OTHER, 2 },                                                   /* int16 */
    { 6, TENSOR_OTHER, 1 },                                                   /* int8 */
    { 9, TENSOR_OTHER, 8 },                                                   /* int64 */
    { 10, TENSOR_OTHER, 1 },                                                  /* bool */
    { 14, TENSOR_BF16, 2 },  { 17, TENSOR_OTHER, 2 },                         /* uint16 */
    { 19, TENSOR_F16, 2 },   { 22, TENSOR_OTHER, 4 },                         /* uint32 */
    { 23, TENSOR_OTHER, 8 },                                                  /* uint64 */
};

static bert_status malformed(const tensor_bundle *b, slice name)
{
    return fail(BERT_FORMAT, "%s: the entry of tensor '%.*s' is malformed", b->path,
                (int)name.count, name.bytes);
}

static bert_status data_files_open(tensor_bundle *b, uint64_t count)
{
    tensor_part *part = b->part;
    size_t stem = strlen(b->path) - strlen(ending);
    if (count == 0 || count > TENSORFLOW_FILES_MAX)
        return fail(BERT_FORMAT, "%s: says that it has %zu data files; there can be 1 to %d",
                    b->path, (size_t)count, TENSORFLOW_FILES_MAX);
    TRY(memory_zeroed((size_t)count, sizeof *part->data, (void **)&part->data));
    for (size_t i = 0; i < count; i++) {
        tensor_data *data = &part->data[part->data_count++];
        if (asprintf(&data->path, "%.*s.data-%05zu-of-%05zu", (int)stem, b->path, i,
                     (size_t)count) < 0) {
            data->path = NULL;
            return fail(BERT_MEMORY, "out of memory for the name of a file");
        }
        TRY(file_map_open(data->path, &data->map));
    }
    return BERT_OK;
}

static bert_status header_read(tensor_bundle *b, slice message)
{
    uint64_t files = 1, endianness = 0;
    while (message.count) {
        wire_field field;
        if (!wire_next(&message, &field))
            return fail(BERT_FORMAT, "%s: its header is malformed", b->path);
        if (field.number == 1 && field.kind == WIRE_VARINT) files = field.value;
        if (field.number == 2 && field.kind == WIRE_VARINT) endianness = field.value;
    }
    if (endianness != 0)
        return fail(BERT_UNSUPPORTED, "%s: was written on a big-endian machine", b->path);
    b->header_there = true;
    return data_files_open(b, files);
}

static bool dimension_read(slice message, tensor_info *info)
{
    uint64_t size = 0; /* proto3 leaves a zero out */
    while (message.count) {
        wire_field field;
        if (!wire_next(&message, &field)) return false;
        if (field.number == 1 && field.kind == WIRE_VARINT) size = field.value;
    }
    if (info->dimensions == TENSOR_DIMENSIONS_MAX || size > INT64_MAX) return false;
    info->shape[info->dimensions++] = (size_t)size;
    return size_multiply(info->count, (size_t)size, &info->count);
}

static bool shape_read(slice message, tensor_info *info)
{
    while (message.count) {
        wire_field field;
        if (!wire_next(&message, &field)) return false;
        if (field.number == 2 && field.kind == WIRE_BYTES && !dimension_read(field.bytes, info))
            return false;
    }
    return true;
}

/* BundleEntryProto's numbers. */
typedef struct entry_numbers {
    uint64_t type, file, offset, size;
    bool sliced;
} entry_numbers;

static bool entry_parse(slice message, entry_numbers *e, tensor_info *info)
{
    while (message.count) {
        wire_field field;
        if (!wire_next(&message, &field)) return false;
        bool varint = field.kind == WIRE_VARINT, bytes = field.kind == WIRE_BYTES;
        if (field.number == 1 && varint) e->type = field.value;
        if (field.number == 2 && bytes && !shape_read(field.bytes, info)) return false;
        if (field.number == 3 && varint) e->file = field.value;
        if (field.number == 4 && varint) e->offset = field.value;
        if (field.number == 5 && varint) e->size = field.value;
        if (field.number == 6 && field.kind == WIRE_FIXED32) {
            info->checksum = (uint32_t)field.value;
            info->checksum_given = true;
        }
        if (field.number == 7) e->sliced = true;
    }
    return true;
}

/* Holds the shape and type against the data's length, and that against the file's. */
static bert_status data_locate(const tensor_bundle *b, slice name, const entry_numbers *e,
                               tensor_info *info)
{
    const struct tensor_format *format = NULL;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i].number == e->type) format = &formats[i];
    info->type = format ? format->type : TENSOR_OTHER;
    size_t bytes;
    if (format && (!size_multiply(info->count, format->bytes, &bytes) || bytes != e->size))
        return fail(BERT_FORMAT, "%s: tensor '%.*s': its shape does not fill the %zu bytes it has",
                    b->path, (int)name.count, name.bytes, (size_t)e->size);
    if (e->file >= b->part->data_count)
        return fail(BERT_FORMAT, "%s: tensor '%.*s' stands in data file %zu of %zu", b->path,
                    (int)name.count, name.bytes, (size_t)e->file, b->part->data_count);
    const file_map *data = &b->part->data[e->file].map;
    if (e->offset > data->count || e->size > data->count - e->offset)
        return fail(BERT_FORMAT,
                    "%s: tensor '%.*s' ends behind the %zu bytes of its data file; was that cut "
                    "short?",
                    b->path, (int)name.count, name.bytes, data->count);
    info->data = data->bytes + e->offset;
    info->file = b->part->data[e->file].path;
    return BERT_OK;
}

static bert_status bundle_entry(void *context, slice key, slice value)
{
    static const slice objects = { "_CHECKPOINTABLE_OBJECT_GRAPH", 28 };
    tensor_bundle *b = context;
    if (key.count == 0) return header_read(b, value);
    if (!b->header_there) return fail(BERT_FORMAT, "%s: has no header", b->path);
    if (key.bytes[0] == '\0') return BERT_OK; /* a part of a tensor that is refused below */
    TRY(tensor_name_check(b->path, key));
    if (slice_equal(key, objects))
        return fail(BERT_UNSUPPORTED,
                    "%s: holds objects of TensorFlow 2 (tf.train.Checkpoint), whose weights have "
                    "no names to know them by; save the model with transformers (save_pretrained)",
                    b->path);
    tensor_info info = { .count = 1 };
    entry_numbers numbers = { 0 };
    if (!entry_parse(value, &numbers, &info)) return malformed(b, key);
    if (numbers.sliced)
        return fail(BERT_UNSUPPORTED,
                    "%s: tensor '%.*s' is partitioned; save it whole (tf.train.Saver without a "
                    "partitioner)",
                    b->path, (int)key.count, key.bytes);
    TRY(data_locate(b, key, &numbers, &info));
    return tensor_list_add(&b->list, b->path, info, key);
}

bert_status tensorflow_open(char *path, tensor_part *out)
{
    tensor_part part = { .path = path };
    tensor_bundle b = { .path = path, .part = &part };
    file_map index = { 0 };
    bert_status status = file_map_open(path, &index);
    if (status == BERT_OK)
        status = tensorflow_table_read(path, (slice){ index.bytes, index.count }, bundle_entry, &b);
    if (status == BERT_OK && !b.header_there) status = fail(BERT_FORMAT, "%s: has no header", path);
    if (status == BERT_OK) status = tensor_list_give(&b.list, &part);
    file_map_close(&index);
    tensor_list_release(&b.list);
    if (status == BERT_OK)
        *out = part;
    else
        tensor_part_close(&part);
    return status;
}
