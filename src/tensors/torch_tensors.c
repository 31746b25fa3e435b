#include "tensors/torch_tensors.h"

#include "base/arena.h"
#include "base/memory.h"
#include "tensors/tensor_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A tensor before its data are in their place. */
typedef struct view {
    slice name;
    tensor_info info;
    const char *base;                     /* its first element in the storage */
    size_t stride[TENSOR_DIMENSIONS_MAX]; /* elements */
    size_t bytes;                         /* an element's */
    bool row_major;
} view;

/* What the tensors of a part stand on. */
typedef struct torch_own {
    char *names; /* the list's */
    arena copies;
} torch_own;

static void own_free(void *memory)
{
    torch_own *own = memory;
    free(own->names);
    arena_release(&own->copies);
    free(own);
}

static bert_status damaged(const char *path, const view *v, const char *what)
{
    return fail(BERT_FORMAT, "%s: '%.*s': %s; is the file damaged?", path, (int)v->name.count,
                v->name.bytes, what);
}

/* ---- storages */

static bool size_of_value(const pickle_value *value, size_t *out)
{
    if (value->kind != PICKLE_INT || value->as.number < 0) return false;
    *out = (size_t)value->as.number;
    return true;
}

static bool storage_view(const pickle *p, const pickle_value *metadata, torch_storage *s)
{
    const pickle_value *parts[3];
    if (metadata->kind == PICKLE_NONE) return true;
    return pickle_items(p, metadata, 3, parts) == 3 && size_of_value(parts[1], &s->view_offset) &&
           size_of_value(parts[2], &s->view_count) && s->view_offset <= s->count &&
           s->view_count <= s->count - s->view_offset;
}

static bool storage_read(const pickle *p, const pickle_value *value, torch_storage *s)
{
    enum { WORD, TYPE, KEY, LOCATION, COUNT, VIEW };
    const pickle_value *parts[6];
    size_t count = pickle_items(p, &p->values[value->as.storage], 6, parts);
    if (count < 5 || count > 6 || parts[WORD]->kind != PICKLE_TEXT ||
        !slice_equal(parts[WORD]->as.text, slice_of("storage")) ||
        parts[TYPE]->kind != PICKLE_NAME || parts[TYPE]->as.name->role != TORCH_TYPE ||
        parts[KEY]->kind != PICKLE_TEXT || !size_of_value(parts[COUNT], &s->count))
        return false;
    s->key = parts[KEY]->as.text;
    s->type = parts[TYPE]->as.name;
    s->view_offset = 0;
    s->view_count = s->count;
    return size_multiply(s->count, s->type->bytes, &s->bytes) &&
           (count == 5 || storage_view(p, parts[VIEW], s));
}

bert_status torch_storage_parse(const char *path, const pickle *p, const pickle_value *value,
                                torch_storage *out)
{
    torch_storage s;
    if (value->kind != PICKLE_STORAGE || !storage_read(p, value, &s))
        return fail(BERT_FORMAT,
                    "%s: does not say of a storage which type it is of and how large; is the file "
                    "damaged?",
                    path);
    *out = s;
    return BERT_OK;
}

/* ---- one tensor */

/* The arguments of the function that makes a tensor again: (storage, offset, shape, strides, ...),
 * and in its third form the type as seventh. What may follow is of no use here. */
enum { STORAGE, OFFSET, SHAPE, STRIDE, TYPE = 6, ARGUMENTS = 7 };

/* A parameter is a tensor with a flag. */
static size_t tensor_arguments(const pickle *p, const pickle_value *value,
                               const pickle_value *arguments[ARGUMENTS])
{
    if (value->kind == PICKLE_CALL && value->as.call.function->role == TORCH_PARAMETER) {
        const pickle_value *inner;
        if (pickle_items(p, &p->values[value->as.call.arguments], 1, &inner) == 0) return 0;
        value = inner;
    }
    if (value->kind != PICKLE_CALL || value->as.call.function->role != TORCH_TENSOR) return 0;
    return pickle_items(p, &p->values[value->as.call.arguments], ARGUMENTS, arguments);
}

