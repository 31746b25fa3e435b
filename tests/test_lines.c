/* test_lines.c: lines are cut alike from a file and from a pipe, what is no UTF-8 is named, and
 * what is packed is read. */
#include "bert_lines.h"

#include "base/limits.h"
#include "rows/data_file.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmocka.h>

/* The lines of a text of which `step` bytes more are there at a time: "one;two;". */
static bert_status lines_of(slice text, size_t step, char out[256])
{
    bert_line_cutter cutter = { 0 };
    size_t begin = 0, end = 0, used = 0;
    while (begin < text.count) {
        size_t length, taken;
        bool ended = end == text.count;
        TRY(bert_line_cut(&cutter, "x", text.bytes + begin, end - begin, ended, &length, &taken));
        assert_true(taken || !ended);
        if (!taken) {
            end = end + step < text.count ? end + step : text.count;
            continue;
        }
        used += (size_t)snprintf(out + used, 256 - used, "%.*s;", (int)length, text.bytes + begin);
        begin += taken;
    }
    out[used] = '\0';
    return BERT_OK;
}

static void lines_are_the_same_however_they_arrive(void **state)
{
    (void)state;
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        { "a\nb\n", "a;b;" },
        { "a\nb", "a;b;" },
        { "\n\na", ";;a;" },
        { "a\r\nb\r\n", "a;b;" },
        { "a\r\r\nb\r\r\n", "a;b;" },
        { "a\r\n\r\nb", "a;;b;" },
        { "a\rb\rc\r", "a;b;c;" },
        { "a\rb\rc", "a;b;c;" },
        { "a\r\rb", "a;;b;" },
        { "\ra", ";a;" },
        { "a\rb\r\nc\r", "a;b;c;" },
        { "a\nb\rc\nd\r\r\n", "a;b\rc;d;" },
        { "a", "a;" },
        { "a\r", "a;" },
        { "\r", ";" },
        { "\r\n", ";" },
        { "a\nb\r", "a;b;" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step < 12; step++) {
            char got[256];
            assert_done(lines_of(slice_of(cases[i].text), step, got));
            if (strcmp(got, cases[i].wanted) != 0)
                fail_msg("case %zu, by %zu bytes: \"%s\", wanted \"%s\"", i, step, got,
                         cases[i].wanted);
        }
}

static void mixed_line_ends_are_refused_however_they_arrive(void **state)
{
    (void)state;
    static const char *const texts[] = { "a\rb\nc\n", "a\r\rb\n" };
    for (size_t i = 0; i < 2; i++)
        for (size_t step = 1; step < 8; step++) {
            char got[256], words[80];
            snprintf(words, sizeof words, "x:%zu: the line ends in LF where those before it",
                     i + 2);
            assert_failed(lines_of(slice_of(texts[i]), step, got), BERT_FORMAT, words);
        }
}

static void many_crs_before_an_lf_take_no_longer(void **state)
{
    (void)state;
    enum { COUNT = 1 << 22 };
    char *bytes = malloc(COUNT);
    assert_non_null(bytes);
    memset(bytes, '\r', COUNT);
    bert_line_cutter cutter = { 0 };
    size_t length, taken;
    for (size_t begin = 0; begin < COUNT; begin += taken) {
        assert_done(
            bert_line_cut(&cutter, "x", bytes + begin, COUNT - begin, true, &length, &taken));
        assert_true(taken == 1 && length == 0);
    }
    free(bytes);
}

/* ---- encodings */

/* A text in units of `width` bytes; `mark`: with a byte-order mark. */
static slice encoded(const uint32_t *units, size_t count, size_t width, bool big, bool mark,
                     char *out)
{
    size_t at = 0;
    for (size_t i = 0; i < count + mark; i++) {
        uint32_t unit = mark && i == 0 ? 0xFEFF : units[i - mark];
        for (size_t k = 0; k < width; k++)
            out[at++] = (char)(unit >> 8 * (big ? width - 1 - k : k));
    }
    return (slice){ out, at };
}

static bert_status check(slice bytes)
{
    return bert_encoding_check("f.tsv", bytes.bytes, bytes.count);
}

