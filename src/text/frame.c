#include "text/frame.h"

#include <assert.h>
#include <string.h>

void frames_bert(int32_t cls, int32_t sep, frame *single, frame *pair)
{
    const frame_run first = { .ids = { cls }, .count = 1 }, end = { .ids = { sep }, .count = 1 };
    *single = (frame){ .before = first, .after = end };
    *pair = (frame){ .pair = true, .before = first, .between = end, .after = end };
}

void frames_roberta(int32_t cls, int32_t sep, frame *single, frame *pair)
{
    frames_bert(cls, sep, single, pair);
    pair->between = (frame_run){ .ids = { sep, sep }, .count = 2 };
}

size_t frame_count(const frame *f)
{
    return f->before.count + f->between.count + f->after.count;
}

static bool run_holds(const frame_run *r, int32_t id)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->ids[i] == id) return true;
    return false;
}

bool frame_holds(const frame *f, int32_t id)
{
    return run_holds(&f->before, id) || run_holds(&f->between, id) || run_holds(&f->after, id);
}

size_t frame_room(const frame *f, size_t length)
{
    size_t special = frame_count(f);
    return length > special ? length - special : 0;
}

size_t frame_sequences(const frame *f, size_t tokens)
{
    size_t special = frame_count(f);
    return special ? tokens / special : tokens;
}

size_t frame_first_at(const frame *f)
{
    return f->before.count;
}

size_t frame_second_at(const frame *f, size_t first)
{
    return f->before.count + first + f->between.count;
}

size_t frame_length(const frame *f, size_t first, size_t second)
{
    return frame_count(f) + first + second;
}

size_t frame_first_count(const frame *f, size_t first)
{
    return f->pair ? frame_second_at(f, first) : frame_length(f, first, 0);
}

/* Returns where the next tokens go. */
static int32_t *ids_put(const int32_t *from, size_t count, int32_t *to)
{
    if (count) memcpy(to, from, count * sizeof *to);
    return to + count;
}

void frame_put(const frame *f, token_slice first, token_slice second, int32_t *ids)
{
    assert(f->pair || second.count == 0);
    ids = ids_put(f->before.ids, f->before.count, ids);
    ids = ids_put(first.ids, first.count, ids);
    ids = ids_put(f->between.ids, f->between.count, ids);
    ids = ids_put(second.ids, second.count, ids);
    ids_put(f->after.ids, f->after.count, ids);
}
