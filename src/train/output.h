/* output.h: the folder a run leaves behind. It is made beside its place, as NAME.partial, and
 * changes places with what was there in one step at the end: a kill at any instant leaves the old
 * one whole, or none. */
#ifndef TRAIN_OUTPUT_H
#define TRAIN_OUTPUT_H

#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct output {
    char *folder, *staging;
    int lock; /* on the staging folder, against a second run; -1: none */
} output;

/* Makes the staging folder. A folder that is there already is refused (BERT_ARGUMENT) unless it is
 * empty or `overwrite` is given and it holds nothing but what a run leaves. */
bert_status output_open(const char *folder, bool overwrite, output *out);

/* Removes what was not published. */
void output_release(output *o);

/* A path in the staging folder; the caller frees with free(). */
bert_status output_path(const output *o, const char *name, char **path);

bert_status output_json(const output *o, const char *name, const json_t *value);

/* Is there room for `bytes` more on that disk? */
bert_status output_room(const output *o, size_t bytes);

/* Puts the staging folder in its place. Where that fails it is kept, and the message names it. */
bert_status output_publish(output *o);

#endif
