#include "hub/cache.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((format(printf, 2, 3))) static bert_status path_make(char **out, const char *format,
                                                                   ...)
{
    va_list arguments;
    va_start(arguments, format);
    int bytes = vasprintf(out, format, arguments);
    va_end(arguments);
    return bytes < 0 ? fail(BERT_MEMORY, "out of memory for a path") : BERT_OK;
}

/* The folders above a file. */
static bert_status parents_make(const char *path)
{
    char *folder = strndup(path, (size_t)(strrchr(path, '/') - path));
    if (!folder) return fail(BERT_MEMORY, "out of memory for a path");
    bert_status status = folder_make(folder);
    free(folder);
    return status;
}

/* ---- places */

bert_status hub_cache_open(const char *folder, const char *id, hub_cache *out)
{
    hub_cache cache = { 0 };
    const char *slash = strchr(id, '/');
    int owner = slash ? (int)(slash - id) : 0;
    const char *between = slash ? "--" : "", *name = slash ? slash + 1 : id;
    TRY(path_make(&cache.model, "%s/models--%.*s%s%s", folder, owner, id, between, name));
    bert_status status =
        path_make(&cache.locks, "%s/.locks/models--%.*s%s%s", folder, owner, id, between, name);
    if (status == BERT_OK)
        *out = cache;
    else
        hub_cache_release(&cache);
    return status;
}

void hub_cache_release(hub_cache *cache)
{
    free(cache->model);
    free(cache->locks);
    *cache = (hub_cache){ 0 };
}

bert_status hub_cache_snapshot(const hub_cache *cache, const char *commit, char **out)
{
    return path_make(out, "%s/snapshots/%s", cache->model, commit);
}

bert_status hub_cache_file(const hub_cache *cache, const char *commit, const char *file, char **out)
{
    return path_make(out, "%s/snapshots/%s/%s", cache->model, commit, file);
}

bert_status hub_cache_blob(const hub_cache *cache, const char *etag, char **out)
{
    return path_make(out, "%s/blobs/%s", cache->model, etag);
}

/* ---- references */

/* Whatever else stands there is no commit, and fetched anew. */
static bert_status commit_read(const char *path, char *commit)
{
    file_map map;
    if (!file_exists(path)) return BERT_OK;
    TRY(file_map_open(path, &map));
    if (map.count == HUB_COMMIT_BYTES - 1) {
        memcpy(commit, map.bytes, map.count);
        commit[map.count] = '\0';
        if (!hub_is_commit(commit)) *commit = '\0';
    }
    file_map_close(&map);
    return BERT_OK;
}

bert_status hub_cache_commit(const hub_cache *cache, const char *revision, char *commit)
{
    char *path;
    *commit = '\0';
    if (hub_is_commit(revision)) {
        memcpy(commit, revision, HUB_COMMIT_BYTES);
        return BERT_OK;
    }
    TRY(path_make(&path, "%s/refs/%s", cache->model, revision));
    bert_status status = commit_read(path, commit);
    free(path);
    return status;
}

bert_status hub_cache_set_commit(const hub_cache *cache, const char *revision, const char *commit)
{
    char *path, known[HUB_COMMIT_BYTES];
    TRY(hub_cache_commit(cache, revision, known));
    if (strcmp(known, commit) == 0) return BERT_OK;
    TRY(path_make(&path, "%s/refs/%s", cache->model, revision));
    bert_status status = parents_make(path);
    if (status == BERT_OK) status = file_replace(NULL, path, commit, strlen(commit));
    free(path);
    return status;
}

/* ---- files of a commit */

bert_status hub_cache_look(const hub_cache *cache, const char *commit, const char *file,
                           hub_known *out)
{
    char *path;
    TRY(hub_cache_file(cache, commit, file, &path));
    bool there = file_exists(path);
    free(path);
    TRY(path_make(&path, "%s/.no_exist/%s/%s", cache->model, commit, file));
    *out = there ? HUB_THERE : file_exists(path) ? HUB_NOT_THERE : HUB_UNKNOWN;
    free(path);
    return BERT_OK;
}

/* Without a sync: what of it is lost is asked for once more. */
static bert_status file_touch(const char *path)
{
    TRY(parents_make(path));
    int descriptor = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0) return fail_errno("write", path);
    close(descriptor);
    return BERT_OK;
}

bert_status hub_cache_set_absent(const hub_cache *cache, const char *commit, const char *file)
{
    char *path;
    TRY(path_make(&path, "%s/.no_exist/%s/%s", cache->model, commit, file));
    bert_status status = file_exists(path) ? BERT_OK : file_touch(path);
    free(path);
    return status;
}

/* "../../blobs/ETAG", from as deep as the file lies. */
static bert_status link_text(const char *file, const char *etag, char **out)
{
    char up[3 * 16 + 1] = "../../";
    size_t at = strlen(up);
    for (const char *slash = file; (slash = strchr(slash, '/')) && at + 3 < sizeof up; slash++) {
        memcpy(up + at, "../", 4);
        at += 3;
    }
    return path_make(out, "%sblobs/%s", up, etag);
}

/* Where there are no links the file itself stands in their place, as huggingface_hub has it: moved
 * there where nothing else knows the blob, else copied. Any failure may mean it (exFAT says EPERM,
 * other mounts something else); what hinders more than links is heard from the copy. */
static bert_status link_make(const char *target, const char *path, const char *blob, bool fresh)
{
    TRY(parents_make(path));
    if (symlink(target, path) == 0) return BERT_OK;
    if (errno == EEXIST) {
        if (file_exists(path)) return BERT_OK; /* of a commit, whose files do not change */
        if (unlink(path) != 0) return fail_errno("make a link", path);
        if (symlink(target, path) == 0) return BERT_OK;
    }
    return fresh && rename(blob, path) == 0 ? BERT_OK : file_copy(blob, NULL, path);
}

bert_status hub_cache_link(const hub_cache *cache, const char *commit, const char *file,
                           const char *etag, bool fresh)
{
    char *path = NULL, *target = NULL, *blob = NULL;
    bert_status status = hub_cache_file(cache, commit, file, &path);
    if (status == BERT_OK) status = link_text(file, etag, &target);
    if (status == BERT_OK) status = hub_cache_blob(cache, etag, &blob);
    if (status == BERT_OK) status = link_make(target, path, blob, fresh);
    free(path);
    free(target);
    free(blob);
    return status;
}

/* ---- locks */

static bool lock_is_missing(int error)
{
    return error == ENOSYS || error == ENOTSUP || error == ENOLCK || error == EINVAL;
}

static bert_status lock_open(const char *path, hub_lock *out, bool *taken)
{
    TRY(parents_make(path));
    int descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0666);
    if (descriptor < 0) return fail_errno("open", path);
    *taken = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || lock_is_missing(errno);
    if (*taken)
        out->descriptor = descriptor;
    else
        close(descriptor);
    return BERT_OK;
}

bert_status hub_lock_take(const hub_cache *cache, const char *etag, hub_lock *out, bool *taken)
{
    char *path;
    TRY(path_make(&path, "%s/%s.lock", cache->locks, etag));
    bert_status status = lock_open(path, out, taken);
    free(path);
    return status;
}

void hub_lock_release(hub_lock *lock)
{
    if (lock->descriptor >= 0) close(lock->descriptor);
    lock->descriptor = -1;
}
