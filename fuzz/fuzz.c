#include "fuzz.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

void fuzz_check(int holds, const char *condition, const char *file, int line)
{
    if (holds) return;
    fprintf(stderr, "%s:%d: does not hold: %s\nlast message: %s\n", file, line, condition,
            status_message());
    abort();
}

size_t fuzz_parts(slice input, slice *parts, size_t most)
{
    static const char mark[] = "\n====\n";
    const size_t length = sizeof mark - 1;
    size_t count = 0;
    while (count + 1 < most) {
        const char *found = input.count ? memmem(input.bytes, input.count, mark, length) : NULL;
        if (!found) break;
        size_t before = (size_t)(found - input.bytes);
        parts[count++] = (slice){ input.bytes, before };
        input = (slice){ found + length, input.count - before - length };
    }
    parts[count++] = input;
    return count;
}

uint8_t fuzz_byte(slice *input)
{
    if (!input->count) return 0;
    *input = (slice){ input->bytes + 1, input->count - 1 };
    return (uint8_t)input->bytes[-1];
}

void fuzz_refused(bert_status status, const char *path)
{
    CHECK(status != BERT_OK);
    CHECK(status != BERT_MEMORY);
    CHECK(strstr(status_message(), path));
    CHECK(strlen(status_message()) > strlen(path) + 2);
}

void fuzz_text(slice text)
{
    if (text.bytes) CHECK(utf8_malformed(text) == text.count);
}

/* Offsets of a text's tokens: inside the text, no beginning before the last one's, but that of a
 * token of blanks alone, which is cut from the front. */
static void ranges_check(const tokenizer_encoding *e, token_span tokens, size_t limit)
{
    uint32_t before = 0;
    for (size_t i = tokens.begin; i < tokens.begin + tokens.count; i++) {
        CHECK(e->offsets[i].begin <= e->offsets[i].end);
        CHECK(e->offsets[i].end <= limit);
        CHECK(e->offsets[i].begin >= before);
        if (e->offsets[i].begin < e->offsets[i].end) before = e->offsets[i].begin;
    }
}

static bool is_in(token_span tokens, size_t at)
{
    return at >= tokens.begin && at - tokens.begin < tokens.count;
}

/* What is in no text is the frame. */
static void frame_check(const frame *f, const tokenizer_encoding *e)
{
    size_t specials = 0;
    for (size_t i = 0; i < e->count; i++) {
        if (is_in(e->texts[0], i) || is_in(e->texts[1], i)) continue;
        CHECK(e->offsets[i].begin == 0 && e->offsets[i].end == 0);
        CHECK(frame_holds(f, e->ids[i]));
        specials++;
    }
    CHECK(specials == frame_count(f));
    CHECK(e->first_count <= e->count && (f->pair || e->first_count == e->count));
    CHECK(f->pair || e->texts[1].count == 0);
}

void fuzz_encode(const tokenizer *t, slice text, slice pair, size_t max_length, truncation how,
                 tokenizer_encoding *e)
{
    const frame *f = tokenizer_frame(t, pair.bytes != NULL);
    bert_status status = tokenizer_encode(t, text, pair, max_length, how, e);
    if (status != BERT_OK) {
        CHECK(status == BERT_ARGUMENT);
        CHECK(max_length < frame_count(f) || (f->pair && how != TRUNCATE_LONGEST_FIRST) ||
              strstr(status_message(), "pattern fails on a text"));
        return;
    }
    CHECK(e->count <= max_length);
    CHECK(e->count == (e->whole_count < max_length ? e->whole_count : max_length));
    frame_check(f, e);
    for (size_t i = 0; i < e->count; i++) {
        CHECK(e->ids[i] >= 0 && (size_t)e->ids[i] < tokenizer_vocabulary_count(t));
        CHECK(tokenizer_token(t, e->ids[i]) != NULL);
    }
    ranges_check(e, e->texts[0], text.count);
    ranges_check(e, e->texts[1], pair.count);
    tokenizer_code_points(text, pair, e);
    ranges_check(e, e->texts[0], utf8_code_points(text));
    ranges_check(e, e->texts[1], utf8_code_points(pair));
}
