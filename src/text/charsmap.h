/* charsmap.h: SentencePiece's map of characters, which the reference calls Precompiled: what a
 * character, or a few that make one grapheme, becomes before the text is cut.
 *
 *   offset  bytes  field
 *        0      4  bytes of the trie, little endian
 *        4         the trie: units of 4 bytes (darts-clone's double array)
 *                  texts, each ended by NUL: a leaf's value is where its text begins
 *
 * Read-only use may be shared by threads. */
#ifndef TEXT_CHARSMAP_H
#define TEXT_CHARSMAP_H

#include "base/slice.h"
#include "base/status.h"
#include "text/normalizer.h"

#include <stddef.h>
#include <stdint.h>

/* What one character may become; SentencePiece's own maps have 33 bytes at most. */
enum { CHARSMAP_TEXT_BYTES_MAX = 1 << 8 };

typedef struct charsmap {
    uint32_t *units; /* [unit_count] */
    size_t unit_count;
    char *texts; /* [text_bytes] */
    size_t text_bytes;
    unsigned char *plain; /* a bit for each character below U+10000: stays what it is, and begins
                             and ends a grapheme beside another such */
} charsmap;

/* Reads a map; `bytes` are copied. One that is none is BERT_FORMAT: who knows the file puts it
 * before. The caller releases. */
bert_status charsmap_init(slice bytes, charsmap *out);
void charsmap_release(charsmap *map);

/* Applies the map to `text`, which is well-formed, in place. */
bert_status charsmap_apply(const charsmap *map, normalized *text);

#endif
