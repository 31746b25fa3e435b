/* The way of a text: malformed bytes out -> added tokens out -> normalized -> added tokens that are
 * found there out -> words -> tokens. Texts are then cut to the length and put in their frame. */
#include "base/limits.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "text/tokenizer_parts.h"
#include "text/unicode.h"

#include <stdint.h>
#include <stdlib.h>

/* Malformed bytes were left out before byte `at` of the clean text; `skipped` of them up to there.
 */
typedef struct text_gap {
    size_t at, skipped;
} text_gap;

struct tokenizer_scratch {
    normalized room[2]; /* the normalizer's */
    words words;
    model_room model;
    char *clean;
    text_gap *gaps;
    size_t clean_capacity, gap_count, gaps_capacity;
};

void tokenizer_encoding_release(tokenizer_encoding *encoding)
{
    if (encoding->scratch) {
        normalized_release(&encoding->scratch->room[0]);
        normalized_release(&encoding->scratch->room[1]);
        words_release(&encoding->scratch->words);
        model_room_release(&encoding->scratch->model);
        free(encoding->scratch->clean);
        free(encoding->scratch->gaps);
        free(encoding->scratch);
    }
    free(encoding->ids);
    free(encoding->offsets);
    free(encoding->words);
    *encoding = (tokenizer_encoding){ 0 };
}

static bert_status scratch_open(tokenizer_encoding *out)
{
    if (out->scratch) return BERT_OK;
    void *scratch;
    TRY(memory_zeroed(1, sizeof(struct tokenizer_scratch), &scratch));
    out->scratch = scratch;
    return BERT_OK;
}

/* Copies what is well-formed of `text` and notes the gaps. */
static bert_status text_clean(struct tokenizer_scratch *s, slice text, slice *clean)
{
    void *bytes = s->clean;
    bert_status status = memory_grow(&bytes, &s->clean_capacity, text.count, 1);
    s->clean = bytes;
    TRY(status);

    size_t at = 0, kept = 0;
    for (s->gap_count = 0; at < text.count; at++) {
        size_t well = utf8_malformed((slice){ text.bytes + at, text.count - at });
        memcpy(s->clean + kept, text.bytes + at, well);
        at += well;
        kept += well;
        if (at == text.count) break;

        void *gaps = s->gaps;
        status = memory_grow(&gaps, &s->gaps_capacity, s->gap_count + 1, sizeof s->gaps[0]);
        s->gaps = gaps;
        TRY(status);
        s->gaps[s->gap_count++] = (text_gap){ .at = kept, .skipped = at + 1 - kept };
    }
    *clean = (slice){ s->clean, kept };
    return BERT_OK;
}

/* The place in the text with gaps of a byte of the clean one. */
static uint32_t gaps_undo(const struct tokenizer_scratch *s, uint32_t at)
{
    size_t low = 0, high = s->gap_count; /* the gaps before `at` end between */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->gaps[middle].at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return at + (low ? (uint32_t)s->gaps[low - 1].skipped : 0);
}

static void offsets_undo_gaps(const struct tokenizer_scratch *s, text_range *offsets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_range clean = offsets[i];
        offsets[i].begin = gaps_undo(s, clean.begin);
        /* the end follows the last byte, not the gap after it */
        offsets[i].end =
            clean.end > clean.begin ? gaps_undo(s, clean.end - 1) + 1 : offsets[i].begin;
    }
}

/* Appends a token that is a word by itself. */
static bert_status added_push(int32_t id, text_range offsets, tokenizer_encoding *out)
{
    TRY(encoding_reserve(out, 1));
    encoding_next_word(out);
    encoding_push(out, id, offsets);
    return BERT_OK;
}

/* Encodes what lies between added tokens. */
static bert_status segment_encode(const tokenizer *t, const normalized *text, size_t begin,
                                  size_t end, tokenizer_encoding *out)
{
    if (begin == end) return BERT_OK;
    words *w = &out->scratch->words;
    TRY(pre_tokenize(&t->pre_tokenizer, text, (text_range){ (uint32_t)begin, (uint32_t)end }, w));
    return t->model.kind->encode(&t->model, w, &out->scratch->model, out);
}

