#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bert_status fail_errno(const char *action, const char *path)
{
    int error = errno;
    return fail(error == ENOMEM ? BERT_MEMORY : BERT_IO, "%s: cannot %s: %s", path, action,
                strerror(error));
}

/* What every folder has. */
static bool name_is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Network file systems let a signal end an open(). */
int descriptor_open(const char *path, int flags)
{
    int descriptor;
    do {
        descriptor = open(path, flags);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

bert_status file_map_open(const char *path, file_map *out)
{
    /* without O_NONBLOCK a pipe that bears the name of a file would be waited for */
    int descriptor = descriptor_open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) return fail_errno("open", path);

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

bert_status folder_next(DIR *entries, const char *path, struct dirent **out)
{
    do {
        errno = 0;
        *out = readdir(entries);
    } while (*out && name_is_dots((*out)->d_name));
    return !*out && errno ? fail_errno("read", path) : BERT_OK;
}

bool file_name_is_plain(const char *name)
{
    return *name && !strchr(name, '/') && !name_is_dots(name);
}

bert_status path_join(const char *folder, const char *name, char **out)
{
    char *joined;
    if (asprintf(&joined, "%s/%s", folder, name) < 0)
        return fail(BERT_MEMORY, "out of memory for a path");
    *out = joined;
    return BERT_OK;
}

/* A file of its own: what a killed process of this number left goes first, and a link that somebody
 * put there is removed and not followed. */
static int temporary_open(const char *path)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int descriptor = open(path, flags, 0666);
    if (descriptor < 0 && errno == EEXIST && unlink(path) == 0)
        descriptor = open(path, flags, 0666);
    return descriptor;
}

bert_status file_write_open(const char *path, file_write *out)
{
    file_write file = { 0 };
    bert_status status = BERT_OK;
    if (!(file.path = strdup(path)) ||
        asprintf(&file.temporary, "%s.%ld.partial", path, (long)getpid()) < 0) {
        free(file.path);
        return fail(BERT_MEMORY, "out of memory for a path");
    }
    int descriptor = temporary_open(file.temporary);
    if (descriptor < 0) {
        status = fail_errno("write", path);
        free(file.temporary);
        free(file.path);
        return status;
    }
    file.stream = fdopen(descriptor, "w");
    if (!file.stream) {
        status = fail_errno("write", path);
        close(descriptor);
        unlink(file.temporary);
        free(file.temporary);
        free(file.path);
        return status;
    }
    *out = file;
    return BERT_OK;
}

bert_status folder_sync(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t count = slash ? (size_t)(slash - path) + 1 : 0;
    char folder[PATH_MAX] = "."; /* the rename is done: this must not lack memory */
    assert(count < sizeof folder);
    if (count) memcpy(folder, path, count);
    int descriptor = descriptor_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bert_status status = BERT_OK;
    if (descriptor < 0 || (fsync(descriptor) != 0 && errno != EINVAL))
        status = fail_errno("sync", folder);
    if (descriptor >= 0) close(descriptor);
    return status;
}

bert_status file_write_commit(file_write *file)
{
    bert_status status = BERT_OK;
    if (fflush(file->stream) != 0 || ferror(file->stream) || fsync(fileno(file->stream)) != 0)
        status = fail_errno("write", file->path);
    if (fclose(file->stream) != 0 && status == BERT_OK) status = fail_errno("write", file->path);
    file->stream = NULL;
    if (status == BERT_OK && rename(file->temporary, file->path) != 0)
        status = fail_errno("replace", file->path);
    if (status == BERT_OK) status = folder_sync(file->path);
    file_write_abort(file);
    return status;
}

void file_write_abort(file_write *file)
{
    if (file->stream) fclose(file->stream);
    if (file->temporary) unlink(file->temporary); /* after a commit its name is gone already */
    free(file->temporary);
    free(file->path);
    *file = (file_write){ 0 };
}

bert_status file_replace(const char *path, const void *bytes, size_t count)
{
    file_write file;
    TRY(file_write_open(path, &file));
    if (count) fwrite(bytes, 1, count, file.stream);
    return file_write_commit(&file);
}

bert_status file_copy(const char *from, const char *to)
{
    file_map map;
    TRY(file_map_open(from, &map));
    bert_status status = file_replace(to, map.bytes, map.count);
    file_map_close(&map);
    return status;
}

bert_status file_copy_between(const char *from, const char *to, const char *name)
{
    char *source = NULL, *target = NULL;
    bert_status status = path_join(from, name, &source);
    if (status == BERT_OK) status = path_join(to, name, &target);
    if (status == BERT_OK && file_exists(source)) status = file_copy(source, target);
    free(source);
    free(target);
    return status;
}

bert_status folder_make(const char *path)
{
    if (!*path) return fail(BERT_ARGUMENT, "a folder without a name cannot be made");
    char *partial = strdup(path);
    if (!partial) return fail(BERT_MEMORY, "out of memory for a path");
    bert_status status = BERT_OK;
    for (char *at = partial + 1; status == BERT_OK; at++) {
        if (*at != '/' && *at != '\0') continue;
        char end = *at;
        *at = '\0';
        if (mkdir(partial, 0777) == 0)
            status = folder_sync(partial);
        else if (errno != EEXIST || !folder_exists(partial))
            status = fail_errno("make the folder", partial);
        *at = end;
        if (end == '\0') break;
    }
    free(partial);
    return status;
}

static bert_status entry_remove(int folder, const char *path, const char *name);

/* Without opendir(), which needs memory: what a run leaves behind goes where memory has ended, too.
 * What is removed while a folder is read may hide what was not read yet, so it is read again until
 * nothing is found. */
static bert_status entries_remove(int folder, const char *path)
{
    _Alignas(struct dirent64) char entries[4096];
    for (;;) {
        bool found = false;
        if (lseek(folder, 0, SEEK_SET) < 0) return fail_errno("remove", path);
        for (ssize_t bytes; (bytes = getdents64(folder, entries, sizeof entries)) != 0;) {
            if (bytes < 0) return fail_errno("remove", path);
            for (ssize_t at = 0; at < bytes;) {
                const struct dirent64 *entry = (const struct dirent64 *)(entries + at);
                at += entry->d_reclen;
                if (name_is_dots(entry->d_name)) continue;
                found = true;
                TRY(entry_remove(folder, path, entry->d_name));
            }
        }
        if (!found) return BERT_OK;
    }
}

/* path: of the folder, for messages. */
static bert_status entry_remove(int folder, const char *path, const char *name)
{
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) return BERT_OK;
    int reason = errno;
    int inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner < 0) { /* no folder, or not ours to look into */
        if (errno == ENOTDIR || errno == ELOOP) errno = reason;
        return fail_errno("remove", path);
    }
    bert_status status = entries_remove(inner, path);
    close(inner);
    if (status == BERT_OK && unlinkat(folder, name, AT_REMOVEDIR) != 0)
        status = fail_errno("remove", path);
    return status;
}

