/* graphemes.h: where a text may be cut so that no reader's character is (UAX #29, extended), as the
 * reference's crate unicode-segmentation cuts it. */
#ifndef TEXT_GRAPHEMES_H
#define TEXT_GRAPHEMES_H

#include "base/slice.h"

#include <stddef.h>

/* The length in bytes of the grapheme that begins at text.bytes[0]; the text, not empty, is
 * well-formed and begins where one begins. */
size_t grapheme_length(slice text);

#endif
