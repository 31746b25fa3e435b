/* decode.h: tokens back to text, as the reference's decoders join them. */
#ifndef TEXT_DECODE_H
#define TEXT_DECODE_H

#include "base/slice.h"
#include "base/status.h"
#include "text/tokenizer.h"

#include <stdbool.h>
#include <stddef.h>

/* The kinds of decoders: each appends a token's text to what is there. */
bert_status decode_pieces(joined_text *to, slice token, slice prefix, bool first);
bert_status decode_bytes(joined_text *to, slice token);
bert_status decode_marks(joined_text *to, slice token, bool first);

#endif
