/* tag_encode.c: rows of words, or texts, as tokens and what they are asked. */
#include "tasks/tag.h"

#include "base/memory.h"
#include "data/windows.h"
#include "metrics/entities.h"
#include "task/labels.h"
#include "tasks/label_lists.h"

#include <stdlib.h>
#include <string.h>

static const slice no_pair = { NULL, 0 };

/* ---- life */

static bert_status labels_look(examples *e, tag_targets *t)
{
    const config *c = e->config;
    void *memory;
    size_t index;
    TRY(memory_zeroed(c->labels, sizeof(slice), &memory));
    slice *names = memory;
    for (size_t i = 0; i < c->labels; i++) {
        double number;
        names[i] = slice_of(c->label_names[i]);
        t->has_numbers = t->has_numbers || label_number(names[i], &number);
    }
    t->has_entities = tags_have_entities(names, c->labels);
    free(names);
    bool outside = t->has_entities || label_index(c, slice_of("O"), &index);
    t->without_token = slice_of(outside ? "O" : "_");
    return BERT_OK;
}

bert_status tag_targets_open(examples *e)
{
    void *memory;
    size_t stride;
    const frame *f = tokenizer_frame(e->tokenizer, false);
    if (e->options->windows)
        TRY(windows_stride(e->options->stride, e->max_length, frame_count(f), &stride));
    TRY(memory_zeroed(1, sizeof(tag_targets), &memory));
    tag_targets *t = e->targets = memory;
    t->frame = f;
    t->aggregation = tag_aggregation_of(e->options->aggregate);
    return labels_look(e, t);
}

void tag_targets_free(void *targets)
{
    tag_targets *t = targets;
    label_names_release(&t->unknown);
    free(t->labels);
    free(t->items);
    free(t->pieces.ids);
    free(t->pieces.words);
    free(t->asked);
    free(t->places);
    free(t);
}

/* ---- tokens of a row */

/* Appends the tokens of a single text. */
static bert_status pieces_add(tag_pieces *p, const tokenizer_encoding *from, size_t word)
{
    token_slice more = encoding_tokens(from, 0);
    if (more.count == 0) return BERT_OK;
    size_t end = p->count + more.count;
    TRY(memory_grow((void **)&p->ids, &p->ids_capacity, end, sizeof *p->ids));
    TRY(memory_grow((void **)&p->words, &p->words_capacity, end, sizeof *p->words));
    memcpy(p->ids + p->count, more.ids, more.count * sizeof *p->ids);
    while (p->count < end) p->words[p->count++] = (uint32_t)word;
    return BERT_OK;
}

static bert_status pieces_of_words(examples *e, const dataset_row *row, tag_pieces *p)
{
    for (size_t i = 0; i < row->item_count; i++) {
        TRY(tokenizer_encode_word(e->tokenizer, row->items[i], &e->scratch));
        TRY(pieces_add(p, &e->scratch, i));
    }
    return BERT_OK;
}

bert_status tag_text_encode(const examples *e, size_t row, tokenizer_encoding *out)
{
    const dataset_row *r = &e->rows[row];
    if (r->pair.bytes)
        return fail(BERT_ARGUMENT, "%s:%zu: a model for tags reads single texts, not pairs",
                    r->path, r->line);
    return tokenizer_encode(e->tokenizer, r->text, no_pair,
                            e->options->windows ? SIZE_MAX : e->max_length, TRUNCATE_LONGEST_FIRST,
                            out);
}

/* Of a text, the tokens that continue a word belong to it: windows keep them together. */
static bert_status pieces_of_text(examples *e, size_t row, tag_pieces *p)
{
    TRY(tag_text_encode(e, row, &e->scratch));
    if (e->scratch.whole_count > e->scratch.count) e->truncated++;
    TRY(pieces_add(p, &e->scratch, 0));
    const uint32_t *words = e->scratch.words + e->scratch.texts[0].begin;
    for (size_t i = 1; i < p->count; i++)
        p->words[i] = p->words[i - 1] + (words[i] != words[i - 1]);
    return BERT_OK;
}

/* May a window begin before token `at`, or end there? */
static bool is_boundary(const tag_pieces *p, size_t at)
{
    return at == 0 || at == p->count || p->words[at] != p->words[at - 1];
}

/* ---- units */

/* What token `at` answers in a sequence that begins at `begin`: the first of a word does. */
static uint32_t item_of(const tag_pieces *p, size_t at, size_t begin)
{
    if (p->by_token) return (uint32_t)at;
    return at == begin || is_boundary(p, at) ? p->words[at] : NO_ITEM;
}

/* What each word of the row is asked; tags that the model has not are remembered, but numbers are
 * refused where none of its own is one. */
static bert_status row_labels_find(examples *e, const dataset_row *row)
{
    tag_targets *t = e->targets;
    double number;
    TRY(memory_grow((void **)&t->asked, &t->asked_capacity, row->item_count, sizeof *t->asked));
    for (size_t i = 0; i < row->item_count; i++) {
        size_t index;
        bool known = label_index(e->config, row->tags[i], &index), added;
        t->asked[i] = known ? (int32_t)index : TAG_NOT_ASKED;
        if (known) continue;
        if (!t->has_numbers && label_number(row->tags[i], &number))
            return label_file_missing(row, row->tags[i], e->config);
        TRY(tag_names_add(&t->unknown, &t->unknown_capacity, row->tags[i], &added));
        t->unknown_words++;
    }
    return BERT_OK;
}