/* A tuple of sizes, or torch.Size of one; their number, SIZE_MAX where it is none. */
static size_t sizes_read(const pickle *p, const pickle_value *value,
                         size_t out[TENSOR_DIMENSIONS_MAX])
{
    const pickle_value *items[TENSOR_DIMENSIONS_MAX];
    if (value->kind == PICKLE_CALL && value->as.call.function->role == TORCH_SIZE) {
        const pickle_value *inner;
        if (pickle_items(p, &p->values[value->as.call.arguments], 1, &inner) != 1) return SIZE_MAX;
        value = inner;
    }
    if (value->kind != PICKLE_TUPLE) return SIZE_MAX;
    size_t count = pickle_items(p, value, TENSOR_DIMENSIONS_MAX, items);
    for (size_t i = 0; i < count && i < TENSOR_DIMENSIONS_MAX; i++)
        if (!size_of_value(items[i], &out[i])) return SIZE_MAX;
    return count;
}

static bert_status shape_read(const char *path, const pickle *p, const pickle_value *shape,
                              const pickle_value *strides, view *v)
{
    tensor_info *info = &v->info;
    size_t count = sizes_read(p, shape, info->shape);
    if (count == SIZE_MAX || sizes_read(p, strides, v->stride) != count)
        return damaged(path, v, "its shape and its strides are not as many whole numbers");
    if (count > TENSOR_DIMENSIONS_MAX)
        return fail(BERT_FORMAT, "%s: '%.*s' has %zu dimensions; at most %d are read", path,
                    (int)v->name.count, v->name.bytes, count, TENSOR_DIMENSIONS_MAX);
    info->dimensions = count;
    info->count = 1;
    for (size_t i = 0; i < count; i++)
        if (!size_multiply(info->count, info->shape[i], &info->count))
            return damaged(path, v, "the product of its shape is too big");
    return BERT_OK;
}

static bool view_is_row_major(const view *v)
{
    size_t wanted = 1;
    for (size_t i = v->info.dimensions; i-- > 0;) {
        if (v->info.shape[i] == 1) continue;
        if (v->stride[i] != wanted) return false;
        wanted *= v->info.shape[i];
    }
    return true;
}

/* Do `offset` and the strides stay among `most` elements? */
static bool view_fits(const view *v, size_t offset, size_t most)
{
    if (v->info.count == 0) return true;
    size_t last = offset;
    for (size_t i = 0; i < v->info.dimensions; i++) {
        size_t way;
        if (!size_multiply(v->info.shape[i] - 1, v->stride[i], &way) || way > SIZE_MAX - last)
            return false;
        last += way;
    }
    return last < most;
}

/* The third form has a storage of bytes and a type of its own. */
static bool type_set(const pickle_value *type, torch_storage *s)
{
    if (type->kind != PICKLE_NAME || type->as.name->role != TORCH_TYPE || s->type->bytes != 1)
        return false;
    s->type = type->as.name;
    s->view_offset /= s->type->bytes;
    s->view_count /= s->type->bytes;
    return true;
}

static bert_status view_read(const pickle *p, const pickle_value *value, const torch_source *from,
                             const char *path, view *v)
{
    const pickle_value *arguments[ARGUMENTS];
    size_t count = tensor_arguments(p, value, arguments), offset;
    if (count <= STRIDE)
        return fail(BERT_FORMAT,
                    "%s: '%.*s' is no tensor; a model's state dict is read, and no checkpoint of a "
                    "training that holds one",
                    path, (int)v->name.count, v->name.bytes);
    torch_storage s;
    const char *data = NULL;
    TRY(torch_storage_parse(path, p, arguments[STORAGE], &s));
    TRY(from->locate(from->context, &s, &data));
    if (count >= ARGUMENTS && arguments[TYPE]->kind == PICKLE_NAME &&
        !type_set(arguments[TYPE], &s))
        return damaged(path, v, "its type is none for its storage");
    TRY(shape_read(path, p, arguments[SHAPE], arguments[STRIDE], v));
    if (!size_of_value(arguments[OFFSET], &offset) || !view_fits(v, offset, s.view_count))
        return damaged(path, v, "it reaches out of its storage");
    v->info.type = s.type->type;
    v->info.file = path;
    v->bytes = s.type->bytes;
    v->row_major = v->info.count == 0 || view_is_row_major(v);
    v->base = v->info.count ? data + (s.view_offset + offset) * v->bytes : "";
    return BERT_OK;
}

/* ---- copies of those that do not lie row-major */

