/* unpack.c: files packed by gzip, through zlib. */
#include "bert_lines.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum { GZIP_WINDOW_BITS = 15 + 16, ROOM_BYTES = 1 << 16, ROOM_BYTES_MOST = 1 << 30 };

static const char packed_ending[] = ".gz";

static bool ends_in(const char *path, size_t length, const char *ending)
{
    size_t wanted = strlen(ending);
    return length >= wanted && strncasecmp(path + length - wanted, ending, wanted) == 0;
}

bool bert_name_is_packed(const char *path)
{
    return ends_in(path, strlen(path), packed_ending);
}

bool bert_name_ends(const char *path, const char *ending)
{
    size_t length = strlen(path);
    if (bert_name_is_packed(path)) length -= sizeof packed_ending - 1;
    return ends_in(path, length, ending);
}

typedef struct unpacked {
    char *bytes;
    size_t count, capacity;
} unpacked;

/* What zlib makes of the bytes so far; an archive may have several members, one after another. */
static bert_status step_check(z_stream *z, int code, const char *path, bool *done)
{
    if (code == Z_MEM_ERROR) return fail(BERT_MEMORY, "%s: out of memory", path);
    if (code == Z_BUF_ERROR)
        return fail(BERT_FORMAT, "%s: the packed data end too early; was the file cut short?",
                    path);
    if (code != Z_OK && code != Z_STREAM_END)
        return fail(BERT_FORMAT, "%s: cannot be unpacked as gzip, which its name says it is (%s)",
                    path, z->msg ? z->msg : "damaged");
    if (code == Z_STREAM_END) {
        while (z->avail_in && !*z->next_in) z->next_in++, z->avail_in--; /* padding of tapes */
        *done = z->avail_in == 0;
        if (!*done) inflateReset(z);
    }
    return BERT_OK;
}

static bert_status bytes_unpack(z_stream *z, const char *path, unpacked *out)
{
    for (bool done = false; !done;) {
        TRY(memory_grow((void **)&out->bytes, &out->capacity, out->count + ROOM_BYTES, 1));
        size_t room = size_smaller(out->capacity - out->count, ROOM_BYTES_MOST);
        z->next_out = (Bytef *)out->bytes + out->count;
        z->avail_out = (uInt)room;
        int code = inflate(z, Z_NO_FLUSH);
        out->count += room - z->avail_out;
        if (out->count > UNPACKED_BYTES_MAX)
            return fail(BERT_FORMAT,
                        "%s: unpacks to more than %d bytes; unpack it and split it in files", path,
                        UNPACKED_BYTES_MAX);
        TRY(step_check(z, code, path, &done));
    }
    return BERT_OK;
}

static bert_status map_unpack(const file_map *map, const char *path, unpacked *out)
{
    z_stream z = { 0 };
    if (map->count > UNPACKED_BYTES_MAX)
        return fail(BERT_FORMAT, "%s: is %zu bytes, and packed files are read up to %d; unpack it",
                    path, map->count, UNPACKED_BYTES_MAX);
    z.next_in = (Bytef *)map->bytes;
    z.avail_in = (uInt)map->count;
    if (inflateInit2(&z, GZIP_WINDOW_BITS) != Z_OK)
        return fail(BERT_MEMORY, "%s: out of memory", path);
    bert_status status = bytes_unpack(&z, path, out);
    inflateEnd(&z);
    return status;
}

bert_status bert_unpack(const char *path, char **bytes, size_t *count)
{
    file_map map;
    unpacked made = { 0 };
    TRY(file_map_open(path, &map));
    bert_status status = map_unpack(&map, path, &made);
    file_map_close(&map);
    if (status != BERT_OK) {
        free(made.bytes);
        return status;
    }
    *bytes = made.bytes;
    *count = made.count;
    return BERT_OK;
}
