/* A word is a list of symbols. Over it stands a tournament of ranks: leaf i is the rank of the
 * merge of symbol i with the next one, a node the lower of its two; so the root is the next merge
 * and its place is found from there, the leftmost of equal ones. A merge changes three leaves: a
 * word of n bytes takes n log n steps, whatever it is.
 *
 *     rank          3
 *               /       \
 *             3           9
 *           /   \       /   \
 *         12     3     9     -
 *     a       b     c     d          b and c go first */
#include "text/bpe_parts.h"

#include "base/memory.h"
#include "text/bpe.h"
#include "text/byte_level.h"
#include "text/decode.h"
#include "text/unicode.h"
#include "text/word_cache.h"

/* A single text is done before a cache would pay. */
enum { WORDS_BEFORE_CACHE = 1000 };

#define NO_RANK UINT32_MAX
#define NO_SYMBOL UINT32_MAX

typedef struct symbol {
    int32_t id;
    int32_t merged; /* what it makes with the next one */
    uint32_t next, previous;
    uint32_t length; /* in bytes of the word */
} symbol;

/* A word that is being merged. */
typedef struct merging {
    const bpe_merges *merges;
    symbol *symbols; /* [count] */
    uint32_t *ranks; /* [2 * leaves]; the root is [1], the leaves begin at [leaves] */
    size_t count, leaves;
} merging;

/* Room for a word of so many bytes. */
static bert_status merging_open(const bpe *b, size_t bytes, model_room *room, merging *out)
{
    size_t leaves = 1;
    while (leaves < bytes) leaves *= 2;
    size_t needed = bytes * sizeof(symbol) + 2 * leaves * sizeof(uint32_t);
    if (needed > room->capacity) TRY(memory_grow(&room->block, &room->capacity, needed, 1));
    symbol *symbols = room->block;
    *out = (merging){ .merges = &b->merges,
                      .symbols = symbols,
                      .ranks = (uint32_t *)(symbols + bytes) };
    return BERT_OK;
}

static void symbol_add(merging *w, int32_t id, size_t length)
{
    uint32_t at = (uint32_t)w->count++;
    w->symbols[at] = (symbol){
        .id = id, .next = NO_SYMBOL, .previous = at ? at - 1 : NO_SYMBOL, .length = (uint32_t)length
    };
    if (at) w->symbols[at - 1].next = at;
}

/* The rank of the merge of a symbol with the next one. */
static uint32_t symbol_rank(merging *w, uint32_t at)
{
    symbol *s = &w->symbols[at];
    if (s->next == NO_SYMBOL) return NO_RANK;
    const bpe_merge *merge = bpe_merges_find(w->merges, s->id, w->symbols[s->next].id);
    s->merged = merge->merged;
    return merge->rank ? merge->rank : NO_RANK;
}

static void ranks_set(merging *w, uint32_t at, uint32_t rank)
{
    size_t node = w->leaves + at;
    w->ranks[node] = rank;
    while (node > 1) {
        uint32_t left = w->ranks[node & ~(size_t)1], right = w->ranks[node | 1];
        uint32_t lower = left < right ? left : right;
        node /= 2;
        if (w->ranks[node] == lower) break;
        w->ranks[node] = lower;
    }
}

static void ranks_build(merging *w)
{
    w->leaves = 1;
    while (w->leaves < w->count) w->leaves *= 2;
    for (uint32_t i = 0; i < w->count; i++) w->ranks[w->leaves + i] = symbol_rank(w, i);
    for (size_t i = w->count; i < w->leaves; i++) w->ranks[w->leaves + i] = NO_RANK;
    for (size_t node = w->leaves - 1; node > 0; node--) {
        uint32_t left = w->ranks[2 * node], right = w->ranks[2 * node + 1];
        w->ranks[node] = left < right ? left : right;
    }
}

