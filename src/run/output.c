#include "run/output.h"

#include "base/file.h"
#include "base/memory.h"
#include "bert.h"
#include "json/json.h"
#include "report/card.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* All that a model folder of ours, or of transformers, holds, beside the files of tasks. What else
 * lies in a folder is not ours to remove. */
static const char *const known_files[] = {
    "config.json",
    "model.safetensors",
    "vocab.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "added_tokens.json",
    "special_tokens_map.json",
    "train_log.jsonl",
    "timings.jsonl",
    "run.json",
    "folds.json",
    "seeds.json",
    "eval_results.json",
    "all_results.json",
    "report.html",
    "README.md",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
};

/* And folders in it, of sentence-transformers' modules: "2_Dense"; and what they hold. */
static const char *const module_words[] = { "Dense", "LayerNorm", "Normalize", "Pooling" };
static const char *const module_files[] = { "config.json", "model.safetensors",
                                            "pytorch_model.bin" };

/* "checkpoint-120.ckpt": the bytes of the name up to the end of ".ckpt"; 0: it is another. */
static size_t checkpoint_name(const char *name, uint64_t *step)
{
    static const char before[] = "checkpoint-", after[] = ".ckpt";
    const char *number = name + sizeof before - 1;
    if (strncmp(name, before, sizeof before - 1) != 0) return 0;
    size_t digits = strspn(number, "0123456789");
    if (!digits || digits > 18 || strncmp(number + digits, after, sizeof after - 1) != 0) return 0;
    *step = strtoull(number, NULL, 10);
    return sizeof before - 1 + digits + sizeof after - 1;
}

static bool is_checkpoint(const char *name)
{
    uint64_t step;
    size_t count = checkpoint_name(name, &step);
    return count && !name[count];
}

/* Does `fits` hold of the name and a file that a run may leave, by any task? */
static bool file_find(const char *name, bool (*fits)(const char *name, const char *of))
{
    const char *task;
    bert_task_info info;
    for (size_t i = 0; i < sizeof known_files / sizeof *known_files; i++)
        if (fits(name, known_files[i])) return true;
    for (size_t i = 0; (task = bert_task_name(i)); i++) {
        (void)bert_task_get_info(task, sizeof info, &info); /* of a name that there is */
        for (const char *const *file = info.files; file && *file; file++)
            if (fits(name, *file)) return true;
    }
    return false;
}

static bool same_name(const char *name, const char *of)
{
    return strcmp(name, of) == 0;
}

static bool file_known(const char *name)
{
    return file_find(name, same_name) || is_checkpoint(name);
}

/* A model card may be a person's work, which no run has made. */
static bool file_ours(const char *folder, const char *name)
{
    char *path;
    if (!file_known(name)) return false;
    if (strcmp(name, "README.md") != 0) return true;
    if (path_join(folder, name, &path) != BERT_OK) return false;
    bool ours = card_is_ours(path);
    free(path);
    return ours;
}

/* "config.json.4711.partial", whose first `count` bytes are a name; see file_write_open(). */
static bool name_unfinished(const char *name, size_t count)
{
    if (name[count] != '.') return false;
    const char *number = name + count + 1;
    size_t digits = strspn(number, "0123456789");
    return digits && strcmp(number + digits, ".partial") == 0;
}

static bool unfinished_of(const char *name, const char *of)
{
    return strncmp(name, of, strlen(of)) == 0 && name_unfinished(name, strlen(of));
}

/* A file that a killed run was writing. */
static bool file_unfinished(const char *name)
{
    uint64_t step;
    size_t count = checkpoint_name(name, &step);
    return file_find(name, unfinished_of) || (count && name_unfinished(name, count));
}

static bool module_file_known(const char *name)
{
    for (size_t i = 0; i < sizeof module_files / sizeof *module_files; i++)
        if (strcmp(name, module_files[i]) == 0 || unfinished_of(name, module_files[i])) return true;
    return false;
}

/* Does the folder hold nothing but such files, whole or unfinished? A link to one is not looked
 * into. */