/* Encodes a part of the text that holds no token of the raw kind. */
static bert_status part_encode(const tokenizer *t, slice part, uint32_t shift,
                               tokenizer_encoding *out)
{
    if (part.count == 0) return BERT_OK;
    normalized text;
    TRY(normalize(&t->normalizer, part, shift, out->scratch->room, &text));

    slice bytes = { text.bytes, text.count };
    added_scan scan = { 0 };
    added_match match;
    size_t at = 0;
    while (added_tokens_next(&t->added, &t->added.normalized, bytes, &scan, &match)) {
        TRY(segment_encode(t, &text, at, match.begin, out));
        TRY(added_push(match.id, normalized_origin(&text, match.begin, match.end), out));
        at = match.end;
    }
    return segment_encode(t, &text, at, text.count, out);
}

static bert_status clean_encode(const tokenizer *t, slice text, tokenizer_encoding *out)
{
    added_scan scan = { 0 };
    added_match match;
    size_t at = 0;
    while (added_tokens_next(&t->added, &t->added.raw, text, &scan, &match)) {
        if (at < match.begin)
            TRY(part_encode(t, (slice){ text.bytes + at, match.begin - at }, (uint32_t)at, out));
        TRY(added_push(match.id, (text_range){ (uint32_t)match.begin, (uint32_t)match.end }, out));
        at = match.end;
    }
    return part_encode(t, (slice){ text.bytes + at, text.count - at }, (uint32_t)at, out);
}

bert_status tokenizer_check_text(slice text)
{
    if (text.count <= TEXT_BYTES_MAX) return BERT_OK;
    return fail(BERT_ARGUMENT, "a text of %zu bytes is too long, at most %d are read: split it",
                text.count, TEXT_BYTES_MAX);
}

/* Appends the tokens of a text. */
static bert_status text_encode(const tokenizer *t, slice text, tokenizer_encoding *out)
{
    TRY(tokenizer_check_text(text));
    if (utf8_malformed(text) == text.count) return clean_encode(t, text, out);

    slice clean;
    size_t first = out->count;
    TRY(text_clean(out->scratch, text, &clean));
    TRY(clean_encode(t, clean, out));
    offsets_undo_gaps(out->scratch, out->offsets + first, out->count - first);
    return BERT_OK;
}

/* How many tokens of each text stay. */
typedef struct kept_counts {
    size_t first, second;
} kept_counts;

/* The longer one gives way until both are equally long (truncation.rs, truncate_encodings()). */
static kept_counts keep_longest_first(size_t first, size_t second, size_t room)
{
    size_t shorter = first < second ? first : second;
    size_t longer = shorter > room ? shorter : room - shorter > shorter ? room - shorter : shorter;
    if (shorter + longer > room) {
        shorter = room / 2;
        longer = shorter + room % 2;
    }
    return first > second ? (kept_counts){ longer, shorter } : (kept_counts){ shorter, longer };
}

static bert_status keep(size_t first, size_t second, size_t room, truncation how, bool is_pair,
                        kept_counts *out)
{
    *out = (kept_counts){ first, second };
    if (first + second <= room) return BERT_OK;
    size_t over = first + second - room;
    if (room == 0) {
        *out = (kept_counts){ 0, 0 };
    } else if (!is_pair) {
        out->first = room;
    } else if (how == TRUNCATE_LONGEST_FIRST) {
        *out = keep_longest_first(first, second, room);
    } else {
        size_t *gives = how == TRUNCATE_ONLY_FIRST ? &out->first : &out->second;
        if (*gives <= over)
            return fail(BERT_ARGUMENT,
                        "the %s text of a pair has %zu tokens and would have to lose %zu to fit; "
                        "raise the length or let the longer text give way",
                        how == TRUNCATE_ONLY_FIRST ? "first" : "second", *gives, over);
        *gives -= over;
    }
    return BERT_OK;
}

static bert_status run_push(const frame_run *run, tokenizer_encoding *out)
{
    TRY(encoding_reserve(out, run->count));
    out->word = NO_WORD;
    for (size_t i = 0; i < run->count; i++) encoding_push(out, run->ids[i], (text_range){ 0, 0 });
    return BERT_OK;
}

/* Appends the tokens of a text and notes where they stand. */
static bert_status text_push(const tokenizer *t, slice text, tokenizer_encoding *out,
                             token_span *span)
{
    span->begin = out->count;
    out->word = NO_WORD; /* the next one is 0 */
    TRY(text_encode(t, text, out));
    span->count = out->count - span->begin;
    return BERT_OK;
}

