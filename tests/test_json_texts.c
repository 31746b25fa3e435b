#include "rows/json_texts.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_read(text_array *texts, const char *json, const char *wanted)
{
    assert_done(json_texts_parse(slice_of(json), "a.jsonl", 7, "tokens", texts));
    char *got = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&got, &bytes);
    assert_non_null(stream);
    for (size_t i = 0; i < texts->count; i++)
        fprintf(stream, "%.*s;", (int)texts->items[i].count, texts->items[i].bytes);
    fclose(stream);
    assert_string_equal(got, wanted);
    free(got);
}

static void assert_refused(const char *json, const char *words)
{
    text_array texts = { 0 };
    assert_read(&texts, "[\"before\"]", "before;");
    bert_status status = json_texts_parse(slice_of(json), "a.jsonl", 7, "tokens", &texts);
    assert_failed(status, BERT_FORMAT, words);
    assert_int_equal(texts.count, 0);
    text_array_release(&texts);
}

static void strings_are_texts_row_after_row(void **state)
{
    (void)state;
    text_array texts = { 0 };
    assert_read(&texts, "[\"a\",\"b c\",\"\"]", "a;b c;;");
    assert_read(&texts, "[]", "");
    assert_read(&texts, " [ \"\\u00e9\" , \"\\n\" ] ", "\xC3\xA9;\n;");
    assert_done(json_texts_parse(slice_of("[\"a\\u0000b\"]"), "a.jsonl", 7, "tokens", &texts));
    assert_true(slice_equal(texts.items[0], (slice){ "a\0b", 3 }));
    text_array_release(&texts);
    text_array_release(&texts);
}

static void the_texts_outlive_the_field(void **state)
{
    (void)state;
    char field[] = "[\"word\",12]";
    text_array texts = { 0 };
    assert_done(json_texts_parse(slice_of(field), "a.jsonl", 7, "tokens", &texts));
    memset(field, 'x', sizeof field - 1);
    assert_true(slice_equal(texts.items[0], slice_of("word")));
    assert_true(slice_equal(texts.items[1], slice_of("12")));
    text_array_release(&texts);
}

static void numbers_are_their_text_with_a_point(void **state)
{
    (void)state;
    text_array texts = { 0 };
    assert_read(&texts, "[0,3,-1,\"3\",0.5,2.0,100.0]", "0;3;-1;3;0.5;2.0;100.0;");
    text_array_release(&texts);
}

static void more_texts_than_there_was_room_for_are_kept(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    char json[4 * COUNT + 8] = "[";
    for (size_t i = 0; i < COUNT; i++) strcat(json, i ? ",\"a\"" : "\"b\"");
    strcat(json, "]");
    text_array texts = { 0 };
    assert_read(&texts, "[\"x\"]", "x;");
    assert_done(json_texts_parse(slice_of(json), "a.jsonl", 7, "tokens", &texts));
    assert_int_equal(texts.count, COUNT);
    assert_true(slice_equal(texts.items[0], slice_of("b")));
    assert_true(slice_equal(texts.items[COUNT - 1], slice_of("a")));
    text_array_release(&texts);
}

static void anything_else_is_told_with_line_and_column(void **state)
{
    (void)state;
    static const char element[] =
        "a.jsonl:7: element 2 of 'tokens' is neither a string nor a number";
    assert_refused("[\"a\",null]", element);
    assert_refused("[\"a\",true]", element);
    assert_refused("[3,[\"b\"]]", element);
    assert_refused("[\"a\",{}]", element);
    assert_refused("{\"a\":\"b\"}", "a.jsonl:7: 'tokens' is an object and not a list");
    assert_refused("a b", "a.jsonl:7: 'tokens' is not JSON: ");
    assert_refused("\"a\"", "a.jsonl:7: 'tokens' is not JSON: '[' or '{' expected");
    assert_refused("", "a.jsonl:7: 'tokens' is not JSON: ");
    assert_refused("[\"a\"", "a.jsonl:7: 'tokens' is not JSON: ");
    assert_refused("[\"a\"] x", "a.jsonl:7: 'tokens' is not JSON: ");
    assert_refused("[99999999999999999999]", "a.jsonl:7: 'tokens' holds a number that is too big");
    assert_refused("[{\"a\":1,\"a\":2}]", "a.jsonl:7: 'tokens' is not JSON: duplicate object key");
    assert_refused(NULL, "a.jsonl:7: 'tokens' is missing in this row");
}

static void what_python_prints_is_read_as_it_is_meant(void **state)
{
    (void)state;
    text_array texts = { 0 };
    assert_read(&texts, "['a', \"it's\", 'it\\'s', '\"']", "a;it's;it's;\";");
    assert_read(&texts, "('a',)", "a;");
    assert_read(&texts, "(1, 2.5)", "1;2.5;");
    assert_read(&texts, "{'a', 'b: c'}", "a;b: c;");
    assert_read(&texts, "[]", "");
    assert_read(&texts, "()", "");
    assert_read(&texts, "[ 'a' , 'b' , ]", "a;b;");
    assert_read(&texts, "['\\xe9\\u00fc\\\\']", "\xC3\xA9\xC3\xBC\\;");
    assert_refused("['a' 'b']", "a.jsonl:7: 'tokens' is not JSON: "); /* numpy's, without commas */
    assert_refused("['a'", "a.jsonl:7: 'tokens' is not JSON: ");
    assert_refused("['a)", "a.jsonl:7: 'tokens' is not JSON: ");
    assert_refused("['a')", "a.jsonl:7: 'tokens' is not JSON: ");
    assert_refused("[a]", "a.jsonl:7: 'tokens' is not JSON: ");
    assert_refused("[True]", "element 1 of 'tokens' is neither a string nor a number");
    assert_refused("[None]", "element 1 of 'tokens' is neither a string nor a number");
    assert_refused("{'a': 1}", "a.jsonl:7: 'tokens' is an object and not a list");
    assert_refused("{}", "a.jsonl:7: 'tokens' is an object and not a list");
    char deep[400];
    memset(deep, '(', sizeof deep);
    assert_refused((memcpy(deep + 399, "", 1), deep), "a.jsonl:7: 'tokens' is not JSON: ");
    text_array_release(&texts);
}

static void damaged_lists_never_break_the_reader(void **state)
{
    (void)state;
    static const char *const wholes[] = { "[\"caf\xC3\xA9\",\"a\\u0000\\n\",3,-0.5,\"\"]",
                                          "{'caf\xC3\xA9', ('it\\'s', \"a\"), [None,],}" };
    char damaged[64];
    size_t refused = 0;
    text_array texts = { 0 };
    for (uint64_t seed = 0; seed < 10000; seed++) {
        slice bytes = { damaged, bytes_damage(slice_of(wholes[seed % 2]), seed, damaged) };
        refused += json_texts_parse(bytes, "d.jsonl", 1, "tokens", &texts) != BERT_OK;
    }
    text_array_release(&texts);
    assert_in_range(refused, 2000, 9999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_texts_row_after_row),
        cmocka_unit_test(the_texts_outlive_the_field),
        cmocka_unit_test(numbers_are_their_text_with_a_point),
        cmocka_unit_test(more_texts_than_there_was_room_for_are_kept),
        cmocka_unit_test(anything_else_is_told_with_line_and_column),
        cmocka_unit_test(what_python_prints_is_read_as_it_is_meant),
        cmocka_unit_test(damaged_lists_never_break_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
