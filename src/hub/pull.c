#include "hub/pull.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/memory.h"
#include "hub/address.h"
#include "hub/cache.h"
#include "hub/fetch.h"
#include "hub/files.h"
#include "hub/listing.h"
#include "hub/places.h"
#include "hub/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { COMMIT_SHOWN = 12 };

/* ---- the list of files */

typedef struct listing_text {
    hub_client *client;
    char *bytes;
    size_t count, capacity;
} listing_text;

static int64_t listing_from(void *context)
{
    (void)context;
    return 0;
}

static bert_status listing_begin(void *context, const hub_reply *reply)
{
    (void)reply;
    ((listing_text *)context)->count = 0;
    return BERT_OK;
}

static bert_status listing_take(void *context, slice bytes)
{
    listing_text *text = context;
    if (text->count + bytes.count > HUB_LISTING_BYTES_MAX)
        return hub_fail(text->client, HUB_FINAL, BERT_FORMAT,
                        "the server's list of files is above %d bytes", HUB_LISTING_BYTES_MAX);
    TRY(memory_grow((void **)&text->bytes, &text->capacity, text->count + bytes.count, 1));
    memcpy(text->bytes + text->count, bytes.bytes, bytes.count);
    text->count += bytes.count;
    return BERT_OK;
}

static bert_status listing_ask(listing_text *text, const char *path, hub_listing *out)
{
    hub_client *c = text->client;
    hub_reply reply;
    const hub_receiver receiver = { .from = listing_from,
                                    .begin = listing_begin,
                                    .take = listing_take,
                                    .context = text,
                                    .timeout = c->environment->etag_timeout };
    TRY(hub_ask(c, path, &receiver, &reply));
    if (reply.status != 200) return hub_fail_reply(c, "its list of files", &reply);
    c->trouble = HUB_FINAL;
    return hub_listing_parse((slice){ text->bytes, text->count }, c->name->id, out);
}

static bert_status listing_get(hub_client *c, hub_listing *out)
{
    listing_text text = { .client = c };
    char revision[3 * HUB_REVISION_BYTES];
    char path[sizeof revision + HUB_ID_BYTES + 32];
    address_escape(c->name->revision, "", revision);
    snprintf(path, sizeof path, "/api/models/%s/revision/%s", c->name->id, revision);
    bert_status status = listing_ask(&text, path, out);
    free(text.bytes);
    return status;
}

/* ---- some files at once */

typedef struct file_list {
    hub_file *items;
    size_t count, capacity;
} file_list;

static bert_status list_add(file_list *list, const char *place, const char *name)
{
    char *whole;
    TRY(memory_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof *list->items));
    TRY(hub_name_in(place, name, &whole));
    list->items[list->count++] = (hub_file){ .name = whole };
    return BERT_OK;
}

static void list_release(file_list *list)
{
    while (list->count) free((char *)list->items[--list->count].name);
    free(list->items);
    *list = (file_list){ 0 };
}

static bert_status disk_check(hub_fetch *f, int64_t needed)
{
    struct statvfs disk;
    const char *folder = f->cache->model;
    TRY(folder_make(folder));
    if (statvfs(folder, &disk) != 0) return BERT_OK; /* it will show */
    double there = (double)disk.f_bavail * (double)disk.f_frsize;
    if ((double)needed <= there) return BERT_OK;
    return hub_fail(f->client, HUB_FINAL, BERT_IO,
                    "%.1f MB are to be fetched, and the disk of %s has room for %.1f MB; free some "
                    "of it, or let HF_HOME name a folder on another",
                    (double)needed / 1e6, folder, there / 1e6);
}

/* Those that the cache lacks. most: bytes that one of them may have. */
static bert_status files_get(hub_fetch *f, file_list *list, int64_t most)
{
    int64_t needed = 0, missing;
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        hub_file *file = &list->items[i];
        hub_known known;
        TRY(hub_cache_look(f->cache, f->commit, file->name, &known));
        if (known == HUB_THERE) continue;
        TRY(hub_fetch_describe(f, file));
        if (file->size > most)
            return hub_fail(f->client, HUB_FINAL, BERT_FORMAT,
                            "%s has %.1f MB, where %.1f are the most that are read", file->name,
                            (double)file->size / 1e6, (double)most / 1e6);
        TRY(hub_fetch_missing(f, file, &missing));
        f->total += file->size;
        needed += missing;
        hub_file taken = *file; /* those to fetch come first, and no name is lost */
        *file = list->items[count];
        list->items[count++] = taken;
    }
    if (count) TRY(disk_check(f, needed));
    for (size_t i = 0; i < count; i++) TRY(hub_fetch_file(f, &list->items[i]));
    return BERT_OK;
}

