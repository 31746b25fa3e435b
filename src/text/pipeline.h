/* pipeline.h: how tokenizer.json writes its normalizer, pre-tokenizer and post-processor: an object
 * with a "type", or a "Sequence" of such objects, or null. */
#ifndef TEXT_PIPELINE_H
#define TEXT_PIPELINE_H

#include "base/status.h"
#include "json/json.h"

typedef struct pipeline_part {
    const char *key;     /* where the file has it: "normalizer" */
    const char *list;    /* what a Sequence calls its steps: "normalizers" */
    const char *unnamed; /* the type of an object that names none, as in old files */
    /* Reads a step that is no Sequence. Its messages begin with `type`; pipeline_read() puts the
     * file before. */
    bert_status (*read)(const json_t *object, const char *type, void *into);
} pipeline_part;

/* Reads the steps of a part in their order, those of a Sequence in its place. */
bert_status pipeline_read(const pipeline_part *part, const json_t *root, const char *path,
                          void *into);

/* BERT_UNSUPPORTED for a step that this program has not. */
bert_status pipeline_unknown(const char *type);

/* *index = which of `names` [count] the member `key` is; untouched where it is absent. Another text
 * is BERT_UNSUPPORTED. */
bert_status pipeline_choice(const json_t *object, const char *type, const char *key,
                            const char *const *names, size_t count, size_t *index);

/* How the options of a type of steps come and go: what a normalizer's and a pre-tokenizer's kind
 * have in common. */
typedef struct step_options {
    /* Reads what the step's object says into *options. NULL: it has none. Messages begin with
     * `type`. */
    bert_status (*read)(const json_t *step, const char *type, void **options);
    void (*release)(void *options); /* NULL: free() */
} step_options;

/* *options is for step_options_release(); on failure there are none. */
bert_status step_options_read(const step_options *of, const json_t *step, const char *type,
                              void **options);
void step_options_release(const step_options *of, void *options);

#endif
