/* trained_as.h: what a model was trained on, as far as its use should be alike. It stands in
 * config.json, so that a folder that is copied without run.json still says it, under a key of this
 * program, which transformers passes on and does not read:
 *
 *     "trained_on": {"max_length": 128, "texts": "pairs",
 *                    "columns": {"text": "premise", "text_pair": "hypothesis", "label": "label"}}
 *
 * of labels with a column each "labels": "toxic,insult" in place of "label" (data/dataset.h), and,
 * where they are not zero, windows, stride, mask_share, whole_words, score_divisor. */
#ifndef MODEL_TRAINED_AS_H
#define MODEL_TRAINED_AS_H

#include "base/status.h"
#include "bert.h"
#include "data/dataset.h"

#include <jansson.h>

/* 0, false and NULL: not said. Names are borrowed from what they were read from. */
typedef struct trained_as {
    bool known; /* does the folder say anything? */
    size_t max_length;
    bert_texts texts;        /* of tasks that take either */
    dataset_columns columns; /* of the tables it was trained on */
    bool windows;
    size_t stride;
    double mask_share;
    bool whole_words;
    double score_divisor;
} trained_as;

/* `value` is the member "trained_on"; one that is no object, which another program may have written
 * there, says nothing. BERT_FORMAT for members of another type or out of bounds. */
bert_status trained_as_read(const json_t *value, const char *path, trained_as *out);

/* Puts "trained_on" into the object, if anything is known. */
bert_status trained_as_put(const trained_as *t, json_t *object);

/* Puts "columns" into the object: those that there are. */
bert_status trained_columns_put(const dataset_columns *columns, json_t *object);

#endif