/* ---- which files */

static const int64_t weights_bytes_max = INT64_C(1) << 40;

/* A commit that is being fetched. */
typedef struct commit_fetch {
    hub_fetch *f;
    const hub_listing *listing;
    hub_places places;
    file_list list; /* what is to be fetched next */
} commit_fetch;

/* Fetches what the list has. */
static bert_status list_get(commit_fetch *k, int64_t most)
{
    bert_status status = files_get(k->f, &k->list, most);
    list_release(&k->list);
    return status;
}

static bert_status listed_has(const hub_listing *listing, const char *place, const char *name,
                              bool *out)
{
    char *whole;
    TRY(hub_name_in(place, name, &whole));
    *out = hub_listing_has(listing, whole);
    free(whole);
    return BERT_OK;
}

static bert_status listed_add(void *context, const char *file)
{
    commit_fetch *k = context;
    return hub_listing_has(k->listing, file) ? list_add(&k->list, "", file) : BERT_OK;
}

/* modules.json comes first: it says where the others lie. */
static bert_status places_get(commit_fetch *k)
{
    char *folder;
    const hub_fetch *f = k->f;
    TRY(listed_add(k, "modules.json"));
    TRY(list_get(k, JSON_BYTES_MAX));
    TRY(hub_cache_snapshot(f->cache, f->commit, &folder));
    bert_status status = hub_places_read(folder, &k->places);
    free(folder);
    if (status == BERT_OK) return BERT_OK;
    f->client->trouble = HUB_FINAL;
    return fail_in(status, "%s", f->client->name->id);
}

static bert_status small_files_get(commit_fetch *k, const hub_weights *weights)
{
    TRY(hub_small_each(&k->places, listed_add, k));
    if (weights && weights->kind == HUB_INDEX)
        TRY(list_add(&k->list, k->places.model, weights->name));
    return list_get(k, JSON_BYTES_MAX);
}

/* The shards lie beside their index. */
static bert_status shards_add(commit_fetch *k, const json_t *shards)
{
    const char *name;
    json_t *ignored;
    bool there;
    json_object_foreach((json_t *)shards, name, ignored)
    {
        TRY(listed_has(k->listing, k->places.model, name, &there));
        if (!there)
            return hub_fail(k->f->client, HUB_FINAL, BERT_FORMAT,
                            "its index of weights names a file that is not there: %s%s",
                            k->places.model, name);
        TRY(list_add(&k->list, k->places.model, name));
    }
    return BERT_OK;
}

static bert_status index_add(commit_fetch *k, const char *index)
{
    char *name, *path = NULL;
    json_t *shards = NULL;
    TRY(hub_name_in(k->places.model, index, &name));
    bert_status status = hub_cache_file(k->f->cache, k->f->commit, name, &path);
    k->f->client->trouble = HUB_FINAL;
    if (status == BERT_OK) status = hub_shards_read(path, &shards);
    if (status == BERT_OK) status = shards_add(k, shards);
    json_decref(shards);
    free(path);
    free(name);
    return status;
}

static bert_status checkpoint_add(commit_fetch *k, const char *index)
{
    const char *name;
    json_t *ignored;
    size_t skipped = strlen(k->places.model);
    json_object_foreach(k->listing->files, name, ignored)
    {
        if (strncmp(name, k->places.model, skipped) == 0 &&
            hub_is_checkpoint_part(index, name + skipped))
            TRY(list_add(&k->list, "", name));
    }
    return BERT_OK;
}

static bert_status weights_add(commit_fetch *k, const hub_weights *w)
{
    if (w->kind == HUB_INDEX) return index_add(k, w->name);
    TRY(list_add(&k->list, k->places.model, w->name));
    return w->kind == HUB_CHECKPOINT ? checkpoint_add(k, w->name) : BERT_OK;
}

/* A module's weights are one file; most modules have none. */
static bert_status module_weights_add(commit_fetch *k, const char *place)
{
    bool there = false;
    for (size_t i = 0; i < hub_weights_count && !there; i++) {
        const hub_weights *w = &hub_weights_files[i];
        if (w->kind != HUB_WHOLE) continue;
        TRY(listed_has(k->listing, place, w->name, &there));
        if (there) TRY(list_add(&k->list, place, w->name));
    }
    return BERT_OK;
}

