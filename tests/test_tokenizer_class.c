/* The classes of transformers, by what tools/golden/tokenizer_classes.py and unigram.py wrote of
 * them. */
#include "base/file.h"
#include "json/json.h"
#include "scratch.h"
#include "text/tokenizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA "tests/data/tokenizer/classes.json"
#define PIECES_DATA "tests/data/unigram/classes.json"

static const slice no_pair = { NULL, 0 };

/* A content is an object, a text, or { "copy": a file of the repository }. */
static void files_write(void **state, const json_t *files)
{
    const char *name;
    json_t *content;
    json_object_foreach((json_t *)files, name, content)
    {
        const char *from = json_string_value(json_object_get(content, "copy"));
        if (from) {
            file_map map;
            assert_done(file_map_open(from, &map));
            scratch_write(state, name, (slice){ map.bytes, map.count });
            file_map_close(&map);
            continue;
        }
        char *text = json_is_string(content) ? strdup(json_string_value(content))
                                             : json_dumps(content, JSON_COMPACT);
        assert_non_null(text);
        scratch_text(state, name, text);
        free(text);
    }
}

static void files_remove(void **state, const json_t *files)
{
    const char *name;
    json_t *content;
    json_object_foreach((json_t *)files, name, content)
        assert_int_equal(remove(scratch_path(state, name)), 0);
}

static void case_fail(const json_t *test, const char *text, const tokenizer_encoding *got)
{
    char *whole = json_dumps(test, JSON_COMPACT);
    print_error("%s\n\"%s\" became", whole, text);
    for (size_t i = 0; i < got->count; i++) print_error(" %d", got->ids[i]);
    free(whole);
    fail_msg("(above)");
}

static bool numbers_equal(const json_t *wanted, const int32_t *got, size_t count)
{
    bool equal = json_array_size(wanted) == count;
    for (size_t i = 0; i < count && equal; i++)
        equal = json_integer_value(json_array_get(wanted, i)) == got[i];
    return equal;
}

static void ids_check(const json_t *test, const json_t *texts, const tokenizer *t)
{
    size_t i;
    json_t *text;
    tokenizer_encoding e = { 0 };
    json_array_foreach((json_t *)texts, i, text)
    {
        const char *bytes = json_string_value(text);
        const json_t *wanted = json_array_get(json_object_get(test, "wanted"), i);
        assert_done(
            tokenizer_encode(t, slice_of(bytes), no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &e));
        tokenizer_code_points(slice_of(bytes), no_pair, &e);
        if (!numbers_equal(json_array_get(wanted, 0), e.ids, e.count) ||
            !numbers_equal(json_array_get(wanted, 1), (const int32_t *)e.offsets, 2 * e.count))
            case_fail(test, bytes, &e);
    }
    tokenizer_encoding_release(&e);
}

static void case_check(void **state, const json_t *root, const json_t *test)
{
    const char *base = json_string_value(json_object_get(test, "base"));
    const json_t *of_base = json_object_get(json_object_get(root, "bases"), base);
    const json_t *files = json_object_get(test, "files");
    tokenizer *t = NULL;
    files_write(state, of_base);
    files_write(state, files);
    bert_status status = tokenizer_open(scratch_folder(state), &t);
    if (json_is_null(json_object_get(test, "wanted"))) {
        assert_failed(status, BERT_UNSUPPORTED, "");
    } else {
        assert_done(status);
        if (tokenizer_untyped(t) == json_is_true(json_object_get(test, "typed")))
            case_fail(test, "token types", &(tokenizer_encoding){ 0 });
        ids_check(test, json_object_get(root, "texts"), t);
    }
    tokenizer_free(t);
    files_remove(state, of_base);
    files_remove(state, files);
}

static void cases_check(void **state, const char *data, size_t least)
{
    size_t i;
    json_t *root, *test;
    assert_done(json_read_object(data, &root));
    json_t *cases = json_object_get(root, "cases");
    assert_true(json_array_size(cases) >= least);
    json_array_foreach(cases, i, test) case_check(state, root, test);
    json_decref(root);
}

static void ids_are_those_of_the_class_that_the_files_name(void **state)
{
    cases_check(state, DATA, 100);
}

static void ids_of_a_sentencepiece_model_are_those_of_the_class_that_reads_it(void **state)
{
    cases_check(state, PIECES_DATA, 40);
}

