/* cache_state.c: is what the cache has of a commit enough? What this program fetches is marked as
 * whole by .no_exist: a file of the list is there, or known not to be. Other programs fetch the
 * files that they want, and leave open whether there are more. */
#include "hub/cache.h"

#include "hub/files.h"

#include <dirent.h>
#include <stdlib.h>

typedef struct commit_look {
    const hub_cache *cache;
    const char *commit;
} commit_look;

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
    if (status != BERT_OK) return status == BERT_MEMORY ? status : BERT_OK;
    json_object_foreach(names, name, ignored)
    {
        if (status == BERT_OK && *out) status = is_there(l, name, out);
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
                            hub_state *out)
{
    const commit_look l = { cache, commit };
    bool config = false, tokenizer = false, weights_are = true, certain = true;
    hub_known known;
    *out = HUB_LACKING;
    if (!*commit) return BERT_OK;
    TRY(either_there(&l, "config.json", "bert_config.json", &config));
    TRY(either_there(&l, "tokenizer.json", "vocab.txt", &tokenizer));
    if (!config || !tokenizer) return BERT_OK;
    if (weights) TRY(weights_look(&l, &weights_are, &certain));
    if (!weights_are) return BERT_OK;
    for (size_t i = 0; i < hub_small_count; i++) {
        TRY(hub_cache_look(cache, commit, hub_small_files[i], &known));
        if (known == HUB_UNKNOWN) certain = false;
    }
    *out = certain ? HUB_COMPLETE : HUB_USABLE;
    return BERT_OK;
}
