/* cache_state.c: is what the cache has of a commit enough? What this program fetches is marked as
 * whole by .no_exist: a file of the list is there, or known not to be. Other programs fetch the
 * files that they want, and leave open whether there are more. */
#include "hub/cache.h"

#include "base/digest.h"
#include "base/file.h"
#include "hub/files.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct commit_look {
    const hub_cache *cache;
    const char *commit;
    char *lack; /* [HUB_LACK_BYTES] */
} commit_look;

static void lack_set(const commit_look *l, const char *file, const char *more)
{
    snprintf(l->lack, HUB_LACK_BYTES, "%s%s", file, more);
}

static bert_status is_there(const commit_look *l, const char *file, bool *out)
{
    hub_known known;
    TRY(hub_cache_look(l->cache, l->commit, file, &known));
    *out = known == HUB_THERE;
    return BERT_OK;
}

static bert_status either_there(const commit_look *l, const char *a, const char *b, bool *out)
{
    TRY(is_there(l, a, out));
    return *out ? BERT_OK : is_there(l, b, out);
}

/* An index that cannot be read has no shards, and its model is fetched anew. */
static bert_status shards_there(const commit_look *l, const char *index, bool *out)
{
    char *path;
    json_t *names = NULL, *ignored;
    const char *name;
    TRY(hub_cache_file(l->cache, l->commit, index, &path));
    bert_status status = hub_shards_read(path, &names);
    free(path);
    *out = status == BERT_OK;
    if (!*out) lack_set(l, index, " that can be read");
    if (!*out) return status == BERT_MEMORY ? status : BERT_OK;
    json_object_foreach(names, name, ignored)
    {
        if (status != BERT_OK || !*out) break;
        status = is_there(l, name, out);
        if (!*out) lack_set(l, name, "");
    }
    json_decref(names);
    return status;
}

static bert_status parts_there(const commit_look *l, const char *index, bool *out)
{
    char *path;
    TRY(hub_cache_snapshot(l->cache, l->commit, &path));
    DIR *folder = opendir(path);
    free(path);
    *out = false;
    if (!folder) return BERT_OK;
    for (struct dirent *entry; (entry = readdir(folder)) && !*out;)
        *out = hub_is_checkpoint_part(index, entry->d_name);
    closedir(folder);
    if (!*out) lack_set(l, index, "'s data");
    return BERT_OK;
}

static bert_status weights_there(const commit_look *l, const hub_weights *w, bool *out)
{
    TRY(is_there(l, w->name, out));
    if (!*out) return BERT_OK;
    if (w->kind == HUB_INDEX) return shards_there(l, w->name, out);
    return w->kind == HUB_CHECKPOINT ? parts_there(l, w->name, out) : BERT_OK;
}

/* *certain: no better form of weights can be there. */
static bert_status weights_look(const commit_look *l, bool *there, bool *certain)
{
    *there = false;
    *certain = true;
    for (size_t i = 0; i < hub_weights_count; i++) {
        hub_known known;
        TRY(weights_there(l, &hub_weights_files[i], there));
        if (*there) return BERT_OK;
        TRY(hub_cache_look(l->cache, l->commit, hub_weights_files[i].name, &known));
        if (known != HUB_NOT_THERE) *certain = false;
    }
    return BERT_OK;
}

bert_status hub_cache_state(const hub_cache *cache, const char *commit, bool weights,
                            hub_state *out, char *lack)
{
    const commit_look l = { cache, commit, lack };
    bool config = false, tokenizer = false, weights_are = true, certain = true;
    hub_known known;
    *out = HUB_LACKING;
    *lack = '\0';
    if (!*commit) return BERT_OK;
    TRY(either_there(&l, "config.json", "bert_config.json", &config));
    TRY(either_there(&l, "tokenizer.json", "vocab.txt", &tokenizer));
    if (config && tokenizer && weights) TRY(weights_look(&l, &weights_are, &certain));
    if (!config)
        lack_set(&l, "config.json", "");
    else if (!tokenizer)
        lack_set(&l, "vocab.txt", " (or tokenizer.json)");
    else if (!weights_are && !*lack)
        lack_set(&l, "model.safetensors", " (or another form of weights)");
    if (!config || !tokenizer || !weights_are) return BERT_OK;
    for (size_t i = 0; i < hub_small_count; i++) {
        TRY(hub_cache_look(cache, commit, hub_small_files[i], &known));
        if (known == HUB_UNKNOWN) certain = false;
    }
    *out = certain ? HUB_COMPLETE : HUB_USABLE;
    return BERT_OK;
}

