#include "text/wordpiece.h"

#include "base/memory.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

bert_status wordpiece_init(const vocabulary *v, const char *prefix, int32_t unknown,
                           size_t characters_max, wordpiece *out)
{
    wordpiece w = { .pieces = &v->ids, .unknown = unknown, .characters_max = characters_max };
    if (!(w.prefix = strdup(prefix))) return fail(BERT_MEMORY, "out of memory for a tokenizer");
    w.continues = trie_walk(&v->ids, slice_of(prefix), &w.continuation);
    *out = w;
    return BERT_OK;
}

void wordpiece_release(wordpiece *w)
{
    free(w->prefix);
    *w = (wordpiece){ 0 };
}

slice wordpiece_text(const wordpiece *w, slice token, bool *continues)
{
    size_t mark = strlen(w->prefix);
    *continues = mark > 0 && token.count >= mark && memcmp(token.bytes, w->prefix, mark) == 0;
    return *continues ? (slice){ token.bytes + mark, token.count - mark } : token;
}

bert_status encoding_reserve(tokenizer_encoding *out, size_t more)
{
    size_t needed = out->count + more;
    if (needed <= out->capacity && needed <= out->offsets_capacity) return BERT_OK;
    void *ids = out->ids, *offsets = out->offsets;
    bert_status status = memory_grow(&ids, &out->capacity, needed, sizeof out->ids[0]);
    out->ids = ids;
    TRY(status);
    status = memory_grow(&offsets, &out->offsets_capacity, needed, sizeof out->offsets[0]);
    out->offsets = offsets;
    return status;
}

static bool is_longer(slice word, size_t characters)
{
    if (word.count <= characters) return false;
    size_t count = 0;
    for (size_t i = 0; i < word.count; i++) count += ((unsigned char)word.bytes[i] & 0xC0) != 0x80;
    return count > characters;
}

/* Cuts one word, not empty. `out` has room for a token a byte. */
static void word_encode(const wordpiece *w, const normalized *text, size_t begin, size_t end,
                        tokenizer_encoding *out)
{
    size_t first = out->count, at = begin;
    bool known = !is_longer((slice){ text->bytes + begin, end - begin }, w->characters_max);
    while (known && at < end) {
        size_t length = 0;
        int32_t id = TRIE_ABSENT;
        if (at == begin || w->continues)
            id = trie_longest(w->pieces, at == begin ? TRIE_ROOT : w->continuation,
                              (slice){ text->bytes + at, end - at }, &length);
        known = id != TRIE_ABSENT;
        if (known) encoding_push(out, id, normalized_origin(text, at, at + length));
        at += length;
    }
    if (known) return;
    out->count = first;
    encoding_push(out, w->unknown, normalized_origin(text, begin, end));
}

/* The end of what begins at `begin`: a word, a blank, or one punctuation character. */
static size_t word_end(const char *bytes, size_t begin, size_t end, bool *blank)
{
    *blank = false;
    for (size_t at = begin, length; at < end; at += length) {
        uint32_t code = (unsigned char)bytes[at];
        length = code < 0x80 ? 1 : utf8_decode((slice){ bytes + at, end - at }, &code);
        unsigned properties = unicode_properties(code);
        if (!(properties & (UNICODE_SPACE | UNICODE_PUNCTUATION))) continue;
        if (at > begin) return at;
        *blank = properties & UNICODE_SPACE;
        return at + length;
    }
    return end;
}

bert_status wordpiece_encode(const wordpiece *w, const normalized *text, size_t begin, size_t end,
                             tokenizer_encoding *out)
{
    for (size_t next; begin < end; begin = next) {
        bool blank;
        next = word_end(text->bytes, begin, end, &blank);
        if (blank) continue;
        TRY(encoding_reserve(out, next - begin));
        word_encode(w, text, begin, next, out);
    }
    return BERT_OK;
}
