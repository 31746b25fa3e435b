#include "tensors/tensorflow_table.h"

#include "base/crc32c.h"
#include "base/wire.h"

#include <string.h>

enum { FOOTER_BYTES = 48, TRAILER_BYTES = 5 };

static const unsigned char magic[8] = { 0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB };

/* Where entries go, and how far it is. */
typedef struct walk {
    const char *path;
    slice file;
    tensorflow_entry *entry;
    void *context;
    char key[TENSORFLOW_KEY_MAX]; /* the last of all data blocks */
    size_t key_count;
    bool key_there;    /* has there been one? */
    size_t blocks_end; /* of the data blocks so far */
} walk;

static bert_status damaged(const char *path, const char *what)
{
    return fail(BERT_FORMAT, "%s: %s; is the file damaged, or no TensorFlow checkpoint?", path,
                what);
}

/* A key as it is built from the one before. */
typedef struct entry_parts {
    slice rest, value;
    size_t shared;
} entry_parts;

static bool entry_take(slice *entries, size_t key_count, entry_parts *out)
{
    uint64_t shared, rest, value;
    if (!wire_varint(entries, &shared) || !wire_varint(entries, &rest) ||
        !wire_varint(entries, &value) || shared > key_count ||
        !wire_bytes(entries, rest, &out->rest) || !wire_bytes(entries, value, &out->value))
        return false;
    out->shared = (size_t)shared;
    return out->rest.count <= TENSORFLOW_KEY_MAX - out->shared;
}

static bool handle_take(slice *from, uint64_t *offset, uint64_t *size)
{
    return wire_varint(from, offset) && wire_varint(from, size);
}

/* The entries of a block, whose checksum is verified; restarts, which serve searches, are not
 * looked at. */
static bert_status block_open(const walk *w, uint64_t offset, uint64_t size, slice *entries)
{
    if (w->file.count < TRAILER_BYTES || offset > w->file.count - TRAILER_BYTES ||
        size > w->file.count - TRAILER_BYTES - offset)
        return damaged(w->path, "a block of its table lies outside of the file");
    slice block = { w->file.bytes + offset, (size_t)size };
    slice trailer = { block.bytes + block.count, TRAILER_BYTES };
    unsigned char compression = (unsigned char)trailer.bytes[0];
    uint32_t stored = 0, restarts = 0;
    trailer = (slice){ trailer.bytes + 1, 4 };
    wire_fixed32(&trailer, &stored);
    if (crc32c_masked(crc32c(0, (slice){ block.bytes, block.count + 1 })) != stored)
        return damaged(w->path, "the checksum of a block of its table is wrong");
    if (compression)
        return fail(
            BERT_UNSUPPORTED,
            "%s: its table is compressed (kind %d), which TensorFlow's own Saver never does",
            w->path, compression);
    if (block.count < 4) return damaged(w->path, "a block of its table is too short");
    slice count = { block.bytes + block.count - 4, 4 };
    wire_fixed32(&count, &restarts);
    if (restarts > block.count / 4 - 1)
        return damaged(w->path, "a block of its table is all restarts");
    *entries = (slice){ block.bytes, block.count - 4 - 4 * (size_t)restarts };
    return BERT_OK;
}

static bert_status data_entry(walk *w, const entry_parts *parts)
{
    /* in order: what follows the shared bytes is larger than what followed them before */
    slice tail = { w->key + parts->shared, w->key_count - parts->shared };
    if (w->key_there && slice_compare(parts->rest, tail) <= 0)
        return damaged(w->path, "the keys of its table are not in order");
    if (parts->rest.count) memcpy(w->key + parts->shared, parts->rest.bytes, parts->rest.count);
    w->key_count = parts->shared + parts->rest.count;
    w->key_there = true;
    return w->entry(w->context, (slice){ w->key, w->key_count }, parts->value);
}

static bert_status data_block(walk *w, uint64_t offset, uint64_t size)
{
    slice entries;
    /* each is read once, so that time is in proportion to the file */
    if (offset < w->blocks_end) return damaged(w->path, "blocks of its table overlap");
    TRY(block_open(w, offset, size, &entries));
    w->blocks_end = (size_t)(offset + size);
    for (bool first = true; entries.count; first = false) {
        entry_parts parts;
        if (!entry_take(&entries, first ? 0 : w->key_count, &parts))
            return damaged(w->path, "an entry of its table is cut off");
        TRY(data_entry(w, &parts));
    }
    return BERT_OK;
}

static bert_status index_block(walk *w, uint64_t offset, uint64_t size)
{
    slice entries;
    TRY(block_open(w, offset, size, &entries));
    size_t key_count = 0;
    while (entries.count) {
        entry_parts parts;
        uint64_t at, bytes;
        if (!entry_take(&entries, key_count, &parts) || !handle_take(&parts.value, &at, &bytes))
            return damaged(w->path, "an entry of its table is cut off");
        key_count = parts.shared + parts.rest.count;
        TRY(data_block(w, at, bytes));
    }
    return BERT_OK;
}

bert_status tensorflow_table_read(const char *path, slice file, tensorflow_entry *entry,
                                  void *context)
{
    if (file.count < FOOTER_BYTES ||
        memcmp(file.bytes + file.count - sizeof magic, magic, sizeof magic) != 0)
        return fail(BERT_FORMAT,
                    "%s: does not end as a TensorFlow checkpoint's index does; was the file cut "
                    "short?",
                    path);
    if (file.count > TENSORFLOW_TABLE_MAX)
        return fail(BERT_FORMAT, "%s: %zu bytes; the index of a checkpoint has at most %d", path,
                    file.count, TENSORFLOW_TABLE_MAX);
    slice footer = { file.bytes + file.count - FOOTER_BYTES, FOOTER_BYTES - sizeof magic };
    uint64_t meta[2], index[2];
    if (!handle_take(&footer, &meta[0], &meta[1]) || !handle_take(&footer, &index[0], &index[1]))
        return damaged(path, "its footer is malformed");
    walk w = { .path = path, .file = file, .entry = entry, .context = context };
    return index_block(&w, index[0], index[1]);
}
