#include "text/split_pieces.h"

#include "text/pipeline.h"

bert_status split_behavior_read(const json_t *step, const char *type, split_behavior *out)
{
    static const char *const names[] = { [SPLIT_REMOVED] = "Removed",
                                         [SPLIT_ISOLATED] = "Isolated",
                                         [SPLIT_MERGED_WITH_PREVIOUS] = "MergedWithPrevious",
                                         [SPLIT_MERGED_WITH_NEXT] = "MergedWithNext",
                                         [SPLIT_CONTIGUOUS] = "Contiguous" };
    size_t index = *out;
    TRY(pipeline_choice(step, type, "behavior", names, sizeof names / sizeof *names, &index));
    *out = (split_behavior)index;
    return BERT_OK;
}

split_pieces split_begin(words *w, split_behavior behavior)
{
    return (split_pieces){ .words = w, .behavior = behavior };
}

/* Does a part join the open piece? */
static bool joins(const split_pieces *s, bool delimiter)
{
    switch (s->behavior) {
    case SPLIT_CONTIGUOUS:
        return delimiter == s->delimiter;
    case SPLIT_MERGED_WITH_PREVIOUS:
        return delimiter && !s->delimiter;
    case SPLIT_MERGED_WITH_NEXT:
        return !delimiter && s->delimiter;
    default:
        return false;
    }
}

bert_status split_end(split_pieces *s)
{
    if (!s->open) return BERT_OK;
    s->open = false;
    if (s->behavior == SPLIT_REMOVED && s->delimiter) return BERT_OK;
    TRY(words_reserve(s->words, 1));
    words_put(s->words, s->begin, s->end);
    return BERT_OK;
}

bert_status split_add(split_pieces *s, size_t begin, size_t end, bool delimiter)
{
    bool joined = s->open && joins(s, delimiter);
    if (!joined) {
        TRY(split_end(s));
        s->begin = begin;
    }
    s->open = true;
    s->delimiter = delimiter;
    s->end = end;
    return BERT_OK;
}
