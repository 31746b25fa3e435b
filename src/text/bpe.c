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
#include "text/bpe.h"

#include "base/memory.h"
#include "text/bpe_merges.h"
#include "text/byte_level.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

enum { AFFIX_BYTES_MAX = 64, BYTES = 256 };

/* Where a character stands in its word; a word of one is both first and last. */
enum { NOT_FIRST = 1, LAST = 2, PLACES = 4 };

typedef struct bpe {
    const vocabulary *vocabulary;
    bpe_merges merges;
    const char *prefix,
        *suffix;     /* of characters that are not first, of the last; owned by `text` */
    char *affixes;   /* both of them */
    int32_t unknown; /* -1: what is not known is left out */
    bool bytes;      /* words are bytes */
    bool fuse_unknown, ignore_merges, falls_back;
    bool drops;                 /* some byte has no token, and nothing stands for it */
    int32_t ids[PLACES][BYTES]; /* of bytes; -1 for none */
    int32_t fallback[BYTES];    /* "<0xE2>"; -1 for none */
    trie whole;                 /* the bytes of tokens, for `ignore_merges` */
} bpe;

/* ---- reading */

/* The id of a character in its place, or TRIE_ABSENT. */
static int32_t character_id(const bpe *b, slice character, unsigned place)
{
    char text[2 * AFFIX_BYTES_MAX + UTF8_LENGTH_MAX + 1];
    const char *prefix = place & NOT_FIRST ? b->prefix : "";
    const char *suffix = place & LAST ? b->suffix : "";
    if (!*prefix && !*suffix) return vocabulary_find(b->vocabulary, character);
    size_t before = strlen(prefix), behind = strlen(suffix);
    memcpy(text, prefix, before);
    memcpy(text + before, character.bytes, character.count);
    memcpy(text + before + character.count, suffix, behind);
    return vocabulary_find(b->vocabulary, (slice){ text, before + character.count + behind });
}

static bool bytes_find(bpe *b)
{
    bool all = true;
    for (unsigned place = 0; place < PLACES; place++) {
        for (unsigned byte = 0; byte < BYTES; byte++) {
            char text[UTF8_LENGTH_MAX];
            size_t count = utf8_encode(byte_level_character((unsigned char)byte), text);
            b->ids[place][byte] = character_id(b, (slice){ text, count }, place);
            all &= b->ids[place][byte] != TRIE_ABSENT;
        }
    }
    return all;
}

static bool fallback_find(bpe *b)
{
    static const char digits[] = "0123456789ABCDEF";
    bool any = false;
    for (unsigned byte = 0; byte < BYTES; byte++) {
        char text[] = "<0x00>";
        text[3] = digits[byte >> 4];
        text[4] = digits[byte & 15];
        b->fallback[byte] = vocabulary_find(b->vocabulary, slice_of(text));
        any |= b->fallback[byte] != TRIE_ABSENT;
    }
    return any;
}

/* The bytes of all tokens that are written in the alphabet. */
static bert_status whole_build(bpe *b)
{
    char bytes[VOCABULARY_TEXT_BYTES_MAX];
    for (size_t id = 0; id < b->vocabulary->id_end; id++) {
        size_t count;
        const char *text = vocabulary_text(b->vocabulary, (int32_t)id);
        if (!text || !byte_level_read(slice_of(text), bytes, &count)) continue;
        TRY(trie_insert(&b->whole, (slice){ bytes, count }, (int32_t)id));
    }
    return BERT_OK;
}

/* What follows from the vocabulary. `unknown` is a text, or NULL. */
static bert_status vocabulary_use(bpe *b, const char *unknown)
{
    b->unknown = unknown ? vocabulary_find(b->vocabulary, slice_of(unknown)) : TRIE_ABSENT;
    bool all = b->bytes && bytes_find(b);
    if (unknown && b->unknown == TRIE_ABSENT && !all)
        return fail(BERT_FORMAT, "the vocabulary lacks \"%s\"", unknown);
    b->drops = b->bytes && !all && b->unknown == TRIE_ABSENT;
    b->falls_back = b->falls_back && !all && fallback_find(b);
    if (b->falls_back && (b->bytes || *b->prefix || *b->suffix))
        return fail(BERT_UNSUPPORTED,
                    "\"byte_fallback\" with words of bytes, a prefix or a suffix");
    return b->bytes && b->ignore_merges ? whole_build(b) : BERT_OK;
}