/* Opens a folder of one base of the golden file and the files given, NULL for none. */
static bert_status folder_open(void **state, const char *base, const char *options,
                               const char *config, tokenizer **out)
{
    json_t *root;
    assert_done(json_read_object(DATA, &root));
    const json_t *files = json_object_get(json_object_get(root, "bases"), base);
    assert_non_null(files);
    files_write(state, files);
    if (options) scratch_text(state, "tokenizer_config.json", options);
    if (config) scratch_text(state, "config.json", config);
    bert_status status = tokenizer_open(scratch_folder(state), out);
    files_remove(state, files);
    if (options) remove(scratch_path(state, "tokenizer_config.json"));
    if (config) remove(scratch_path(state, "config.json"));
    json_decref(root);
    return status;
}

static void a_class_whose_ids_would_differ_is_refused_by_name(void **state)
{
    static const char *const names[] = { "BertJapaneseTokenizer", "HerbertTokenizerFast",
                                         "RoFormerTokenizer",     "SplinterTokenizer",
                                         "BertTokenizerFaster",   "BertTokenize",
                                         "FooTokenizer",          "" };
    char text[100];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char words[100];
        tokenizer *t = NULL;
        snprintf(text, sizeof text, "{\"tokenizer_class\":\"%s\"}", names[i]);
        snprintf(words, sizeof words, "config.json: the tokenizer is a %s, whose ids", names[i]);
        assert_failed(folder_open(state, "lower", text, NULL, &t), BERT_UNSUPPORTED, words);
        assert_true(strstr(status_message(), "tokenizer_config.json") != NULL);
        assert_failed(folder_open(state, "vocab", NULL, text, &t), BERT_UNSUPPORTED, words);
        assert_true(strstr(status_message(), "tokenizer_config.json") == NULL);
        assert_null(t);
    }
}

static void a_vocabulary_alone_is_refused_where_the_class_frames_texts_otherwise(void **state)
{
    static const char *const names[] = { "FunnelTokenizerFast", "PreTrainedTokenizerFast" };
    char text[100];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        tokenizer *t = NULL;
        snprintf(text, sizeof text, "{\"tokenizer_class\":\"%s\"}", names[i]);
        assert_failed(folder_open(state, "vocab", text, NULL, &t), BERT_UNSUPPORTED,
                      "lacks tokenizer.json");
    }
}

static void the_newer_name_of_the_plain_class_is_known(void **state)
{
    tokenizer *t = NULL;
    tokenizer_encoding e = { 0 };
    static const char options[] =
        "{\"tokenizer_class\":\"TokenizersBackend\",\"do_lower_case\":true}";
    assert_done(folder_open(state, "cased", options, NULL, &t));
    assert_done(tokenizer_encode(t, slice_of("WORLD"), no_pair, 9, TRUNCATE_LONGEST_FIRST, &e));
    assert_int_equal(e.count, 3);
    assert_string_equal(tokenizer_token(t, e.ids[1]), "WORLD");
    tokenizer_encoding_release(&e);
    tokenizer_free(t);
}

static void a_class_without_a_mask_has_none(void **state)
{
    static const struct {
        const char *options;
        int32_t wanted;
    } cases[] = {
        { "{\"tokenizer_class\":\"PreTrainedTokenizerFast\"}", -1 },
        { "{\"tokenizer_class\":\"PreTrainedTokenizerFast\",\"mask_token\":\"[MASK]\"}", 4 },
        { "{\"tokenizer_class\":\"MPNetTokenizer\"}", 8 },
        { "{}", 4 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tokenizer *t = NULL;
        assert_done(folder_open(state, "lower", cases[i].options, NULL, &t));
        assert_int_equal(tokenizer_mask_id(t), cases[i].wanted);
        tokenizer_free(t);
    }
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(ids_are_those_of_the_class_that_the_files_name),
        WITH_SCRATCH(ids_of_a_sentencepiece_model_are_those_of_the_class_that_reads_it),
        WITH_SCRATCH(a_class_whose_ids_would_differ_is_refused_by_name),
        WITH_SCRATCH(a_vocabulary_alone_is_refused_where_the_class_frames_texts_otherwise),
        WITH_SCRATCH(the_newer_name_of_the_plain_class_is_known),
        WITH_SCRATCH(a_class_without_a_mask_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