static bert_status weights_get(commit_fetch *k, const hub_weights *w)
{
    const char *place;
    json_t *ignored;
    TRY(weights_add(k, w));
    json_object_foreach(k->places.modules, place, ignored) TRY(module_weights_add(k, place));
    return list_get(k, weights_bytes_max);
}

/* The best form of weights that there is. */
static bert_status weights_choose(const commit_fetch *k, const hub_weights **out)
{
    bool there;
    for (size_t i = 0; i < hub_weights_count; i++) {
        *out = &hub_weights_files[i];
        TRY(listed_has(k->listing, k->places.model, (*out)->name, &there));
        if (there) return BERT_OK;
    }
    return hub_fail(k->f->client, HUB_FINAL, BERT_UNSUPPORTED,
                    "has no weights in a form that is read here (model.safetensors, "
                    "pytorch_model.bin, tf_model.h5, bert_model.ckpt)");
}

/* ---- a whole model */

static bert_status absent_mark(void *context, const char *file)
{
    const commit_fetch *k = context;
    return hub_listing_has(k->listing, file)
               ? BERT_OK
               : hub_cache_set_absent(k->f->cache, k->f->commit, file);
}

static bert_status absent_weights_mark(commit_fetch *k, const char *place, bool module)
{
    for (size_t i = 0; i < hub_weights_count; i++) {
        char *name;
        if (module && hub_weights_files[i].kind != HUB_WHOLE) continue;
        TRY(hub_name_in(place, hub_weights_files[i].name, &name));
        bert_status status = absent_mark(k, name);
        free(name);
        TRY(status);
    }
    return BERT_OK;
}

/* Marks the commit as whole (cache_state.c), and then the revision as this commit. */
static bert_status whole_mark(commit_fetch *k)
{
    const char *revision = k->f->client->name->revision, *place;
    json_t *ignored;
    TRY(hub_small_each(&k->places, absent_mark, k));
    TRY(absent_weights_mark(k, k->places.model, false));
    json_object_foreach(k->places.modules, place, ignored) TRY(absent_weights_mark(k, place, true));
    return hub_is_commit(revision) ? BERT_OK
                                   : hub_cache_set_commit(k->f->cache, revision, k->f->commit);
}

static bert_status snapshot_look(const hub_fetch *f, const hub_pull_options *o)
{
    char *folder;
    if (!o->look) return BERT_OK;
    TRY(hub_cache_snapshot(f->cache, f->commit, &folder));
    bert_status status = o->look(folder);
    free(folder);
    if (status == BERT_OK) return BERT_OK;
    f->client->trouble = HUB_FINAL;
    return fail_in(status, "%s", f->client->name->id);
}

static bert_status listed_get(commit_fetch *k, const hub_pull_options *o)
{
    const hub_weights *weights = NULL;
    bool config = false, google = false;
    TRY(places_get(k));
    TRY(listed_has(k->listing, k->places.model, "config.json", &config));
    TRY(listed_has(k->listing, k->places.model, "bert_config.json", &google));
    if (!config && !google)
        return hub_fail(k->f->client, HUB_FINAL, BERT_UNSUPPORTED,
                        "is no model that is read here: it has no %sconfig.json", k->places.model);
    if (o->weights) TRY(weights_choose(k, &weights));
    TRY(small_files_get(k, weights));
    if (weights) {
        TRY(snapshot_look(k->f, o));
        TRY(weights_get(k, weights));
    }
    return whole_mark(k);
}

static bert_status model_fetch(hub_client *c, const hub_cache *cache, const hub_pull_options *o,
                               char *commit)
{
    hub_listing listing;
    hub_note(c, "%s: asking %s for revision %s", c->name->id, c->environment->endpoint,
             c->name->revision);
    TRY(listing_get(c, &listing));
    if (*listing.id && strcmp(listing.id, c->name->id) != 0)
        hub_note(c, "%s is called %s now", c->name->id, listing.id);
    memcpy(commit, listing.commit, HUB_COMMIT_BYTES);
    hub_fetch f = { .client = c, .cache = cache, .commit = commit };
    c->trouble = HUB_UNWRITTEN; /* unless something says otherwise */
    commit_fetch k = { .f = &f, .listing = &listing };
    bert_status status = listed_get(&k, o);
    list_release(&k.list);
    hub_places_release(&k.places);
    hub_listing_release(&listing);
    return status;
}

/* ---- cache or Hub */

