#include "json/json.h"

#include "scratch.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static json_t *parsed(const char *text)
{
    json_t *object = NULL;
    assert_done(json_parse_object(slice_of(text), "config.json", &object));
    return object;
}

static void assert_refused(const char *text, const char *words)
{
    json_t *object = NULL;
    assert_failed(json_parse_object(slice_of(text), "config.json", &object), BERT_FORMAT, words);
    assert_null(object);
}

static void an_empty_text_is_an_empty_string(void **state)
{
    (void)state;
    json_t *string = json_string_of((slice){ NULL, 0 });
    assert_string_equal(json_string_value(string), "");
    json_decref(string);
}

static void a_file_that_is_no_object_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_refused("", "config.json: is empty");
    assert_refused("{\n  \"a\": 1,\n  \"b\" 2\n}", "config.json:3:");
    assert_refused("{\"a\": 1", "config.json:1:7: not JSON");
    assert_refused("{\"a\": 1} x", "not JSON: end of file expected");
    assert_refused("[1]", "config.json: holds an array where a JSON object was expected");
    assert_refused("7", "holds a whole number");
    assert_refused("\xEF\xBB\xBF{}", "byte-order mark");
    assert_refused("{\"a\": \"\xFF\"}", "config.json:1:");
    assert_refused("{\"a\": \"x\\u0000\"}", "U+0000");
    assert_refused("{\"a\": NaN}", "not JSON");
    assert_refused("{\"a\": 1e999}", "not JSON");
}

static void a_key_that_stands_twice_is_refused(void **state)
{
    (void)state;
    assert_refused("{\"a\": 1, \"a\": 2}", "duplicate object key");
}

static void nesting_without_end_is_refused(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    char *text = malloc(5 + DEPTH + 1);
    assert_non_null(text);
    strcpy(text, "{\"a\":");
    memset(text + 5, '[', DEPTH);
    text[5 + DEPTH] = '\0';
    assert_refused(text, "not JSON");
    free(text);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    json_t *object = NULL;
    assert_failed(json_read_object(scratch_path(state, "none.json"), &object), BERT_IO,
                  "none.json: cannot open: No such file");
    assert_failed(json_read_object("/tmp", &object), BERT_IO, "/tmp: is not a regular file");
    assert_null(object);
}

static void members_are_read_and_absent_ones_left_alone(void **state)
{
    const char *path = scratch_text(state, "c.json",
                                    "{\"size\": 768, \"rate\": 0.5, \"whole\": 2, \"on\": true,"
                                    " \"name\": \"b\\u00e9rt\", \"none\": null}\n");
    json_t *object = NULL;
    assert_done(json_read_object(path, &object));
    size_t size = 0;
    double rate = 0, whole = 0;
    bool on = false;
    const char *name = NULL;
    assert_done(json_get_size(object, path, "size", 1, 768, &size));
    assert_done(json_get_double(object, path, "rate", 0, 1, &rate));
    assert_done(json_get_double(object, path, "whole", 0, 2, &whole));
    assert_done(json_get_bool(object, path, "on", &on));
    assert_done(json_get_string(object, path, "name", &name));
    assert_int_equal(size, 768);
    assert_true(rate == 0.5 && whole == 2 && on);
    assert_string_equal(name, "b\xC3\xA9rt");

    const char *const gone[] = { "none", "absent" };
    for (size_t i = 0; i < 2; i++) {
        assert_done(json_get_size(object, path, gone[i], 1, 2, &size));
        assert_done(json_get_double(object, path, gone[i], 1, 2, &rate));
        assert_done(json_get_bool(object, path, gone[i], &on));
        assert_done(json_get_string(object, path, gone[i], &name));
    }
    assert_int_equal(size, 768);
    assert_true(rate == 0.5 && on);
    assert_string_equal(name, "b\xC3\xA9rt");
    json_decref(object);
}

