#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Network file systems let a signal end an open(). */
int descriptor_open(const char *path, int flags)
{
    int descriptor;
    do {
        descriptor = open(path, flags);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

int descriptor_open_inside(int folder, const char *name, int flags)
{
    int descriptor;
    do {
        descriptor = openat(folder, name, flags);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

/* Takes the descriptor over. */
static bert_status descriptor_map(int descriptor, const char *path, file_map *out)
{
    struct stat info;
    bert_status status = BERT_OK;
    if (fstat(descriptor, &info) != 0)
        status = fail_errno("read", path);
    else if (!S_ISREG(info.st_mode))
        status = fail(BERT_IO, "%s: is not a regular file", path);
    else if (info.st_size == 0)
        *out = (file_map){ .bytes = "", .count = 0 };
    else {
        void *bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (bytes == MAP_FAILED)
            status = fail_errno("map", path);
        else
            *out = (file_map){ .bytes = bytes, .count = (size_t)info.st_size };
    }
    close(descriptor);
    return status;
}

bert_status file_map_open(const char *path, file_map *out)
{
    /* without O_NONBLOCK a pipe that bears the name of a file would be waited for */
    int descriptor = descriptor_open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    return descriptor < 0 ? fail_errno("open", path) : descriptor_map(descriptor, path, out);
}

bert_status file_map_inside(const folder_handle *in, const char *name, file_map *out)
{
    char *path = NULL;
    TRY(path_join(in->path, name, &path));
    int descriptor = descriptor_open_inside(in->descriptor, name,
                                            O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    bert_status status = BERT_OK;
    if (descriptor >= 0)
        status = descriptor_map(descriptor, path, out);
    else if (errno == ENOENT)
        *out = (file_map){ .bytes = "", .count = 0 };
    else
        status = fail_errno("open", path);
    free(path);
    return status;
}

void file_map_close(file_map *map)
{
    if (map->count) munmap((void *)map->bytes, map->count);
    *map = (file_map){ 0 };
}

/* Whole pages only. Advice that is not taken costs memory and nothing else. */
void file_map_forget(const file_map *map, size_t from, size_t count)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), begin = (from + page - 1) / page * page;
    size_t end = from + count == map->count ? map->count : (from + count) / page * page;
    if (begin < end) madvise((void *)(map->bytes + begin), end - begin, MADV_DONTNEED);
}

/* After a stat() that failed: does it say that nothing is there? */
static bool is_absent(void)
{
    return errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG || errno == ELOOP;
}

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? !S_ISDIR(info.st_mode) : !is_absent();
}

bool folder_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? S_ISDIR(info.st_mode) : !is_absent();
}

bool file_is_stream(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

bool file_name_is_plain(const char *name)
{
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

bert_status path_join(const char *folder, const char *name, char **out)
{
    char *joined;
    if (asprintf(&joined, "%s/%s", folder, name) < 0)
        return fail(BERT_MEMORY, "out of memory for a path");
    *out = joined;
    return BERT_OK;
}

/* The folder in which openat() and its like look the name up. */
static int place_of(const folder_handle *in)
{
    return in ? in->descriptor : AT_FDCWD;
}

/* A file of its own: what a killed process of this number left goes first, and a link that somebody
 * put there is removed and not followed. */
static int temporary_open(const folder_handle *in, const char *name)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int descriptor = openat(place_of(in), name, flags, 0666);
    if (descriptor < 0 && errno == EEXIST && unlinkat(place_of(in), name, 0) == 0)
        descriptor = openat(place_of(in), name, flags, 0666);
    return descriptor;
}

static bert_status names_make(file_write *file, const char *name)
{
    const folder_handle *in = file->in;
    int bytes =
        in ? asprintf(&file->path, "%s/%s", in->path, name) : asprintf(&file->path, "%s", name);
    if (bytes < 0) {
        file->path = NULL;
        return fail(BERT_MEMORY, "out of memory for a path");
    }
    file->name = file->path + ((size_t)bytes - strlen(name));
    if (asprintf(&file->temporary, "%s.%ld.partial", name, (long)getpid()) >= 0) return BERT_OK;
    file->temporary = NULL;
    return fail(BERT_MEMORY, "out of memory for a path");
}

static bert_status temporary_begin(file_write *file)
{
    if (file->in) TRY(folder_verify(file->in));
    int descriptor = temporary_open(file->in, file->temporary);
    if (descriptor < 0) return fail_errno("write", file->path);
    file->stream = fdopen(descriptor, "w");
    if (file->stream) return BERT_OK;
    bert_status status = fail_errno("write", file->path);
    close(descriptor);
    unlinkat(place_of(file->in), file->temporary, 0);
    return status;
}

static void names_free(file_write *file)
{
    free(file->temporary);
    free(file->path);
    *file = (file_write){ 0 };
}

bert_status file_write_open(const folder_handle *in, const char *name, file_write *out)
{
    file_write file = { .in = in };
    bert_status status = names_make(&file, name);
    if (status == BERT_OK) status = temporary_begin(&file);
    if (status == BERT_OK)
        *out = file;
    else
        names_free(&file);
    return status;
}

bert_status file_write_commit(file_write *file)
{
    int place = place_of(file->in);
    bert_status status = BERT_OK;
    if (fflush(file->stream) != 0 || ferror(file->stream) || fsync(fileno(file->stream)) != 0)
        status = fail_errno("write", file->path);
    if (fclose(file->stream) != 0 && status == BERT_OK) status = fail_errno("write", file->path);
    file->stream = NULL;
    if (status == BERT_OK && renameat(place, file->temporary, place, file->name) != 0)
        status = fail_errno("replace", file->path);
    if (status == BERT_OK) status = file->in ? folder_flush(file->in) : folder_sync(file->path);
    file_write_abort(file);
    return status;
}

void file_write_abort(file_write *file)
{
    if (file->stream) fclose(file->stream);
    if (file->temporary) /* after a commit its name is gone already */
        unlinkat(place_of(file->in), file->temporary, 0);
    names_free(file);
}

bert_status file_replace(const folder_handle *in, const char *name, const void *bytes, size_t count)
{
    file_write file;
    TRY(file_write_open(in, name, &file));
    if (count) fwrite(bytes, 1, count, file.stream);
    return file_write_commit(&file);
}

bert_status file_copy(const char *from, const folder_handle *in, const char *name)
{
    file_map map;
    TRY(file_map_open(from, &map));
    bert_status status = file_replace(in, name, map.bytes, map.count);
    file_map_close(&map);
    return status;
}

bert_status file_copy_between(const char *from, const folder_handle *to, const char *name)
{
    char *source = NULL;
    TRY(path_join(from, name, &source));
    bert_status status = file_exists(source) ? file_copy(source, to, name) : BERT_OK;
    free(source);
    return status;
}

bert_status file_not_written(const folder_handle *in, const char *name)
{
    char path[PATH_MAX]; /* the reason may be a lack of memory */
    snprintf(path, sizeof path, "%s/%s", in->path, name);
    return fail_errno("write", path);
}

bert_status file_stream_open(const folder_handle *in, const char *name, FILE **out)
{
    TRY(folder_verify(in));
    int descriptor =
        openat(in->descriptor, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    FILE *stream = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    if (stream) {
        *out = stream;
        return BERT_OK;
    }
    bert_status status = file_not_written(in, name);
    if (descriptor >= 0) close(descriptor);
    return status;
}
