/* What torch.save() wrote before 1.6, and writes with _use_new_zipfile_serialization=False:
 *
 *     pickle   the number 0x1950A86A20F9469CFC6C
 *     pickle   the number 1001
 *     pickle   a dict about the machine that wrote
 *     pickle   the state dict
 *     pickle   a list of the storages' keys
 *     for each of these, in this order:
 *         8 bytes      how many elements it has
 *         the numbers  little endian, whatever the machine was
 */
#include "base/memory.h"
#include "tensors/torch.h"
#include "tensors/torch_tensors.h"

#include <stdint.h>
#include <stdlib.h>

static const char magic[] = "\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19";

enum { PROTOCOL = 1001 };

/* A storage of the pickle, and where its numbers are: NULL until they are found. */
typedef struct place {
    torch_storage storage; /* first, and in it the key */
    const char *data;
} place;

typedef struct places {
    const char *path;
    place *places; /* [count], by key */
    size_t count;
} places;

static int place_compare(const void *a, const void *b)
{
    return slice_compare(((const place *)a)->storage.key, ((const place *)b)->storage.key);
}

/* The first of those that have this key; NULL: none. */
static place *place_find(const places *s, slice key)
{
    bool there;
    size_t at = slice_place(s->places, s->count, sizeof *s->places, key, &there);
    return there ? &s->places[at] : NULL;
}

/* Every storage that the pickle speaks of; a key may come several times. */
static bert_status places_list(const pickle *p, places *s)
{
    for (size_t i = 0; i < p->value_count; i++) s->count += p->values[i].kind == PICKLE_STORAGE;
    TRY(memory_zeroed(s->count, sizeof *s->places, (void **)&s->places));
    size_t at = 0;
    for (size_t i = 0; i < p->value_count; i++)
        if (p->values[i].kind == PICKLE_STORAGE)
            TRY(torch_storage_parse(s->path, p, &p->values[i], &s->places[at++].storage));
    qsort(s->places, s->count, sizeof *s->places, place_compare);
    return BERT_OK;
}

/* Finds the numbers of the storage that comes next, and takes them off `rest`. */
static bert_status place_fill(const places *s, const pickle_value *key, slice *rest)
{
    uint64_t count = 0;
    size_t bytes;
    place *found = key->kind == PICKLE_TEXT ? place_find(s, key->as.text) : NULL;
    if (!found)
        return fail(BERT_FORMAT, "%s: holds a storage of which its pickle knows nothing", s->path);
    if (rest->count < sizeof count)
        return fail(BERT_FORMAT, "%s: ends before its numbers do; was the file cut short?",
                    s->path);
    for (size_t i = sizeof count; i-- > 0;) count = count << 8 | (unsigned char)rest->bytes[i];
    *rest = (slice){ rest->bytes + sizeof count, rest->count - sizeof count };
    if (count != found->storage.count)
        return fail(BERT_FORMAT, "%s: a storage holds %zu numbers, and should hold %zu", s->path,
                    (size_t)count, found->storage.count);
    bytes = found->storage.bytes;
    if (bytes > rest->count)
        return fail(BERT_FORMAT, "%s: ends before its numbers do; was the file cut short?",
                    s->path);
    found->data = rest->bytes;
    *rest = (slice){ rest->bytes + bytes, rest->count - bytes };
    return BERT_OK;
}

static bert_status places_fill(const places *s, const pickle *keys, slice rest)
{
    const pickle_value *list = &keys->values[keys->root];
    if (list->kind != PICKLE_LIST)
        return fail(BERT_FORMAT, "%s: has no list of its storages; is the file damaged?", s->path);
    uint32_t cell = list->as.items.first;
    for (size_t i = 0; i < list->as.items.count; i++, cell = keys->cells[cell].next)
        TRY(place_fill(s, &keys->values[keys->cells[cell].value], &rest));
    return BERT_OK;
}

static bert_status place_locate(void *context, const torch_storage *storage, const char **data)
{
    const places *s = context;
    const place *found = place_find(s, storage->key);
    if (!found || !found->data || found->storage.bytes != storage->bytes)
        return fail(BERT_FORMAT, "%s: the numbers of a storage are missing; is the file damaged?",
                    s->path);
    *data = found->data;
    return BERT_OK;
}

/* ---- the pickles, one behind the other */

static bert_status pickle_next(const char *path, slice *rest, pickle *out)
{
    size_t used;
    TRY(pickle_read(path, *rest, out, &used));
    *rest = (slice){ rest->bytes + used, rest->count - used };
    return BERT_OK;
}

static bool is_magic(const pickle_value *value)
{
    return value->kind == PICKLE_LONG &&
           slice_equal(value->as.text, (slice){ magic, sizeof magic - 1 });
}

static bool is_protocol(const pickle_value *value)
{
    return value->kind == PICKLE_INT && value->as.number == PROTOCOL;
}

/* Reads a pickle that must be what `is` says. */
static bert_status pickle_skip(const char *path, slice *rest, bool (*is)(const pickle_value *))
{
    pickle p = { 0 };
    TRY(pickle_next(path, rest, &p));
    bool right = is(&p.values[p.root]);
    pickle_release(&p);
    if (right) return BERT_OK;
    return fail(BERT_FORMAT,
                "%s: its first pickles are not those of torch.save(); is it a file of torch?",
                path);
}

static bool is_dict(const pickle_value *value)
{
    return value->kind == PICKLE_DICT;
}

static bert_status stream_read(tensor_part *part, slice rest, pickle *states, pickle *keys,
                               places *s)
{
    TRY(pickle_next(part->path, &rest, states));
    TRY(pickle_next(part->path, &rest, keys));
    TRY(places_list(states, s));
    TRY(places_fill(s, keys, rest));
    torch_source source = { .locate = place_locate, .context = s };
    return torch_tensors_read(states, &source, part);
}

bert_status torch_legacy_read(tensor_part *part)
{
    slice rest = { part->map.bytes, part->map.count };
    if (rest.count == 0 || (unsigned char)rest.bytes[0] != 0x80)
        return fail(BERT_FORMAT,
                    "%s: is neither a zip archive nor a pickle; is it a file of torch?",
                    part->path);
    TRY(pickle_skip(part->path, &rest, is_magic));
    TRY(pickle_skip(part->path, &rest, is_protocol));
    TRY(pickle_skip(part->path, &rest, is_dict));

    pickle states = { 0 }, keys = { 0 };
    places s = { .path = part->path };
    bert_status status = stream_read(part, rest, &states, &keys, &s);
    pickle_release(&states);
    pickle_release(&keys);
    free(s.places);
    return status;
}
