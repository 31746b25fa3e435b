#include "base/folder.h"

#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What every folder has. */
static bool name_is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

bert_status folder_next(DIR *entries, const char *path, struct dirent **out)
{
    do {
        errno = 0;
        *out = readdir(entries);
    } while (*out && name_is_dots((*out)->d_name));
    return !*out && errno ? fail_errno("read", path) : BERT_OK;
}

/* Some file systems cannot sync a folder, and say EINVAL. */
static bert_status descriptor_sync(int folder, const char *path)
{
    return fsync(folder) == 0 || errno == EINVAL ? BERT_OK : fail_errno("sync", path);
}

bert_status folder_sync(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t count = slash ? (size_t)(slash - path) + 1 : 0;
    char folder[PATH_MAX] = "."; /* the rename is done: this must not lack memory */
    assert(count < sizeof folder);
    if (count) memcpy(folder, path, count);
    int descriptor = descriptor_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return fail_errno("sync", folder);
    bert_status status = descriptor_sync(descriptor, folder);
    close(descriptor);
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

bert_status path_resolve(const char *path, char **out)
{
    char *name = realpath(path, NULL);
    if (!name && errno != ENOMEM) name = strdup(path);
    if (!name) return fail(BERT_MEMORY, "out of memory for a path");
    for (size_t end = strlen(name); end > 1 && name[end - 1] == '/'; end--) name[end - 1] = '\0';
    *out = name;
    return BERT_OK;
}

/* ---- held open */

enum { HELD = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static bert_status handle_make(int descriptor, const char *path, folder_handle *out)
{
    if (descriptor < 0 && (errno == ELOOP || errno == ENOTDIR))
        return fail(BERT_ARGUMENT, "%s: is a link or a file, where a folder is needed; remove it",
                    path);
    if (descriptor < 0) return fail_errno("open", path);
    folder_handle f = { .descriptor = descriptor, .path = strdup(path) };
    if (!f.path) {
        close(descriptor);
        return fail(BERT_MEMORY, "out of memory for a path");
    }
    *out = f;
    return BERT_OK;
}

bert_status folder_hold(const char *path, folder_handle *out)
{
    return handle_make(descriptor_open(path, HELD), path, out);
}

static bert_status inside_open(const folder_handle *in, const char *name, const char *path,
                               folder_handle *out)
{
    TRY(folder_verify(in));
    if (mkdirat(in->descriptor, name, 0777) == 0)
        TRY(folder_flush(in));
    else if (errno != EEXIST)
        return fail_errno("make the folder", path);
    return handle_make(descriptor_open_inside(in->descriptor, name, HELD), path, out);
}

bert_status folder_make_inside(const folder_handle *in, const char *name, folder_handle *out)
{
    char *path;
    TRY(path_join(in->path, name, &path));
    bert_status status = inside_open(in, name, path, out);
    free(path);
    return status;
}

void folder_release(folder_handle *f)
{
    if (f->path) close(f->descriptor);
    free(f->path);
    *f = (folder_handle){ 0 };
}

bert_status folder_verify(const folder_handle *f)
{
    struct stat held, named;
    if (fstat(f->descriptor, &held) != 0) return fail_errno("look at", f->path);
    bool found = lstat(f->path, &named) == 0;
    if (!found && errno != ENOENT && errno != ENOTDIR) return fail_errno("look at", f->path);
    if (found && held.st_dev == named.st_dev && held.st_ino == named.st_ino) return BERT_OK;
    return fail(BERT_IO,
                "%s: this folder was moved away, removed or replaced while it was being written "
                "to; nothing more is written",
                f->path);
}

bert_status folder_flush(const folder_handle *f)
{
    return descriptor_sync(f->descriptor, f->path);
}

bert_status folder_list(const folder_handle *f, DIR **out)
{
    /* Opened anew, for a place of its own in the listing. */
    int descriptor = descriptor_open_inside(f->descriptor, ".", HELD);
    DIR *entries = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (!entries) {
        bert_status status = fail_errno("open", f->path);
        if (descriptor >= 0) close(descriptor);
        return status;
    }
    *out = entries;
    return BERT_OK;
}

/* ---- removed, and put in their place */

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

bert_status folder_entry_remove(const folder_handle *f, const char *name)
{
    return entry_remove(f->descriptor, f->path, name);
}

bert_status folder_discard(const folder_handle *f)
{
    TRY(folder_verify(f));
    TRY(entries_remove(f->descriptor, f->path));
    return rmdir(f->path) == 0 ? BERT_OK : fail_errno("remove", f->path);
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

bert_status folder_publish(const folder_handle *staged, const char *path)
{
    TRY(folder_verify(staged));
    TRY(folder_flush(staged));             /* the staged folder's own entries */
    if (rename(staged->path, path) != 0) { /* an absent or empty `path` is taken over by a plain
                                              rename */
        if (errno != ENOTEMPTY && errno != EEXIST) return fail_errno("replace", path);
        TRY(folders_exchange(staged->path, path));
        TRY(folder_remove(staged->path));
    }
    return folder_sync(path);
}