static bool holds_a_module(const char *path)
{
    int descriptor = descriptor_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    bool only = entries != NULL;
    if (!entries && descriptor >= 0) close(descriptor);
    for (struct dirent *entry; only;) {
        only = folder_next(entries, path, &entry) == BERT_OK;
        if (!only || !entry) break;
        only = module_file_known(entry->d_name);
    }
    if (entries) closedir(entries);
    return only;
}

static bool folder_known(const char *folder, const char *name)
{
    size_t digits = strspn(name, "0123456789");
    if (!digits || name[digits] != '_') return false;
    for (size_t i = 0; i < sizeof module_words / sizeof *module_words; i++) {
        char *path;
        if (strcmp(name + digits + 1, module_words[i]) != 0) continue;
        if (path_join(folder, name, &path) != BERT_OK) return false;
        bool known = holds_a_module(path);
        free(path);
        return known;
    }
    return false;
}

static bert_status folder_check(const char *folder, output_use use)
{
    DIR *entries = opendir(folder);
    if (!entries)
        return fail(BERT_IO, "%s: cannot look into the output folder: %s", folder, strerror(errno));
    bert_status status = BERT_OK;
    for (struct dirent *entry; status == BERT_OK;) {
        status = folder_next(entries, folder, &entry);
        if (status != BERT_OK || !entry) break;
        if (!file_ours(folder, entry->d_name) && !file_unfinished(entry->d_name) &&
            !folder_known(folder, entry->d_name))
            status = fail(BERT_ARGUMENT,
                          "%s: holds '%s', which no run has made; choose another output folder",
                          folder, entry->d_name);
        else if (use == OUTPUT_NEW && is_checkpoint(entry->d_name))
            status = fail(BERT_ARGUMENT,
                          "%s: holds a run that was stopped; %s goes on with it, %s begins anew",
                          folder, FIELD(resume), FIELD(overwrite));
        else if (use == OUTPUT_NEW)
            status = fail(BERT_ARGUMENT, "%s: is there already and holds a model; %s replaces it",
                          folder, FIELD(overwrite));
    }
    closedir(entries);
    return status;
}

static bert_status staging_look(const output *o, output_use use, DIR *entries)
{
    const char *path = o->staging.path;
    for (struct dirent *entry;;) {
        TRY(folder_next(entries, path, &entry));
        if (!entry) return BERT_OK;
        if (!file_ours(path, entry->d_name) && !file_unfinished(entry->d_name) &&
            !folder_known(path, entry->d_name))
            return fail(BERT_ARGUMENT,
                        "%s: holds '%s', which no run has made; the run wants a folder of that "
                        "name to work in, so move it away or choose another output",
                        path, entry->d_name);
        if (use == OUTPUT_NEW && is_checkpoint(entry->d_name))
            return fail(BERT_ARGUMENT,
                        "%s: a run into it was stopped and has left checkpoints in %s; %s goes on "
                        "with it, %s begins anew",
                        o->folder, path, FIELD(resume), FIELD(overwrite));
    }
}

/* Removes the entries of a folder whose names `goes` holds of. *stay: do others? */
static bert_status entries_remove(const folder_handle *folder, bool (*goes)(const char *name),
                                  bool *stay)
{
    DIR *entries;
    TRY(folder_list(folder, &entries));
    bert_status status = BERT_OK;
    for (struct dirent *entry; status == BERT_OK;) {
        status = folder_next(entries, folder->path, &entry);
        if (status != BERT_OK || !entry) break;
        if (goes(entry->d_name))
            status = folder_entry_remove(folder, entry->d_name);
        else
            *stay = true;
    }
    closedir(entries);
    return status;
}

/* What a killed run left in the staging folder. */
static bool is_no_checkpoint(const char *name)
{
    return !is_checkpoint(name);
}

/* The lock comes before the clearing, so that a run never clears the folder of another that is
 * alive. */
