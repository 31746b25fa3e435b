/* normalized.h: a text on its way to the model, and for each of its bytes where it came from.
 *
 * Normalizers and pre-tokenizers read one normalized text and write another, so that none moves
 * bytes in place. The first one is a view of what the user gave, and is not copied. */
#ifndef TEXT_NORMALIZED_H
#define TEXT_NORMALIZED_H

#include "base/slice.h"
#include "base/status.h"
#include "text/tokenizer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What steps may make of a text, each of which may make it longer. */
enum { NORMALIZED_BYTES_MAX = 1 << 26 };

/* Start from { 0 }; reuse keeps the memory; normalized_release() at the end. */
typedef struct normalized {
    const char *bytes;   /* [count], UTF-8 */
    size_t count;        /* at most NORMALIZED_BYTES_MAX */
    uint32_t shift;      /* where the original begins in the text it is a part of */
    bool moved;          /* false: byte i came from byte shift + i, and `origins` says nothing */
    text_range *origins; /* [count], in bytes of the text that the original is a part of; the bytes
                            of a character have the same */
    char *own;           /* what `bytes` points to, unless it is a view */
    size_t own_capacity, origins_capacity;
    struct normal_character *characters, *decomposed; /* BertNormalizer's own */
    size_t characters_capacity, decomposed_capacity;
} normalized;

/* `original`, borrowed, which begins at byte `shift` of a longer text. */
normalized normalized_view(slice original, uint32_t shift);
void normalized_release(normalized *text);

/* Makes `to` empty, with room for `count` bytes. It begins where `from` does. With `moved` there is
 * room for as many origins. The caller writes to->own and to->origins and sets to->count. */
bert_status normalized_begin(normalized *to, const normalized *from, size_t count, bool moved);

/* Makes room for `count` bytes in all, and for their origins if it is moved. BERT_ARGUMENT above
 * NORMALIZED_BYTES_MAX. */
bert_status normalized_reserve(normalized *to, size_t count);

/* What the bytes [begin, end) of `text`, not none and whole characters, came from. */
static inline text_range normalized_origin(const normalized *text, size_t begin, size_t end)
{
    if (text->moved) return (text_range){ text->origins[begin].begin, text->origins[end - 1].end };
    return (text_range){ text->shift + (uint32_t)begin, text->shift + (uint32_t)end };
}

#endif