/* ---- what the blobs hold */

typedef struct verification {
    commit_look look;
    hub_damage *damaged;
    void *context;
} verification;

static bool is_checksum(const char *name)
{
    size_t digits = strspn(name, "0123456789abcdef");
    return !name[digits] && (digits == 40 || digits == 64);
}

static bert_status blob_verify(const verification *v, const char *file, const char *name)
{
    char hex[DIGEST_TEXT], *blob;
    TRY(hub_cache_blob(v->look.cache, name, &blob));
    bert_status status = BERT_OK;
    bool there = file_exists(blob);
    if (there)
        status =
            strlen(name) == DIGEST_TEXT - 1 ? file_digest(blob, hex) : file_git_digest(blob, hex);
    if (there && status == BERT_OK && strcmp(hex, name) != 0)
        status = v->damaged(v->context, file, blob);
    free(blob);
    return status;
}

static bert_status file_verify(const verification *v, const char *file)
{
    hub_known known;
    char *path, target[PATH_MAX];
    TRY(hub_cache_look(v->look.cache, v->look.commit, file, &known));
    if (known != HUB_THERE) return BERT_OK;
    TRY(hub_cache_file(v->look.cache, v->look.commit, file, &path));
    ssize_t count = readlink(path, target, sizeof target - 1);
    free(path);
    if (count < 0) return BERT_OK;
    target[count] = '\0';
    const char *slash = strrchr(target, '/'), *name = slash ? slash + 1 : target;
    return is_checksum(name) ? blob_verify(v, file, name) : BERT_OK;
}

static bert_status shards_verify(const verification *v, const char *index)
{
    char *path;
    const char *name;
    json_t *names = NULL, *ignored;
    TRY(hub_cache_file(v->look.cache, v->look.commit, index, &path));
    bert_status status = hub_shards_read(path, &names);
    free(path);
    if (status != BERT_OK) return status == BERT_MEMORY ? status : BERT_OK; /* it is fetched anew */
    json_object_foreach(names, name, ignored) if (status == BERT_OK) status = file_verify(v, name);
    json_decref(names);
    return status;
}

static bert_status parts_verify(const verification *v, const char *index)
{
    char *path;
    TRY(hub_cache_snapshot(v->look.cache, v->look.commit, &path));
    DIR *folder = opendir(path);
    free(path);
    bert_status status = BERT_OK;
    for (struct dirent *entry; folder && status == BERT_OK && (entry = readdir(folder));)
        if (hub_is_checkpoint_part(index, entry->d_name)) status = file_verify(v, entry->d_name);
    if (folder) closedir(folder);
    return status;
}

static bert_status weights_verify(const verification *v)
{
    for (size_t i = 0; i < hub_weights_count; i++) {
        const hub_weights *w = &hub_weights_files[i];
        bool there;
        TRY(is_there(&v->look, w->name, &there));
        if (!there) continue;
        TRY(file_verify(v, w->name));
        if (w->kind == HUB_INDEX) return shards_verify(v, w->name);
        return w->kind == HUB_CHECKPOINT ? parts_verify(v, w->name) : BERT_OK;
    }
    return BERT_OK;
}

bert_status hub_cache_verify(const hub_cache *cache, const char *commit, bool weights,
                             hub_damage *damaged, void *context)
{
    const verification v = { .look = { .cache = cache, .commit = commit },
                             .damaged = damaged,
                             .context = context };
    if (!*commit) return BERT_OK;
    for (size_t i = 0; i < hub_small_count; i++) TRY(file_verify(&v, hub_small_files[i]));
    return weights ? weights_verify(&v) : BERT_OK;
}
