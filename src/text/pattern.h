/* pattern.h: what a step of tokenizer.json looks for: { "String": a text } or { "Regex": a pattern
 * }, as Oniguruma reads it, which is the reference's engine, too.
 *
 * A pattern may go back and forth in a text only so often; where it wants more the text is refused.
 * Read-only use may be shared by threads. */
#ifndef TEXT_PATTERN_H
#define TEXT_PATTERN_H

#include "base/slice.h"
#include "base/status.h"
#include "json/json.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct pattern pattern;

/* Reads a step's "pattern". One that Oniguruma does not understand, or that is empty, is
 * BERT_UNSUPPORTED. Messages begin with `type`. The caller frees with pattern_free(). */
bert_status pattern_read(const json_t *step, const char *type, pattern **out);
void pattern_free(pattern *p);

/* Where a search stands, and the match that it has found. Start from { 0 }; pattern_close() at the
 * end, whatever was returned. */
typedef struct pattern_search {
    size_t begin, end; /* of the match, in bytes */
    size_t next;       /* the rest is the search's own */
    bool any;
    void *region, *limits;
} pattern_search;

/* *found: is there a further match in `text`, well-formed UTF-8? Matches may be empty. Fails with
 * BERT_ARGUMENT where the pattern takes too long, or with BERT_MEMORY. */
bert_status pattern_next(const pattern *p, slice text, pattern_search *s, bool *found);
void pattern_close(pattern_search *s);

/* Oniguruma's version, which decides on the Unicode that patterns see: "6.9.8". */
const char *pattern_engine(void);

#endif
