/* answer_windows.c: a question and its context as windows, as transformers' tokenizers cut them
 * with truncation "only_second" and return_overflowing_tokens. */
#include "tasks/answer.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "data/windows.h"

#include <stdio.h>
#include <string.h>

/* Where the answer stands, in bytes of the context. An empty range at 0: there is none. */
typedef struct answer_place {
    text_range range;
    bool there;
} answer_place;

/* ---- places */

static bool text_at(slice context, slice text, size_t byte)
{
    return byte <= context.count && context.count - byte >= text.count &&
           memcmp(context.bytes + byte, text.bytes, text.count) == 0;
}

/* The occurrence of the text that is nearest to `wanted`; SIZE_MAX: none. */
static size_t nearest_occurrence(slice context, slice text, size_t wanted)
{
    size_t nearest = SIZE_MAX, distance = SIZE_MAX;
    for (size_t at = 0; text.count && at + text.count <= context.count; at++) {
        size_t away = at > wanted ? at - wanted : wanted - at;
        if (away >= distance || !text_at(context, text, at)) continue;
        nearest = at;
        distance = away;
    }
    return nearest;
}

enum { QUOTED = 30 }; /* bytes of a text in a message, at most */

/* The text's beginning, cut between code points, on one line. */
static const char *quote(slice text, char out[QUOTED + 1])
{
    size_t count = text.count < QUOTED ? text.count : QUOTED;
    while (count < text.count && count > 0 && (text.bytes[count] & 0xC0) == 0x80) count--;
    for (size_t i = 0; i < count; i++)
        out[i] = (unsigned char)text.bytes[i] < ' ' ? ' ' : text.bytes[i];
    out[count] = '\0';
    return out;
}

/* One of the first three, and what stands `there` instead; left out where there is no room for it.
 */
static void displaced_tell(answer_targets *t, const dataset_row *row, slice there)
{
    const dataset_answer *a = &row->answers[0];
    char id[QUOTED + 1], text[QUOTED + 1], other[QUOTED + 1], name[QUOTED + 16] = "";
    char *to = t->examples + strlen(t->examples);
    size_t room = sizeof t->examples - strlen(t->examples);
    bool inside = there.count > 0;
    if (t->displaced > 3) return;
    if (row->id.bytes) snprintf(name, sizeof name, " (id %s)", quote(row->id, id));
    int wanted =
        snprintf(to, room, "%s%s: question %zu%s wants '%s' at %zu, %s%s%s",
                 *t->examples ? "; " : "", row->path, row->line, name, quote(a->text, text),
                 a->start, inside ? "where '" : "past the context's end",
                 inside ? quote(there, other) : "", inside ? "' stands" : "");
    if (wanted < 0 || (size_t)wanted >= room) *to = '\0';
}

/* By its start, as the reference goes, right or not; with --fix-answers where the text stands. */
static answer_place place_find(examples *e, const dataset_row *row)
{
    answer_targets *t = e->targets;
    if (!e->labelled || !row->answer_count) return (answer_place){ .there = false };
    const dataset_answer *a = &row->answers[0];
    size_t start = utf8_byte_of(row->pair, a->start);
    size_t end = utf8_byte_of(row->pair, a->start + utf8_code_points(a->text));
    if (start == SIZE_MAX) start = row->pair.count;
    if (!text_at(row->pair, a->text, start)) {
        t->displaced++;
        size_t over = end == SIZE_MAX ? row->pair.count : end;
        displaced_tell(t, row, (slice){ row->pair.bytes + start, over - start });
        if (e->options->fix_answers) {
            start = nearest_occurrence(row->pair, a->text, start);
            end = start == SIZE_MAX ? SIZE_MAX : start + a->text.count;
            t->lost += end == SIZE_MAX;
        }
    }
    if (end == SIZE_MAX) return (answer_place){ .there = false }; /* no window holds all of it */
    return (answer_place){ .range = { (uint32_t)start, (uint32_t)end }, .there = true };
}

