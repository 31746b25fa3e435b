/* normal_steps.h: the small normalizers of the reference, by its names. Each changes `text`, which
 * is well-formed, in place, with the origins that the reference gives. */
#ifndef TEXT_NORMAL_STEPS_H
#define TEXT_NORMAL_STEPS_H

#include "base/slice.h"
#include "base/status.h"
#include "text/normalizer.h"

#include <stdbool.h>

/* Lower case of each character by itself: a final sigma is like any other. */
bert_status normal_lowercase(normalized *text);

/* Marks go; what has one in itself keeps it. */
bert_status normal_strip_accents(normalized *text);

/* White space at the ends goes. */
bert_status normal_strip(bool left, bool right, normalized *text);

/* `content` in place of each `pattern`, which is not empty, from left to right. */
bert_status normal_replace(slice pattern, slice content, normalized *text);

/* `content` in place of two blanks or more, as SentencePiece's converters ask for (" {2,}"). */
bert_status normal_replace_blanks(slice content, normalized *text);

/* `content` before a text that is not empty. */
bert_status normal_prepend(slice content, normalized *text);

/* What Nmt does to control characters and odd blanks. */
bert_status normal_nmt(normalized *text);

#endif
