#include "text/tokenizer.h"

#include "base/memory.h"
#include "encodings.h"
#include "scratch.h"
#include "text/bert_normalizer.h"
#include "text/unicode.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"

#define DATA "tests/data/tokenizer"

static const slice no_pair = { NULL, 0 };

static tokenizer *data_tokenizer(const char *name)
{
    return encodings_tokenizer(DATA, name);
}

static void check_folder(const char *name)
{
    encodings_check(DATA, name);
}

static void awkward_texts_are_as_the_reference_has_them_uncased(void **state)
{
    (void)state;
    check_folder("uncased");
}

static void awkward_texts_are_as_the_reference_has_them_cased(void **state)
{
    (void)state;
    check_folder("cased");
}

static void awkward_texts_are_as_the_reference_has_them_with_accents_and_cut_left(void **state)
{
    (void)state;
    check_folder("accents");
}

static void added_tokens_are_found_as_the_reference_finds_them(void **state)
{
    (void)state;
    check_folder("added");
}

/* The options that the folder's files come to. */
static bert_normalizer_options folder_options(const char *name)
{
    bert_normalizer_options options = { .clean_text = true, .split_cjk = true };
    options.lowercase = strcmp(name, "cased") != 0;
    options.strip_accents = options.lowercase && strcmp(name, "accents") != 0;
    options.split_cjk = strcmp(name, "accents") != 0;
    return options;
}

static void every_character_between_letters_is_as_the_reference_has_it(void **state)
{
    (void)state;
    static const char *const names[] = { "uncased", "cased", "accents", "added" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        normalizer n;
        assert_done(bert_normalizer_make(folder_options(names[i]), &n));
        encodings_sweep(DATA, names[i], &n);
        normalizer_release(&n);
    }
}

/* Asserts the tokens of a text with the uncased test vocabulary, and their byte offsets. */
static void assert_encoded(const char *text, const char *const tokens[], const text_range *offsets,
                           size_t count)
{
    tokenizer *t = data_tokenizer("uncased");
    tokenizer_encoding e = { 0 };
    assert_done(tokenizer_encode(t, slice_of(text), no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &e));
    assert_int_equal(e.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(tokenizer_token(t, e.ids[i]), tokens[i]);
        assert_int_equal(e.offsets[i].begin, offsets[i].begin);
        assert_int_equal(e.offsets[i].end, offsets[i].end);
    }
    tokenizer_encoding_release(&e);
    tokenizer_free(t);
}

static void offsets_are_bytes_of_the_text_as_it_came(void **state)
{
    (void)state;
    static const char *const tokens[] = { "[CLS]", "river", ",", "the", "[SEP]" };
    static const text_range offsets[] = { { 0, 0 }, { 1, 8 }, { 8, 9 }, { 10, 13 }, { 0, 0 } };
    assert_encoded(" RIVE\xCC\x81R, The", tokens, offsets, 5);
}

static void malformed_bytes_are_skipped_and_offsets_reach_over_them(void **state)
{
    (void)state;
    static const char *const tokens[] = { "[CLS]", "river", "[MASK]", "the", "[SEP]" };
    static const text_range offsets[] = { { 0, 0 }, { 1, 8 }, { 9, 16 }, { 17, 20 }, { 0, 0 } };
    assert_encoded("\xFFri\xC3\xE2ver\xFF[MA\x80SK]\xF0the\xED", tokens, offsets, 5);
}

static void malformed_bytes_count_for_no_code_point(void **state)
{
    (void)state;
    tokenizer *t = data_tokenizer("uncased");
    tokenizer_encoding e = { 0 };
    slice text = slice_of("\xFF\xC3\xA9 \xE2\x82 the"), pair = slice_of("\x80\x80[SEP]");
    assert_done(tokenizer_encode(t, text, pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &e));
    tokenizer_code_points(text, pair, &e);
    static const text_range wanted[] = {
        { 0, 0 }, { 0, 1 }, { 3, 6 }, { 0, 0 }, { 0, 5 }, { 0, 0 }
    };
    assert_int_equal(e.count, 6);
    assert_memory_equal(e.offsets, wanted, sizeof wanted);
    tokenizer_encoding_release(&e);
    tokenizer_free(t);
}

