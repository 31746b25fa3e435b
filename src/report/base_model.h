/* base_model.h: what the model that a run began from says of itself. */
#ifndef REPORT_BASE_MODEL_H
#define REPORT_BASE_MODEL_H

#include "base/status.h"

typedef struct base_model {
    char *name;    /* "_name_or_path" of its config.json where that looks like a name of the Hub
                      ("google/bert-base"), else the folder's */
    char *license; /* of the metadata of its README.md; NULL: it does not say */
} base_model;

/* The caller releases. A file that is not there, or is no such file, says nothing. */
bert_status base_model_read(const char *folder, base_model *out);
void base_model_release(base_model *m);

#endif