static void wide_encodings_are_named_with_the_cure(void **state)
{
    (void)state;
    static const uint32_t texts[][12] = {
        { 't', 'e', 'x', 't', '\t', 'l', 'a', 'b', 'e', 'l', '\n', 'a' },
        { 0x4E0A, 0x6D77, '\t', 0x4E2D, 0x56FD, '\n', 0x4E00, 0x4E01, 0x2D4E, 0x3042, 0x3044,
          '\n' },
        { 0x43F, 0x440, 0x438, 0x432, 0x435, 0x442, ' ', 0x43C, 0x438, 0x440, '\r', '\n' },
        { 0xE9, 't', 0xE9, '\n', 0xD83D, 0xDE00, '\n', 'x', '\t', 'y', 'z', '\n' },
    };
    for (size_t i = 0; i < 4; i++)
        for (size_t big = 0; big < 2; big++)
            for (size_t width = 2; width <= 4; width += 2) {
                if (width == 4 && i == 3) continue; /* has surrogates */
                char bytes[64], words[128];
                snprintf(words, sizeof words,
                         "f.tsv: seems to be UTF-%zu%s without a byte-order mark; convert it "
                         "(iconv -f UTF-%zu%s -t UTF-8)",
                         8 * width, big ? "BE" : "LE", 8 * width, big ? "BE" : "LE");
                assert_failed(check(encoded(texts[i], 12, width, big, false, bytes)), BERT_FORMAT,
                              words);
                snprintf(words, sizeof words,
                         "f.tsv: is UTF-%zu; convert it (iconv -f UTF-%zu -t UTF-8)", 8 * width,
                         8 * width);
                assert_failed(check(encoded(texts[i], 12, width, big, true, bytes)), BERT_FORMAT,
                              words);
            }
}

static void other_bytes_are_not_taken_for_a_wide_encoding(void **state)
{
    (void)state;
    static const slice others[] = {
        { "", 0 },
        { "\xEF\xBB\xBFtext\n", 8 },
        { "text with a NUL \0 in it\nand more text\n", 38 },
        { "x\0text behind a NUL, some of it\n", 32 },
        { "caf\xE9 \0 au lait\n", 15 },
        { "\0\0\0\0\0\0\0\0", 8 },
        { "\x7F"
          "ELF\2\1\1\0\0\0\0\0",
          12 },
        { "PK\3\4\x14\0\0\0\10\0", 10 },
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) assert_done(check(others[i]));
}

static void a_line_is_checked_with_its_place(void **state)
{
    (void)state;
    assert_done(bert_line_check("f", 3, "caf\xC3\xA9", 5));
    assert_done(bert_line_check("f", 3, NULL, 0));
    assert_failed(bert_line_check("f", 3, "caf\xE9 x", 6), BERT_FORMAT,
                  "f:3: not UTF-8 at byte 4 of the line; convert the file to UTF-8 (iconv)");
    assert_failed(bert_line_check("f", 4, "a\0b", 3), BERT_FORMAT,
                  "f:4: a NUL at byte 2 of the line");
}

/* ---- packed files */

/* The bytes as one member of a gzip file. */
static slice packed(slice bytes, char *out, size_t room)
{
    z_stream z = { .next_in = (Bytef *)bytes.bytes,
                   .avail_in = (uInt)bytes.count,
                   .next_out = (Bytef *)out,
                   .avail_out = (uInt)room };
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&z), Z_OK);
    return (slice){ out, z.total_out };
}

static void assert_unpacked(const char *path, const char *wanted)
{
    data_file f;
    assert_done(data_file_open(path, &f));
    if (!slice_equal(f.rest, slice_of(wanted)))
        fail_msg("\"%.*s\", wanted \"%s\"", (int)f.rest.count, f.rest.bytes, wanted);
    data_file_close(&f);
}

static void packed_files_are_read_by_all_their_members(void **state)
{
    char bytes[1024];
    slice one = packed(slice_of("\xEF\xBB\xBFtext\none\n"), bytes, 300);
    assert_unpacked(scratch_write(state, "a.tsv.gz", one), "text\none\n");
    slice two = packed(slice_of("two\n"), bytes + one.count, 300);
    assert_unpacked(scratch_write(state, "b.tsv.GZ", (slice){ bytes, one.count + two.count }),
                    "text\none\ntwo\n");
    memset(bytes + one.count, 0, 300); /* as tapes and some tools leave behind */
    assert_unpacked(scratch_write(state, "c.txt.gz", (slice){ bytes, one.count + 300 }),
                    "text\none\n");
    assert_unpacked(scratch_write(state, "d.gz", packed(slice_of(""), bytes, 300)), "");
}

