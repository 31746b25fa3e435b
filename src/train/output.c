#include "train/output.h"

#include "base/file.h"
#include "formats/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* All that a model folder of ours, or of transformers, holds. What else lies in a folder is not
 * ours to remove. */
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
    "eval_results.json",
    "all_results.json",
    "predictions.json",
    "nbest_predictions.json",
    "null_odds.json",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
};

/* Folders in it, and the one file that each may hold; NULL: none. */
static const struct {
    const char *name, *file;
} known_folders[] = {
    { "1_Pooling", "config.json" },
    { "2_Normalize", NULL },
};

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool file_known(const char *name)
{
    for (size_t i = 0; i < sizeof known_files / sizeof *known_files; i++)
        if (strcmp(name, known_files[i]) == 0) return true;
    return false;
}

/* "config.json.4711.partial" of "config.json", see file_write_open(). */
static bool name_unfinished(const char *name, const char *of)
{
    size_t count = strlen(of);
    if (strncmp(name, of, count) != 0 || name[count] != '.') return false;
    const char *number = name + count + 1;
    size_t digits = strspn(number, "0123456789");
    return digits && strcmp(number + digits, ".partial") == 0;
}

/* A file that a killed run was writing. */
static bool file_unfinished(const char *name)
{
    for (size_t i = 0; i < sizeof known_files / sizeof *known_files; i++)
        if (name_unfinished(name, known_files[i])) return true;
    return false;
}

/* Does the folder hold nothing but `file`, whole or unfinished? A link to one is not looked into.
 */
static bool holds_only(const char *path, const char *file)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    bool only = entries != NULL;
    if (!entries && descriptor >= 0) close(descriptor);
    for (struct dirent *entry; only && (entry = readdir(entries));) {
        const char *name = entry->d_name;
        only = is_dots(name) || (file && (strcmp(name, file) == 0 || name_unfinished(name, file)));
    }
    if (entries) closedir(entries);
    return only;
}

static bool folder_known(const char *folder, const char *name)
{
    for (size_t i = 0; i < sizeof known_folders / sizeof *known_folders; i++) {
        char *path;
        if (strcmp(name, known_folders[i].name) != 0) continue;
        if (path_join(folder, name, &path) != BERT_OK) return false;
        bool known = holds_only(path, known_folders[i].file);
        free(path);
        return known;
    }
    return false;
}

static bert_status folder_check(const char *folder, bool overwrite)
{
    DIR *entries = opendir(folder);
    if (!entries)
        return fail(BERT_IO, "%s: cannot look into the output folder: %s", folder, strerror(errno));
    bert_status status = BERT_OK;
    for (struct dirent *entry; status == BERT_OK && (entry = readdir(entries));) {
        if (is_dots(entry->d_name)) continue;
        if (!file_known(entry->d_name) && !folder_known(folder, entry->d_name))
            status = fail(BERT_ARGUMENT,
                          "%s: holds '%s', which no run has made; choose another output folder",
                          folder, entry->d_name);
        else if (!overwrite)
            status =
                fail(BERT_ARGUMENT,
                     "%s: is there already and holds a model; --overwrite replaces it", folder);
    }
    closedir(entries);
    return status;
}

/* Without slashes at the end, links in a path that is there followed. */
static bert_status folder_name(const char *folder, char **out)
{
    char *name = realpath(folder, NULL);
    if (!name) name = strdup(folder);
    if (!name) return fail(BERT_MEMORY, "out of memory for a path");
    for (size_t end = strlen(name); end > 1 && name[end - 1] == '/'; end--) name[end - 1] = '\0';
    *out = name;
    return BERT_OK;
}

/* Removes what a killed run left, if nothing else is there. */
static bert_status staging_clear(const output *o, DIR *entries, bool look_only)
{
    bert_status status = BERT_OK;
    rewinddir(entries);
    for (struct dirent *entry; status == BERT_OK && (entry = readdir(entries));) {
        char *path = NULL;
        if (is_dots(entry->d_name)) continue;
        if (!file_known(entry->d_name) && !file_unfinished(entry->d_name) &&
            !folder_known(o->staging, entry->d_name))
            return fail(BERT_ARGUMENT,
                        "%s: holds '%s', which no run has made; the run wants a folder of that "
                        "name to work in, so move it away or choose another output",
                        o->staging, entry->d_name);
        if (look_only) continue;
        status = path_join(o->staging, entry->d_name, &path);
        if (status == BERT_OK) status = folder_remove(path);
        free(path);
    }
    return status;
}

/* The lock comes before the clearing, so that a run never clears the folder of another that is
 * alive. */
static bert_status staging_open(output *o)
{
    TRY(folder_make(o->staging));
    o->lock = open(o->staging, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (o->lock < 0) return fail(BERT_IO, "%s: cannot open: %s", o->staging, strerror(errno));
    if (flock(o->lock, LOCK_EX | LOCK_NB) != 0) {
        close(o->lock);
        o->lock = -1;
        return fail(BERT_ARGUMENT, "%s: another run is writing this output", o->folder);
    }
    DIR *entries = opendir(o->staging);
    if (!entries) return fail(BERT_IO, "%s: cannot open: %s", o->staging, strerror(errno));
    bert_status status = staging_clear(o, entries, true);
    if (status == BERT_OK) status = staging_clear(o, entries, false);
    closedir(entries);
    if (status != BERT_OK) { /* not ours to remove */
        close(o->lock);
        o->lock = -1;
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

bert_status output_open(const char *folder, bool overwrite, output *out)
{
    output o = { .lock = -1 };
    TRY(folder_name(folder, &o.folder));
    bert_status status = place_check(o.folder);
    if (status == BERT_OK && file_exists(o.folder))
        status = fail(BERT_ARGUMENT, "%s: is a file; the output is a folder", o.folder);
    if (status == BERT_OK && folder_exists(o.folder)) status = folder_check(o.folder, overwrite);
    if (status == BERT_OK && asprintf(&o.staging, "%s.partial", o.folder) < 0)
        status = fail(BERT_MEMORY, "out of memory for a path");
    if (status == BERT_OK) status = staging_open(&o);
    if (status == BERT_OK)
        *out = o;
    else
        output_release(&o);
    return status;
}

void output_release(output *o)
{
    if (o->lock >= 0) { /* without the lock the folder is another run's */
        folder_remove(o->staging);
        close(o->lock);
    }
    free(o->folder);
    free(o->staging);
    *o = (output){ .lock = -1 };
}

bert_status output_path(const output *o, const char *name, char **path)
{
    return path_join(o->staging, name, path);
}

bert_status output_json(const output *o, const char *name, const json_t *value)
{
    char *path;
    TRY(output_path(o, name, &path));
    bert_status status = json_write(path, value);
    free(path);
    return status;
}

bert_status output_room(const output *o, size_t bytes)
{
    struct statvfs disk;
    if (statvfs(o->staging, &disk) != 0) return BERT_OK; /* unknown: writing will tell */
    double room = (double)disk.f_bavail * (double)disk.f_frsize;
    if (room >= (double)bytes) return BERT_OK;
    return fail(BERT_IO, "%s: the disk has room for %.1f MB, the model needs %.1f MB", o->folder,
                room / 1e6, (double)bytes / 1e6);
}

bert_status output_publish(output *o)
{
    bert_status status = folder_publish(o->staging, o->folder);
    if (status != BERT_OK && folder_exists(o->staging)) {
        char *reason = strdup(status_message());
        status =
            fail(status, "%s; the finished model is kept in %s", reason ? reason : "", o->staging);
        free(reason);
    }
    close(o->lock);
    o->lock = -1;
    return status;
}
