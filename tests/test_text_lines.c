#include "rows/text_lines.h"

#include "scratch.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* All of a file as one text: "LINE:text;" for each line that is not blank. */
static bert_status lines_render(const char *path, char **out)
{
    text_lines *t;
    TRY(text_lines_open(path, &t));
    size_t bytes;
    FILE *stream = open_memstream(out, &bytes);
    assert_non_null(stream);
    slice text;
    bool more;
    bert_status status;
    while ((status = text_lines_next(t, &text, &more)) == BERT_OK && more)
        fprintf(stream, "%zu:%.*s;", text_lines_line(t), (int)text.count, text.bytes);
    fclose(stream);
    if (status != BERT_OK) {
        free(*out);
        *out = NULL;
    }
    text_lines_free(t);
    return status;
}

static void assert_read(void **state, const char *text, const char *wanted)
{
    char *got = NULL;
    assert_done(lines_render(scratch_text(state, "a.txt", text), &got));
    assert_string_equal(got, wanted);
    free(got);
}

static void assert_refused(void **state, slice bytes, bert_status status, const char *words)
{
    char *got = NULL;
    assert_failed(lines_render(scratch_write(state, "a.txt", bytes), &got), status, words);
    assert_null(got);
}

static void every_line_that_is_not_blank_is_a_text(void **state)
{
    assert_read(state, "one\ntwo", "1:one;2:two;");
    assert_read(state, "one\r\ntwo\r\n", "1:one;2:two;");
    assert_read(state, "\n \t\r\na\tb, \"c\"\n\n\n  d  \n\r\n", "3:a\tb, \"c\";6:  d  ;");
    assert_read(state, "\xEF\xBB\xBF\xC3\xA9\na\rb\n\xE2\x80\xA8\n",
                "1:\xC3\xA9;2:a\rb;3:\xE2\x80\xA8;");
}

static void lines_may_end_in_cr_alone(void **state)
{
    assert_read(state, "one\rtwo", "1:one;2:two;");
    assert_read(state, "one\r\rtwo\r", "1:one;3:two;");
    assert_read(state, "one\rtwo\r\nthree\r", "1:one;2:two;3:three;");
    assert_read(state, "one\r\r\ntwo\r\r\n", "1:one;2:two;");
    assert_refused(state, slice_of("one\rtwo\rthree\n"), BERT_FORMAT,
                   "a.txt:3: the line ends in LF where those before it end in CR; save the file "
                   "with LF");
}

static void a_cr_inside_a_line_is_counted_or_refused(void **state)
{
    text_lines *t;
    slice line;
    bool more;
    size_t first;
    const char *path = scratch_text(state, "a.txt", "one\nt\rwo\nthree\nf\rour\n");
    assert_done(text_lines_open(path, &t));
    do assert_done(text_lines_next(t, &line, &more));
    while (more);
    assert_int_equal(text_lines_crs(t, &first), 2);
    assert_int_equal(first, 2);
    text_lines_rewind(t);
    assert_done(text_lines_take(t, &line, &more));
    assert_true(slice_equal(line, slice_of("one")));
    assert_failed(text_lines_take(t, &line, &more), BERT_FORMAT,
                  "a.txt:2: a CR at byte 2 of the line, where lines end in LF");
    text_lines_free(t);
}

static void a_step_past_the_end_is_the_end_again(void **state)
{
    text_lines *t;
    slice text;
    bool more;
    const char *path = scratch_text(state, "a.txt", "one");
    assert_done(text_lines_open(path, &t));
    assert_string_equal(text_lines_path(t), path);
    assert_done(text_lines_next(t, &text, &more));
    assert_true(more);
    for (int i = 0; i < 2; i++) {
        assert_done(text_lines_next(t, &text, &more));
        assert_false(more);
    }
    text_lines_free(t);
    text_lines_free(NULL);
}

static void a_file_without_text_is_refused(void **state)
{
    assert_refused(state, slice_of(""), BERT_DATA, "a.txt: has no text; one text a line was");
    assert_refused(state, slice_of("\n \r\n\t"), BERT_DATA, "a.txt: has no text");
    assert_refused(state, slice_of("\xEF\xBB\xBF"), BERT_DATA, "a.txt: has no text");
}

static void bytes_that_are_no_text_are_told_with_their_place(void **state)
{
    assert_refused(state, slice_of("a\n\ncaf\xE9\n"), BERT_FORMAT,
                   "a.txt:3: not UTF-8 at byte 4 of the line; convert the file to UTF-8 (iconv)");
    assert_refused(state, (slice){ "a\nb\0c\n", 6 }, BERT_FORMAT,
                   "a.txt:2: a NUL at byte 2 of the line; is this a text file?");
    assert_refused(state,
                   (slice){ "\xFF\xFE"
                            "a\0",
                            4 },
                   BERT_FORMAT, "a.txt: is UTF-16; convert it");
    text_lines *t = NULL;
    assert_failed(text_lines_open(scratch_path(state, "none.txt"), &t), BERT_IO,
                  "none.txt: cannot open: No such file or directory");
    assert_null(t);
}

static void the_ending_names_the_kind(void **state)
{
    (void)state;
    assert_true(text_lines_is_kind("a.txt") && text_lines_is_kind("b/c.x.TXT"));
    assert_true(text_lines_is_kind("a.txt.gz") && text_lines_is_kind("a.TXT.GZ"));
    assert_false(text_lines_is_kind("txt") || text_lines_is_kind("a.gz") ||
                 text_lines_is_kind("") || text_lines_is_kind("a.txt/b"));
}

static void published_sentences_are_read_whole(void **state)
{
    (void)state;
    static const char *const paths[] = { "../shared/data/unicode/pud_zh.txt",
                                         "../shared/data/unicode/pud_ar.txt",
                                         "../shared/data/unicode/pud_ko.txt" };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (!file_exists(paths[i])) {
            print_message("skipped: %s is not there\n", paths[i]);
            skip();
        }
        text_lines *t;
        slice text;
        bool more;
        size_t count = 0;
        assert_done(text_lines_open(paths[i], &t));
        for (;; count++) {
            assert_done(text_lines_next(t, &text, &more));
            if (!more) break;
        }
        assert_int_equal(count, 1000);
        text_lines_free(t);
    }
}

static void damaged_files_never_break_the_reader(void **state)
{
    const char *whole = "\xEF\xBB\xBF one\r\ncaf\xC3\xA9\n\n\xF0\x9F\x98\x80\n";
    char damaged[64];
    size_t refused = 0;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        slice bytes = { damaged, bytes_damage(slice_of(whole), seed, damaged) };
        char *text = NULL;
        refused += lines_render(scratch_write(state, "d.txt", bytes), &text) != BERT_OK;
        free(text);
    }
    assert_in_range(refused, 300, 1999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_that_is_not_blank_is_a_text),
        cmocka_unit_test(lines_may_end_in_cr_alone),
        cmocka_unit_test(a_cr_inside_a_line_is_counted_or_refused),
        cmocka_unit_test(a_step_past_the_end_is_the_end_again),
        cmocka_unit_test(a_file_without_text_is_refused),
        cmocka_unit_test(bytes_that_are_no_text_are_told_with_their_place),
        cmocka_unit_test(the_ending_names_the_kind),
        cmocka_unit_test(published_sentences_are_read_whole),
        cmocka_unit_test(damaged_files_never_break_the_reader),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
