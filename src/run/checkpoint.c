#include "run/checkpoint.h"

#include "base/digest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char magic[8] = "BERTCKPT";

enum { VERSION = 1, FIXED_BYTES = 32, ENTRY_BYTES = 64, ALIGNMENT = 64 };

static size_t table_end(size_t parts)
{
    return FIXED_BYTES + ENTRY_BYTES * parts;
}

static size_t aligned(size_t offset)
{
    return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Where the first part begins. */
static size_t header_bytes(size_t parts)
{
    return aligned(table_end(parts) + DIGEST_BYTES);
}

static void put_number(uint8_t *at, size_t bytes, uint64_t number)
{
    for (size_t i = 0; i < bytes; i++) at[i] = (uint8_t)(number >> (8 * i));
}

static uint64_t get_number(const uint8_t *at, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++) number |= (uint64_t)at[i] << (8 * i);
    return number;
}

/* ---- writing */

size_t checkpoint_bytes(const size_t *part_bytes, size_t count)
{
    size_t end = header_bytes(count);
    for (size_t i = 0; i < count; i++) end = aligned(end) + part_bytes[i];
    return end;
}

static void header_fill(uint64_t step, const checkpoint_part *parts, size_t count, uint8_t *header)
{
    size_t end = header_bytes(count);
    for (size_t i = 0; i < count; i++) {
        uint8_t *entry = header + table_end(i);
        end = aligned(end);
        memcpy(entry, parts[i].name, CHECKPOINT_NAME_BYTES);
        put_number(entry + 16, 8, end);
        put_number(entry + 24, 8, parts[i].bytes.count);
        bytes_digest(parts[i].bytes, entry + 32);
        end += parts[i].bytes.count;
    }
    memcpy(header, magic, sizeof magic);
    put_number(header + 8, 4, VERSION);
    put_number(header + 12, 4, count);
    put_number(header + 16, 8, end);
    put_number(header + 24, 8, step);
    bytes_digest((slice){ (const char *)header, table_end(count) }, header + table_end(count));
}

bert_status checkpoint_write(const folder_handle *in, const char *name, uint64_t step,
                             const checkpoint_part *parts, size_t count)
{
    static const char zeros[ALIGNMENT];
    uint8_t header[FIXED_BYTES + ENTRY_BYTES * CHECKPOINT_PARTS_MAX + DIGEST_BYTES + ALIGNMENT];
    assert(count <= CHECKPOINT_PARTS_MAX);
    memset(header, 0, sizeof header);
    header_fill(step, parts, count, header);

    file_write file;
    TRY(file_write_open(in, name, &file));
    size_t end = header_bytes(count);
    fwrite(header, 1, end, file.stream);
    for (size_t i = 0; i < count; i++) {
        fwrite(zeros, 1, aligned(end) - end, file.stream);
        if (parts[i].bytes.count)
            fwrite(parts[i].bytes.bytes, 1, parts[i].bytes.count, file.stream);
        end = aligned(end) + parts[i].bytes.count;
    }
    return file_write_commit(&file);
}

/* ---- reading */

static bert_status damaged(const checkpoint *c, const char *what)
{
    return fail(BERT_FORMAT, "%s: is damaged: %s", c->path, what);
}

static bert_status header_read(checkpoint *c)
{
    const uint8_t *header = (const uint8_t *)c->map.bytes;
    uint8_t digest[DIGEST_BYTES];
    if (c->map.count < FIXED_BYTES || memcmp(header, magic, sizeof magic) != 0)
        return fail(BERT_FORMAT, "%s: is not a checkpoint of bert.c", c->path);
    if (get_number(header + 8, 4) != VERSION)
        return fail(BERT_FORMAT, "%s: is a checkpoint of another version of bert.c", c->path);
    if (get_number(header + 16, 8) != c->map.count) return damaged(c, "its end is missing");
    c->count = (size_t)get_number(header + 12, 4);
    if (c->count > CHECKPOINT_PARTS_MAX || header_bytes(c->count) > c->map.count)
        return damaged(c, "it has too many parts");
    size_t end = table_end(c->count);
    bytes_digest((slice){ c->map.bytes, end }, digest);
    if (memcmp(digest, header + end, sizeof digest) != 0)
        return damaged(c, "its table has another checksum");
    c->step = get_number(header + 24, 8);
    return BERT_OK;
}

static bert_status part_read(checkpoint *c, size_t index)
{
    const uint8_t *entry = (const uint8_t *)c->map.bytes + table_end(index);
    checkpoint_part *part = &c->parts[index];
    uint64_t offset = get_number(entry + 16, 8), bytes = get_number(entry + 24, 8);
    uint8_t digest[DIGEST_BYTES];
    memcpy(part->name, entry, CHECKPOINT_NAME_BYTES);
    if (part->name[CHECKPOINT_NAME_BYTES - 1] || offset > c->map.count ||
        bytes > c->map.count - offset || offset % ALIGNMENT)
        return damaged(c, "a part lies outside of it");
    part->bytes = (slice){ c->map.bytes + offset, (size_t)bytes };
    mapped_digest(&c->map, (size_t)offset, (size_t)bytes, digest);
    if (memcmp(digest, entry + 32, sizeof digest) != 0)
        return fail(BERT_FORMAT, "%s: is damaged: its part '%s' has another checksum", c->path,
                    part->name);
    return BERT_OK;
}

bert_status checkpoint_open(const char *path, checkpoint *out)
{
    checkpoint c = { 0 };
    TRY(file_map_open(path, &c.map));
    bert_status status =
        (c.path = strdup(path)) ? BERT_OK : fail(BERT_MEMORY, "out of memory for a path");
    if (status == BERT_OK) status = header_read(&c);
    for (size_t i = 0; status == BERT_OK && i < c.count; i++) status = part_read(&c, i);
    if (status == BERT_OK)
        *out = c;
    else
        checkpoint_close(&c);
    return status;
}

void checkpoint_close(checkpoint *c)
{
    file_map_close(&c->map);
    free(c->path);
    *c = (checkpoint){ 0 };
}

slice checkpoint_find(const checkpoint *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->parts[i].name, name) == 0) return c->parts[i].bytes;
    return (slice){ 0 };
}