static bert_status merge_add(bpe *b, slice left, slice right, size_t rank)
{
    char text[2 * VOCABULARY_TEXT_BYTES_MAX];
    size_t prefix = strlen(b->prefix);
    int32_t ids[] = { vocabulary_find(b->vocabulary, left), vocabulary_find(b->vocabulary, right) };
    for (size_t i = 0; i < 2; i++)
        if (ids[i] == TRIE_ABSENT)
            return fail(BERT_FORMAT, "the vocabulary lacks \"%.*s\"", (int)(i ? right : left).count,
                        (i ? right : left).bytes);
    if (right.count < prefix)
        return fail(BERT_FORMAT, "\"%.*s\" is shorter than the prefix", (int)right.count,
                    right.bytes);
    slice whole = { text, left.count + right.count - prefix };
    memcpy(text, left.bytes, left.count);
    memcpy(text + left.count, right.bytes + prefix, right.count - prefix);
    int32_t merged = vocabulary_find(b->vocabulary, whole);
    if (merged == TRIE_ABSENT)
        return fail(BERT_FORMAT, "the vocabulary lacks \"%.*s\"", (int)whole.count, whole.bytes);
    return bpe_merges_add(
        &b->merges,
        (bpe_merge){ .left = ids[0], .right = ids[1], .merged = merged, .rank = (uint32_t)rank });
}

/* A merge is [ "a", "b" ], or "a b" in older files. */
static bert_status merge_read(bpe *b, const json_t *merge, size_t rank)
{
    if (json_array_size(merge) == 2) {
        const json_t *left = json_array_get(merge, 0), *right = json_array_get(merge, 1);
        if (json_is_string(left) && json_is_string(right))
            return merge_add(b, slice_of(json_string_value(left)),
                             slice_of(json_string_value(right)), rank);
    }
    slice text = slice_of(json_string_value(merge));
    const char *blank = text.bytes ? memchr(text.bytes, ' ', text.count) : NULL;
    size_t left = blank ? (size_t)(blank - text.bytes) : 0, right = text.count - left - 1;
    if (!blank || memchr(blank + 1, ' ', right)) return fail(BERT_FORMAT, "is not two texts");
    return merge_add(b, (slice){ text.bytes, left }, (slice){ blank + 1, right }, rank);
}

static bool is_heading(const json_t *merge)
{
    const char *text = json_string_value(merge);
    return text && strncmp(text, "#version", strlen("#version")) == 0;
}

static bert_status merges_read(bpe *b, const json_t *model, const char *path)
{
    const json_t *merges = json_object_get(model, "merges");
    if (!json_is_array(merges)) return fail(BERT_FORMAT, "%s: \"merges\" is not an array", path);
    TRY(bpe_merges_open(&b->merges, json_array_size(merges)));
    for (size_t i = 0; i < json_array_size(merges); i++) {
        const json_t *merge = json_array_get(merges, i);
        if (is_heading(merge)) continue;
        TRY(fail_in(merge_read(b, merge, i + 1), "%s: merge %zu of \"merges\"", path, i + 1));
    }
    return BERT_OK;
}

static void release(word_model *m)
{
    bpe *b = m->state;
    if (!b) return;
    bpe_merges_release(&b->merges);
    trie_release(&b->whole);
    free(b->affixes);
    free(b);
}

/* A model without options. */
static bert_status make(const vocabulary *v, bool bytes, word_model *out)
{
    void *block;
    TRY(memory_zeroed(1, sizeof(bpe), &block));
    bpe *b = out->state = block;
    out->kind = &word_model_bpe;
    *b = (bpe){ .vocabulary = v, .bytes = bytes, .prefix = "", .suffix = "" };
    return BERT_OK;
}