static bert_status staging_lock(output *o, const char *path)
{
    TRY(folder_make(path));
    bert_status status = folder_hold(path, &o->staging);
    if (status != BERT_OK || flock(o->staging.descriptor, LOCK_EX | LOCK_NB) == 0) return status;
    folder_release(&o->staging);
    return fail(BERT_ARGUMENT, "%s: another run is writing this output", o->folder);
}

static bert_status staging_clear(output *o, output_use use)
{
    DIR *entries;
    TRY(folder_list(&o->staging, &entries));
    bert_status status = staging_look(o, use, entries);
    closedir(entries);
    return status == BERT_OK ? entries_remove(&o->staging, is_no_checkpoint, &o->kept) : status;
}

static bert_status staging_open(output *o, output_use use)
{
    char *path;
    if (asprintf(&path, "%s.partial", o->folder) < 0)
        return fail(BERT_MEMORY, "out of memory for a path");
    bert_status status = staging_lock(o, path);
    free(path);
    TRY(status);
    status = staging_clear(o, use);
    if (status != BERT_OK) { /* what it holds is not ours to remove */
        rmdir(o->staging.path);
        folder_release(&o->staging);
    }
    return status;
}

/* What a rename at the end could not replace is better refused before the training than after it.
 */
static bert_status place_check(const char *folder)
{
    struct statx place;
    if (statx(AT_FDCWD, folder, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &place) != 0)
        return BERT_OK; /* nothing is there, or making the folder will tell */
    if (S_ISLNK(place.stx_mode))
        return fail(BERT_ARGUMENT, "%s: is a link that leads nowhere; remove it", folder);
    if (place.stx_attributes & STATX_ATTR_MOUNT_ROOT)
        return fail(BERT_ARGUMENT,
                    "%s: is where a disk is mounted, which cannot be replaced; choose a folder "
                    "inside it",
                    folder);
    return BERT_OK;
}

bert_status output_open(const char *folder, output_use use, output *out)
{
    output o = { 0 };
    if (!*folder) return fail(BERT_ARGUMENT, "the name of the output folder is empty");
    TRY(path_resolve(folder, &o.folder));
    bert_status status = place_check(o.folder);
    if (status == BERT_OK && file_exists(o.folder))
        status = fail(BERT_ARGUMENT, "%s: is a file; the output is a folder", o.folder);
    if (status == BERT_OK && folder_exists(o.folder)) status = folder_check(o.folder, use);
    if (status == BERT_OK) status = staging_open(&o, use);
    if (status == BERT_OK)
        *out = o;
    else
        output_release(&o);
    return status;
}

void output_release(output *o)
{
    if (o->staging.path && !o->kept) {
        /* one more failure is not told in place of that for which the run ends */
        const failure first = failure_keep(BERT_OK);
        if (folder_discard(&o->staging) != BERT_OK) failure_return(&first);
    }
    folder_release(&o->staging);
    free(o->folder);
    *o = (output){ 0 };
}

bert_status output_path(const output *o, const char *name, char **path)
{
    return path_join(o->staging.path, name, path);
}

bert_status output_json(const output *o, const char *name, const json_t *value)
{
    return json_write(&o->staging, name, value);
}

bert_status output_room(const output *o, size_t bytes)
{
    struct statvfs disk;
    if (fstatvfs(o->staging.descriptor, &disk) != 0)
        return BERT_OK; /* unknown: writing will tell */
    double room = (double)disk.f_bavail * (double)disk.f_frsize;
    if (room >= (double)bytes) return BERT_OK;
    return fail(BERT_IO, "%s: the disk has room for %.1f MB, the model needs %.1f MB", o->folder,
                room / 1e6, (double)bytes / 1e6);
}

/* ---- checkpoints */

const char *output_checkpoint_name(uint64_t step, char *name)
{
    snprintf(name, CHECKPOINT_FILE_NAME, "checkpoint-%llu.ckpt", (unsigned long long)step);
    return name;
}