static void a_large_file_comes_out_whole(void **state)
{
    enum { COUNT = 5000000 };
    char *bytes = malloc(COUNT), *room = malloc(COUNT);
    assert_true(bytes && room);
    for (size_t i = 0; i < COUNT; i++) bytes[i] = (char)('a' + i * i % 23);
    const char *path =
        scratch_write(state, "l.txt.gz", packed((slice){ bytes, COUNT }, room, COUNT));
    char *got = NULL;
    size_t count = 0;
    assert_done(bert_unpack(path, &got, &count));
    assert_true(slice_equal((slice){ got, count }, (slice){ bytes, COUNT }));
    free(got);
    free(bytes);
    free(room);
}

static void assert_packed_refused(void **state, slice bytes, const char *words)
{
    data_file f;
    assert_failed(data_file_open(scratch_write(state, "x.tsv.gz", bytes), &f), BERT_FORMAT, words);
}

static void damaged_packed_files_are_refused_by_name(void **state)
{
    char bytes[400];
    slice good = packed(slice_of("text\tlabel\na\tb\n"), bytes, 300);
    for (size_t count = 0; count < good.count; count++)
        assert_packed_refused(state, (slice){ bytes, count },
                              "x.tsv.gz: the packed data end too early; was the file cut short?");
    assert_packed_refused(
        state, slice_of("text\tlabel\n"),
        "x.tsv.gz: cannot be unpacked as gzip, which its name says it is (incorrect "
        "header check)");
    bytes[good.count] = 'x';
    assert_packed_refused(state, (slice){ bytes, good.count + 1 }, "x.tsv.gz: ");
    bytes[good.count - 6] ^= 1;
    assert_packed_refused(state, good, "x.tsv.gz: cannot be unpacked as gzip");
    data_file f;
    assert_failed(data_file_open(scratch_path(state, "none.tsv.gz"), &f), BERT_IO,
                  "none.tsv.gz: cannot open: No such file or directory");
    char wide[64];
    static const uint32_t text[] = { 't', 'e', 'x', 't', '\n' };
    slice utf16 = packed(encoded(text, 5, 2, false, true, wide), bytes, 300);
    assert_packed_refused(state, utf16, "x.tsv.gz: is UTF-16; convert it");
}

static void a_file_that_unpacks_to_too_much_is_refused(void **state)
{
    enum { BLOCK = 1 << 26, COUNT = 17 };
    if (!torture_wanted()) {
        print_message("skipped: takes 1 GB of memory; a part of `make torture`\n");
        skip();
    }
    char *zeros = calloc(1, BLOCK), *room = malloc(1 << 18), *bytes = malloc(COUNT << 18);
    assert_true(zeros && room && bytes);
    slice block = packed((slice){ zeros, BLOCK }, room, 1 << 18);
    for (size_t i = 0; i < COUNT; i++) memcpy(bytes + i * block.count, block.bytes, block.count);
    const char *path = scratch_write(state, "big.gz", (slice){ bytes, COUNT * block.count });
    free(zeros);
    free(room);
    free(bytes);
    char *got = NULL;
    size_t count;
    assert_failed(bert_unpack(path, &got, &count), BERT_FORMAT,
                  "big.gz: unpacks to more than 1073741824 bytes; unpack it and split it");
    assert_null(got);
}

static void endings_are_looked_for_before_gz(void **state)
{
    (void)state;
    assert_true(bert_name_ends("a.tsv", ".tsv") && bert_name_ends("a.TSV.Gz", ".tsv"));
    assert_true(bert_name_is_packed("a.gz") && !bert_name_is_packed("a.gzip"));
    assert_false(bert_name_ends("a.tsv.gz.gz", ".tsv") || bert_name_ends("tsv.gz", ".tsv") ||
                 bert_name_ends("", ".tsv") || bert_name_ends("gz", ".tsv"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_the_same_however_they_arrive),
        cmocka_unit_test(mixed_line_ends_are_refused_however_they_arrive),
        cmocka_unit_test(many_crs_before_an_lf_take_no_longer),
        cmocka_unit_test(wide_encodings_are_named_with_the_cure),
        cmocka_unit_test(other_bytes_are_not_taken_for_a_wide_encoding),
        cmocka_unit_test(a_line_is_checked_with_its_place),
        cmocka_unit_test(packed_files_are_read_by_all_their_members),
        cmocka_unit_test(a_large_file_comes_out_whole),
        cmocka_unit_test(damaged_packed_files_are_refused_by_name),
        cmocka_unit_test(a_file_that_unpacks_to_too_much_is_refused),
        cmocka_unit_test(endings_are_looked_for_before_gz),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
