/* The way of a text: malformed bytes out -> added tokens out -> normalized -> added tokens that are
 * found there out -> words -> pieces. Texts are then cut to the length and framed by [CLS] and
 * [SEP]. */
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
    normalized normalized;
    char *clean;
    text_gap *gaps;
    size_t clean_capacity, gap_count, gaps_capacity;
};

void tokenizer_encoding_release(tokenizer_encoding *encoding)
{
    if (encoding->scratch) {
        normalized_release(&encoding->scratch->normalized);
        free(encoding->scratch->clean);
        free(encoding->scratch->gaps);
        free(encoding->scratch);
    }
    free(encoding->ids);
    free(encoding->offsets);
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

/* Encodes a part of the text that holds no token of the raw kind. */
static bert_status part_encode(const tokenizer *t, slice part, uint32_t shift,
                               tokenizer_encoding *out)
{
    if (part.count == 0) return BERT_OK;
    normalized *text = &out->scratch->normalized;
    TRY(normalize(&t->normalizer, part, shift, text));

    slice bytes = { text->bytes, text->count };
    added_scan scan = { 0 };
    added_match match;
    size_t at = 0;
    while (added_tokens_next(&t->added, &t->added.normalized, bytes, &scan, &match)) {
        TRY(wordpiece_encode(&t->wordpiece, text, at, match.begin, out));
        TRY(encoding_reserve(out, 1));
        encoding_push(out, match.id, normalized_origin(text, match.begin, match.end));
        at = match.end;
    }
    return wordpiece_encode(&t->wordpiece, text, at, text->count, out);
}

static bert_status clean_encode(const tokenizer *t, slice text, tokenizer_encoding *out)
{
    added_scan scan = { 0 };
    added_match match;
    size_t at = 0;
    while (added_tokens_next(&t->added, &t->added.raw, text, &scan, &match)) {
        if (at < match.begin)
            TRY(part_encode(t, (slice){ text.bytes + at, match.begin - at }, (uint32_t)at, out));
        TRY(encoding_reserve(out, 1));
        encoding_push(out, match.id, (text_range){ (uint32_t)match.begin, (uint32_t)match.end });
        at = match.end;
    }
    return part_encode(t, (slice){ text.bytes + at, text.count - at }, (uint32_t)at, out);
}

/* Appends the tokens of a text. */
static bert_status text_encode(const tokenizer *t, slice text, tokenizer_encoding *out)
{
    if (text.count > TEXT_BYTES_MAX)
        return fail(BERT_ARGUMENT, "a text of %zu bytes is too long, at most %d are read: split it",
                    text.count, TEXT_BYTES_MAX);
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

/* Moves the `kept` tokens of the `count` from `from` on to `to`. */
static void tokens_move(const tokenizer *t, tokenizer_encoding *out, size_t from, size_t count,
                        size_t kept, size_t to)
{
    if (t->truncate_left) from += count - kept;
    memmove(out->ids + to, out->ids + from, kept * sizeof out->ids[0]);
    memmove(out->offsets + to, out->offsets + from, kept * sizeof out->offsets[0]);
}

static bert_status special_push(tokenizer_encoding *out, int32_t id)
{
    TRY(encoding_reserve(out, 1));
    encoding_push(out, id, (text_range){ 0, 0 });
    return BERT_OK;
}

/* Leaves [CLS] first [SEP] second [SEP] with whole texts in `out`; *first is the first's count. */
static bert_status encode_whole(const tokenizer *t, slice text, slice pair, tokenizer_encoding *out,
                                size_t *first)
{
    TRY(special_push(out, t->class_id));
    TRY(text_encode(t, text, out));
    *first = out->count - 1;
    TRY(special_push(out, t->separator_id));
    if (!pair.bytes) return BERT_OK;
    TRY(text_encode(t, pair, out));
    return special_push(out, t->separator_id);
}

bert_status tokenizer_encode(const tokenizer *t, slice text, slice pair, size_t max_length,
                             truncation how, tokenizer_encoding *out)
{
    bool is_pair = pair.bytes != NULL;
    size_t special = is_pair ? 3 : 2, first = 0;
    if (max_length < special)
        return fail(BERT_ARGUMENT, "a maximum length of %zu leaves no room for %zu special tokens",
                    max_length, special);
    TRY(scratch_open(out));
    out->count = 0;
    TRY(encode_whole(t, text, pair, out, &first));
    out->whole_count = out->count;

    kept_counts kept;
    size_t second = out->count - special - first;
    TRY(keep(first, second, max_length - special, how, is_pair, &kept));
    tokens_move(t, out, 1, first, kept.first, 1);
    out->count = 1 + kept.first;
    encoding_push(out, t->separator_id, (text_range){ 0, 0 });
    out->first_count = out->count;
    if (!is_pair) return BERT_OK;
    tokens_move(t, out, first + 2, second, kept.second, out->count);
    out->count += kept.second;
    encoding_push(out, t->separator_id, (text_range){ 0, 0 });
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
