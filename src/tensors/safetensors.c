#include "tensors/safetensors.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "json/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct tensor_format {
    const char *name;
    tensor_type type;
    size_t bits;
} tensor_format;

/* Dtype in safetensors/src/tensor.rs. */
static const tensor_format formats[] = {
    { "F32", TENSOR_F32, 32 },          { "F16", TENSOR_F16, 16 },
    { "BF16", TENSOR_BF16, 16 },        { "I64", TENSOR_OTHER, 64 },
    { "BOOL", TENSOR_OTHER, 8 },        { "U8", TENSOR_OTHER, 8 },
    { "I8", TENSOR_OTHER, 8 },          { "I16", TENSOR_OTHER, 16 },
    { "U16", TENSOR_OTHER, 16 },        { "I32", TENSOR_OTHER, 32 },
    { "U32", TENSOR_OTHER, 32 },        { "U64", TENSOR_OTHER, 64 },
    { "F64", TENSOR_F64, 64 },          { "C64", TENSOR_OTHER, 64 },
    { "F8_E5M2", TENSOR_OTHER, 8 },     { "F8_E4M3", TENSOR_OTHER, 8 },
    { "F8_E8M0", TENSOR_OTHER, 8 },     { "F8_E5M2FNUZ", TENSOR_OTHER, 8 },
    { "F6_E2M3", TENSOR_OTHER, 6 },     { "F6_E3M2", TENSOR_OTHER, 6 },
    { "F8_E4M3FNUZ", TENSOR_OTHER, 8 }, { "F4", TENSOR_OTHER, 4 },
};

/* A tensor of the header, before it is known where the data begin. */
typedef struct entry {
    tensor_info info;
    size_t begin, end; /* data_offsets */
} entry;

static int entry_compare_offsets(const void *a, const void *b)
{
    const entry *left = a, *right = b;
    if (left->begin != right->begin) return left->begin < right->begin ? -1 : 1;
    return left->end < right->end ? -1 : left->end > right->end;
}

static const tensor_format *format_find(const char *name)
{
    for (size_t i = 0; name && i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0) return &formats[i];
    return NULL;
}

static bool size_of_json(const json_t *value, size_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
    *out = (size_t)json_integer_value(value);
    return true;
}

static bert_status shape_parse(const char *path, const json_t *shape, tensor_info *info)
{
    if (!json_is_array(shape))
        return fail(BERT_FORMAT, "%s: tensor '%s' has no \"shape\" list", path, info->name);
    if (json_array_size(shape) > TENSOR_DIMENSIONS_MAX)
        return fail(BERT_FORMAT, "%s: tensor '%s' has %zu dimensions; at most %d are read", path,
                    info->name, json_array_size(shape), TENSOR_DIMENSIONS_MAX);
    info->dimensions = json_array_size(shape);
    info->count = 1;
    for (size_t i = 0; i < info->dimensions; i++) {
        if (!size_of_json(json_array_get(shape, i), &info->shape[i]))
            return fail(BERT_FORMAT, "%s: tensor '%s': \"shape\" must list whole numbers from 0 on",
                        path, info->name);
        if (!size_multiply(info->count, info->shape[i], &info->count))
            return fail(BERT_FORMAT, "%s: tensor '%s': the product of its shape is too big", path,
                        info->name);
    }
    return BERT_OK;
}

/* Reads one member of the header and holds its shape and type against the length of its data. */
static bert_status entry_parse(const char *path, const char *name, const json_t *value, entry *out)
{
    entry e = { .info = { .name = name, .file = path } };
    if (!json_is_object(value))
        return fail(BERT_FORMAT, "%s: the header's member '%s' describes no tensor", path, name);

    const char *type = json_string_value(json_object_get(value, "dtype"));
    const tensor_format *format = format_find(type);
    if (!format)
        return fail(BERT_FORMAT, "%s: tensor '%s' has the unknown type \"%s\"", path, name,
                    type ? type : "");
    e.info.type = format->type;
    TRY(shape_parse(path, json_object_get(value, "shape"), &e.info));

    const json_t *offsets = json_object_get(value, "data_offsets");
    if (json_array_size(offsets) != 2 || !size_of_json(json_array_get(offsets, 0), &e.begin) ||
        !size_of_json(json_array_get(offsets, 1), &e.end) || e.end < e.begin)
        return fail(BERT_FORMAT,
                    "%s: tensor '%s': \"data_offsets\" must be two whole numbers, begin and end",
                    path, name);
    size_t bits;
    if (!size_multiply(e.info.count, format->bits, &bits) || bits % 8 != 0 ||
        bits / 8 != e.end - e.begin)
        return fail(BERT_FORMAT,
                    "%s: tensor '%s': %zu elements of type %s do not fill the %zu bytes of its "
                    "\"data_offsets\"",
                    path, name, e.info.count, format->name, e.end - e.begin);
    *out = e;
    return BERT_OK;
}