static void a_member_of_another_kind_is_refused_by_name(void **state)
{
    (void)state;
    json_t *object = parsed("{\"s\": \"x\", \"n\": 1, \"f\": 1.5, \"a\": []}");
    size_t size = 7;
    double number = 7;
    bool on = true;
    const char *name = "kept";
    assert_failed(json_get_size(object, "c", "s", 0, 9, &size), BERT_FORMAT,
                  "c: \"s\" must be a whole number, not a string");
    assert_failed(json_get_size(object, "c", "f", 0, 9, &size), BERT_FORMAT,
                  "not a number with a fraction");
    assert_failed(json_get_double(object, "c", "a", 0, 9, &number), BERT_FORMAT,
                  "\"a\" must be a number, not an array");
    assert_failed(json_get_bool(object, "c", "n", &on), BERT_FORMAT,
                  "\"n\" must be true or false, not a whole number");
    assert_failed(json_get_string(object, "c", "n", &name), BERT_FORMAT,
                  "\"n\" must be a string, not a whole number");
    assert_int_equal(size, 7);
    assert_true(number == 7 && on);
    assert_string_equal(name, "kept");
    json_decref(object);
}

static void bounds_are_inclusive_and_told(void **state)
{
    (void)state;
    json_t *object = parsed("{\"n\": 12, \"m\": -3, \"x\": 0.25, \"big\": 9007199254740993}");
    size_t size = 7;
    double number = 7;
    assert_failed(json_get_size(object, "c", "n", 13, 20, &size), BERT_FORMAT,
                  "c: \"n\" is 12; it must be from 13 to 20");
    assert_failed(json_get_size(object, "c", "n", 0, 11, &size), BERT_FORMAT, "from 0 to 11");
    assert_failed(json_get_size(object, "c", "m", 0, SIZE_MAX, &size), BERT_FORMAT, "is -3;");
    assert_failed(json_get_double(object, "c", "x", 0.5, 1, &number), BERT_FORMAT,
                  "c: \"x\" is 0.25; it must be from 0.5 to 1");
    assert_int_equal(size, 7);
    assert_done(json_get_size(object, "c", "n", 12, 12, &size));
    assert_int_equal(size, 12);
    assert_done(json_get_double(object, "c", "x", 0.25, 0.25, &number));
    assert_done(json_get_size(object, "c", "big", 0, SIZE_MAX, &size));
    assert_int_equal(size, 9007199254740993);
    json_decref(object);
}

static void a_whole_number_past_64_bits_spoils_nothing(void **state)
{
    (void)state;
    json_t *object = parsed("{\"model_max_length\": 1000000000000000019884624838656, \"n\": 512}");
    size_t size = 0;
    assert_done(json_get_size(object, "c", "n", 1, 512, &size));
    assert_int_equal(size, 512);
    assert_failed(json_get_size(object, "c", "model_max_length", 1, SIZE_MAX, &size), BERT_FORMAT,
                  "\"model_max_length\" is 1");
    json_decref(object);
}

static void what_is_written_reads_back_in_order(void **state)
{
    const char *text = "{\n"
                       "  \"z\": 1,\n"
                       "  \"a\": [\n"
                       "    1e-12,\n"
                       "    0.1,\n"
                       "    -2.5,\n"
                       "    768.0\n"
                       "  ],\n"
                       "  \"empty\": {},\n"
                       "  \"none\": [],\n"
                       "  \"t\\\"ext\": \"line\\n \xC3\xA9 /\",\n"
                       "  \"inner\": {\n"
                       "    \"on\": true,\n"
                       "    \"off\": false,\n"
                       "    \"null\": null\n"
                       "  }\n"
                       "}\n";
    json_t *object = parsed(text);
    const char *path = scratch_path(state, "out.json");
    assert_done(json_write(NULL, path, object));
    char *written = file_text(path, NULL);
    assert_string_equal(written, text);
    free(written);
    json_decref(object);
}

static void doubles_are_written_shortest_and_exactly(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = { { 0.02, "0.02" },
                  { 1e-12, "1e-12" },
                  { 50.0, "50.0" },
                  { 1e-5, "1e-05" },
                  { 1.0 / 3, "0.3333333333333333" },
                  { 0.1 + 0.2, "0.30000000000000004" },
                  { DBL_MAX, "1.7976931348623157e+308" },
                  { DBL_MIN, "2.2250738585072014e-308" },
                  { 5e-324, "5e-324" },
                  { -0.0, "-0.0" } };
    const char *path = scratch_path(state, "reals.json");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *object = json_pack("{s:f}", "x", cases[i].value), *back = NULL;
        assert_done(json_write(NULL, path, object));
        char *text = file_text(path, NULL), wanted[64];
        snprintf(wanted, sizeof wanted, "{\n  \"x\": %s\n}\n", cases[i].text);
        assert_string_equal(text, wanted);
        assert_done(json_read_object(path, &back));
        assert_true(json_equal(object, back));
        free(text);
        json_decref(object);
        json_decref(back);
    }
}

