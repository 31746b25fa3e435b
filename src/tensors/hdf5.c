#include "tensors/hdf5.h"

#include <string.h>

enum { LEVEL_MAX = 16, SYMBOL_BYTES = 40, SOFT_LINK = 2 };

/* The way through the groups. */
typedef struct walk {
    hdf5_file *file;
    tensor_list *out;
    char name[TENSOR_NAME_MAX + 1]; /* the path so far, ended by NUL */
    size_t name_count, depth;
    slice names; /* of the group's members */
} walk;

bool hdf5_at(const hdf5_file *f, uint64_t address, uint64_t count, slice *out)
{
    if (address > f->bytes.count || count > f->bytes.count - address) return false;
    *out = (slice){ f->bytes.bytes + address, (size_t)count };
    return true;
}

uint64_t hdf5_number(slice from, size_t at, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = bytes; i-- > 0;) number = number << 8 | (unsigned char)from.bytes[at + i];
    return number;
}

bert_status hdf5_damaged(const hdf5_file *f, const char *what)
{
    return fail(BERT_FORMAT, "%s: %s; is the file damaged?", f->path, what);
}

bert_status hdf5_step(hdf5_file *f)
{
    if (f->steps++ < HDF5_STEPS_MAX) return BERT_OK;
    return hdf5_damaged(f, "its groups have more than a million parts, or lead in circles");
}

static bert_status object_walk(walk *w, uint64_t address);

/* The names of a group's members. */
static bert_status heap_open(const hdf5_file *f, uint64_t address, slice *out)
{
    slice head;
    if (!hdf5_at(f, address, 32, &head) || memcmp(head.bytes, "HEAP", 4) != 0 ||
        !hdf5_at(f, hdf5_number(head, 24, 8), hdf5_number(head, 8, 8), out))
        return hdf5_damaged(f, "a group's names are not where they should be");
    return BERT_OK;
}

static bert_status symbol_walk(walk *w, slice symbol)
{
    TRY(hdf5_step(w->file));
    if (hdf5_number(symbol, 16, 4) == SOFT_LINK) return BERT_OK;
    uint64_t offset = hdf5_number(symbol, 0, 8);
    const char *text = offset < w->names.count ? w->names.bytes + offset : NULL;
    const char *end = text ? memchr(text, '\0', w->names.count - (size_t)offset) : NULL;
    if (!end || end == text || memchr(text, '/', (size_t)(end - text)))
        return hdf5_damaged(w->file, "a member of a group has no name");
    size_t count = (size_t)(end - text), before = w->name_count;
    if (count + 1 > TENSOR_NAME_MAX - before)
        return hdf5_damaged(w->file, "a dataset's path is too long");
    if (before) w->name[w->name_count++] = '/';
    memcpy(w->name + w->name_count, text, count + 1);
    w->name_count += count;
    bert_status status = object_walk(w, hdf5_number(symbol, 8, 8));
    w->name_count = before;
    w->name[before] = '\0';
    return status;
}

static bert_status symbols_walk(walk *w, uint64_t address)
{
    slice head, symbols;
    TRY(hdf5_step(w->file));
    if (!hdf5_at(w->file, address, 8, &head) || memcmp(head.bytes, "SNOD", 4) != 0 ||
        !hdf5_at(w->file, address + 8, hdf5_number(head, 6, 2) * SYMBOL_BYTES, &symbols))
        return hdf5_damaged(w->file, "a group's list of members is not where it should be");
    for (size_t at = 0; at < symbols.count; at += SYMBOL_BYTES)
        TRY(symbol_walk(w, (slice){ symbols.bytes + at, SYMBOL_BYTES }));
    return BERT_OK;
}

static bert_status tree_walk(walk *w, uint64_t address, uint64_t level)
{
    slice head, pairs;
    TRY(hdf5_step(w->file));
    if (!hdf5_at(w->file, address, 24, &head) || memcmp(head.bytes, "TREE", 4) != 0 ||
        hdf5_number(head, 4, 1) != 0 || hdf5_number(head, 5, 1) != level ||
        !hdf5_at(w->file, address + 24, hdf5_number(head, 6, 2) * 16, &pairs))
        return hdf5_damaged(w->file, "a group's tree of members is not where it should be");
    for (size_t at = 8; at < pairs.count; at += 16) {
        uint64_t child = hdf5_number(pairs, at, 8);
        TRY(level ? tree_walk(w, child, level - 1) : symbols_walk(w, child));
    }
    return BERT_OK;
}

static bert_status group_walk(walk *w, const hdf5_object *group)
{
    slice names = w->names, head;
    if (w->depth == HDF5_DEPTH_MAX)
        return hdf5_damaged(w->file, "its groups stand more than 32 deep in each other");
    if (!hdf5_at(w->file, group->tree, 24, &head) || hdf5_number(head, 5, 1) > LEVEL_MAX)
        return hdf5_damaged(w->file, "a group's tree of members is not where it should be");
    TRY(heap_open(w->file, group->heap, &w->names));
    w->depth++;
    bert_status status = tree_walk(w, group->tree, hdf5_number(head, 5, 1));
    w->depth--;
    w->names = names;
    return status;
}

static bert_status object_walk(walk *w, uint64_t address)
{
    hdf5_object object;
    TRY(hdf5_object_read(w->file, address, w->name, &object));
    if (object.group) return group_walk(w, &object);
    if (!object.dataset) return BERT_OK; /* a named type */
    return tensor_list_add(w->out, w->file->path, object.info, (slice){ w->name, w->name_count });
}

static bert_status superblock_read(const hdf5_file *f, uint64_t *root)
{
    slice head;
    if (!hdf5_at(f, 0, 100, &head) || memcmp(head.bytes, "\211HDF\r\n\032\n", 8) != 0)
        return fail(BERT_FORMAT, "%s: is no HDF5 file", f->path);
    uint64_t version = hdf5_number(head, 8, 1);
    if (version > 1 || hdf5_number(head, 13, 1) != 8 || hdf5_number(head, 14, 1) != 8)
        return fail(BERT_UNSUPPORTED,
                    "%s: is HDF5 of a form that Keras does not write (superblock %d); save the "
                    "model with transformers (save_pretrained)",
                    f->path, (int)version);
    size_t later = version == 1 ? 4 : 0;
    uint64_t end = hdf5_number(head, 40 + later, 8);
    if (hdf5_number(head, 24 + later, 8) != 0)
        return fail(BERT_UNSUPPORTED, "%s: has something else before its HDF5 data", f->path);
    if (end > f->bytes.count)
        return fail(BERT_FORMAT, "%s: should have %zu bytes, but has %zu; was the file cut short?",
                    f->path, (size_t)end, f->bytes.count);
    *root = hdf5_number(head, 64 + later, 8);
    return BERT_OK;
}

bert_status hdf5_read(const char *path, slice bytes, tensor_list *out)
{
    hdf5_file file = { .path = path, .bytes = bytes };
    walk w = { .file = &file, .out = out };
    uint64_t root = 0;
    hdf5_object object;
    TRY(superblock_read(&file, &root));
    TRY(hdf5_object_read(&file, root, "/", &object));
    if (!object.group) return hdf5_damaged(&file, "its root is no group");
    return group_walk(&w, &object);
}
