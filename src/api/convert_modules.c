/* convert_modules.c: the parts that a folder for sentence-transformers has beside its BERT.
 *
 * modules.json lists them (json/modules.h), each but the model with a folder. Git and the Hub keep
 * no empty folder, so that of a division by the length, which holds nothing, may be absent. */
#include "api/api.h"

#include "base/file.h"
#include "base/slice.h"
#include "json/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Is it in the folder, links followed? */
static bool lies_within(const char *path, const char *folder)
{
    char *real = realpath(path, NULL), *root = realpath(folder, NULL);
    size_t length = root ? strlen(root) : 0;
    bool is_so = real && root && strncmp(real, root, length) == 0 && real[length] == '/';
    free(real);
    free(root);
    return is_so;
}

/* These files are copied unread, so that a link must not have what lies elsewhere copied. In the
 * Hub's cache files are links into "blobs" beside the "snapshots" that models are. */
static bert_status place_check(const char *model, const char *path)
{
    char *blobs;
    TRY(path_join(model, "../../blobs", &blobs));
    bool good = lies_within(path, model) || lies_within(path, blobs);
    free(blobs);
    return good ? BERT_OK
                : fail(BERT_UNSUPPORTED, "%s: is a link to what lies outside of the model", path);
}

static bert_status entry_copy(const char *model, const char *from, const folder_handle *to,
                              const char *name)
{
    char *path;
    TRY(path_join(from, name, &path));
    bert_status status = place_check(model, path);
    if (status == BERT_OK && folder_exists(path))
        status = fail(BERT_UNSUPPORTED,
                      "%s: a folder in a module's folder, which no known module has", path);
    if (status == BERT_OK) status = file_copy_between(from, to, name);
    free(path);
    return status;
}

static bert_status entries_copy(const char *model, const char *from, const folder_handle *to)
{
    DIR *entries = opendir(from);
    if (!entries) return fail(BERT_IO, "%s: cannot open: %s", from, strerror(errno));
    bert_status status = BERT_OK;
    for (struct dirent *entry; status == BERT_OK;) {
        status = folder_next(entries, from, &entry);
        if (status != BERT_OK || !entry) break;
        status = entry_copy(model, from, to, entry->d_name);
    }
    closedir(entries);
    return status;
}

static bert_status folder_copy(const char *model, const char *from, const folder_handle *to,
                               const char *name)
{
    folder_handle inner;
    TRY(folder_make_inside(to, name, &inner));
    bert_status status = entries_copy(model, from, &inner);
    folder_release(&inner);
    return status;
}

static bert_status module_copy(const char *from, const folder_handle *to, const char *name,
                               bool is_empty)
{
    char *source;
    bert_status status = BERT_OK;
    TRY(path_join(from, name, &source));
    if (folder_exists(source))
        status = folder_copy(from, source, to, name);
    else if (!is_empty)
        status = fail(BERT_IO,
                      "%s: modules.json names this folder, a part of the model, and it is not "
                      "there; fetch the whole model",
                      source);
    free(source);
    return status;
}

/* The model itself is written into the folder of modules.json, wherever it lay. */
static bert_status listed_copy(const char *from, const folder_handle *to, const char *path,
                               json_t *module, bool *moved)
{
    const char *name = "", *type = "";
    TRY(json_get_string(module, path, "path", &name));
    TRY(json_get_string(module, path, "type", &type));
    if (!*name) return BERT_OK;
    if (slice_ends_with(slice_of(type), ".Transformer") ||
        slice_ends_with(slice_of(type), ".BERT")) {
        *moved = true;
        return json_put(module, "path", json_string(""));
    }
    return module_copy(from, to, name, slice_ends_with(slice_of(type), ".Normalize"));
}

/* The list has been read, and its paths checked, when the model was (json/modules.h). */
bert_status modules_copy(const char *from, const folder_handle *to)
{
    char *path;
    json_t *list = NULL, *module;
    size_t index;
    bool moved = false;
    TRY(path_join(from, "modules.json", &path));
    bert_status status = file_exists(path) ? json_read_list(path, &list) : BERT_OK;
    json_array_foreach(list, index, module) if (status == BERT_OK) status =
        listed_copy(from, to, path, module, &moved);
    if (status == BERT_OK)
        status = moved ? json_write(to, "modules.json", list)
                       : file_copy_between(from, to, "modules.json");
    json_decref(list);
    free(path);
    return status;
}
