/* hub.c: bert.h's models by name. */
#include "api/api.h"

#include "base/file.h"
#include "base/locale.h"
#include "hub/name.h"
#include "hub/pull.h"
#include "model/config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Half a gigabyte of a model of another kind is better not fetched. */
static bert_status config_look(const char *folder)
{
    config c;
    TRY(config_read(folder, &c));
    config_release(&c);
    return BERT_OK;
}

bert_status bert_hub_pull(const bert_hub_options *given, const char *name, char **folder)
{
    LOCALE_PLAIN;
    bert_hub_options options;
    inner_options inner;
    TRY(hub_options_take(given, &options, &inner));
    const hub_pull_options o = { .wishes = { .endpoint = options.endpoint,
                                             .cache = options.cache,
                                             .token = options.token,
                                             .offline = options.offline },
                                 .update = options.update,
                                 .weights = options.weights,
                                 .look = config_look,
                                 .observer = options.observer };
    return hub_pull(&o, name, folder);
}

bert_status bert_hub_find(const bert_hub_options *options, const char *model, char **folder)
{
    LOCALE_PLAIN;
    hub_name name;
    if (folder_exists(model)) {
        *folder = strdup(model);
        return *folder ? BERT_OK : fail(BERT_MEMORY, "out of memory for a path");
    }
    if (file_exists(model))
        return fail(BERT_IO,
                    "%s: is a file; a model is a folder with config.json, its weights and "
                    "its tokenizer",
                    model);
    if (!hub_name_parse(model, &name))
        return fail(BERT_IO,
                    "%s: there is no such folder; a model is a folder with config.json, "
                    "model.safetensors and vocab.txt, or a name of the Hub as OWNER/NAME",
                    model);
    return fail_in(bert_hub_pull(options, model, folder),
                   "%s: there is no such folder; and as a model of the Hub", model);
}

bert_status cache_hint(bert_status status, const char *folder)
{
    hub_name name;
    char path[PATH_MAX];
    bool of_bytes = status == BERT_FORMAT || status == BERT_SHAPE || status == BERT_NUMERIC;
    if (!of_bytes || !realpath(folder, path) || !hub_name_of_folder(path, &name)) return status;
    return fail_more(
        status,
        "; it is in the cache of models, which `bert pull %s@%s` checks, and mends with "
        "a network",
        name.id, name.revision);
}