/* An item that stands in several windows is answered from the one that leaves it most context. */
static void place_offer(tag_targets *t, uint32_t item, size_t token, size_t margin)
{
    tag_place *place = &t->places[item];
    if (place->found && place->margin >= margin) return;
    if (place->found) t->items[place->token] = NO_ITEM;
    *place = (tag_place){ .token = token, .margin = margin, .found = true };
    t->items[token] = item;
}

/* What the unit's tokens begin .. end - 1 among all answer and are asked: special ones nothing. */
static void tokens_ask(examples *e, window w, size_t begin, size_t end)
{
    tag_targets *t = e->targets;
    for (size_t token = begin; token < end; token++) {
        t->items[token] = NO_ITEM;
        if (e->labelled) t->labels[token] = TAG_NOT_ASKED;
    }
    size_t first = begin + frame_first_at(t->frame);
    for (size_t i = w.begin; i < w.end; i++) {
        size_t token = first + i - w.begin, before = i - w.begin, after = w.end - 1 - i;
        uint32_t item = item_of(&t->pieces, i, w.begin);
        if (item == NO_ITEM) continue;
        place_offer(t, item, token, before < after ? before : after);
        if (e->labelled) t->labels[token] = t->asked[item];
    }
}

static bert_status unit_append(examples *e, size_t row, window w)
{
    tag_targets *t = e->targets;
    features *f = &e->features;
    token_slice none = { NULL, 0 }, tokens = none;
    if (w.begin < w.end) tokens = (token_slice){ t->pieces.ids + w.begin, w.end - w.begin };
    TRY(features_add_framed(f, row, t->frame, tokens, none));
    size_t begin = f->starts[f->count - 1], end = f->starts[f->count];
    TRY(memory_grow((void **)&t->items, &t->items_capacity, end, sizeof *t->items));
    if (e->labelled)
        TRY(memory_grow((void **)&t->labels, &t->labels_capacity, end, sizeof *t->labels));
    tokens_ask(e, w, begin, end);
    return BERT_OK;
}

/* ---- windows */

/* The longest window from `begin` that cuts no word; a word longer than a window is cut. */
static size_t window_end(const tag_pieces *p, size_t begin, size_t room)
{
    if (p->count - begin <= room) return p->count;
    size_t end = begin + room;
    while (end > begin && !is_boundary(p, end)) end--;
    return end > begin ? end : begin + room;
}

/* Where the next window begins: `stride` tokens back, or where a word begins a little before, or
 * behind; but so far on that it ends later than the last one. */
static size_t window_after(const tag_pieces *p, window w, size_t room, size_t stride)
{
    size_t next = w.end > w.begin + stride ? w.end - stride : w.begin + 1;
    size_t before = next, behind = next;
    while (before > w.begin && !is_boundary(p, before)) before--;
    while (behind < w.end && !is_boundary(p, behind)) behind++;
    if (before > w.begin)
        next = before;
    else if (is_boundary(p, behind))
        next = behind;
    while (window_end(p, next, room) <= w.end) do
            next++;
        while (next < w.end && !is_boundary(p, next));
    return next;
}

static bert_status windows_append(examples *e, size_t row, size_t room)
{
    const tag_targets *t = e->targets;
    const tag_pieces *p = &t->pieces;
    size_t stride;
    TRY(windows_stride(e->options->stride, e->max_length, frame_count(t->frame), &stride));
    window w = { .begin = 0, .end = window_end(p, 0, room) };
    TRY(unit_append(e, row, w));
    while (w.end < p->count) {
        w.begin = window_after(p, w, room, stride);
        w.end = window_end(p, w.begin, room);
        TRY(unit_append(e, row, w));
    }
    return BERT_OK;
}

/* ---- rows */

static bert_status units_append(examples *e, size_t row)
{
    tag_targets *t = e->targets;
    size_t count = t->pieces.count, room = frame_room(t->frame, e->max_length);
    if (count > room && e->options->windows) return windows_append(e, row, room);
    window w = { .begin = 0, .end = count };
    if (count > room) {
        w.begin = tokenizer_truncates_left(e->tokenizer) ? count - room : 0;
        w.end = w.begin + room;
        e->truncated++;
    }
    return unit_append(e, row, w);
}

bert_status tag_encode(examples *e, size_t row)
{
    tag_targets *t = e->targets;
    const dataset_row *r = &e->rows[row];
    t->pieces.count = 0;
    t->pieces.by_token = !r->items;
    if (r->items)
        TRY(pieces_of_words(e, r, &t->pieces));
    else
        TRY(pieces_of_text(e, row, &t->pieces));
    if (e->labelled) TRY(row_labels_find(e, r));
    size_t items = r->items ? r->item_count : t->pieces.count;
    TRY(memory_grow((void **)&t->places, &t->places_capacity, items, sizeof *t->places));
    if (items) memset(t->places, 0, items * sizeof *t->places);
    return units_append(e, row);
}
