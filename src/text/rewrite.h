/* rewrite.h: a normalized text written anew, character by character, each byte with its origin.
 *
 * The reference does this with NormalizedString::transform(): a list of characters, each of which
 * either stands for the next character of the old text, and has its origin, or is added and shares
 * the origin of the character of the old text that was last taken. A normalizer that loses count of
 * the old text's characters gives false origins, and so do we.
 *
 *     rewriter r;
 *     TRY(rewriter_open(text, &r));
 *     TRY(rewriter_copy(&r, unchanged));
 *     TRY(rewriter_put(&r, 'x', REWRITE_TAKEN));
 *     ...
 *     rewriter_close(&r);
 *
 * Until rewriter_close() the old text is untouched; a failure leaves it as it was. */
#ifndef TEXT_REWRITE_H
#define TEXT_REWRITE_H

#include "base/slice.h"
#include "base/status.h"
#include "text/normalizer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What normalizers may make of a text: each may make it longer. */
enum { NORMALIZED_BYTES_MAX = 1 << 28 };

/* How many characters of the old text one of the new stands for: it takes the first one's origin.
 * 0: none, it is added. */
enum { REWRITE_ADDED = 0, REWRITE_TAKEN = 1 };

typedef struct rewriter {
    normalized *text;
    size_t source; /* of the old text, that much is taken */
    size_t count;  /* bytes written */
    size_t last;   /* where the last character written begins */
    bool last_added;
} rewriter;

/* Begins with a copy of `text` as an original: all its bytes come from where they stand. */
bert_status normalized_set(normalized *text, slice original, uint32_t shift);

/* Makes text->moved true: each byte gets its origin. */
bert_status normalized_spell_origins(normalized *text);

bert_status rewriter_open(normalized *text, rewriter *out);
void rewriter_close(rewriter *r);

/* Writes a character. */
bert_status rewriter_put(rewriter *r, uint32_t code, size_t takes);

/* Writes a text whose characters are all added. */
bert_status rewriter_add(rewriter *r, slice text);

/* Writes characters `text`, which is well-formed, each of which takes one of the old text. */
bert_status rewriter_copy(rewriter *r, slice text);

/* Takes characters without writing one. */
void rewriter_skip(rewriter *r, size_t characters);

/* The same where the last character written stands for them as well: one that was added takes the
 * first of them. Where nothing is written yet they are not taken, which is the reference's mistake.
 */
void rewriter_drop(rewriter *r, size_t characters);

#endif
