/* metaspace.h: options of the pre-tokenizer Metaspace, for who makes one without tokenizer.json. */
#ifndef TEXT_METASPACE_H
#define TEXT_METASPACE_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>

/* Where a mark is put before a text that does not begin with one. */
typedef enum metaspace_prepend {
    METASPACE_ALWAYS,
    METASPACE_FIRST, /* before what comes from the beginning of the user's text */
    METASPACE_NEVER
} metaspace_prepend;

#define METASPACE_MARK "\xE2\x96\x81" /* U+2581, what SentencePiece has for a blank */

/* `mark` is one character, and copied; `split`: each begins a word. */
bert_status metaspace_make(slice mark, metaspace_prepend prepend, bool split, void **out);

#endif
