/* cache_state.c: is what the cache has of a commit enough? What this program fetches is marked as
 * whole by .no_exist: a file of the list is there, or known not to be. Other programs fetch the
 * files that they want, and leave open whether there are more. */
#include "hub/cache.h"

#include "base/digest.h"
#include "base/file.h"
#include "hub/files.h"
#include "hub/places.h"

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
    hub_places places;
} commit_look;

/* Those of a modules.json that cannot be read are not known: whoever opens the model will say so.
 */
static bert_status look_begin(commit_look *l)
{
    char *folder;
    TRY(hub_cache_snapshot(l->cache, l->commit, &folder));
    bert_status status = hub_places_read(folder, &l->places);
    free(folder);
    return status == BERT_MEMORY || !l->places.model ? status : BERT_OK;
}

/* Of a model's own file. */
static void lack_set(const commit_look *l, const char *file, const char *more)
{
    snprintf(l->lack, HUB_LACK_BYTES, "%s%s%s", l->places.model, file, more);
}

static bert_status look_in(const commit_look *l, const char *place, const char *file,
                           hub_known *out)
{
    char *name;
    TRY(hub_name_in(place, file, &name));
    bert_status status = hub_cache_look(l->cache, l->commit, name, out);
    free(name);
    return status;
}

/* A model's own file. */
static bert_status is_there(const commit_look *l, const char *file, bool *out)
{
    hub_known known;
    TRY(look_in(l, l->places.model, file, &known));
    *out = known == HUB_THERE;
    return BERT_OK;
}

/* The path of a model's own file, for free(). */
static bert_status path_of(const commit_look *l, const char *file, char **out)
{
    char *name;
    TRY(hub_name_in(l->places.model, file, &name));
    bert_status status = hub_cache_file(l->cache, l->commit, name, out);
    free(name);
    return status;
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
    TRY(path_of(l, index, &path));
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
    TRY(path_of(l, "", &path));
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
        TRY(look_in(l, l->places.model, hub_weights_files[i].name, &known));
        if (known != HUB_NOT_THERE) *certain = false;
    }
    return BERT_OK;
}

/* *certain = false where those of some module may be there and are not in the cache. */
static bert_status module_weights_look(const commit_look *l, bool *certain)
{
    const char *place;
    json_t *ignored;
    json_object_foreach(l->places.modules, place, ignored)
    {
        hub_known known = HUB_NOT_THERE;
        for (size_t i = 0; i < hub_weights_count && known == HUB_NOT_THERE; i++)
            if (hub_weights_files[i].kind == HUB_WHOLE)
                TRY(look_in(l, place, hub_weights_files[i].name, &known));
        if (known == HUB_UNKNOWN) *certain = false;
    }
    return BERT_OK;
}

typedef struct small_look {
    const commit_look *look;
    bool *certain;
} small_look;

static bert_status small_known(void *context, const char *file)
{
    const small_look *s = context;
    hub_known known;
    TRY(hub_cache_look(s->look->cache, s->look->commit, file, &known));
    if (known == HUB_UNKNOWN) *s->certain = false;
    return BERT_OK;
}

static bert_status state_find(const commit_look *l, bool weights, hub_state *out)
{
    bool config = false, tokenizer = false, weights_are = true, certain = true;
    TRY(either_there(l, "config.json", "bert_config.json", &config));
    TRY(either_there(l, "tokenizer.json", "vocab.txt", &tokenizer));
    if (config && tokenizer && weights) TRY(weights_look(l, &weights_are, &certain));
    if (!config)
        lack_set(l, "config.json", "");
    else if (!tokenizer)
        lack_set(l, "vocab.txt", " (or tokenizer.json)");
    else if (!weights_are && !*l->lack)
        lack_set(l, "model.safetensors", " (or another form of weights)");
    if (!config || !tokenizer || !weights_are) return BERT_OK;
    if (weights) TRY(module_weights_look(l, &certain));
    TRY(hub_small_each(&l->places, small_known, &(small_look){ l, &certain }));
    *out = certain ? HUB_COMPLETE : HUB_USABLE;
    return BERT_OK;
}

bert_status hub_cache_state(const hub_cache *cache, const char *commit, bool weights,
                            hub_state *out, char *lack)
{
    commit_look l = { .cache = cache, .commit = commit, .lack = lack };
    *out = HUB_LACKING;
    *lack = '\0';
    if (!*commit) return BERT_OK;
    bert_status status = look_begin(&l);
    if (status == BERT_OK) status = state_find(&l, weights, out);
    hub_places_release(&l.places);
    return status;
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

static bert_status small_verify(void *context, const char *file)
{
    return file_verify(context, file);
}

static bert_status verify_in(const verification *v, const char *place, const char *file)
{
    char *name;
    TRY(hub_name_in(place, file, &name));
    bert_status status = file_verify(v, name);
    free(name);
    return status;
}

/* A model's own file. */
static bert_status own_verify(const verification *v, const char *file)
{
    return verify_in(v, v->look.places.model, file);
}

static bert_status shards_verify(const verification *v, const char *index)
{
    char *path;
    const char *name;
    json_t *names = NULL, *ignored;
    TRY(path_of(&v->look, index, &path));
    bert_status status = hub_shards_read(path, &names);
    free(path);
    if (status != BERT_OK) return status == BERT_MEMORY ? status : BERT_OK; /* it is fetched anew */
    json_object_foreach(names, name, ignored) if (status == BERT_OK) status = own_verify(v, name);
    json_decref(names);
    return status;
}

static bert_status parts_verify(const verification *v, const char *index)
{
    char *path;
    TRY(path_of(&v->look, "", &path));
    DIR *folder = opendir(path);
    free(path);
    bert_status status = BERT_OK;
    for (struct dirent *entry; folder && status == BERT_OK && (entry = readdir(folder));)
        if (hub_is_checkpoint_part(index, entry->d_name)) status = own_verify(v, entry->d_name);
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
        TRY(own_verify(v, w->name));
        if (w->kind == HUB_INDEX) return shards_verify(v, w->name);
        return w->kind == HUB_CHECKPOINT ? parts_verify(v, w->name) : BERT_OK;
    }
    return BERT_OK;
}

static bert_status module_weights_verify(const verification *v)
{
    const char *place;
    json_t *ignored;
    json_object_foreach(v->look.places.modules, place, ignored)
    {
        for (size_t i = 0; i < hub_weights_count; i++)
            if (hub_weights_files[i].kind == HUB_WHOLE)
                TRY(verify_in(v, place, hub_weights_files[i].name));
    }
    return BERT_OK;
}

static bert_status all_verify(verification *v, bool weights)
{
    TRY(file_verify(v, "modules.json"));
    TRY(look_begin(&v->look));
    TRY(hub_small_each(&v->look.places, small_verify, v));
    if (!weights) return BERT_OK;
    TRY(weights_verify(v));
    return module_weights_verify(v);
}

bert_status hub_cache_verify(const hub_cache *cache, const char *commit, bool weights,
                             hub_damage *damaged, void *context)
{
    verification v = { .look = { .cache = cache, .commit = commit },
                       .damaged = damaged,
                       .context = context };
    if (!*commit) return BERT_OK;
    bert_status status = all_verify(&v, weights);
    hub_places_release(&v.look.places);
    return status;
}
