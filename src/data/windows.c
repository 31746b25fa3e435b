#include "data/windows.h"

#include <assert.h>

size_t windows_count(const windows *w)
{
    assert(w->stride < w->room);
    if (w->tokens <= w->room) return 1;
    size_t step = w->room - w->stride;
    return 1 + (w->tokens - w->room + step - 1) / step;
}

window windows_at(const windows *w, size_t index)
{
    size_t begin = index * (w->room - w->stride), left = w->tokens - begin;
    assert(index == 0 || begin < w->tokens);
    return (window){ .begin = begin, .end = begin + (left < w->room ? left : w->room) };
}

bert_status windows_stride(size_t given, size_t max_length, size_t special, size_t *stride)
{
    size_t room = max_length > special ? max_length - special : 0;
    size_t wanted = given ? given : max_length / 3;
    if (room < 2)
        return fail(BERT_ARGUMENT,
                    "windows of %zu tokens (%s) leave %zu for the text: they need %zu at least",
                    max_length, FIELD(max_length), room, special + 2);
    if (!given && wanted >= room) wanted = room / 2; /* a tiny max_length */
    if (wanted >= room)
        return fail_field(BERT_ARGUMENT, "stride",
                          "%zu does not fit windows of %zu tokens, of which %zu are for the text: "
                          "it can be %zu at most",
                          wanted, max_length, room, room - 1);
    *stride = wanted;
    return BERT_OK;
}
