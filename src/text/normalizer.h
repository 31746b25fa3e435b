/* normalizer.h: the steps that make a text plain before it is cut into words.
 * Read-only use may be shared by threads. */
#ifndef TEXT_NORMALIZER_H
#define TEXT_NORMALIZER_H

#include "base/slice.h"
#include "base/status.h"
#include "json/json.h"
#include "text/normalized.h"
#include "text/pipeline.h"

#include <stddef.h>
#include <stdint.h>

/* What a step of one type does. Each is one file and one line in normalizers.def. */
typedef struct normalizer_kind {
    step_options options;
    /* Reads `from`, well-formed UTF-8, and writes `to`; or leaves `to` alone, if it has nothing to
     * change. Fails only with BERT_MEMORY, or with
     * BERT_ARGUMENT for a text that gets too long. */
    bert_status (*apply)(const void *options, const normalized *from, normalized *to);
} normalizer_kind;

#define NORMALIZER(type, kind) extern const normalizer_kind kind;
#include "text/normalizers.def"
#undef NORMALIZER

typedef struct normalizer_step {
    const normalizer_kind *kind;
    void *options;
} normalizer_step;

enum { NORMALIZER_STEPS_MAX = 32 }; /* each passes over the whole text */

typedef struct normalizer {
    normalizer_step steps[NORMALIZER_STEPS_MAX];
    size_t count;
} normalizer;

/* Reads tokenizer.json's "normalizer" into a zeroed one; null is none. A type that is not known is
 * BERT_UNSUPPORTED. The caller releases, whatever is returned. */
bert_status normalizer_read(const json_t *root, const char *path, normalizer *out);
void normalizer_release(normalizer *n);

/* Appends a step, whose options are taken over, also where this fails. */
bert_status normalizer_push(normalizer *n, const normalizer_kind *kind, void *options);

/* Normalizes `original`, well-formed UTF-8 that begins at byte `shift` of a longer text. *out lies
 * in `original` and in `room` until the next call. Fails as a step does. */
bert_status normalize(const normalizer *n, slice original, uint32_t shift, normalized room[2],
                      normalized *out);

#endif