static bert_status metadata_verify(const char *path, const json_t *metadata)
{
    const char *key;
    json_t *value;
    bool strings = json_is_object(metadata);
    json_object_foreach((json_t *)metadata, key, value) strings = strings && json_is_string(value);
    if (strings) return BERT_OK;
    return fail(BERT_FORMAT, "%s: \"__metadata__\" must map strings to strings", path);
}

static bert_status entries_parse(const char *path, json_t *header, entry *entries, size_t *count)
{
    const char *name;
    json_t *value;
    *count = 0;
    json_object_foreach(header, name, value)
    {
        if (strcmp(name, "__metadata__") == 0)
            TRY(metadata_verify(path, value));
        else
            TRY(entry_parse(path, name, value, &entries[(*count)++]));
    }
    return BERT_OK;
}

/* The data must be covered from the first byte to the last, each byte by one tensor. Sorts. */
static bert_status entries_verify(const char *path, entry *entries, size_t count, size_t bytes)
{
    qsort(entries, count, sizeof *entries, entry_compare_offsets);
    size_t covered = 0;
    for (size_t i = 0; i < count; i++) {
        const entry *e = &entries[i];
        if (e->begin != covered)
            return fail(BERT_FORMAT, "%s: the data of tensor '%s' %s; is the file damaged?", path,
                        e->info.name,
                        e->begin < covered ? "overlap another's" : "leave a hole before them");
        if (e->end > bytes)
            return fail(BERT_FORMAT,
                        "%s: tensor '%s' ends at byte %zu of the data, which are %zu bytes; was "
                        "the file cut short?",
                        path, e->info.name, e->end, bytes);
        covered = e->end;
    }
    if (covered != bytes)
        return fail(BERT_FORMAT, "%s: %zu bytes after the last tensor belong to none", path,
                    bytes - covered);
    return BERT_OK;
}

/* The length of the header, held against the file's. */
static bert_status header_locate(const char *path, const file_map *map, slice *header)
{
    if (map->count < 8)
        return fail(BERT_FORMAT, "%s: only %zu bytes; a .safetensors file has 8 before its header",
                    path, map->count);
    uint64_t length = 0;
    for (size_t i = 8; i-- > 0;) length = length << 8 | (unsigned char)map->bytes[i];
    if (length > SAFETENSORS_HEADER_MAX)
        return fail(BERT_FORMAT,
                    "%s: its header would be longer than %d bytes; is it a .safetensors file?",
                    path, SAFETENSORS_HEADER_MAX);
    if (length > map->count - 8)
        return fail(BERT_FORMAT,
                    "%s: its header should be %zu bytes, but %zu are there; was the file cut "
                    "short?",
                    path, (size_t)length, map->count - 8);
    *header = (slice){ map->bytes + 8, (size_t)length };
    if (length == 0 || header->bytes[0] != '{')
        return fail(BERT_FORMAT,
                    "%s: its header does not begin with '{'; is it a .safetensors "
                    "file?",
                    path);
    if (utf8_malformed(*header) < header->count)
        return fail(BERT_FORMAT, "%s: its header is not UTF-8", path);
    return BERT_OK;
}

static void header_free(void *header)
{
    json_decref(header);
}

static bert_status header_parse(tensor_part *part, slice header)
{
    json_t *parsed = NULL;
    TRY(json_parse_object(header, part->path, &parsed));
    part->own = parsed;
    part->own_free = header_free;
    entry *entries = NULL;
    TRY(memory_zeroed(json_object_size(parsed), sizeof *entries, (void **)&entries));

    const char *data = header.bytes + header.count;
    size_t bytes = part->map.count - 8 - header.count;
    bert_status status = entries_parse(part->path, parsed, entries, &part->count);
    if (status == BERT_OK) status = entries_verify(part->path, entries, part->count, bytes);
    if (status == BERT_OK)
        status = memory_zeroed(part->count, sizeof *part->tensors, (void **)&part->tensors);
    if (status == BERT_OK) {
        for (size_t i = 0; i < part->count; i++) {
            part->tensors[i] = entries[i].info;
            part->tensors[i].data = data + entries[i].begin;
        }
        qsort(part->tensors, part->count, sizeof *part->tensors, tensor_compare_names);
    }
    free(entries);
    return status;
}

bert_status safetensors_open(char *path, tensor_part *out)
{
    tensor_part part = { .path = path };
    slice header;
    bert_status status = file_map_open(path, &part.map);
    if (status == BERT_OK) status = header_locate(path, &part.map, &header);
    if (status == BERT_OK) status = header_parse(&part, header);
    if (status == BERT_OK)
        *out = part;
    else
        tensor_part_close(&part);
    return status;
}