bert_status folder_remove(const char *path)
{
    return entry_remove(AT_FDCWD, path, path);
}

/* In one step, or in three where the file system cannot (NFS, some FUSE): then there is an instant
 * at which the old folder is only under its name with ".old". */
static bert_status folders_exchange(const char *staged, const char *path)
{
    if (renameat2(AT_FDCWD, staged, AT_FDCWD, path, RENAME_EXCHANGE) == 0) return BERT_OK;
    if (errno != EINVAL && errno != ENOSYS) return fail_errno("exchange", path);
    char *old;
    if (asprintf(&old, "%s.old", path) < 0) return fail(BERT_MEMORY, "out of memory for a path");
    bert_status status = BERT_OK;
    if (rename(path, old) != 0 || rename(staged, path) != 0 || rename(old, staged) != 0)
        status = fail_errno("exchange", path);
    free(old);
    return status;
}

bert_status folder_publish(const char *staged, const char *path)
{
    char inside[PATH_MAX]; /* what is finished must not be lost for want of memory */
    snprintf(inside, sizeof inside, "%s/", staged);
    TRY(folder_sync(inside));        /* the staged folder's own entries */
    if (rename(staged, path) != 0) { /* an absent or empty `path` is taken over by a plain rename */
        if (errno != ENOTEMPTY && errno != EEXIST) return fail_errno("replace", path);
        TRY(folders_exchange(staged, path));
        TRY(folder_remove(staged));
    }
    return folder_sync(path);
}
