#include "hub/places.h"

#include "hub/files.h"
#include "json/json.h"
#include "json/modules.h"

#include <stdio.h>
#include <stdlib.h>

enum { MODULES_MAX = 64 };

bert_status hub_name_in(const char *place, const char *file, char **out)
{
    if (asprintf(out, "%s%s", place, file) >= 0) return BERT_OK;
    *out = NULL;
    return fail(BERT_MEMORY, "out of memory for a file's name");
}

static bert_status modules_put(const sentence_modules *m, const char *snapshot, json_t *out)
{
    const char *name;
    json_t *ignored;
    if (json_object_size(m->parts) > MODULES_MAX)
        return fail(BERT_FORMAT, "%s/modules.json: lists more than %d modules", snapshot,
                    MODULES_MAX);
    json_object_foreach(m->parts, name, ignored)
    {
        char *place;
        if (!hub_file_name_good(slice_of(name))) continue; /* no list of files has it */
        TRY(hub_name_in(name, "/", &place));
        bert_status status = json_put(out, place, json_true());
        free(place);
        TRY(status);
    }
    return BERT_OK;
}

bert_status hub_places_read(const char *snapshot, hub_places *out)
{
    sentence_modules m;
    *out = (hub_places){ .modules = json_object() };
    if (!out->modules) return fail(BERT_MEMORY, "out of memory for the names of modules");
    bert_status status = modules_read_names(snapshot, &m);
    if (status == BERT_OK) status = modules_put(&m, snapshot, out->modules);
    const char *place = status == BERT_OK && m.place ? m.place : "";
    bert_status named = hub_name_in(place, *place ? "/" : "", &out->model);
    modules_release(&m);
    return status == BERT_OK ? named : status;
}

void hub_places_release(hub_places *places)
{
    free(places->model);
    json_decref(places->modules);
    *places = (hub_places){ 0 };
}

static bert_status take_in(const char *place, const char *file, hub_small_take *take, void *context)
{
    char *name;
    TRY(hub_name_in(place, file, &name));
    bert_status status = take(context, name);
    free(name);
    return status;
}

bert_status hub_small_each(const hub_places *places, hub_small_take *take, void *context)
{
    const char *place;
    json_t *ignored;
    for (size_t i = 0; i < hub_small_count; i++) {
        TRY(take(context, hub_small_files[i]));
        if (*places->model) TRY(take_in(places->model, hub_small_files[i], take, context));
    }
    json_object_foreach(places->modules, place, ignored)
        TRY(take_in(place, "config.json", take, context));
    return BERT_OK;
}