static bert_status places_find(const folder_handle *folder, checkpoint_places *out)
{
    DIR *entries;
    TRY(folder_list(folder, &entries));
    bert_status status = BERT_OK;
    for (struct dirent *entry; status == BERT_OK;) {
        checkpoint_place place;
        status = folder_next(entries, folder->path, &entry);
        if (status != BERT_OK || !entry) break;
        if (!is_checkpoint(entry->d_name)) continue;
        checkpoint_name(entry->d_name, &place.step);
        void *items = out->items;
        status = memory_grow(&items, &out->capacity, out->count + 1, sizeof place);
        out->items = items;
        if (status == BERT_OK) status = path_join(folder->path, entry->d_name, &place.path);
        if (status == BERT_OK) out->items[out->count++] = place;
    }
    closedir(entries);
    return status;
}

/* Those of the output folder, if there is one. */
static bert_status places_find_published(const output *o, checkpoint_places *out)
{
    folder_handle folder;
    if (!folder_exists(o->folder)) return BERT_OK;
    TRY(folder_hold(o->folder, &folder));
    bert_status status = places_find(&folder, out);
    folder_release(&folder);
    return status;
}

static int newest_first(const void *a, const void *b)
{
    const checkpoint_place *x = a, *y = b;
    if (x->step != y->step) return (x->step < y->step) - (x->step > y->step);
    return strcmp(x->path, y->path);
}

bert_status output_checkpoints(const output *o, checkpoint_places *out)
{
    checkpoint_places places = { 0 };
    bert_status status = places_find(&o->staging, &places);
    if (status == BERT_OK) status = places_find_published(o, &places);
    if (status == BERT_OK) {
        if (places.count) qsort(places.items, places.count, sizeof *places.items, newest_first);
        *out = places;
    } else {
        checkpoint_places_release(&places);
    }
    return status;
}

void checkpoint_places_release(checkpoint_places *places)
{
    for (size_t i = 0; i < places->count; i++) free(places->items[i].path);
    free(places->items);
    *places = (checkpoint_places){ 0 };
}

bert_status output_has_model(const output *o, bool *out)
{
    char *path;
    checkpoint_places places = { 0 };
    TRY(path_join(o->folder, "config.json", &path));
    bool has = file_exists(path);
    free(path);
    bert_status status = has ? places_find_published(o, &places) : BERT_OK;
    *out = has && !places.count;
    checkpoint_places_release(&places);
    return status;
}

/* Removes all but the newest `keep` checkpoints of one folder. */
static bert_status checkpoints_prune(const folder_handle *folder, size_t keep)
{
    checkpoint_places places = { 0 };
    bert_status status = places_find(folder, &places);
    if (places.count) qsort(places.items, places.count, sizeof *places.items, newest_first);
    for (size_t i = keep; status == BERT_OK && i < places.count; i++)
        status = folder_entry_remove(folder, strrchr(places.items[i].path, '/') + 1);
    checkpoint_places_release(&places);
    return status;
}

bert_status output_checkpointed(output *o, size_t keep)
{
    o->kept = true;
    return checkpoints_prune(&o->staging, keep);
}

bert_status output_begin_anew(output *o)
{
    o->kept = false;
    return checkpoints_prune(&o->staging, 0);
}

bert_status output_tidy(output *o)
{
    folder_handle folder;
    bool others;
    o->kept = false;
    TRY(folder_hold(o->folder, &folder));
    bert_status status = entries_remove(&folder, file_unfinished, &others);
    if (status == BERT_OK) status = checkpoints_prune(&folder, 0);
    folder_release(&folder);
    return status;
}

/* ---- the end */

bert_status output_publish(output *o, bool finished)
{
    if (!finished) TRY(checkpoints_prune(&o->staging, 1));
    TRY(folder_verify(&o->staging));
    bert_status status = folder_publish(&o->staging, o->folder);
    if (status != BERT_OK && folder_exists(o->staging.path))
        status = fail_more(status, "; the finished model is kept in %s", o->staging.path);
    /* The model is in its place: a checkpoint that cannot be removed makes that no failure. */
    if (status == BERT_OK && finished) (void)checkpoints_prune(&o->staging, 0);
    folder_release(&o->staging);
    return status;
}