static bert_status affixes_read(const json_t *model, const char *path, bpe *b)
{
    const char *prefix = "", *suffix = "";
    TRY(json_get_string(model, path, "continuing_subword_prefix", &prefix));
    TRY(json_get_string(model, path, "end_of_word_suffix", &suffix));
    size_t before = strlen(prefix), behind = strlen(suffix);
    if (before > AFFIX_BYTES_MAX || behind > AFFIX_BYTES_MAX)
        return fail(BERT_UNSUPPORTED,
                    "%s: \"continuing_subword_prefix\" or \"end_of_word_suffix\" is longer than %d "
                    "bytes",
                    path, AFFIX_BYTES_MAX);
    void *block;
    TRY(memory_zeroed(before + behind + 2, 1, &block));
    b->affixes = block;
    memcpy(b->affixes, prefix, before);
    memcpy(b->affixes + before + 1, suffix, behind);
    b->prefix = b->affixes;
    b->suffix = b->affixes + before + 1;
    return BERT_OK;
}

static bert_status read(const json_t *model, const char *path, bool bytes, vocabulary *v,
                        word_model *m)
{
    TRY(make(v, bytes, m));
    bpe *b = m->state;
    double dropout = 0;
    const char *unknown = NULL;
    TRY(json_get_double(model, path, "dropout", 0, 1, &dropout));
    if (dropout != 0)
        return fail(BERT_UNSUPPORTED,
                    "%s: the model: a \"dropout\" makes ids a matter of chance; "
                    "set it to null",
                    path);
    TRY(json_get_string(model, path, "unk_token", &unknown));
    TRY(json_get_bool(model, path, "fuse_unk", &b->fuse_unknown));
    TRY(json_get_bool(model, path, "byte_fallback", &b->falls_back));
    TRY(json_get_bool(model, path, "ignore_merges", &b->ignore_merges));
    TRY(affixes_read(model, path, b));
    TRY(word_model_vocabulary(model, path, v));
    TRY(fail_in(vocabulary_use(b, unknown), "%s: the model", path));
    m->unknown = b->unknown;
    return merges_read(b, model, path);
}

/* ---- encoding */

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
    TRY(memory_grow(&room->block, &room->capacity,
                    bytes * sizeof(symbol) + 2 * leaves * sizeof(uint32_t), 1));
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
        int32_t id = b->bytes ? b->ids[place][byte] : character_id(b, character, place);
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

static bert_status word_encode(const bpe *b, const normalized *text, text_range range,
                               model_room *room, tokenizer_encoding *out)
{
    slice word = { text->bytes + range.begin, range.end - range.begin };
    TRY(encoding_reserve(out, word.count));
    if (b->ignore_merges) {
        int32_t id = b->bytes ? trie_find(&b->whole, word) : vocabulary_find(b->vocabulary, word);
        if (id != TRIE_ABSENT) {
            encoding_push(out, id, normalized_origin(text, range.begin, range.end));
            return BERT_OK;
        }
    }
    merging w;
    TRY(merging_open(b, word.count, room, &w));
    symbols_fill(b, word, &w);
    merge_all(&w);
    tokens_push(b, &w, text, range, out);
    return BERT_OK;
}

static bert_status encode(const word_model *m, const words *in, model_room *room,
                          tokenizer_encoding *out)
{
    const bpe *b = m->state;
    for (size_t i = 0; i < in->now.count; i++) {
        encoding_next_word(out);
        TRY(word_encode(b, &in->text, in->now.items[i], room, out));
    }
    return BERT_OK;
}

static slice text(const word_model *m, slice token, bool *continues)
{
    (void)m;
    *continues = false;
    return token;
}

const word_model_kind word_model_bpe = {
    .read = read, .release = release, .encode = encode, .text = text, .takes_bytes = true
};
