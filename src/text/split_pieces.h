/* split_pieces.h: what becomes of the delimiters that a word is cut at (the reference's
 * SplitDelimiterBehavior). "the-final--countdown" cut at "-":
 *
 *     Removed              the final countdown
 *     Isolated             the - final - - countdown
 *     MergedWithPrevious   the- final- - countdown
 *     MergedWithNext       the -final - -countdown
 *     Contiguous           the - final -- countdown */
#ifndef TEXT_SPLIT_PIECES_H
#define TEXT_SPLIT_PIECES_H

#include "base/status.h"
#include "json/json.h"
#include "text/pre_tokenizer.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum split_behavior {
    SPLIT_REMOVED,
    SPLIT_ISOLATED,
    SPLIT_MERGED_WITH_PREVIOUS,
    SPLIT_MERGED_WITH_NEXT,
    SPLIT_CONTIGUOUS
} split_behavior;

/* The member "behavior"; untouched where it is absent. */
bert_status split_behavior_read(const json_t *step, const char *type, split_behavior *out);

/* A word on its way into pieces. */
typedef struct split_pieces {
    words *words;
    split_behavior behavior;
    bool open;         /* there is a piece that may still grow.. */
    bool delimiter;    /* ..which ends in a delimiter */
    size_t begin, end; /* its bytes */
} split_pieces;

/* Begins a word. */
split_pieces split_begin(words *w, split_behavior behavior);
/* Adds the next part of it, from the last one's end to `end`, which is a delimiter or lies between
 * two. Parts may be empty. */
bert_status split_add(split_pieces *s, size_t begin, size_t end, bool delimiter);
bert_status split_end(split_pieces *s);

#endif