static void view_copy(const view *v, char *out)
{
    size_t at[TENSOR_DIMENSIONS_MAX] = { 0 }, from = 0;
    for (size_t i = 0; i < v->info.count; i++) {
        memcpy(out + i * v->bytes, v->base + from * v->bytes, v->bytes);
        for (size_t d = v->info.dimensions; d-- > 0;) {
            from += v->stride[d];
            if (++at[d] < v->info.shape[d]) break;
            from -= at[d] * v->stride[d];
            at[d] = 0;
        }
    }
}

/* The bytes that copies take, their neighbours' alignment not counted; SIZE_MAX: too many. */
static size_t copies_bytes(const view *views, size_t count)
{
    size_t sum = 0, bytes;
    for (size_t i = 0; i < count; i++) {
        if (views[i].row_major) continue;
        if (!size_multiply(views[i].info.count, views[i].bytes, &bytes) || bytes > SIZE_MAX - sum)
            return SIZE_MAX;
        sum += bytes;
    }
    return sum;
}

static void copies_place(view *views, size_t count, arena *block)
{
    for (size_t i = 0; i < count; i++) {
        view *v = &views[i];
        v->info.data = v->base;
        if (v->row_major) continue;
        char *copy = arena_take(block, v->info.count, v->bytes);
        if (copy) view_copy(v, copy);
        v->info.data = copy;
    }
}

static bert_status copies_make(const char *path, view *views, size_t count, size_t most,
                               arena *block)
{
    if (copies_bytes(views, count) > most)
        return fail(BERT_FORMAT,
                    "%s: its tensors repeat numbers: written out they would take more than the "
                    "file's %zu bytes; save them with .contiguous()",
                    path, most);
    arena measure = { 0 };
    copies_place(views, count, &measure);
    if (measure.used == 0) return BERT_OK;
    TRY(arena_open(measure.used, block));
    copies_place(views, count, block);
    return BERT_OK;
}

/* ---- the state dict */

static bert_status views_read(const pickle *p, const torch_source *from, const char *path,
                              view *views)
{
    const pickle_value *dict = &p->values[p->root];
    uint32_t cell = dict->as.items.first;
    for (size_t i = 0; i < dict->as.items.count / 2; i++) {
        const pickle_value *name = &p->values[p->cells[cell].value];
        cell = p->cells[cell].next;
        if (name->kind != PICKLE_TEXT)
            return fail(BERT_FORMAT, "%s: the name of its tensor %zu is no text", path, i + 1);
        TRY(tensor_name_check(path, name->as.text));
        views[i].name = name->as.text;
        TRY(view_read(p, &p->values[p->cells[cell].value], from, path, &views[i]));
        cell = p->cells[cell].next;
    }
    return BERT_OK;
}

static bert_status views_list(const char *path, const view *views, size_t count, tensor_list *list)
{
    for (size_t i = 0; i < count; i++)
        TRY(tensor_list_add(list, path, views[i].info, views[i].name));
    return BERT_OK;
}

static bert_status tensors_keep(tensor_part *part, const view *views, size_t count)
{
    tensor_list list = { 0 };
    torch_own *own = part->own;
    bert_status status = views_list(part->path, views, count, &list);
    if (status == BERT_OK) status = tensor_list_give(&list, part);
    if (status == BERT_OK) own->names = part->own;
    part->own = own;
    part->own_free = own_free;
    tensor_list_release(&list);
    return status;
}

static bert_status part_fill(const pickle *p, const torch_source *from, size_t count, view *views,
                             tensor_part *part)
{
    torch_own *own = part->own;
    TRY(views_read(p, from, part->path, views));
    TRY(copies_make(part->path, views, count, part->map.count, &own->copies));
    return tensors_keep(part, views, count);
}

bert_status torch_tensors_read(const pickle *p, const torch_source *from, tensor_part *part)
{
    const pickle_value *dict = &p->values[p->root];
    if (dict->kind != PICKLE_DICT)
        return fail(BERT_FORMAT,
                    "%s: holds no state dict, which maps names to tensors; save model.state_dict()",
                    part->path);
    size_t count = dict->as.items.count / 2;
    if (count > TENSORS_MAX)
        return fail(BERT_FORMAT, "%s: holds %zu tensors; at most %d are read", part->path, count,
                    TENSORS_MAX);
    view *views = NULL;
    TRY(memory_zeroed(1, sizeof(torch_own), &part->own));
    part->own_free = own_free;
    TRY(memory_zeroed(count, sizeof *views, (void **)&views));
    bert_status status = part_fill(p, from, count, views, part);
    free(views);
    return status;
}
