/* A word is cut into the pieces whose scores, logarithms of how likely they are, add up to the
 * most: Viterbi, as the reference's Unigram::encode_optimized(). At each place the best way there
 * is known; all pieces that begin there are found by one walk down the trie. Of two ways that are
 * as good the first found stays. Sums are made in the reference's order, so that they round as its
 * do.
 *
 * A character without a piece of its own is unknown, 10 below the lowest score; unknown ones side
 * by side are one token. */
#include "text/unigram.h"

#include "base/memory.h"
#include "json/json.h"
#include "text/decode.h"
#include "text/metaspace.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BYTES = 256 };

static const double unknown_penalty = 10;

typedef struct unigram {
    const trie *pieces;
    double *scores; /* [count] */
    size_t count;
    double lowest;
    int32_t unknown;
    bool byte_fallback;
    int32_t bytes[BYTES]; /* the ids of "<0x00>" to "<0xFF>", for byte_fallback */
} unigram;

/* The best way to a place: its score, and the last piece on it. */
typedef struct way {
    double score;
    uint32_t begin; /* of that piece; NOWHERE: no way was found yet */
    int32_t id;
} way;

enum { NOWHERE = -1 };

bert_status unigram_begin(size_t count, word_model *out)
{
    void *block;
    TRY(memory_zeroed(1, sizeof(unigram), &block));
    unigram *u = block;
    *out = (word_model){ .kind = &word_model_unigram, .state = u, .unknown = -1 };
    u->lowest = INFINITY;
    if (count > VOCABULARY_IDS_MAX)
        return fail(BERT_FORMAT, "more than %d pieces; is it a vocabulary?", VOCABULARY_IDS_MAX);
    TRY(memory_zeroed(count, sizeof *u->scores, &block));
    u->scores = block;
    return BERT_OK;
}

static void release(word_model *m)
{
    unigram *u = m->state;
    if (u) free(u->scores);
    free(u);
}

bert_status unigram_add(word_model *m, vocabulary *v, slice text, double score)
{
    unigram *u = m->state;
    int32_t id = (int32_t)u->count, old = vocabulary_find(v, text);
    TRY(vocabulary_add(v, text, id));
    if (old != TRIE_ABSENT) TRY(vocabulary_name(v, text, old));
    u->scores[u->count++] = score;
    if (score < u->lowest) u->lowest = score;
    return BERT_OK;
}

bert_status unigram_finish(word_model *m, const vocabulary *v, int32_t unknown, bool byte_fallback)
{
    unigram *u = m->state;
    if (unknown < 0 || (size_t)unknown >= u->count)
        return fail(BERT_FORMAT, "the id of what is unknown, %d, is not one of the %zu pieces",
                    unknown, u->count);
    m->unknown = u->unknown = unknown;
    u->pieces = &v->ids;
    u->byte_fallback = byte_fallback;
    for (int byte = 0; byte < BYTES; byte++) {
        char text[] = "<0x00>";
        snprintf(text, sizeof text, "<0x%02X>", byte);
        u->bytes[byte] = vocabulary_find(v, slice_of(text));
    }
    return BERT_OK;
}

/* tokenizer.json's numbers are read by serde_json, which makes a double of the digits and divides
 * it by a power of ten: with 16 digits or 17 that may differ from the nearest double in its last
 * bit, and where two ways are as good but for rounding the last bit decides. `nearest` has been
 * read by strtod(). Its shortest digits, which the file has, are found again: m * 2^-shift, where m
 * has 53 bits, times a power of ten. */
static double as_reference_reads(double nearest)
{
    int exponent, decimals = 15;
    double size = fabs(nearest);
    if (!(size >= 1e-4 && size < 1e15)) return nearest;
    unsigned __int128 m = (uint64_t)ldexp(frexp(size, &exponent), 53), ten = 1;
    int shift = 53 - exponent;
    for (double whole = size; whole >= 10; whole /= 10) decimals--;
    for (double whole = size; whole < 1; whole *= 10) decimals++;
    for (int i = 0; i < decimals; i++) ten *= 10;
    for (int digits = 16; digits <= 17; digits++, ten *= 10) {
        unsigned __int128 scaled = m * ten, half = (unsigned __int128)1 << (shift - 1);
        unsigned __int128 shortest = (scaled + half) >> shift, back = shortest << shift;
        unsigned __int128 error = back > scaled ? back - scaled : scaled - back;
        if (digits == 16 && 2 * error >= ten) continue; /* it would be read as another number */
        if (shortest % 10 == 0) break;                  /* so few digits are read well */
        double read = (double)(uint64_t)shortest / (double)(uint64_t)ten;
        return nearest < 0 ? -read : read;
    }
    return nearest;
}

static bert_status piece_read(const json_t *item, const char *path, size_t index, vocabulary *v,
                              word_model *m)
{
    const json_t *text = json_array_get(item, 0), *score = json_array_get(item, 1);
    if (json_array_size(item) != 2 || !json_is_string(text) || !json_is_number(score))
        return fail(BERT_FORMAT, "%s: piece %zu of \"vocab\" is not a text and its score", path,
                    index);
    double number = json_number_value(score);
    if (json_is_real(score)) number = as_reference_reads(number);
    return fail_in(unigram_add(m, v, slice_of(json_string_value(text)), number), "%s: \"vocab\"",
                   path);
}

