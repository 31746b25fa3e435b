/* rewrite.h: a text written anew, character by character, each byte with its origin.
 *
 * The reference does this with NormalizedString::transform(): a list of characters, each of which
 * either stands for the next character of the old text, and has its origin, or is added and shares
 * the origin of the character of the old text that was last taken. A normalizer that loses count of
 * the old text's characters gives false origins, and so do we.
 *
 *     rewriter r;
 *     TRY(rewriter_open(from, to, &r));
 *     TRY(rewriter_copy(&r, unchanged));
 *     TRY(rewriter_put(&r, 'x', REWRITE_TAKEN)); */
#ifndef TEXT_REWRITE_H
#define TEXT_REWRITE_H

#include "base/slice.h"
#include "base/status.h"
#include "text/normalized.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many characters of the old text one of the new stands for: it has the first one's origin. */
enum { REWRITE_ADDED = 0, REWRITE_TAKEN = 1 };

typedef struct rewriter {
    const normalized *from;
    normalized *to; /* what is written is complete at any time */
    size_t source;  /* so many bytes of the old text are taken */
    size_t last;    /* where the last character written begins */
    bool last_added;
} rewriter;

/* Makes `to` empty. */
bert_status rewriter_open(const normalized *from, normalized *to, rewriter *out);

/* Writes a character. */
bert_status rewriter_put(rewriter *r, uint32_t code, size_t takes);

/* Writes a text whose characters are all added. */
bert_status rewriter_add(rewriter *r, slice text);

/* Writes the characters of `text`, each of which takes one of the old text. */
bert_status rewriter_copy(rewriter *r, slice text);

/* Takes characters without writing one. */
void rewriter_skip(rewriter *r, size_t characters);

/* The same where the last character written stands for them as well: one that was added takes the
 * first of them. Where nothing is written yet they are not taken, which is the reference's mistake.
 */
void rewriter_drop(rewriter *r, size_t characters);

/* How many characters there are in well-formed text. */
size_t characters_count(slice text);

/* The character at byte `at` of well-formed text, and its length in bytes. */
uint32_t character_at(slice text, size_t at, size_t *length);

#endif
