/* replace.h: options of the normalizer Replace, for who makes one without tokenizer.json. */
#ifndef TEXT_REPLACE_H
#define TEXT_REPLACE_H

#include "base/slice.h"
#include "base/status.h"

enum { REPLACE_BYTES_MAX = 1 << 10 }; /* of a pattern, and of what takes its place */

/* `content` in place of each `wanted`, which is not empty; or, where that is REPLACE_BLANKS, in
 * place of each two blanks or more. Both are copied. */
#define REPLACE_BLANKS " {2,}"
bert_status replace_make(slice wanted, slice content, void **out);
bert_status replace_blanks_make(slice content, void **out);

#endif
