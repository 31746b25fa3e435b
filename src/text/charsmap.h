/* charsmap.h: SentencePiece's map of characters, which the reference calls Precompiled: what a
 * character, or a few that make one grapheme, becomes before the text is cut.
 *
 *   offset  bytes  field
 *        0      4  bytes of the trie, little endian
 *        4         the trie: units of 4 bytes (darts-clone's double array)
 *                  texts, each ended by NUL: a leaf's value is where its text begins */
#ifndef TEXT_CHARSMAP_H
#define TEXT_CHARSMAP_H

#include "base/slice.h"
#include "base/status.h"

/* What one character may become; SentencePiece's own maps have 33 bytes at most. */
enum { CHARSMAP_TEXT_BYTES_MAX = 1 << 8 };

/* Makes the options of a normalizer_precompiled; `bytes` are copied. One that is no map is
 * BERT_FORMAT: who knows the file puts it before. */
bert_status charsmap_make(slice bytes, void **out);

#endif