static bert_status read(const json_t *model, const char *path, bool bytes, vocabulary *v,
                        word_model *m)
{
    (void)bytes;
    const json_t *pieces = json_object_get(model, "vocab");
    size_t unknown = SIZE_MAX, count = json_array_size(pieces);
    bool byte_fallback = false;
    if (!json_is_array(pieces)) return fail(BERT_FORMAT, "%s: \"vocab\" is not an array", path);
    TRY(json_get_size(model, path, "unk_id", 0, INT32_MAX, &unknown));
    TRY(json_get_bool(model, path, "byte_fallback", &byte_fallback));
    if (unknown == SIZE_MAX)
        return fail(BERT_UNSUPPORTED,
                    "%s: the model names no \"unk_id\", so that there are texts it cannot encode",
                    path);
    TRY(fail_in(unigram_begin(count, m), "%s", path));
    for (size_t i = 0; i < count; i++) TRY(piece_read(json_array_get(pieces, i), path, i, v, m));
    return fail_in(unigram_finish(m, v, (int32_t)unknown, byte_fallback), "%s", path);
}

static bert_status decode(const word_model *m, slice token, bool first, joined_text *to)
{
    (void)m;
    return decode_marks(to, token, first);
}

static bool continues(const word_model *m, slice token)
{
    (void)m;
    const size_t length = strlen(METASPACE_MARK);
    return token.count < length || memcmp(token.bytes, METASPACE_MARK, length) != 0;
}

/* Well-formed text: a character's first byte says its length. */
static inline size_t character_length(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

static inline void way_offer(way *to, double score, size_t begin, int32_t id)
{
    if (to->begin == (uint32_t)NOWHERE || score > to->score)
        *to = (way){ .score = score, .begin = (uint32_t)begin, .id = id };
}

/* Fills ways [word.count + 1]. */
static void ways_find(const unigram *u, slice word, way *ways)
{
    const double unknown_score = u->lowest - unknown_penalty;
    ways[0] = (way){ 0 };
    for (size_t i = 1; i <= word.count; i++) ways[i] = (way){ .begin = (uint32_t)NOWHERE };
    for (size_t begin = 0, length; begin < word.count; begin += length) {
        double here = ways[begin].score;
        uint32_t node = TRIE_ROOT;
        bool single = false;
        length = character_length((unsigned char)word.bytes[begin]);
        for (size_t at = begin; at < word.count; at++) {
            const trie_edge *edge = trie_slot(u->pieces, node, (unsigned char)word.bytes[at]);
            if (!edge->child) break;
            node = edge->child;
            if (edge->value == TRIE_ABSENT) continue;
            way_offer(&ways[at + 1], u->scores[edge->value] + here, begin, edge->value);
            single |= at + 1 == begin + length;
        }
        if (!single) way_offer(&ways[begin + length], unknown_score + here, begin, u->unknown);
    }
}

/* Turns the best way round: ways[end].begin becomes the end of the piece after. */
static size_t ways_turn(way *ways, size_t count)
{
    size_t next = 0;
    for (size_t end = count; end > 0;) {
        size_t begin = ways[end].begin;
        ways[end].begin = (uint32_t)next;
        next = end;
        end = begin;
    }
    return next;
}

/* An unknown text: a piece after all (one that scores worse than its characters do), bytes, or
 * unknown. There is room for a token a byte. */
static void unknown_push(const unigram *u, slice piece, text_range origin, tokenizer_encoding *out)
{
    int32_t id = trie_find(u->pieces, piece);
    bool in_bytes = id == TRIE_ABSENT && u->byte_fallback;
    for (size_t i = 0; in_bytes && i < piece.count; i++)
        in_bytes = u->bytes[(unsigned char)piece.bytes[i]] != TRIE_ABSENT;
    for (size_t i = 0; in_bytes && i < piece.count; i++)
        encoding_push(out, u->bytes[(unsigned char)piece.bytes[i]], origin);
    if (!in_bytes) encoding_push(out, id == TRIE_ABSENT ? u->unknown : id, origin);
}

static void word_encode(const unigram *u, const normalized *in, text_range word, way *ways,
                        tokenizer_encoding *out)
{
    slice bytes = { in->bytes + word.begin, word.end - word.begin };
    ways_find(u, bytes, ways);
    size_t end = ways_turn(ways, bytes.count);
    for (size_t begin = 0; begin < bytes.count;) {
        int32_t id = ways[end].id;
        size_t next = ways[end].begin;
        bool unknown = id == u->unknown;
        while (unknown && next && ways[next].id == u->unknown) {
            end = next;
            next = ways[end].begin;
        }
        text_range origin = normalized_origin(in, word.begin + begin, word.begin + end);
        if (unknown)
            unknown_push(u, (slice){ bytes.bytes + begin, end - begin }, origin, out);
        else
            encoding_push(out, id, origin);
        begin = end;
        end = next;
    }
}

static bert_status encode(const word_model *m, const words *in, model_room *room,
                          tokenizer_encoding *out)
{
    const unigram *u = m->state;
    for (size_t i = 0; i < in->now.count; i++) {
        text_range word = in->now.items[i];
        size_t count = word.end - word.begin;
        if ((count + 1) * sizeof(way) > room->capacity)
            TRY(memory_grow(&room->block, &room->capacity, (count + 1) * sizeof(way), 1));
        TRY(encoding_reserve(out, count));
        encoding_next_word(out);
        word_encode(u, &in->text, word, room->block, out);
    }
    return BERT_OK;
}

const word_model_kind word_model_unigram = { .read = read,
                                             .release = release,
                                             .encode = encode,
                                             .decode = decode,
                                             .continues = continues,
                                             .marks_words = true };
