/* family.h: the models that share an architecture, and how transformers names their classes:
 *
 *   BertForMaskedLM    prefix of the family and suffix of the head
 *   BertModel          the encoder by itself
 *
 * A head knows its suffix (model/heads.h). */
#ifndef MODEL_FAMILY_H
#define MODEL_FAMILY_H

#include "base/status.h"

typedef struct family {
    const char *model_type;   /* in config.json */
    const char *class_prefix; /* of transformers' classes */
} family;

/* BERT_UNSUPPORTED if no family has this model_type; `path` is the file that names it. */
bert_status family_find(const char *path, const char *model_type, const family **out);

typedef struct named_class {
    char name[64];
} named_class;

/* The suffix is one of a head. */
named_class family_class(const family *f, const char *suffix);

/* What follows the family's prefix in the name of a class. NULL: the class is of another family, or
 * class_name is NULL. */
const char *family_class_suffix(const family *f, const char *class_name);

#endif
