#include "encodings.h"

#include "base/file.h"
#include "scratch.h"
#include "text/unicode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

static const slice no_pair = { NULL, 0 };

json_t *encodings_open(const char *data)
{
    char *path;
    json_error_t error;
    assert_done(path_join(data, "golden.json", &path));
    json_t *root = json_load_file(path, JSON_ALLOW_NUL, &error);
    free(path);
    if (!root) fail_msg("golden.json:%d: %s", error.line, error.text);
    return root;
}

tokenizer *encodings_tokenizer(const char *data, const char *name)
{
    char *folder;
    tokenizer *t = NULL;
    assert_done(path_join(data, name, &folder));
    assert_done(tokenizer_open(folder, &t));
    free(folder);
    return t;
}

static slice json_slice(const json_t *text)
{
    return (slice){ json_string_value(text), json_string_length(text) };
}

static bool numbers_equal(const json_t *wanted, const int32_t *got, size_t count)
{
    bool equal = json_array_size(wanted) == count;
    for (size_t i = 0; i < count && equal; i++)
        equal = json_integer_value(json_array_get(wanted, i)) == got[i];
    return equal;
}

static void case_fail(const json_t *test, const tokenizer_encoding *got)
{
    char *wanted = json_dumps(test, JSON_COMPACT);
    print_error("wanted %s\ngot", wanted);
    for (size_t i = 0; got && i < got->count; i++)
        print_error(" %d[%u,%u]", got->ids[i], got->offsets[i].begin, got->offsets[i].end);
    free(wanted);
    fail_msg("%s", got ? "(above)" : "a refusal, or none");
}

static void case_check(const tokenizer *t, const json_t *test, tokenizer_encoding *encoding)
{
    const json_t *wanted = json_object_get(test, "wanted");
    slice text = json_slice(json_object_get(test, "text"));
    slice pair = json_slice(json_object_get(test, "pair"));
    size_t max_length = (size_t)json_integer_value(json_object_get(test, "max_length"));
    truncation how = (truncation)json_integer_value(json_object_get(test, "how"));
    bert_status status =
        tokenizer_encode(t, text, pair, max_length ? max_length : SIZE_MAX, how, encoding);
    if (json_is_null(wanted)) {
        if (status != BERT_ARGUMENT) case_fail(test, NULL);
        return;
    }
    assert_done(status);
    tokenizer_code_points(text, pair, encoding);
    const int32_t *offsets = (const int32_t *)encoding->offsets;
    size_t first = (size_t)json_integer_value(json_object_get(wanted, "first_count"));
    if (first != encoding->first_count ||
        !numbers_equal(json_object_get(wanted, "ids"), encoding->ids, encoding->count) ||
        !numbers_equal(json_object_get(wanted, "offsets"), offsets, 2 * encoding->count))
        case_fail(test, encoding);
    assert_true(encoding->whole_count >= encoding->count);
}

void encodings_check(const char *data, const char *name)
{
    json_t *root = encodings_open(data);
    tokenizer *t = encodings_tokenizer(data, name);
    tokenizer_encoding encoding = { 0 };
    size_t i, compared = 0;
    json_t *test;
    json_array_foreach(json_object_get(root, "cases"), i, test)
    {
        if (strcmp(json_string_value(json_object_get(test, "folder")), name) != 0) continue;
        case_check(t, test, &encoding);
        compared++;
    }
    assert_true(compared > 50);
    tokenizer_encoding_release(&encoding);
    tokenizer_free(t);
    json_decref(root);
}

enum { BLOCK = 4096 }; /* characters of one sum, as in the script */

/* "a" + character + "b " for each character of a block but the surrogates. */
static size_t block_spell(uint32_t first, char *out)
{
    size_t at = 0;
    for (uint32_t code = first; code < first + BLOCK; code++) {
        if (code >= 0xD800 && code <= 0xDFFF) continue;
        out[at++] = 'a';
        at += utf8_encode(code, out + at);
        out[at++] = 'b';
        out[at++] = ' ';
    }
    return at;
}

static uint32_t normalized_crc(const normalizer *n, slice text)
{
    normalized room[2] = { { 0 } }, plain;
    assert_done(normalize(n, text, 0, room, &plain));
    uint32_t crc = (uint32_t)crc32(0, (const void *)plain.bytes, (uInt)plain.count);
    normalized_release(&room[0]);
    normalized_release(&room[1]);
    return crc;
}

static void block_check(const tokenizer *t, const normalizer *n, uint32_t first, const json_t *sums)
{
    static char bytes[BLOCK * 7];
    slice text = { bytes, block_spell(first, bytes) };
    if (n && normalized_crc(n, text) != json_integer_value(json_array_get(sums, 0)))
        fail_msg("characters from U+%04X are normalized otherwise", first);

    tokenizer_encoding e = { 0 };
    assert_done(tokenizer_encode(t, text, no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &e));
    tokenizer_code_points(text, no_pair, &e);
    uLong crc = crc32(0, (const void *)e.ids, (uInt)(e.count * sizeof e.ids[0]));
    crc = crc32(crc, (const void *)e.offsets, (uInt)(e.count * sizeof e.offsets[0]));
    tokenizer_encoding_release(&e);
    if ((json_int_t)crc != json_integer_value(json_array_get(sums, 1)))
        fail_msg("characters from U+%04X have other ids or offsets", first);
}

void encodings_sweep(const char *data, const char *name, const normalizer *n)
{
    json_t *root = encodings_open(data), *sums;
    const json_t *blocks = json_object_get(json_object_get(root, "sweeps"), name);
    tokenizer *t = encodings_tokenizer(data, name);
    size_t i;
    assert_int_equal(json_array_size(blocks), 0x110000 / BLOCK);
    json_array_foreach((json_t *)blocks, i, sums) block_check(t, n, (uint32_t)i * BLOCK, sums);
    tokenizer_free(t);
    json_decref(root);
}
