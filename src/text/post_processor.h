/* post_processor.h: what tokenizer.json has done to the tokens of whole texts: the special tokens
 * around them, and offsets without the blanks at their ends. */
#ifndef TEXT_POST_PROCESSOR_H
#define TEXT_POST_PROCESSOR_H

#include "base/status.h"
#include "json/json.h"
#include "text/frame.h"

#include <stdbool.h>

typedef struct post_processor {
    frame single, pair; /* around one text, around two */
    bool framed;        /* some step made the frames; without one they are empty */
    bool untyped;       /* the second text of a pair has the type 0, too */
    bool trims;         /* offsets leave out blanks at a token's ends.. */
    bool keeps_prefix;  /* ..but for one at the beginning of a text, which may have been added */
} post_processor;

/* Reads tokenizer.json's "post_processor" into a zeroed one; null is none. What the frame cannot
 * say, or this program does not know, is BERT_UNSUPPORTED. */
bert_status post_processor_read(const json_t *root, const char *path, post_processor *out);

#endif