static void published_malformed_texts_are_read_as_their_well_formed_rest(void **state)
{
    (void)state;
    static const char bad[] = "../shared/data/unicode/utf8tests.bin";
    static const char good[] = "../shared/data/unicode/utf8.skip.ref.txt";
    if (!file_exists(bad) || !file_exists(good)) {
        print_message("skipped: %s or %s is not there\n", bad, good);
        skip();
    }
    size_t counts[2];
    char *texts[2] = { file_text(bad, &counts[0]), file_text(good, &counts[1]) };
    tokenizer *t = data_tokenizer("uncased");
    tokenizer_encoding e[2] = { { 0 }, { 0 } };
    for (size_t i = 0; i < 2; i++) {
        slice text = { texts[i], counts[i] };
        assert_done(tokenizer_encode(t, text, no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &e[i]));
        tokenizer_code_points(text, no_pair, &e[i]);
    }
    assert_int_equal(e[0].count, e[1].count);
    assert_memory_equal(e[0].ids, e[1].ids, e[0].count * sizeof e[0].ids[0]);
    assert_memory_equal(e[0].offsets, e[1].offsets, e[0].count * sizeof e[0].offsets[0]);
    for (size_t i = 0; i < 2; i++) {
        tokenizer_encoding_release(&e[i]);
        free(texts[i]);
    }
    tokenizer_free(t);
}

static void a_length_without_room_for_the_frame_is_refused(void **state)
{
    (void)state;
    tokenizer *t = data_tokenizer("uncased");
    tokenizer_encoding e = { 0 };
    slice text = slice_of("the river"), empty = slice_of("");
    assert_failed(tokenizer_encode(t, text, no_pair, 1, TRUNCATE_LONGEST_FIRST, &e), BERT_ARGUMENT,
                  "no room");
    assert_failed(tokenizer_encode(t, text, empty, 2, TRUNCATE_LONGEST_FIRST, &e), BERT_ARGUMENT,
                  "no room");
    assert_done(tokenizer_encode(t, text, no_pair, 2, TRUNCATE_LONGEST_FIRST, &e));
    assert_int_equal(e.count, 2);
    assert_int_equal(e.whole_count, 4);
    assert_done(tokenizer_encode(t, text, empty, 3, TRUNCATE_ONLY_SECOND, &e));
    assert_int_equal(e.count, 3);
    assert_int_equal(e.first_count, 2);
    assert_failed(tokenizer_encode(t, text, text, 4, TRUNCATE_ONLY_FIRST, &e), BERT_ARGUMENT,
                  "would have to lose");
    tokenizer_encoding_release(&e);
    tokenizer_free(t);
}

static void the_length_bound_comes_from_the_configuration(void **state)
{
    (void)state;
    static const struct {
        const char *folder;
        size_t wanted;
    } cases[] = { { "uncased", SIZE_MAX }, { "cased", 512 }, { "accents", SIZE_MAX } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tokenizer *t = data_tokenizer(cases[i].folder);
        assert_int_equal(tokenizer_max_length(t), cases[i].wanted);
        tokenizer_free(t);
    }
}

static void an_id_without_a_token_reads_as_unknown(void **state)
{
    (void)state;
    tokenizer *t = data_tokenizer("added");
    size_t count = tokenizer_vocabulary_count(t);
    assert_string_equal(tokenizer_token(t, 4), "[MASK]");
    assert_string_equal(tokenizer_token(t, (int32_t)count - 1), "zzz");
    assert_string_equal(tokenizer_token(t, (int32_t)count), "[UNK]");
    assert_string_equal(tokenizer_token(t, -1), "[UNK]");
    tokenizer_free(t);
}

#define SPECIAL "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"

static void a_vocabulary_file_is_read_by_pythons_lines_and_its_last_duplicate_wins(void **state)
{
    scratch_text(state, "vocab.txt", SPECIAL "a\r\nb\rc\n\na\n##b");
    tokenizer *t = NULL;
    assert_done(tokenizer_open(scratch_folder(state), &t));
    tokenizer_encoding e = { 0 };
    assert_done(tokenizer_encode(t, slice_of("a b c ab"), no_pair, 9, TRUNCATE_LONGEST_FIRST, &e));
    static const int32_t wanted[] = { 2, 9, 6, 7, 9, 10, 3 };
    assert_int_equal(e.count, 7);
    assert_memory_equal(e.ids, wanted, sizeof wanted);
    assert_int_equal(tokenizer_vocabulary_count(t), 11);
    assert_string_equal(tokenizer_token(t, 5), "[UNK]");
    tokenizer_encoding_release(&e);
    tokenizer_free(t);
}

