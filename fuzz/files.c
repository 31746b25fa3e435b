#include "base/file.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILES_MAX = 32 };

/* [file_count]; `bytes` is a block of its own, NULL for an empty file. */
static struct {
    char *path, *bytes;
    size_t count;
} files[FILES_MAX];
static size_t file_count;

/* What --wrap makes of the library's calls. */
bert_status __wrap_file_map_open(const char *path, file_map *out);
void __wrap_file_map_close(file_map *map);
void __wrap_file_map_forget(const file_map *map, size_t from, size_t count);
bool __wrap_file_exists(const char *path);
bool __wrap_folder_exists(const char *path);
bool __wrap_file_is_stream(const char *path);

static char *bytes_copy(slice bytes)
{
    char *copy = bytes.count ? malloc(bytes.count) : NULL;
    CHECK(copy || !bytes.count);
    if (copy) memcpy(copy, bytes.bytes, bytes.count);
    return copy;
}

static size_t file_find(const char *path)
{
    size_t i = 0;
    while (i < file_count && strcmp(files[i].path, path) != 0) i++;
    return i;
}

void fuzz_file(const char *path, slice bytes)
{
    size_t at = file_find(path);
    CHECK(at < FILES_MAX);
    if (at == file_count) {
        CHECK((files[at].path = strdup(path)) != NULL);
        file_count++;
    }
    free(files[at].bytes);
    files[at].bytes = bytes_copy(bytes);
    files[at].count = bytes.count;
}

void fuzz_file_real(const char *path, const char *real)
{
    if (file_find(path) < file_count) return;
    FILE *stream = fopen(real, "rb");
    if (!stream) {
        fprintf(stderr, "%s: cannot be opened; run this in the repository's root\n", real);
        exit(1);
    }
    static char bytes[1 << 20];
    fuzz_file(path, (slice){ bytes, fread(bytes, 1, sizeof bytes, stream) });
    fclose(stream);
}

void fuzz_files_clear(void)
{
    for (; file_count > 0; file_count--) {
        free(files[file_count - 1].path);
        free(files[file_count - 1].bytes);
        files[file_count - 1].bytes = NULL;
    }
}

bert_status __wrap_file_map_open(const char *path, file_map *out)
{
    size_t at = file_find(path);
    if (at == file_count) return fail(BERT_IO, "%s: cannot open: there is no such file", path);
    slice bytes = { files[at].bytes, files[at].count };
    *out = (file_map){ .bytes = bytes.count ? bytes_copy(bytes) : "", .count = bytes.count };
    return BERT_OK;
}

void __wrap_file_map_close(file_map *map)
{
    if (map->count) free((char *)map->bytes);
    *map = (file_map){ 0 };
}

void __wrap_file_map_forget(const file_map *map, size_t from, size_t count)
{
    (void)map, (void)from, (void)count;
}

bool __wrap_file_exists(const char *path)
{
    return file_find(path) < file_count;
}

bool __wrap_folder_exists(const char *path)
{
    return strcmp(path, "m") == 0;
}

bool __wrap_file_is_stream(const char *path)
{
    (void)path;
    return false;
}
