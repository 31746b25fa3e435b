/* output.h: the folder a run leaves behind. It is made beside its place, as NAME.partial, and
 * changes places with what was there in one step at the end: a kill at any instant leaves the old
 * one whole, or none. */
#ifndef RUN_OUTPUT_H
#define RUN_OUTPUT_H

#include "base/folder.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct output {
    char *folder;
    folder_handle staging; /* locked against a second run */
    bool kept;             /* the staging folder holds checkpoints: it outlives a run that fails */
} output;

typedef enum output_use {
    OUTPUT_NEW,     /* an output that is there already, or one's checkpoints, are refused */
    OUTPUT_REPLACE, /* they go, if all of it is what a run leaves, but not before there is something
                       in their place: output_begin_anew(), output_publish() */
    OUTPUT_RESUME   /* checkpoints stay, to go on from */
} output_use;

/* Makes the staging folder, or takes over that of a killed run. What is refused is BERT_ARGUMENT.
 * An output folder that holds anything but what a run leaves always is. */
bert_status output_open(const char *folder, output_use use, output *out);

/* Removes what was not published, but for a folder with checkpoints. */
void output_release(output *o);

/* A path in the staging folder, to read; the caller frees with free(). What is written there goes
 * by the handle. */
bert_status output_path(const output *o, const char *name, char **path);

bert_status output_json(const output *o, const char *name, const json_t *value);

/* Is there room for `bytes` more on that disk? */
bert_status output_room(const output *o, size_t bytes);

/* The name of the file for the checkpoint after a step, in name [CHECKPOINT_FILE_NAME]. */
enum { CHECKPOINT_FILE_NAME = 64 };
const char *output_checkpoint_name(uint64_t step, char *name);

/* One was: the staging folder is kept from now on, with its newest `keep` checkpoints. */
bert_status output_checkpointed(output *o, size_t keep);

/* The checkpoints that an earlier run left in the staging folder go: all that could have stopped
 * this one before its first step is checked. */
bert_status output_begin_anew(output *o);

typedef struct checkpoint_place {
    char *path;
    uint64_t step;
} checkpoint_place;

typedef struct checkpoint_places {
    checkpoint_place *items; /* [count] */
    size_t count, capacity;
} checkpoint_places;

/* Those in the staging folder, which a killed run leaves, and in the output folder, where one that
 * was asked to stop has put them; the newest first. The caller releases. */
bert_status output_checkpoints(const output *o, checkpoint_places *out);
void checkpoint_places_release(checkpoint_places *places);

/* The output folder holds the end of this run: what is left to go on from goes, there and in the
 * staging folder, and what a kill has left of a file that was added later. */
bert_status output_tidy(output *o);

/* Does the output folder hold a model, and no checkpoint of a run that was stopped? */
bert_status output_has_model(const output *o, bool *out);

/* Puts the staging folder in its place. Where that fails it is kept, and the message names it.
 * `finished`: nothing is left to go on with; then the checkpoints go. */
bert_status output_publish(output *o, bool finished);

#endif