/* Merges a symbol with the next one. */
static void symbol_merge(merging *w, uint32_t at)
{
    symbol *s = &w->symbols[at];
    uint32_t gone = s->next;
    s->id = s->merged;
    s->length += w->symbols[gone].length;
    s->next = w->symbols[gone].next;
    if (s->next != NO_SYMBOL) w->symbols[s->next].previous = at;
    ranks_set(w, gone, NO_RANK);
    ranks_set(w, at, symbol_rank(w, at));
    if (s->previous != NO_SYMBOL) ranks_set(w, s->previous, symbol_rank(w, s->previous));
}

static void merge_all(merging *w)
{
    if (w->count < 2) return;
    ranks_build(w);
    for (uint32_t rank; (rank = w->ranks[1]) != NO_RANK;) {
        size_t node = 1;
        while (node < w->leaves) node = 2 * node + (w->ranks[2 * node] != rank);
        symbol_merge(w, (uint32_t)(node - w->leaves));
    }
}

/* How many bytes the alphabet's character of a byte has. */
static size_t spelt_length(unsigned char byte)
{
    return byte_level_character(byte) < 0x80 ? 1 : 2;
}

static void unknown_add(const bpe *b, size_t *waiting, merging *w)
{
    if (*waiting) symbol_add(w, b->unknown, *waiting);
    *waiting = 0;
}

/* Adds a character as its bytes' tokens, if there is one for each. */
static bool fall_back(const bpe *b, slice character, merging *w)
{
    if (!b->falls_back) return false;
    for (size_t i = 0; i < character.count; i++)
        if (b->fallback[(unsigned char)character.bytes[i]] == TRIE_ABSENT) return false;
    for (size_t i = 0; i < character.count; i++)
        symbol_add(w, b->fallback[(unsigned char)character.bytes[i]], 1);
    return true;
}

/* The symbols of a word, one a byte or one a character. What is not known waits until something
 * known comes; what falls back to bytes goes before it, as in the reference (merge_word()). Where
 * bytes are left out lengths are counted in the alphabet, as there. */
static void symbols_fill(const bpe *b, slice word, merging *w)
{
    size_t waiting = 0;
    uint32_t code;
    for (size_t at = 0, length; at < word.count; at += length) {
        unsigned char byte = (unsigned char)word.bytes[at];
        slice rest = { word.bytes + at, word.count - at };
        length = b->bytes ? 1 : utf8_decode(rest, &code);
        slice character = { rest.bytes, length };
        unsigned place = (at > 0 ? NOT_FIRST : 0) | (at + length == word.count ? LAST : 0);
        int32_t id = b->bytes ? b->ids[place][byte] : bpe_character_id(b, character, place);
        if (id != TRIE_ABSENT) {
            unknown_add(b, &waiting, w);
            symbol_add(w, id, b->drops ? spelt_length(byte) : length);
        } else if (!fall_back(b, character, w) && b->unknown != TRIE_ABSENT) {
            if (!b->fuse_unknown) unknown_add(b, &waiting, w);
            waiting += length;
        }
    }
    unknown_add(b, &waiting, w);
}

static bool is_inside_character(const normalized *text, size_t at)
{
    return at < text->count && ((unsigned char)text->bytes[at] & 0xC0) == 0x80;
}

/* What bytes came from that may be parts of characters: the whole characters. */
static text_range bytes_origin(const normalized *text, size_t begin, size_t end)
{
    while (!text->moved && is_inside_character(text, begin)) begin--;
    while (!text->moved && is_inside_character(text, end)) end++;
    return normalized_origin(text, begin, end);
}

/* Where in a word a length in the alphabet leads to. */
typedef struct spelt_cursor {
    size_t byte, length;
} spelt_cursor;

static size_t spelt_byte(spelt_cursor *c, slice word, size_t length)
{
    while (c->byte < word.count) {
        size_t next = c->length + spelt_length((unsigned char)word.bytes[c->byte]);
        if (next > length) break;
        c->length = next;
        c->byte++;
    }
    return c->byte;
}

