/* trim.h: offsets without the blanks at a token's ends, as the reference's process_offsets() makes
 * them when a post-processor has "trim_offsets". */
#ifndef TEXT_TRIM_H
#define TEXT_TRIM_H

#include "base/slice.h"
#include "base/status.h"
#include "text/added_tokens.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

#include <stdbool.h>
#include <stdint.h>

/* How many blanks a token's text begins and ends with. */
typedef struct token_blanks {
    uint16_t leading, trailing : 15;
    uint16_t added : 1; /* an added token, which may have taken blanks of the text with it */
} token_blanks;

/* For each id below v->id_end. The caller frees *out with free(). */
bert_status token_blanks_make(const vocabulary *v, const added_tokens *added, token_blanks **out);

/* Trims the offsets of the tokens of `text`, which are cut already. `keeps_prefix`: one blank at
 * the beginning of the text stays. */
void offsets_trim(const vocabulary *v, const token_blanks *blanks, bool keeps_prefix, slice text,
                  tokenizer_encoding *encoding, token_span tokens);

#endif
