#include "hub/fetch.h"

#include "base/digest.h"
#include "base/file.h"
#include "hub/address.h"
#include "hub/request.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES_MAX = 3 }; /* of what the server changes, or cuts short without a word */

/* "/owner/name/resolve/COMMIT/FILE"; the caller frees. */
static bert_status file_address(const hub_fetch *f, const char *file, char **out)
{
    char *escaped = malloc(3 * strlen(file) + 1);
    if (escaped) address_escape(file, "/", escaped);
    int bytes =
        escaped ? asprintf(out, "/%s/resolve/%s/%s", f->client->name->id, f->commit, escaped) : -1;
    free(escaped);
    return bytes < 0 ? fail(BERT_MEMORY, "out of memory for an address") : BERT_OK;
}

/* ---- what the server says of a file */

static bool is_hexadecimal(const char *text)
{
    return !text[strspn(text, "0123456789abcdef")];
}

static bert_status description_take(hub_fetch *f, const hub_reply *reply, hub_file *file)
{
    hub_client *c = f->client;
    int64_t size = reply->linked ? reply->linked_size : reply->length;
    size_t digits = strlen(reply->etag);
    if (*reply->commit && strcmp(reply->commit, f->commit) != 0)
        return hub_fail(c, HUB_FINAL, BERT_FORMAT,
                        "the server gives %s of another commit than the one asked for", file->name);
    if ((digits != 40 && digits != 64) || !is_hexadecimal(reply->etag) || size < 0)
        return hub_fail(c, HUB_FINAL, BERT_FORMAT,
                        "the server gives no size or checksum for %s; is %s the address of a Hub?",
                        file->name, c->environment->endpoint);
    memcpy(file->etag, reply->etag, sizeof file->etag);
    file->size = size;
    return BERT_OK;
}

bert_status hub_fetch_describe(hub_fetch *f, hub_file *file)
{
    char *address;
    hub_reply reply;
    TRY(file_address(f, file->name, &address));
    bert_status status = hub_ask(f->client, address, NULL, &reply);
    free(address);
    TRY(status);
    if (reply.status != 200 && !reply.linked) return hub_fail_reply(f->client, file->name, &reply);
    return description_take(f, &reply, file);
}

/* ---- the bytes */

typedef struct download {
    hub_fetch *fetch;
    const hub_file *file;
    const char *path; /* of the incomplete file */
    int descriptor;
    int64_t count;         /* bytes it has */
    bool restart, changed; /* why the receiver has refused an answer */
} download;

static bert_status fail_disk(const download *d, const char *action)
{
    int error = errno;
    hub_client *c = d->fetch->client;
    if (error == ENOSPC || error == EDQUOT)
        return hub_fail(c, HUB_FINAL, BERT_IO,
                        "the disk of %s is full; free some of it, or let HF_HOME name a folder on "
                        "another, and go on with the same command",
                        d->path);
    return hub_fail(c, HUB_FINAL, BERT_IO, "%s: cannot %s: %s", d->path, action, strerror(error));
}

static bert_status count_set(download *d, int64_t count)
{
    if (ftruncate(d->descriptor, count) != 0 || lseek(d->descriptor, count, SEEK_SET) != count)
        return fail_disk(d, "write");
    d->fetch->done += count - d->count;
    d->count = count;
    return BERT_OK;
}

static int64_t download_from(void *context)
{
    return ((const download *)context)->count;
}

/* An answer from the beginning (200) or from where the file ends (206), of the file as described.
 */
static bert_status download_begin(void *context, const hub_reply *reply)
{
    download *d = context;
    d->changed = *reply->etag && strcmp(reply->etag, d->file->etag) != 0;
    d->restart =
        reply->status == 206 && (reply->range_begin != d->count ||
                                 (reply->range_of >= 0 && reply->range_of != d->file->size));
    if (d->changed || d->restart)
        return hub_fail(d->fetch->client, HUB_FINAL, BERT_IO,
                        "%s changes while it is fetched; try again", d->file->name);
    return reply->status == 200 ? count_set(d, 0) : BERT_OK;
}

static void progress_tell(const hub_fetch *f, const char *name)
{
    bert_event event = {
        .kind = BERT_EVENT_FETCH, .text = name, .done = (size_t)f->done, .total = (size_t)f->total
    };
    hub_tell(f->client->observer, &event);
}

static bert_status download_take(void *context, slice bytes)
{
    download *d = context;
    if ((int64_t)bytes.count > d->file->size - d->count)
        return hub_fail(d->fetch->client, HUB_FINAL, BERT_FORMAT,
                        "the server sends more of %s than the %" PRId64 " bytes it has told of",
                        d->file->name, d->file->size);
    for (size_t at = 0; at < bytes.count;) {
        ssize_t written = write(d->descriptor, bytes.bytes + at, bytes.count - at);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail_disk(d, "write");
        at += (size_t)written;
        d->count += written;
        d->fetch->done += written;
    }
    progress_tell(d->fetch, d->file->name);
    return BERT_OK;
}

/* One answer, which may end before the file does. */
static bert_status download_ask(download *d, const char *address)
{
    hub_client *c = d->fetch->client;
    hub_reply reply;
    const hub_receiver receiver = { .from = download_from,
                                    .begin = download_begin,
                                    .take = download_take,
                                    .context = d,
                                    .timeout = c->environment->download_timeout };
    bert_status status = hub_ask(c, address, &receiver, &reply);
    if (d->restart || (status == BERT_OK && reply.status == 416)) return count_set(d, 0);
    TRY(status);
    return reply.status == 200 || reply.status == 206 ? BERT_OK
                                                      : hub_fail_reply(c, d->file->name, &reply);
}