/* Leaves whole texts in their frame in `out`. */
static bert_status encode_whole(const tokenizer *t, const frame *f, slice text, slice pair,
                                tokenizer_encoding *out)
{
    out->count = 0;
    out->texts[1] = (token_span){ 0, 0 };
    TRY(run_push(&f->before, out));
    TRY(text_push(t, text, out, &out->texts[0]));
    TRY(run_push(&f->between, out));
    if (f->pair) TRY(text_push(t, pair, out, &out->texts[1]));
    return run_push(&f->after, out);
}

/* Appends `kept` of the tokens of a text, which stand at or behind the end of what is kept before
 * them. */
static void text_keep(const tokenizer *t, tokenizer_encoding *out, token_span *text, size_t kept)
{
    size_t from = text->begin + (t->truncate_left ? text->count - kept : 0);
    memmove(out->ids + out->count, out->ids + from, kept * sizeof out->ids[0]);
    memmove(out->offsets + out->count, out->offsets + from, kept * sizeof out->offsets[0]);
    memmove(out->words + out->count, out->words + from, kept * sizeof out->words[0]);
    *text = (token_span){ .begin = out->count, .count = kept };
    out->count += kept;
}

/* Cuts the texts. Nothing moves back, so there is room for all. */
static bert_status encode_cut(const tokenizer *t, const frame *f, const kept_counts *kept,
                              tokenizer_encoding *out)
{
    out->count = frame_first_at(f);
    text_keep(t, out, &out->texts[0], kept->first);
    TRY(run_push(&f->between, out));
    if (f->pair) text_keep(t, out, &out->texts[1], kept->second);
    return run_push(&f->after, out);
}

bert_status tokenizer_encode_word(const tokenizer *t, slice word, tokenizer_encoding *out)
{
    TRY(scratch_open(out));
    out->scratch->words.prefixed = true;
    bert_status status =
        tokenizer_encode(t, word, (slice){ NULL, 0 }, SIZE_MAX, TRUNCATE_LONGEST_FIRST, out);
    out->scratch->words.prefixed = false;
    return status;
}

bert_status tokenizer_encode(const tokenizer *t, slice text, slice pair, size_t max_length,
                             truncation how, tokenizer_encoding *out)
{
    const frame *f = tokenizer_frame(t, pair.bytes != NULL);
    size_t special = frame_count(f);
    if (max_length < special)
        return fail(BERT_ARGUMENT, "a maximum length of %zu leaves no room for %zu special tokens",
                    max_length, special);
    TRY(scratch_open(out));
    TRY(encode_whole(t, f, text, pair, out));
    out->whole_count = out->count;

    kept_counts kept;
    TRY(keep(out->texts[0].count, out->texts[1].count, max_length - special, how, f->pair, &kept));
    out->first_count = frame_first_count(f, kept.first);
    TRY(encode_cut(t, f, &kept, out));
    if (t->post.trims) {
        offsets_trim(&t->vocabulary, t->blanks, t->post.keeps_prefix, text, out, out->texts[0]);
        offsets_trim(&t->vocabulary, t->blanks, t->post.keeps_prefix, pair, out, out->texts[1]);
    }
    return BERT_OK;
}

/* Counts code points up to a byte position, forwards from where it was asked before. */
typedef struct code_point_cursor {
    slice text;
    size_t byte;
    uint32_t count;
} code_point_cursor;

static uint32_t cursor_count(code_point_cursor *cursor, size_t byte)
{
    if (byte < cursor->byte) cursor->byte = cursor->count = 0;
    while (cursor->byte < byte) {
        uint32_t code;
        size_t length = utf8_decode(
            (slice){ cursor->text.bytes + cursor->byte, cursor->text.count - cursor->byte }, &code);
        cursor->byte += length ? length : 1;
        cursor->count += length > 0;
    }
    return cursor->count;
}

static bool is_ascii(slice text)
{
    unsigned char all = 0;
    for (size_t i = 0; i < text.count; i++) all |= (unsigned char)text.bytes[i];
    return all < 0x80;
}

void tokenizer_code_points(slice text, slice pair, tokenizer_encoding *encoding)
{
    slice texts[2] = { text, pair };
    size_t begins[3] = { 0, encoding->first_count, encoding->count };
    for (size_t i = 0; i < 2; i++) {
        if (begins[i] == begins[i + 1] || is_ascii(texts[i])) continue;
        code_point_cursor begin = { .text = texts[i] }, end = { .text = texts[i] };
        for (size_t token = begins[i]; token < begins[i + 1]; token++) {
            text_range *range = &encoding->offsets[token];
            range->begin = cursor_count(&begin, range->begin);
            range->end = cursor_count(&end, range->end);
        }
    }
}