/* ---- windows */

/* The tokens of the window that hold the answer, by their offsets in the context; the window must
 * hold it whole. */
static void span_find(const text_range *offsets, answer_window *w, const answer_place *place)
{
    if (!place->there || w->count == 0 || offsets[0].begin > place->range.begin ||
        offsets[w->count - 1].end < place->range.end)
        return;
    size_t first = 0, last = w->count;
    while (first < w->count && offsets[first].begin <= place->range.begin) first++;
    while (last > 0 && offsets[last - 1].end >= place->range.end) last--;
    w->span[0] = (int32_t)(w->first + first - 1);
    w->span[1] = (int32_t)(w->first + last);
}

/* The question and tokens at.begin .. at.end - 1 of the context. */
static bert_status window_add(examples *e, size_t row, token_slice question,
                              const tokenizer_encoding *whole, window at, const answer_place *place)
{
    answer_targets *t = e->targets;
    const frame *f = tokenizer_frame(e->tokenizer, true);
    size_t count = at.end - at.begin, unit = e->features.count;
    TRY(memory_grow((void **)&t->windows, &t->window_capacity, unit + 1, sizeof *t->windows));
    TRY(memory_grow((void **)&t->offsets, &t->offset_capacity, t->offset_count + count + 1,
                    sizeof *t->offsets));
    text_range *offsets = t->offsets + t->offset_count;
    answer_window *w = &t->windows[unit];
    *w = (answer_window){ .first = (uint32_t)frame_second_at(f, question.count),
                          .count = (uint32_t)count,
                          .offsets = t->offset_count };
    memcpy(offsets, whole->offsets + whole->texts[1].begin + at.begin, count * sizeof *offsets);
    t->offset_count += count;
    span_find(offsets, w, place);
    token_slice part = { encoding_tokens(whole, 1).ids + at.begin, count };
    return features_add_framed(&e->features, row, f, question, part);
}

/* How many of a question's tokens stay: all of them where the context fits beside them, or where
 * its windows go on by a token at least; transformers fails elsewhere. There the question gives way
 * to the context, or to windows that go on by a quarter of what the stride leaves of them. */
static size_t question_kept(size_t question, size_t context, size_t room, size_t stride)
{
    size_t left = room - stride, advance = left / 4 > 1 ? left / 4 : 1;
    if (question + context <= room || question < left) return question;
    return room - (context < stride + advance ? context : stride + advance);
}

/* `room`: tokens of question and context together. */
static windows context_windows(size_t context, size_t question, size_t room, size_t stride)
{
    if (question + context <= room) return (windows){ .tokens = context, .room = context + 1 };
    return (windows){ .tokens = context, .room = room - question, .stride = stride };
}

bert_status answer_encode(examples *e, size_t row)
{
    const dataset_row *r = &e->rows[row];
    answer_targets *t = e->targets;
    tokenizer_encoding *whole = &e->scratch;
    const frame *f = tokenizer_frame(e->tokenizer, true);
    size_t stride, room = frame_room(f, e->max_length);
    if (!r->pair.bytes)
        return fail(BERT_ARGUMENT, "%s:%zu: a question needs a context", r->path, r->line);
    TRY(windows_stride(e->options->stride, e->max_length, frame_count(f), &stride));
    TRY(tokenizer_encode(e->tokenizer, r->text, r->pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, whole));

    token_slice question = encoding_tokens(whole, 0);
    size_t asked = question.count, context = whole->texts[1].count;
    question.count = question_kept(asked, context, room, stride);
    if (question.count < asked) {
        t->shortened++;
        if (!e->labelled) e->truncated++; /* no note is made of inputs, they are counted */
    }
    windows cut = context_windows(context, question.count, room, stride);
    answer_place place = place_find(e, r);
    for (size_t i = 0; i < windows_count(&cut); i++)
        TRY(window_add(e, row, question, whole, windows_at(&cut, i), &place));
    return BERT_OK;
}
