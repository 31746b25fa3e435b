#include "report/base_model.h"

#include "base/file.h"
#include "base/slice.h"
#include "hub/name.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char word_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

static bool is_word(slice text)
{
    for (size_t i = 0; i < text.count; i++)
        if (!text.bytes[i] || !strchr(word_characters, text.bytes[i])) return false;
    return text.count > 0;
}

/* "owner/name". A path of the machine that the model was saved on may look like it; one that begins
 * with a slash or a point, or has more parts, does not. */
static bool is_hub_name(const char *name)
{
    const char *slash = strchr(name, '/');
    return slash && *name != '.' && is_word((slice){ name, (size_t)(slash - name) }) &&
           is_word(slice_of(slash + 1));
}

/* ---- the name */

static bert_status name_copy(const char *name, char **out)
{
    *out = strdup(name);
    return *out ? BERT_OK : fail(BERT_MEMORY, "out of memory for a name");
}

/* Is the folder, all links resolved, a snapshot of the Hub's cache? */
static bool is_snapshot(const char *folder, hub_name *out)
{
    char *path = realpath(folder, NULL);
    bool found = path && hub_name_of_folder(path, out);
    free(path);
    return found;
}

/* The last part of a path, which may end in slashes or be a link. */
static bert_status folder_name(const char *folder, char **out)
{
    char *path = realpath(folder, NULL);
    const char *slash = path ? strrchr(path, '/') : NULL;
    bert_status status = name_copy(slash && slash[1] ? slash + 1 : folder, out);
    free(path);
    return status;
}

static bert_status name_read(const char *folder, char **out)
{
    char *path;
    json_t *config = NULL;
    hub_name hub;
    if (is_snapshot(folder, &hub)) return name_copy(hub.id, out);
    TRY(path_join(folder, "config.json", &path));
    if (file_exists(path) && json_read_object(path, &config) != BERT_OK) config = NULL;
    free(path);
    const char *name = json_string_value(json_object_get(config, "_name_or_path"));
    bert_status status =
        name && is_hub_name(name) ? name_copy(name, out) : folder_name(folder, out);
    json_decref(config);
    return status;
}

/* ---- the licence */

/* The next line without its end; false where there is none. */
static bool line_take(slice *rest, slice *line)
{
    if (!rest->count) return false;
    const char *end = memchr(rest->bytes, '\n', rest->count);
    size_t bytes = end ? (size_t)(end - rest->bytes) : rest->count;
    *line = (slice){ rest->bytes, bytes };
    size_t taken = bytes + (end != NULL);
    *rest = (slice){ rest->bytes + taken, rest->count - taken };
    if (line->count && line->bytes[line->count - 1] == '\r') line->count--;
    return true;
}

static slice trimmed(slice s)
{
    static const char around[] = " \t\"'";
    while (s.count && strchr(around, *s.bytes)) s = (slice){ s.bytes + 1, s.count - 1 };
    while (s.count && strchr(around, s.bytes[s.count - 1])) s.count--;
    return s;
}

/* "license: apache-2.0" between the two lines "---" at the head of a model card: the one plain word
 * that is wanted of its YAML. */
static slice license_find(slice card)
{
    const slice mark = slice_of("---"), key = slice_of("license:"), none = { 0 };
    slice line;
    if (!line_take(&card, &line) || !slice_equal(line, mark)) return none;
    while (line_take(&card, &line) && !slice_equal(line, mark)) {
        if (line.count < key.count || memcmp(line.bytes, key.bytes, key.count) != 0) continue;
        slice value = trimmed((slice){ line.bytes + key.count, line.count - key.count });
        return is_word(value) && value.count <= 64 ? value : none;
    }
    return none;
}

static bert_status license_read(const char *folder, char **out)
{
    char *path;
    file_map map = { 0 };
    TRY(path_join(folder, "README.md", &path));
    bool there = file_exists(path) && file_map_open(path, &map) == BERT_OK;
    free(path);
    if (!there) return BERT_OK;
    slice license = license_find((slice){ map.bytes, map.count });
    if (license.count) *out = strndup(license.bytes, license.count);
    bool short_of_memory = license.count && !*out;
    file_map_close(&map);
    return short_of_memory ? fail(BERT_MEMORY, "out of memory for a name") : BERT_OK;
}

bert_status base_model_read(const char *folder, base_model *out)
{
    base_model m = { 0 };
    bert_status status = name_read(folder, &m.name);
    if (status == BERT_OK) status = license_read(folder, &m.license);
    if (status == BERT_OK)
        *out = m;
    else
        base_model_release(&m);
    return status;
}

void base_model_release(base_model *m)
{
    free(m->name);
    free(m->license);
    *m = (base_model){ 0 };
}

bert_status base_model_place(const char *folder, char **out)
{
    hub_name hub;
    if (!is_snapshot(folder, &hub)) return name_copy(folder, out);
    if (asprintf(out, "%s@%s", hub.id, hub.revision) < 0)
        return fail(BERT_MEMORY, "out of memory for a name");
    return BERT_OK;
}
