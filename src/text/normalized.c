#include "text/normalized.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

normalized normalized_view(slice original, uint32_t shift)
{
    return (normalized){ .bytes = original.bytes, .count = original.count, .shift = shift };
}

void normalized_release(normalized *text)
{
    free(text->own);
    free(text->origins);
    free(text->characters);
    free(text->decomposed);
    *text = (normalized){ 0 };
}

static bert_status origins_reserve(normalized *to, size_t count)
{
    if (count <= to->origins_capacity) return BERT_OK;
    void *origins = to->origins;
    bert_status status = memory_grow(&origins, &to->origins_capacity, count, sizeof *to->origins);
    to->origins = origins;
    return status;
}

bert_status normalized_reserve(normalized *to, size_t count)
{
    if (count > NORMALIZED_BYTES_MAX)
        return fail(BERT_ARGUMENT, "a text is longer than %d bytes when it is normalized: split it",
                    NORMALIZED_BYTES_MAX);
    if (count > to->own_capacity || !to->own) {
        void *own = to->own;
        bert_status status = memory_grow(&own, &to->own_capacity, count, 1);
        to->own = own;
        TRY(status);
    }
    to->bytes = to->own;
    return to->moved ? origins_reserve(to, count) : BERT_OK;
}

bert_status normalized_begin(normalized *to, const normalized *from, size_t count, bool moved)
{
    assert(to != from);
    to->count = 0;
    to->shift = from->shift;
    to->moved = moved;
    return normalized_reserve(to, count);
}
