/* base_model.h: what the model that a run began from says of itself. */
#ifndef REPORT_BASE_MODEL_H
#define REPORT_BASE_MODEL_H

#include "base/status.h"

typedef struct base_model {
    char *name;    /* that of the Hub for a folder of its cache; else "_name_or_path" of its
                      config.json where that looks like one ("google/bert-base"), else the folder's
                      own */
    char *license; /* of the metadata of its README.md; NULL: it does not say */
} base_model;

/* The caller releases. A file that is not there, or is no such file, says nothing. */
bert_status base_model_read(const char *folder, base_model *out);
void base_model_release(base_model *m);

/* What to give to find the same model again: "google/bert-base@COMMIT" for a folder of the cache
 * (src/hub/cache.h), else the folder as it is. The caller frees. */
bert_status base_model_place(const char *folder, char **out);

#endif
