/* modules.h: modules.json, by which sentence-transformers knows a folder: what makes a vector of a
 * text, in this order.
 *
 *     [{"type": "sentence_transformers.models.Transformer", "path": ""},
 *      {"type": "sentence_transformers.models.Pooling",     "path": "1_Pooling"},
 *      {"type": "sentence_transformers.models.Normalize",   "path": "2_Normalize"}]
 *
 * A path is the name of a folder beside the file. "" is the folder of the file itself, in which the
 * model lies; folders of before 2021 have it in "0_Transformer" or "0_BERT". Only the last word of
 * a type is the same in all versions. */
#ifndef JSON_MODULES_H
#define JSON_MODULES_H

#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>

typedef struct sentence_modules {
    bool listed;   /* is there a modules.json that lists any? */
    char *place;   /* the name of the model's folder; NULL: it is `folder` itself */
    json_t *parts; /* the names of the other modules' folders, as keys */
    char *model;   /* the folder of config.json, weights and tokenizer: `folder` itself, or in it */
    char *pooling; /* config.json of the pooling, or NULL */
    char *dense;   /* the folder of a Dense module behind it, or NULL */
    bool divided;  /* are vectors divided by their lengths? */
    char *unknown; /* why the vectors cannot be made here, as a part of a sentence, or NULL */
} sentence_modules;

/* Reads folder/modules.json, if it is there. The caller releases, whatever is returned. A list that
 * is none, a path that leads elsewhere and a model's folder that is not there are refused; modules
 * that are not known here are not, since vectors may not be asked for. */
bert_status modules_read(const char *folder, sentence_modules *out);
void modules_release(sentence_modules *m);

/* The same of a folder that may not be whole yet: the model's folder need not be there. */
bert_status modules_read_names(const char *folder, sentence_modules *out);

/* The folder of the model's own files, for free(). */
bert_status modules_model_folder(const char *folder, char **out);

/* sentence_bert_config.json of the model's folder. *out is NULL where nothing lists modules, or
 * where it is not there; the caller releases it and frees *path. */
bert_status modules_read_model(const sentence_modules *m, char **path, json_t **out);

#endif