static void a_long_run_of_marks_takes_no_longer_than_its_length_asks_for(void **state)
{
    (void)state;
    enum { MARKS = 200000 }; /* sorted by exchanges of neighbours this would take minutes */
    char *bytes = malloc(2 * MARKS);
    assert_non_null(bytes);
    for (size_t i = 0; i < MARKS; i++) memcpy(bytes + 2 * i, i % 2 ? "\xCC\xA3" : "\xCC\x81", 2);
    tokenizer *t = data_tokenizer("uncased");
    tokenizer_encoding e = { 0 };
    slice text = { bytes, 2 * MARKS };
    assert_done(tokenizer_encode(t, text, no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &e));
    assert_int_equal(e.count, 2);
    tokenizer_encoding_release(&e);
    tokenizer_free(t);
    free(bytes);
}

static void a_vocabulary_file_that_cannot_serve_is_refused_with_its_line(void **state)
{
    static const struct {
        slice text;
        const char *words;
    } cases[] = {
        { { "", 0 }, "vocab.txt: the vocabulary lacks \"[UNK]\"" },
        { { "[CLS]\n[SEP]\na", 13 }, "lacks \"[UNK]\", the unk_token" },
        { { "[UNK]\n[SEP]\na", 13 }, "lacks \"[CLS]\", the cls_token" },
        { { "[UNK]\n[CLS]\na", 13 }, "lacks \"[SEP]\", the sep_token" },
        { { "[UNK]\n[CLS]\n\xFF\n", 14 }, "vocab.txt:3: is not UTF-8" },
        { { "[UNK]\na\0b\n", 10 }, "vocab.txt:2: holds the character U+0000" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scratch_write(state, "vocab.txt", cases[i].text);
        tokenizer *t = NULL;
        assert_failed(tokenizer_open(scratch_folder(state), &t), BERT_FORMAT, cases[i].words);
        assert_null(t);
    }
}

static void a_folder_without_a_tokenizer_is_refused(void **state)
{
    tokenizer *t = NULL;
    assert_failed(tokenizer_open(scratch_folder(state), &t), BERT_IO, "neither tokenizer.json nor");
}

/* A whole tokenizer.json, with one thing replaced. */
static void json_file_write(void **state, const char *from, const char *to)
{
    static const char whole[] =
        "{\"version\":\"1.0\",\"added_tokens\":[{\"id\":2,\"content\":\"[CLS]\",\"special\":true}],"
        "\"normalizer\":{\"type\":\"BertNormalizer\",\"lowercase\":true},"
        "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},"
        "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":["
        "{\"SpecialToken\":{\"id\":\"[CLS]\",\"type_id\":0}},"
        "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},"
        "{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":0}}],\"pair\":["
        "{\"SpecialToken\":{\"id\":\"[CLS]\",\"type_id\":0}},"
        "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},"
        "{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":0}},"
        "{\"Sequence\":{\"id\":\"B\",\"type_id\":1}},"
        "{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":1}}],\"special_tokens\":{"
        "\"[CLS]\":{\"id\":\"[CLS]\",\"ids\":[2],\"tokens\":[\"[CLS]\"]},"
        "\"[SEP]\":{\"id\":\"[SEP]\",\"ids\":[3],\"tokens\":[\"[SEP]\"]}}},"
        "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"vocab\":{"
        "\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"[MASK]\":4,\"a\":5,\"##b\":6}}}";
    scratch_replaced(state, "tokenizer.json", whole, from, to);
}