static void tell_warning(const bert_observer *observer, const char *text)
{
    hub_tell(observer, &(bert_event){ .kind = BERT_EVENT_WARNING, .text = text });
}

static bert_status fail_offline(hub_client *c, const hub_cache *cache, const char *commit,
                                const char *lack)
{
    const hub_environment *e = c->environment;
    if (*lack)
        return hub_fail(c, HUB_FINAL, BERT_IO,
                        "%s is not in %s/snapshots/%s, and %s forbids to fetch it; once, with a "
                        "network: bert pull %s",
                        lack, cache->model, commit, e->offline_from, c->name->id);
    return hub_fail(c, HUB_FINAL, BERT_IO,
                    "revision %s is not in the cache %s, and %s forbids to fetch it; once, with a "
                    "network: bert pull %s",
                    c->name->revision, e->cache, e->offline_from, c->name->id);
}

/* Gone, so that it is fetched again, or refused where nothing may be fetched. */
static bert_status damage_take(void *context, const char *file, const char *blob)
{
    hub_client *c = context;
    const char *offline = c->environment->offline_from;
    if (offline)
        return hub_fail(c, HUB_FINAL, BERT_IO,
                        "%s is damaged: %s has not the checksum that is its name, and %s forbids "
                        "to fetch it again; once, with a network: bert pull %s",
                        file, blob, offline, c->name->id);
    hub_note(c, "%s: %s in the cache is damaged; it is fetched again", c->name->id, file);
    return unlink(blob) == 0
               ? BERT_OK
               : hub_fail(c, HUB_FINAL, BERT_IO, "%s: cannot remove: %s", blob, strerror(errno));
}

/* commit: what the cache has of the revision on the way in, what is to be used on the way out. */
static bert_status commit_find(hub_client *c, const hub_cache *cache, const hub_pull_options *o,
                               char *commit, const char **from)
{
    hub_state state;
    char newest[HUB_COMMIT_BYTES], lack[HUB_LACK_BYTES], text[1200];
    if (o->update) TRY(hub_cache_verify(cache, commit, o->weights, damage_take, c));
    TRY(hub_cache_state(cache, commit, o->weights, &state, lack));
    *from = "the cache";
    bool fixed = hub_is_commit(c->name->revision), offline = c->environment->offline_from != NULL;
    if (state == HUB_COMPLETE && (fixed || offline || !o->update)) return BERT_OK;
    if (offline && state == HUB_LACKING) return fail_offline(c, cache, commit, lack);
    if (offline) return BERT_OK;
    bert_status status = model_fetch(c, cache, o, newest);
    if (status == BERT_OK) {
        memcpy(commit, newest, sizeof newest);
        *from = c->environment->endpoint;
        return BERT_OK;
    }
    if (state == HUB_LACKING && c->trouble == HUB_UNWRITTEN && status == BERT_IO)
        return fail_more(status,
                         "; remove what stands there, which is no part of a cache, or let HF_HOME "
                         "name a folder that can be written to");
    if (state == HUB_LACKING || c->trouble == HUB_FINAL) return status;
    snprintf(text, sizeof text, "%s; what the cache has is used", status_message());
    tell_warning(&o->observer, text);
    return BERT_OK;
}

static bert_status model_find(hub_client *c, const hub_cache *cache, const hub_pull_options *o,
                              char **folder)
{
    char commit[HUB_COMMIT_BYTES];
    const char *from;
    TRY(hub_cache_commit(cache, c->name->revision, commit));
    TRY(commit_find(c, cache, o, commit, &from));
    hub_note(c, "%s: commit %.*s, from %s", c->name->id, COMMIT_SHOWN, commit, from);
    return hub_cache_snapshot(cache, commit, folder);
}

bert_status hub_pull(const hub_pull_options *options, const char *name, char **folder)
{
    hub_name parsed;
    hub_environment environment;
    hub_cache cache;
    if (!hub_name_parse(name, &parsed))
        return fail(BERT_ARGUMENT,
                    "%s: is no model's name: those are NAME, OWNER/NAME or either with @REVISION",
                    name);
    TRY(hub_environment_read(&options->wishes, &environment));
    hub_client client = { .environment = &environment,
                          .observer = &options->observer,
                          .name = &parsed };
    bert_status status = hub_cache_open(environment.cache, parsed.id, &cache);
    if (status == BERT_OK) {
        status = model_find(&client, &cache, options, folder);
        hub_cache_release(&cache);
    }
    hub_client_close(&client);
    hub_environment_release(&environment);
    return status;
}
