#include "text/bpe_parts.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/memory.h"
#include "text/bpe.h"
#include "text/byte_level.h"
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>

int32_t bpe_character_id(const bpe *b, slice character, unsigned place)
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
            b->ids[place][byte] = bpe_character_id(b, (slice){ text, count }, place);
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
    if (b->drops) b->stamp = 0; /* the cache counts in bytes */
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

void bpe_release(word_model *m)
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
    *b = (bpe){
        .vocabulary = v, .bytes = bytes, .prefix = "", .suffix = "", .stamp = word_cache_stamp()
    };
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

bert_status bpe_read(const json_t *model, const char *path, bool bytes, vocabulary *v,
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

/* ---- vocab.json and merges.txt */

/* The parts of a line that blanks part. Returns how many there are, at most three. */
static size_t line_split(slice line, slice parts[3])
{
    size_t count = 0, begin = 0;
    uint32_t code;
    for (size_t at = 0, length; at <= line.count; at += length) {
        length = utf8_decode((slice){ line.bytes + at, line.count - at }, &code);
        bool blank = at == line.count || (length && unicode_properties(code) & UNICODE_SPACE);
        if (!length) length = 1;
        if (!blank) continue;
        if (at > begin && count < 3) parts[count++] = (slice){ line.bytes + begin, at - begin };
        begin = at + length;
    }
    return count;
}

/* transformers drops the first line, which says a version, and what follows the last line's end. Of
 * a pair that is there twice it takes the first. */
static bert_status merges_parse(bpe *b, slice rest, const char *path)
{
    const char *end = rest.bytes + rest.count;
    TRY(bpe_merges_open(&b->merges, rest.count / strlen("a b\n") + 1));
    for (size_t number = 1; rest.count; number++) {
        slice line = vocabulary_line(&rest), parts[3];
        if (line.bytes + line.count == end) break;
        if (number == 1) continue;
        if (line_split(line, parts) != 2)
            return fail(BERT_FORMAT, "%s:%zu: a merge is two texts with a blank between", path,
                        number);
        TRY(fail_in(merge_add(b, parts[0], parts[1], number), "%s:%zu", path, number));
    }
    return BERT_OK;
}

static bert_status merges_open(bpe *b, const char *path)
{
    file_map map;
    TRY(file_map_open(path, &map));
    bert_status status =
        map.count > JSON_BYTES_MAX
            ? fail(BERT_FORMAT, "%s: is larger than %d bytes; is it a list of merges?", path,
                   JSON_BYTES_MAX)
            : merges_parse(b, (slice){ map.bytes, map.count }, path);
    file_map_close(&map);
    return status;
}

bert_status bpe_open(const char *vocab_path, const char *merges_path, vocabulary *v,
                     word_model *out)
{
    json_t *root = NULL;
    TRY(make(v, true, out));
    bpe *b = out->state;
    b->keeps_first = true;
    bert_status status = json_read_object(vocab_path, &root);
    if (status == BERT_OK) status = word_model_texts(root, vocab_path, v);
    json_decref(root);
    TRY(status);
    TRY(fail_in(vocabulary_use(b, NULL), "%s", vocab_path));
    return merges_open(b, merges_path);
}