static bert_status download_fill(download *d)
{
    char *address;
    struct stat info;
    if (fstat(d->descriptor, &info) != 0) return fail_disk(d, "read");
    TRY(count_set(d, info.st_size <= d->file->size ? info.st_size : 0));
    TRY(file_address(d->fetch, d->file->name, &address));
    bert_status status = BERT_OK;
    for (int tries = 0; status == BERT_OK && d->count < d->file->size; tries++) {
        d->restart = d->changed = false;
        status = tries < TRIES_MAX
                     ? download_ask(d, address)
                     : hub_fail(d->fetch->client, HUB_UNREACHED, BERT_IO,
                                "the server ends %s before its end; try again", d->file->name);
    }
    free(address);
    return status;
}

/* ---- one file */

/* Is it what its name says? */
static bert_status etag_check(const hub_file *file, const char *path, bool *good)
{
    char hex[DIGEST_TEXT];
    TRY(strlen(file->etag) == DIGEST_TEXT - 1 ? file_digest(path, hex)
                                              : file_git_digest(path, hex));
    *good = strcmp(hex, file->etag) == 0;
    return BERT_OK;
}

static bert_status damaged_drop(hub_fetch *f, const hub_file *file, const char *path, bool again)
{
    f->done -= file->size;
    if (unlink(path) != 0) return fail(BERT_IO, "%s: cannot remove: %s", path, strerror(errno));
    if (!again)
        return hub_fail(f->client, HUB_FINAL, BERT_FORMAT,
                        "%s has come twice with another checksum than %s promises: it is damaged "
                        "on the server or on the way, and was thrown away",
                        file->name, f->client->environment->endpoint);
    hub_note(f->client, "%s: %s has come damaged; it is fetched once more", f->client->name->id,
             file->name);
    return BERT_OK;
}

/* *good false: what came is not what was promised, and has been thrown away. */
static bert_status blob_try(hub_fetch *f, const hub_file *file, const char *path, bool again,
                            bool *good, bool *changed)
{
    download d = { .fetch = f, .file = file, .path = path };
    d.descriptor = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (d.descriptor < 0) return fail_disk(&d, "write");
    bert_status status = download_fill(&d);
    if (status == BERT_OK && fsync(d.descriptor) != 0) status = fail_disk(&d, "write");
    close(d.descriptor);
    *changed = d.changed;
    if (status != BERT_OK) f->done -= d.count;
    TRY(status);
    TRY(etag_check(file, path, good));
    return *good ? BERT_OK : damaged_drop(f, file, path, again);
}

static bert_status blob_fetch(hub_fetch *f, const hub_file *file, const char *blob, bool *changed)
{
    char *path;
    bool good = false;
    if (asprintf(&path, "%s.incomplete", blob) < 0)
        return fail(BERT_MEMORY, "out of memory for a path");
    bert_status status = blob_try(f, file, path, true, &good, changed);
    if (status == BERT_OK && !good) status = blob_try(f, file, path, false, &good, changed);
    if (status == BERT_OK && rename(path, blob) != 0)
        status = fail(BERT_IO, "%s: cannot put the file there: %s", blob, strerror(errno));
    if (status == BERT_OK) status = folder_sync(blob);
    free(path);
    return status;
}

/* With the lock: it may have come meanwhile. A blob of another length is no blob. *fresh: it was
 * not there. */
static bert_status blob_get(hub_fetch *f, const hub_file *file, bool *changed, bool *fresh)
{
    char *blob, *folder;
    struct stat info;
    TRY(hub_cache_blob(f->cache, file->etag, &blob));
    bert_status status = BERT_OK;
    *fresh = stat(blob, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size != file->size;
    if (!*fresh)
        f->done += file->size;
    else {
        folder = strndup(blob, (size_t)(strrchr(blob, '/') - blob));
        status = folder ? folder_make(folder) : fail(BERT_MEMORY, "out of memory for a path");
        if (status == BERT_OK) status = blob_fetch(f, file, blob, changed);
        free(folder);
    }
    free(blob);
    return status;
}

static bert_status lock_wait(hub_fetch *f, const hub_file *file, hub_lock *lock)
{
    bool taken = false;
    TRY(hub_lock_take(f->cache, file->etag, lock, &taken));
    if (!taken)
        hub_note(f->client, "%s: another process is fetching %s; waiting", f->client->name->id,
                 file->name);
    while (!taken) {
        TRY(hub_wait(f->client, 0.1));
        TRY(hub_lock_take(f->cache, file->etag, lock, &taken));
    }
    return BERT_OK;
}

bert_status hub_fetch_missing(const hub_fetch *f, const hub_file *file, int64_t *bytes)
{
    char *blob, *incomplete;
    struct stat info;
    TRY(hub_cache_blob(f->cache, file->etag, &blob));
    *bytes = file->size;
    if (stat(blob, &info) == 0)
        *bytes -= info.st_size == file->size ? file->size : 0;
    else if (asprintf(&incomplete, "%s.incomplete", blob) >= 0) {
        if (stat(incomplete, &info) == 0 && info.st_size <= file->size) *bytes -= info.st_size;
        free(incomplete);
    }
    free(blob);
    return BERT_OK;
}

bert_status hub_fetch_file(hub_fetch *f, hub_file *file)
{
    for (int tries = 1;; tries++) {
        hub_lock lock = { -1 };
        bool changed = false, fresh;
        bert_status status = lock_wait(f, file, &lock);
        if (status == BERT_OK) status = blob_get(f, file, &changed, &fresh);
        if (status == BERT_OK)
            status = hub_cache_link(f->cache, f->commit, file->name, file->etag, fresh);
        hub_lock_release(&lock);
        if (status == BERT_OK || !changed || tries == TRIES_MAX) return status;
        f->total -= file->size;
        TRY(hub_fetch_describe(f, file));
        f->total += file->size;
    }
}
