#include "tensors/tensors.h"

#include "base/crc32c.h"
#include "base/file.h"
#include "base/memory.h"
#include "json/json.h"
#include "tensors/keras.h"
#include "tensors/safetensors.h"
#include "tensors/tensorflow.h"
#include "tensors/torch.h"

#include <stdlib.h>
#include <string.h>

/* Each name of the index is looked for among the shards that are open. */
enum { SHARDS_MAX = 1024 };

/* In the order in which they are looked for. */
typedef struct tensor_kind {
    const char *single, *index; /* NULL where `find` tells the one file */
    tensor_part_open *open;
    tensor_part_find *find;
} tensor_kind;

static const tensor_kind kinds[] = {
    { "model.safetensors", "model.safetensors.index.json", safetensors_open, NULL },
    { "pytorch_model.bin", "pytorch_model.bin.index.json", torch_open, NULL },
    { "tf_model.h5", "tf_model.h5.index.json", keras_open, NULL },
    { NULL, NULL, tensorflow_open, tensorflow_find },
};

struct tensor_file {
    const tensor_kind *kind;
    tensor_part *shards; /* [shard_count] */
    size_t shard_count, shard_capacity;
    tensor_info *tensors; /* [count], by name */
    size_t count;
};

int tensor_compare_names(const void *a, const void *b)
{
    return strcmp(((const tensor_info *)a)->name, ((const tensor_info *)b)->name);
}

/* In an array ordered by name; NULL where there is none. */
static const tensor_info *tensor_find(const tensor_info *tensors, size_t count, const char *name)
{
    tensor_info key = { .name = name };
    return bsearch(&key, tensors, count, sizeof *tensors, tensor_compare_names);
}

void tensor_part_close(tensor_part *part)
{
    free(part->tensors);
    if (part->own) part->own_free(part->own);
    file_map_close(&part->map);
    for (size_t i = 0; i < part->data_count; i++) {
        file_map_close(&part->data[i].map);
        free(part->data[i].path);
    }
    free(part->data);
    free(part->path);
    *part = (tensor_part){ 0 };
}

static bert_status shard_add(tensor_file *f, const char *folder, const char *name)
{
    TRY(memory_grow((void **)&f->shards, &f->shard_capacity, f->shard_count + 1,
                    sizeof *f->shards));
    char *path = NULL;
    TRY(path_join(folder, name, &path));
    TRY(f->kind->open(path, &f->shards[f->shard_count]));
    f->shard_count++;
    return BERT_OK;
}

/* The shard of this file name, opened when it is first asked for. Neighbours in the index mostly
 * stand in one shard, so the search goes from the back. */
static bert_status shard_get(tensor_file *f, const char *folder, const char *name,
                             const tensor_part **out)
{
    size_t folder_length = strlen(folder) + 1;
    for (size_t i = f->shard_count; i-- > 0;)
        if (strcmp(f->shards[i].path + folder_length, name) == 0) {
            *out = &f->shards[i];
            return BERT_OK;
        }
    if (f->shard_count == SHARDS_MAX)
        return fail(BERT_FORMAT, "%s: its index names more than %d files; merge them", folder,
                    SHARDS_MAX);
    TRY(shard_add(f, folder, name));
    *out = &f->shards[f->shard_count - 1];
    return BERT_OK;
}

/* What the index names, and no more: a tensor that stands in a shard but not in the index is none
 * of the model's. */
static bert_status index_read(tensor_file *f, const char *folder, const char *path,
                              const json_t *index)
{
    json_t *weights = json_object_get(index, "weight_map"), *value;
    if (!json_is_object(weights))
        return fail(BERT_FORMAT, "%s: has no object \"weight_map\"", path);
    TRY(memory_zeroed(json_object_size(weights), sizeof *f->tensors, (void **)&f->tensors));

    const char *name;
    json_object_foreach(weights, name, value)
    {
        const char *file = json_string_value(value);
        if (!file || !file_name_is_plain(file))
            return fail(BERT_FORMAT,
                        "%s: tensor '%s': '%s' is not the plain name of a file in the folder", path,
                        name, file ? file : "");
        const tensor_part *shard = NULL;
        TRY(shard_get(f, folder, file, &shard));
        const tensor_info *info = tensor_find(shard->tensors, shard->count, name);
        const char *rest = strchr(name, '/'); /* transformers leaves the model's name out of .h5 */
        if (!info && rest) info = tensor_find(shard->tensors, shard->count, rest + 1);
        if (!info)
            return fail(BERT_FORMAT, "%s: tensor '%s' is not in %s, where the index puts it", path,
                        name, shard->path);
        f->tensors[f->count++] = *info;
    }
    qsort(f->tensors, f->count, sizeof *f->tensors, tensor_compare_names);
    return BERT_OK;
}