static void a_text_has_no_white_space(void **state)
{
    (void)state;
    json_t *object = parsed("{ \"b\": [1, 0.1, \"x y\"], \"a\": { \"n\": null }, \"e\": [] }");
    char *text = NULL;
    assert_done(json_text(object, &text));
    assert_string_equal(text, "{\"b\":[1,0.1,\"x y\"],\"a\":{\"n\":null},\"e\":[]}");
    free(text);
    json_decref(object);
}

static void numbers_are_written_as_python_prints_them(void **state)
{
    (void)state;
    static const char *const cases[][2] = { { "100.0", "100.0" },
                                            { "5e1", "50.0" },
                                            { "1e2", "100.0" },
                                            { "1500.0", "1500.0" },
                                            { "10.0", "10.0" },
                                            { "-0.0", "-0.0" },
                                            { "0.0", "0.0" },
                                            { "-12.5", "-12.5" },
                                            { "1e-4", "0.0001" },
                                            { "-0.00012345", "-0.00012345" },
                                            { "0.09", "0.09" },
                                            { "0.00009999", "9.999e-05" },
                                            { "1e15", "1000000000000000.0" },
                                            { "9007199254740993.0", "9007199254740992.0" },
                                            { "9999999999999998.0", "9999999999999998.0" },
                                            { "1e16", "1e+16" },
                                            { "1.5E300", "1.5e+300" },
                                            { "0.30000000000000004", "0.30000000000000004" },
                                            { "123456.789", "123456.789" },
                                            { "7", "7" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *wanted = NULL, *source = NULL, *text = NULL;
        assert_true(asprintf(&source, "{\"x\":[%s,true]}", cases[i][0]) > 0);
        assert_true(asprintf(&wanted, "{\"x\":[%s,true]}", cases[i][1]) > 0);
        json_t *object = parsed(source);
        assert_done(json_text(object, &text));
        assert_string_equal(text, wanted);
        json_decref(object);
        free(source);
        free(wanted);
        free(text);
    }
}

static void a_failed_write_leaves_no_file(void **state)
{
    json_t *object = parsed("{}");
    const char *path = scratch_path(state, "absent/out.json");
    assert_failed(json_write(NULL, path, object), BERT_IO, "out.json: cannot write: No such file");
    json_decref(object);
}

static void damaged_bytes_never_break_the_reader(void **state)
{
    (void)state;
    slice whole = slice_of("{\"id2label\": {\"0\": \"caf\xC3\xA9\", \"1\": \"b\\n\\u00e9\"},\n"
                           " \"rate\": -1.5e-3, \"list\": [1, 2.0, true, null, \"x\"]}\n");
    char *damaged = malloc(whole.count + 16);
    assert_non_null(damaged);
    size_t refused = 0;
    for (uint64_t seed = 0; seed < 5000; seed++) {
        json_t *object = NULL;
        slice bytes = { damaged, bytes_damage(whole, seed, damaged) };
        if (json_parse_object(bytes, "c", &object) == BERT_OK)
            json_decref(object);
        else
            refused++;
    }
    free(damaged);
    assert_in_range(refused, 2500, 4999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_is_no_object_is_refused_with_its_place),
        cmocka_unit_test(a_key_that_stands_twice_is_refused),
        cmocka_unit_test(nesting_without_end_is_refused),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(members_are_read_and_absent_ones_left_alone),
        cmocka_unit_test(a_member_of_another_kind_is_refused_by_name),
        cmocka_unit_test(bounds_are_inclusive_and_told),
        cmocka_unit_test(a_whole_number_past_64_bits_spoils_nothing),
        cmocka_unit_test(what_is_written_reads_back_in_order),
        cmocka_unit_test(doubles_are_written_shortest_and_exactly),
        cmocka_unit_test(a_text_has_no_white_space),
        cmocka_unit_test(numbers_are_written_as_python_prints_them),
        cmocka_unit_test(an_empty_text_is_an_empty_string),
        cmocka_unit_test(a_failed_write_leaves_no_file),
        cmocka_unit_test(damaged_bytes_never_break_the_reader),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