static void tokens_push(const bpe *b, const merging *w, const normalized *text, text_range range,
                        tokenizer_encoding *out)
{
    slice word = { text->bytes + range.begin, range.end - range.begin };
    spelt_cursor first = { 0 }, last = { 0 };
    size_t begin = 0, end;
    for (uint32_t at = w->count ? 0 : NO_SYMBOL; at != NO_SYMBOL; at = w->symbols[at].next) {
        end = begin + w->symbols[at].length;
        size_t from = b->drops ? spelt_byte(&first, word, begin) : begin;
        size_t to = b->drops ? spelt_byte(&last, word, end - 1) + 1 : end;
        encoding_push(out, w->symbols[at].id,
                      bytes_origin(text, range.begin + from, range.begin + to));
        begin = end;
    }
}

static int32_t whole_find(const bpe *b, slice word)
{
    if (!b->ignore_merges) return TRIE_ABSENT;
    return b->bytes ? trie_find(&b->whole, word) : vocabulary_find(b->vocabulary, word);
}

/* Leaves the tokens of a word in `out`. */
static bert_status word_merge(const bpe *b, slice word, model_room *room, merging *out)
{
    TRY(merging_open(b, word.count, room, out));
    int32_t whole = whole_find(b, word);
    if (whole != TRIE_ABSENT) {
        symbol_add(out, whole, word.count);
    } else {
        symbols_fill(b, word, out);
        merge_all(out);
    }
    return BERT_OK;
}

static void word_keep(const merging *w, cached_word *place)
{
    size_t count = 0;
    for (uint32_t at = w->count ? 0 : NO_SYMBOL; at != NO_SYMBOL; at = w->symbols[at].next) {
        if (count == CACHED_TOKENS_MAX) return;
        place->ids[count] = w->symbols[at].id;
        place->lengths[count++] = (uint8_t)w->symbols[at].length;
    }
    place->count = (uint8_t)count;
}

static void cached_push(const cached_word *known, const normalized *text, size_t begin,
                        tokenizer_encoding *out)
{
    for (size_t i = 0; i < known->count; i++) {
        size_t end = begin + known->lengths[i];
        encoding_push(out, known->ids[i], bytes_origin(text, begin, end));
        begin = end;
    }
}

static bert_status word_encode(const bpe *b, const normalized *text, text_range range,
                               model_room *room, tokenizer_encoding *out)
{
    slice word = { text->bytes + range.begin, range.end - range.begin };
    cached_word *place = NULL;
    merging w;
    TRY(encoding_reserve(out, word.count));
    if (room->word_count > WORDS_BEFORE_CACHE)
        TRY(word_cache_find(&room->cache, b->stamp, word, &place));
    if (place && place->count) {
        cached_push(place, text, range.begin, out);
        return BERT_OK;
    }
    TRY(word_merge(b, word, room, &w));
    if (place) word_keep(&w, place);
    tokens_push(b, &w, text, range, out);
    return BERT_OK;
}

static bert_status encode(const word_model *m, const words *in, model_room *room,
                          tokenizer_encoding *out)
{
    const bpe *b = m->state;
    for (size_t i = 0; i < in->now.count; i++) {
        encoding_next_word(out);
        room->word_count++;
        TRY(word_encode(b, &in->text, in->now.items[i], room, out));
    }
    return BERT_OK;
}

static bert_status decode(const word_model *m, slice token, bool first, joined_text *to)
{
    const bpe *b = m->state;
    return b->bytes ? decode_bytes(to, token) : decode_marks(to, token, first);
}

/* By GPT-2's pattern letters and numbers without a blank before them do; behind punctuation they
 * begin a word, too, which a token alone does not show. */
static bool continues(const word_model *m, slice token)
{
    const bpe *b = m->state;
    uint32_t code;
    size_t length = utf8_decode(token, &code);
    int byte = length && b->bytes ? byte_level_byte(code) : -1;
    if (byte < 0) return false;
    return byte >= 0x80 || unicode_properties((uint32_t)byte) & (UNICODE_LETTER | UNICODE_NUMBER);
}

const word_model_kind word_model_bpe = { .read = bpe_read,
                                         .release = bpe_release,
                                         .encode = encode,
                                         .decode = decode,
                                         .continues = continues,
                                         .marks_words = true,
                                         .takes_bytes = true };