static bert_status open_sharded(tensor_file *f, const char *folder, const char *path)
{
    json_t *index = NULL;
    TRY(json_read_object(path, &index));
    bert_status status = index_read(f, folder, path, index);
    json_decref(index);
    return status;
}

static bert_status open_single(tensor_file *f, const char *folder, const char *name)
{
    TRY(shard_add(f, folder, name));
    const tensor_part *shard = &f->shards[0];
    TRY(memory_zeroed(shard->count, sizeof *f->tensors, (void **)&f->tensors));
    f->count = shard->count;
    memcpy(f->tensors, shard->tensors, shard->count * sizeof *f->tensors);
    return BERT_OK;
}

static bert_status open_found(tensor_file *f, const char *folder, bool *found)
{
    char *name;
    TRY(f->kind->find(folder, &name));
    *found = name != NULL;
    bert_status status = name ? open_single(f, folder, name) : BERT_OK;
    free(name);
    return status;
}

/* *found tells whether the folder has files of f->kind. */
static bert_status open_kind(tensor_file *f, const char *folder, bool *found)
{
    if (f->kind->find) return open_found(f, folder, found);
    char *single = NULL, *index = NULL;
    bert_status status = path_join(folder, f->kind->single, &single);
    if (status == BERT_OK) status = path_join(folder, f->kind->index, &index);
    if (status == BERT_OK) {
        *found = true;
        if (file_exists(single))
            status = open_single(f, folder, f->kind->single);
        else if (file_exists(index))
            status = open_sharded(f, folder, index);
        else
            *found = false;
    }
    free(single);
    free(index);
    return status;
}

static bert_status open_folder(tensor_file *f, const char *folder)
{
    if (!folder_exists(folder)) return fail(BERT_IO, "%s: there is no such folder", folder);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bool found = false;
        f->kind = &kinds[i];
        TRY(open_kind(f, folder, &found));
        if (found) return BERT_OK;
    }
    return fail(BERT_IO,
                "%s: holds neither model.safetensors nor pytorch_model.bin nor tf_model.h5 (nor an "
                ".index.json of one) nor a TensorFlow checkpoint (checkpoint, "
                "bert_model.ckpt.index)",
                folder);
}

bert_status tensor_file_open(const char *folder, tensor_file **out)
{
    tensor_file *f = NULL;
    TRY(memory_zeroed(1, sizeof *f, (void **)&f));
    bert_status status = open_folder(f, folder);
    if (status == BERT_OK)
        *out = f;
    else
        tensor_file_free(f);
    return status;
}

void tensor_file_free(tensor_file *f)
{
    if (!f) return;
    for (size_t i = 0; i < f->shard_count; i++) tensor_part_close(&f->shards[i]);
    free(f->shards);
    free(f->tensors);
    free(f);
}

static void part_forget(const tensor_part *part)
{
    file_map_forget(&part->map, 0, part->map.count);
    for (size_t i = 0; i < part->data_count; i++)
        file_map_forget(&part->data[i].map, 0, part->data[i].map.count);
}

void tensor_file_forget(const tensor_file *f)
{
    for (size_t i = 0; i < f->shard_count; i++) part_forget(&f->shards[i]);
}

bool tensor_file_is_tensorflow(const tensor_file *f)
{
    return f->kind->open == keras_open || f->kind->open == tensorflow_open;
}

size_t tensor_file_count(const tensor_file *f)
{
    return f->count;
}

const tensor_info *tensor_file_at(const tensor_file *f, size_t index)
{
    return &f->tensors[index];
}

const tensor_info *tensor_file_find(const tensor_file *f, const char *name)
{
    return tensor_find(f->tensors, f->count, name);
}

/* Of an element. */
static size_t tensor_type_bytes(tensor_type type)
{
    return type == TENSOR_F64 ? 8 : type == TENSOR_F32 ? 4 : 2;
}

bert_status tensor_verify(const tensor_info *info)
{
    if (!info->checksum_given) return BERT_OK;
    size_t bytes = info->count * tensor_type_bytes(info->type);
    if (crc32c_masked(crc32c(0, (slice){ info->data, bytes })) == info->checksum) return BERT_OK;
    return fail(BERT_FORMAT, "%s: the checksum of tensor '%s' is wrong; the data are damaged",
                info->file, info->name);
}
