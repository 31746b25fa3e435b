#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include <cmocka.h>

/* Where utf8proc, an independent reader, stops. */
static size_t malformed_by_utf8proc(slice text)
{
    size_t at = 0;
    while (at < text.count) {
        utf8proc_int32_t code;
        utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)text.bytes + at,
                                                  (utf8proc_ssize_t)(text.count - at), &code);
        if (bytes < 1) return at;
        at += (size_t)bytes;
    }
    return at;
}

static void assert_as_utf8proc(slice text)
{
    size_t wanted = malformed_by_utf8proc(text), got = utf8_malformed(text);
    if (wanted == got) return;
    print_error("bytes:");
    for (size_t i = 0; i < text.count; i++) print_error(" %02X", (unsigned char)text.bytes[i]);
    fail_msg("wanted %zu, got %zu", wanted, got);
}

static void every_sequence_of_three_bytes_is_judged_as_utf8proc_does(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 1u << 24; code++) {
        if ((code & 0x800000) == 0 && (code & 0xFF) > 1) continue; /* begins with ASCII: a sample */
        char bytes[3] = { (char)(code >> 16), (char)(code >> 8), (char)code };
        assert_as_utf8proc((slice){ bytes, 3 });
    }
}

static void every_sequence_of_four_bytes_is_judged_at_its_bounds(void **state)
{
    (void)state;
    static const unsigned char bounds[] = { 0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0 };
    for (unsigned first = 0xEF; first <= 0xFF; first++)
        for (unsigned second = 0; second <= 0xFF; second++)
            for (size_t i = 0; i < sizeof bounds * sizeof bounds; i++) {
                char bytes[4] = { (char)first, (char)second, (char)bounds[i / sizeof bounds],
                                  (char)bounds[i % sizeof bounds] };
                assert_as_utf8proc((slice){ bytes, 4 });
            }
}

static void the_position_is_right_at_every_distance_from_the_start(void **state)
{
    (void)state;
    static const char *const pieces[] = { "\xFF", "\xC3\xA9", "\xF0\x9F\x98\x80", "\xED\xA0\x80" };
    for (size_t count = 0; count < 40; count++)
        for (size_t at = 0; at <= count; at++)
            for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
                /* in a block of its own, so that a read past the end is seen by the sanitizer */
                size_t length = strlen(pieces[p]);
                char *text = malloc(count + length);
                assert_non_null(text);
                memset(text, 'a', count + length);
                memcpy(text + at, pieces[p], length);
                bool valid = p == 1 || p == 2;
                assert_int_equal(utf8_malformed((slice){ text, count + length }),
                                 valid ? count + length : at);
                assert_int_equal(utf8_malformed((slice){ text, at + length - 1 }), at);
                free(text);
            }
}

static void an_empty_text_is_well_formed(void **state)
{
    (void)state;
    assert_int_equal(utf8_malformed((slice){ "", 0 }), 0);
    assert_int_equal(utf8_malformed((slice){ NULL, 0 }), 0);
}

static void the_published_sample_of_bad_bytes_is_judged_as_utf8proc_does(void **state)
{
    (void)state;
    FILE *stream = fopen("../shared/data/unicode/utf8tests.bin", "r");
    if (!stream) {
        print_message("skipped: ../shared/data/unicode/utf8tests.bin is not there\n");
        skip();
    }
    char line[1024];
    size_t bad = 0;
    while (fgets(line, sizeof line, stream)) {
        slice text = slice_of(line);
        assert_as_utf8proc(text);
        bad += utf8_malformed(text) < text.count;
    }
    fclose(stream);
    assert_true(bad > 50);
}

static void assert_one_line(const char *given, size_t capacity, const char *wanted)
{
    char text[128] = "";
    assert_true(strlen(given) < capacity && capacity < sizeof text);
    memset(text + capacity, 'x', sizeof text - capacity);
    memcpy(text, given, strlen(given) + 1);
    utf8_one_line(text, capacity);
    assert_string_equal(text, wanted);
    for (size_t i = capacity; i < sizeof text; i++) assert_int_equal(text[i], 'x');
}

static void what_a_terminal_would_obey_is_shown(void **state)
{
    (void)state;
    assert_one_line("a\x1b[31mb\r\n\tc\x7f d\xc2\x80\xc2\x9f\xc2\xa0\xc3\x9f\xc2", 100,
                    "a\\u001b[31mb   c\\u007f d\\u0080\\u009f\xc2\xa0\xc3\x9f\xc2");
    assert_one_line("\xc2\x9b", 100, "\\u009b");
    assert_one_line("", 1, "");
}

static void what_turns_the_direction_of_writing_is_shown(void **state)
{
    (void)state;
    assert_one_line("a\u061c\u200e\u200f.", 100, "a\\u061c\\u200e\\u200f.");
    assert_one_line("\u202a\u202b\u202c\u202d\u202e", 100, "\\u202a\\u202b\\u202c\\u202d\\u202e");
    assert_one_line("\u2066\u2067\u2068\u2069", 100, "\\u2066\\u2067\\u2068\\u2069");
    /* the neighbours: joiners of emoji, dashes and line separators */
    assert_one_line("\u061b\u061d\u200d\u2010\u2028\u2029\u202f\u2065\u206a\u05d0", 100,
                    "\u061b\u061d\u200d\u2010\u2028\u2029\u202f\u2065\u206a\u05d0");
    assert_one_line("\xe2\x80", 100, "\xe2\x80");
    assert_one_line("\xe2", 100, "\xe2");
}

static void what_is_shown_and_has_no_room_is_cut(void **state)
{
    (void)state;
    assert_one_line("ab\x1b"
                    "cd",
                    8, "ab");
    assert_one_line("ab\x1b"
                    "cd",
                    9, "ab\\u001b");
    assert_one_line("ab\x1b"
                    "cd",
                    10, "ab\\u001bc");
    assert_one_line("ab\x1b"
                    "cd",
                    11, "ab\\u001bcd");
    assert_one_line("\u202e\u202e", 7, "\\u202e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_terminal_would_obey_is_shown),
        cmocka_unit_test(what_turns_the_direction_of_writing_is_shown),
        cmocka_unit_test(what_is_shown_and_has_no_room_is_cut),
        cmocka_unit_test(every_sequence_of_three_bytes_is_judged_as_utf8proc_does),
        cmocka_unit_test(every_sequence_of_four_bytes_is_judged_at_its_bounds),
        cmocka_unit_test(the_position_is_right_at_every_distance_from_the_start),
        cmocka_unit_test(an_empty_text_is_well_formed),
        cmocka_unit_test(the_published_sample_of_bad_bytes_is_judged_as_utf8proc_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
