#include "text/decode.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "text/byte_level.h"
#include "text/metaspace.h"

#include <stdlib.h>
#include <string.h>

bert_status joined_append(joined_text *to, slice bytes)
{
    TRY(memory_grow((void **)&to->bytes, &to->capacity, to->count + bytes.count + 1, 1));
    if (bytes.count) memcpy(to->bytes + to->count, bytes.bytes, bytes.count);
    to->count += bytes.count;
    to->bytes[to->count] = '\0';
    return BERT_OK;
}

/* How many bytes of a malformed text belong together: as many as some character begins with. */
static size_t malformed_length(slice text)
{
    const unsigned char *byte = (const unsigned char *)text.bytes;
    size_t wanted = byte[0] < 0xC2 || byte[0] > 0xF4 ? 1
                    : byte[0] < 0xE0                 ? 2
                    : byte[0] < 0xF0                 ? 3
                                                     : 4;
    unsigned least = byte[0] == 0xE0 ? 0xA0 : byte[0] == 0xF0 ? 0x90 : 0x80;
    unsigned most = byte[0] == 0xED ? 0x9F : byte[0] == 0xF4 ? 0x8F : 0xBF;
    size_t length = 1;
    while (length < wanted && length < text.count && byte[length] >= least &&
           byte[length] <= most) {
        least = 0x80;
        most = 0xBF;
        length++;
    }
    return length;
}

bert_status joined_mend(joined_text *text)
{
    joined_text mended = { 0 };
    slice rest = { text->bytes, text->count };
    if (utf8_malformed(rest) == rest.count) return BERT_OK;
    bert_status status = BERT_OK;
    while (rest.count && status == BERT_OK) {
        size_t well = utf8_malformed(rest), bad;
        status = joined_append(&mended, (slice){ rest.bytes, well });
        rest = (slice){ rest.bytes + well, rest.count - well };
        if (status != BERT_OK || !rest.count) break;
        bad = malformed_length(rest);
        status = joined_append(&mended, slice_of("\xEF\xBF\xBD"));
        rest = (slice){ rest.bytes + bad, rest.count - bad };
    }
    if (status != BERT_OK) {
        free(mended.bytes);
        return status;
    }
    free(text->bytes);
    *text = mended;
    return BERT_OK;
}

/* Shortens the end of the text, from `begin` on. */
static void replace(joined_text *s, size_t begin, const char *from, const char *to)
{
    size_t from_count = strlen(from), to_count = strlen(to);
    for (char *at = s->bytes + begin; (at = strstr(at, from)); at += to_count) {
        memcpy(at, to, to_count);
        memmove(at + to_count, at + from_count, strlen(at + from_count) + 1);
        s->count -= from_count - to_count;
    }
}

/* What the decoder of WordPiece does to each piece, with its `cleanup`. */
static void clean_up(joined_text *s, size_t begin)
{
    static const char *const pairs[][2] = {
        { " .", "." },   { " ?", "?" },     { " !", "!" },     { " ,", "," },
        { " ' ", "'" },  { " n't", "n't" }, { " 'm", "'m" },   { " do not", " don't" },
        { " 's", "'s" }, { " 've", "'ve" }, { " 're", "'re" },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        replace(s, begin, pairs[i][0], pairs[i][1]);
}

/* The first keeps its mark. */
bert_status decode_pieces(joined_text *to, slice token, slice prefix, bool first)
{
    size_t begin = to->count;
    bool continues = prefix.count && token.count >= prefix.count &&
                     memcmp(token.bytes, prefix.bytes, prefix.count) == 0;
    if (!first && continues)
        token = (slice){ token.bytes + prefix.count, token.count - prefix.count };
    if (!first && !continues) TRY(joined_append(to, slice_of(" ")));
    TRY(joined_append(to, token));
    clean_up(to, begin);
    return BERT_OK;
}

/* A token with a character that is not of the alphabet is text already. */
bert_status decode_bytes(joined_text *to, slice token)
{
    size_t count;
    TRY(joined_append(to, token));
    char *bytes = to->bytes + to->count - token.count;
    if (!byte_level_read(token, bytes, &count)) {
        memcpy(bytes, token.bytes, token.count);
        return BERT_OK;
    }
    to->count -= token.count - count;
    to->bytes[to->count] = '\0';
    return BERT_OK;
}

bert_status decode_marks(joined_text *to, slice token, bool first)
{
    static const slice mark = { METASPACE_MARK, sizeof METASPACE_MARK - 1 };
    while (token.count) {
        const char *at = memmem(token.bytes, token.count, mark.bytes, mark.count);
        size_t before = at ? (size_t)(at - token.bytes) : token.count;
        TRY(joined_append(to, (slice){ token.bytes, before }));
        if (!at) break;
        if (!first) TRY(joined_append(to, slice_of(" ")));
        before += mark.count;
        token = (slice){ token.bytes + before, token.count - before };
    }
    return BERT_OK;
}