static void a_tokenizer_file_that_is_not_berts_is_refused(void **state)
{
    static const struct {
        const char *from, *to;
        bert_status status;
        const char *words;
    } cases[] = {
        { "\"##b\":6", "\"##b\":5", BERT_FORMAT, "\"a\" and \"##b\" both have the id 5" },
        { "\"##b\":6", "\"##b\":-1", BERT_FORMAT, "the id of \"##b\" is not a whole number" },
        { "\"##b\":6", "\"##b\":99999999999", BERT_FORMAT, "the id of \"##b\" is not a whole" },
        { "\"##b\":6", "\"##b\":6.5", BERT_FORMAT, "the id of \"##b\" is not a whole number" },
        { "\"##b\":6", "\"##b\":\"6\"", BERT_FORMAT, "the id of \"##b\" is not a whole number" },
        { "\"##b\":6", "\"a\":6", BERT_FORMAT, "duplicate" },
        { "\"##b\":6", "\"\xFF\":6", BERT_FORMAT, "not JSON" },
        { "\"[UNK]\":1", "\"x\":1", BERT_FORMAT, "the vocabulary lacks \"[UNK]\"" },
        { "\"vocab\":{", "\"vocab\":[],\"x\":{", BERT_FORMAT, "\"vocab\" is not an object" },
        { "\"vocab\":{", "\"x\":{", BERT_FORMAT, "\"vocab\" is not an object" },
        { "\"ids\":[3]", "\"ids\":[7]", BERT_FORMAT,
          "lacks a special token of the post_processor" },
        { "\"ids\":[3]", "\"ids\":[3,3,3,3,3]", BERT_UNSUPPORTED, "more than 4 special tokens" },
        { "\"ids\":[3]", "\"x\":[3]", BERT_FORMAT, "is not among the \"special_tokens\"" },
        { "\"id\":\"A\"", "\"id\":\"B\"", BERT_UNSUPPORTED, "not have each text once" },
        { "\"type_id\":0", "\"type_id\":1", BERT_UNSUPPORTED, "types are neither all 0 nor" },
        { "TemplateProcessing", "FooProcessing", BERT_UNSUPPORTED,
          "the post_processor: \"FooProcessing\" is not a type that" },
        { "TemplateProcessing", "Sequence", BERT_FORMAT, "\"processors\" is not an array" },
        { "TemplateProcessing", "Sequence\",\"processors\":[],\"x\":\"", BERT_UNSUPPORTED,
          "puts no special tokens around" },
        { "TemplateProcessing", "BertProcessing", BERT_FORMAT, "the id of \"cls\" is not" },
        { "WordPiece", "Foo", BERT_UNSUPPORTED, "the model: \"Foo\" is not a type that" },
        { "BertNormalizer", "Foo", BERT_UNSUPPORTED, "the normalizer: \"Foo\" is not a type that" },
        { "\"lowercase\":true", "\"lowercase\":1", BERT_FORMAT,
          "the normalizer: BertNormalizer: \"lowercase\" must be" },
        { "BertPreTokenizer", "Foo", BERT_UNSUPPORTED,
          "the pre_tokenizer: \"Foo\" is not a type that" },
        { "{\"type\":\"BertPreTokenizer\"}", "[]", BERT_FORMAT,
          "the pre_tokenizer: a step is not an object" },
        { "\"content\":\"[CLS]\"", "\"text\":\"x\"", BERT_FORMAT, "lacks its \"content\"" },
        { "\"special\":true}", "\"special\":1}", BERT_FORMAT, "\"special\" must be" },
        { "\"content\":\"[CLS]\",\"special\":true", "\"content\":\"\\u0301\"", BERT_FORMAT,
          "nothing is left of the added token" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_file_write(state, cases[i].from, cases[i].to);
        tokenizer *t = NULL;
        assert_failed(tokenizer_open(scratch_folder(state), &t), cases[i].status, cases[i].words);
        assert_null(t);
    }
    json_file_write(state, "\"##b\":6", "\"##b\":6");
    tokenizer *t = NULL;
    assert_done(tokenizer_open(scratch_folder(state), &t));
    tokenizer_free(t);
}

static void a_configuration_that_makes_no_sense_is_refused(void **state)
{
    static const struct {
        const char *name, *text, *words;
        bert_status status;
    } cases[] = {
        { "tokenizer_config.json", "{\"do_lower_case\":\"no\"}", "do_lower_case", BERT_FORMAT },
        { "tokenizer_config.json", "{\"model_max_length\":-5}", "model_max_length", BERT_FORMAT },
        { "tokenizer_config.json", "{\"mask_token\":7}", "mask_token", BERT_FORMAT },
        { "tokenizer_config.json", "{\"tokenizer_class\":\"BertJapaneseTokenizer\"}",
          "BertJapaneseTokenizer", BERT_UNSUPPORTED },
        { "tokenizer_config.json", "{\"added_tokens_decoder\":{\"x\":{\"content\":\"a\"}}}",
          "\"x\" in \"added_tokens_decoder\" is not an id", BERT_FORMAT },
        { "tokenizer_config.json", "{\"additional_special_tokens\":\"x\"}", "holds no list",
          BERT_FORMAT },
        { "special_tokens_map.json", "{\"sep_token\":\"</s>\"}", "lacks \"</s>\"", BERT_FORMAT },
        { "added_tokens.json", "{\"x\":\"y\"}", "\"x\" must be a whole number", BERT_FORMAT },
        { "added_tokens.json", "{\"x\":null}", "\"x\" has no id", BERT_FORMAT },
        { "added_tokens.json", "{\"x\":1e72}", "e+71; it must be", BERT_FORMAT },
        { "added_tokens.json", "{\"x\":-1}", "\"x\" is -1; it must be from 0", BERT_FORMAT },
    };
    scratch_text(state, "vocab.txt", SPECIAL "a\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = scratch_text(state, cases[i].name, cases[i].text);
        tokenizer *t = NULL;
        assert_failed(tokenizer_open(scratch_folder(state), &t), cases[i].status, cases[i].words);
        assert_null(t);
        assert_int_equal(remove(path), 0);
    }
}

static void a_damaged_tokenizer_file_opens_or_is_refused_in_words(void **state)
{
    size_t count, refused = 0;
    char *whole = file_text(DATA "/added/tokenizer.json", &count);
    char *damaged = malloc(count + 16);
    assert_non_null(damaged);
    for (uint64_t seed = 0; seed < 300; seed++) {
        size_t left = bytes_damage((slice){ whole, count }, seed, damaged);
        scratch_write(state, "tokenizer.json", (slice){ damaged, left });
        tokenizer *t = NULL;
        bert_status status = tokenizer_open(scratch_folder(state), &t);
        refused += status != BERT_OK;
        if (status != BERT_OK && !strstr(status_message(), "tokenizer.json"))
            fail_msg("seed %d: %s", (int)seed, status_message());
        tokenizer_free(t);
    }
    assert_in_range(refused, 50, 290);
    free(damaged);
    free(whole);
}

static void copied_files_make_the_same_tokenizer(void **state)
{
    folder_handle to;
    assert_done(folder_hold(scratch_folder(state), &to));
    assert_done(tokenizer_copy_files(DATA "/added", &to, false));
    folder_release(&to);
    static const char *const names[] = { "tokenizer.json", "tokenizer_config.json",
                                         "special_tokens_map.json", "added_tokens.json" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *from;
        assert_done(path_join(DATA "/added", names[i], &from));
        char *wanted = file_text(from, NULL), *got = file_text(scratch_path(state, names[i]), NULL);
        assert_string_equal(got, wanted);
        free(wanted);
        free(got);
        free(from);
    }
    assert_false(file_exists(scratch_path(state, "vocab.txt")));
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(awkward_texts_are_as_the_reference_has_them_uncased),
        cmocka_unit_test(awkward_texts_are_as_the_reference_has_them_cased),
        cmocka_unit_test(awkward_texts_are_as_the_reference_has_them_with_accents_and_cut_left),
        cmocka_unit_test(added_tokens_are_found_as_the_reference_finds_them),
        cmocka_unit_test(every_character_between_letters_is_as_the_reference_has_it),
        cmocka_unit_test(offsets_are_bytes_of_the_text_as_it_came),
        cmocka_unit_test(malformed_bytes_are_skipped_and_offsets_reach_over_them),
        cmocka_unit_test(malformed_bytes_count_for_no_code_point),
        cmocka_unit_test(published_malformed_texts_are_read_as_their_well_formed_rest),
        cmocka_unit_test(a_length_without_room_for_the_frame_is_refused),
        cmocka_unit_test(the_length_bound_comes_from_the_configuration),
        cmocka_unit_test(an_id_without_a_token_reads_as_unknown),
        WITH_SCRATCH(a_vocabulary_file_is_read_by_pythons_lines_and_its_last_duplicate_wins),
        cmocka_unit_test(a_long_run_of_marks_takes_no_longer_than_its_length_asks_for),
        WITH_SCRATCH(a_vocabulary_file_that_cannot_serve_is_refused_with_its_line),
        WITH_SCRATCH(a_folder_without_a_tokenizer_is_refused),
        WITH_SCRATCH(a_tokenizer_file_that_is_not_berts_is_refused),
        WITH_SCRATCH(a_configuration_that_makes_no_sense_is_refused),
        WITH_SCRATCH(a_damaged_tokenizer_file_opens_or_is_refused_in_words),
        WITH_SCRATCH(copied_files_make_the_same_tokenizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
