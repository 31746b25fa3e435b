/* cache.h: the cache of models on this machine, laid out as huggingface_hub does, so that it, the
 * libraries upon it and this program share what each has fetched.
 *
 *     models--owner--name/refs/main                    the commit that `main` was at, 40 digits
 *                         blobs/ETAG                   contents: sha256 of large files, git's sha1
 *                                                      of the others
 *                         blobs/ETAG.incomplete        what has come so far
 *                         snapshots/COMMIT/config.json -> ../../blobs/ETAG, or the file itself
 *                         .no_exist/COMMIT/FILE        empty: the commit has no such file
 *     .locks/models--owner--name/ETAG.lock             flock() while the blob is fetched */
#ifndef HUB_CACHE_H
#define HUB_CACHE_H

#include "base/status.h"
#include "hub/name.h"

#include <stdbool.h>

typedef struct hub_cache {
    char *model; /* the folder models--owner--name */
    char *locks; /* the folder of its locks */
} hub_cache;

/* The places, whether there is anything or not. The caller releases. */
bert_status hub_cache_open(const char *folder, const char *id, hub_cache *out);
void hub_cache_release(hub_cache *cache);

/* commit [HUB_COMMIT_BYTES]: that of a branch, a tag or of itself; "" where it is not known. */
bert_status hub_cache_commit(const hub_cache *cache, const char *revision, char *commit);
bert_status hub_cache_set_commit(const hub_cache *cache, const char *revision, const char *commit);

/* What the cache knows of a commit's file. */
typedef enum hub_known { HUB_UNKNOWN, HUB_THERE, HUB_NOT_THERE } hub_known;
bert_status hub_cache_look(const hub_cache *cache, const char *commit, const char *file,
                           hub_known *out);
bert_status hub_cache_set_absent(const hub_cache *cache, const char *commit, const char *file);

/* Paths; the caller frees them with free(). */
bert_status hub_cache_snapshot(const hub_cache *cache, const char *commit, char **out);
bert_status hub_cache_file(const hub_cache *cache, const char *commit, const char *file,
                           char **out);
bert_status hub_cache_blob(const hub_cache *cache, const char *etag, char **out);

/* Makes the commit's file a link to a blob that is there; on a file system without links a file of
 * its own, which a fresh blob, that nothing else can know yet, becomes. */
bert_status hub_cache_link(const hub_cache *cache, const char *commit, const char *file,
                           const char *etag, bool fresh);

/* How much of a commit is there. */
typedef enum hub_state {
    HUB_LACKING,  /* it cannot be used */
    HUB_USABLE,   /* configuration, tokenizer and weights are there; some file may be missing */
    HUB_COMPLETE, /* all files that the commit has of hub/files.def, and one form of weights */
} hub_state;
enum { HUB_LACK_BYTES = 256 };
/* lack [HUB_LACK_BYTES]: of HUB_LACKING the first file that is lacking, for a message; "" where
 * nothing is known of the commit. */
bert_status hub_cache_state(const hub_cache *cache, const char *commit, bool weights,
                            hub_state *out, char *lack);

/* Looks at the bytes of those files of a commit that would be used: tells `damaged` of each whose
 * blob does not have the checksum that is its name. Files that are no links to a blob named so are
 * taken as they are. The first failure, also of `damaged`, ends it. */
typedef bert_status hub_damage(void *context, const char *file, const char *blob);
bert_status hub_cache_verify(const hub_cache *cache, const char *commit, bool weights,
                             hub_damage *damaged, void *context);

/* A lock that other processes, huggingface_hub's too, respect; it ends with its process. */
typedef struct hub_lock {
    int descriptor; /* -1: none */
} hub_lock;

/* *taken false: another process has it. A file system without locks gives none, and *taken true. */
bert_status hub_lock_take(const hub_cache *cache, const char *etag, hub_lock *out, bool *taken);
void hub_lock_release(hub_lock *lock);

#endif
