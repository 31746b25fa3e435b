#include "hub/listing.h"

#include "hub/files.h"
#include "json/json.h"

#include <stdio.h>
#include <string.h>

/* What a server sent, for a message: no control character of it reaches a terminal. */
static const char *shown(slice text, char *out, size_t capacity)
{
    size_t count = text.count < capacity ? text.count : capacity - 1;
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        out[i] = byte < ' ' || byte >= 0x7F ? '?' : text.bytes[i];
    }
    out[count] = '\0';
    return out;
}

static bert_status file_add(const json_t *sibling, const char *origin, json_t *files)
{
    const json_t *name = json_object_get(sibling, "rfilename");
    char text[80];
    if (!json_is_string(name))
        return fail(BERT_FORMAT, "%s: a file in the list has no name", origin);
    slice bytes = { json_string_value(name), json_string_length(name) };
    if (!hub_file_name_good(bytes))
        return fail(BERT_FORMAT,
                    "%s: the list has a file '%s', which may lead out of the cache; nothing of it "
                    "is fetched",
                    origin, shown(bytes, text, sizeof text));
    return json_put(files, bytes.bytes, json_true());
}

static bert_status files_fill(const json_t *object, const char *origin, json_t *files)
{
    const json_t *siblings = json_object_get(object, "siblings");
    size_t count = json_array_size(siblings);
    if (!json_is_array(siblings) || !count)
        return fail(BERT_FORMAT, "%s: the answer lists no files", origin);
    if (count > HUB_LISTING_FILES_MAX)
        return fail(BERT_FORMAT, "%s: lists %zu files, where %d are the most that are read", origin,
                    count, HUB_LISTING_FILES_MAX);
    for (size_t i = 0; i < count; i++) TRY(file_add(json_array_get(siblings, i), origin, files));
    return BERT_OK;
}

static bert_status listing_fill(const json_t *object, const char *origin, hub_listing *out)
{
    const char *commit = NULL, *id = NULL;
    hub_name name;
    TRY(json_get_string(object, origin, "sha", &commit));
    TRY(json_get_string(object, origin, "id", &id));
    if (!commit || !hub_is_commit(commit))
        return fail(BERT_FORMAT, "%s: the answer names no commit", origin);
    memcpy(out->commit, commit, sizeof out->commit);
    if (id && !strchr(id, '@') && hub_name_parse(id, &name))
        memcpy(out->id, name.id, sizeof out->id);
    out->files = json_object();
    if (!out->files) return fail(BERT_MEMORY, "out of memory for a list of files");
    return files_fill(object, origin, out->files);
}

bert_status hub_listing_parse(slice text, const char *origin, hub_listing *out)
{
    json_t *object;
    hub_listing listing = { .files = NULL };
    TRY(json_parse_object(text, origin, &object));
    bert_status status = listing_fill(object, origin, &listing);
    json_decref(object);
    if (status == BERT_OK)
        *out = listing;
    else
        hub_listing_release(&listing);
    return status;
}

void hub_listing_release(hub_listing *listing)
{
    json_decref(listing->files);
    listing->files = NULL;
}

bool hub_listing_has(const hub_listing *listing, const char *file)
{
    return json_object_get(listing->files, file) != NULL;
}
