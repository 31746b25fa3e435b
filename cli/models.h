/* models.h: the models that a command line names, as folders. */
#ifndef CLI_MODELS_H
#define CLI_MODELS_H

#include "progress.h"
#include "settings.h"

/* Makes s->models of the operands that are models: folders as they are, names by way of the cache
 * or the Hub. Returns EXIT_DONE, or another status with the reason said. */
int models_find(command_index command, settings *s);

/* Listens while a model is fetched: notes, warnings and progress to standard error. */
typedef struct fetch_watch {
    progress progress;
    bool quiet;
} fetch_watch;

fetch_watch fetch_watch_start(const settings *s);
bert_observer fetch_watch_observer(fetch_watch *w);

#endif
