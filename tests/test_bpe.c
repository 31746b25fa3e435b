/* Tokenizers of byte pairs and of whole words, with the pre-tokenizers and post-processors that go
 * with them, by what tools/golden/bpe.py wrote of them. */
#include "encodings.h"

#include "base/folder.h"
#include "scratch.h"
#include "text/byte_level.h"
#include "text/tokenizer_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA "tests/data/bpe"

static const slice no_pair = { NULL, 0 };

static const char *const folders[] = { "merges",  "prefixed", "trimmed",  "modern", "pattern",
                                       "dropped", "affixes",  "fallback", "words",  "unfused" };

static void awkward_texts_are_as_the_reference_has_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) encodings_check(DATA, folders[i]);
}

static void every_character_between_letters_is_as_the_reference_has_it(void **state)
{
    (void)state;
    static const char *const swept[] = { "prefixed", "affixes", "unfused", "dropped" };
    for (size_t i = 0; i < sizeof swept / sizeof *swept; i++) encodings_sweep(DATA, swept[i], NULL);
}

static void the_alphabet_of_bytes_has_a_character_for_each(void **state)
{
    (void)state;
    bool seen[512] = { false };
    for (unsigned byte = 0; byte < 256; byte++) {
        uint32_t code = byte_level_character((unsigned char)byte);
        assert_in_range(code, '!', 0x143);
        assert_false(seen[code]);
        seen[code] = true;
        assert_int_equal(byte_level_byte(code), byte);
    }
    assert_int_equal(byte_level_character(' '), 0x120);
    for (uint32_t code = 0; code < 512; code++)
        if (!seen[code]) assert_int_equal(byte_level_byte(code), -1);
}

static void words_are_those_of_the_pre_tokenizer(void **state)
{
    (void)state;
    tokenizer *t = encodings_tokenizer(DATA, "prefixed");
    tokenizer_encoding e = { 0 };
    assert_done(tokenizer_encode(t, slice_of("the miller's daughter,<mask>x"), no_pair, SIZE_MAX,
                                 TRUNCATE_LONGEST_FIRST, &e));
    assert_int_equal(e.words[0], NO_WORD);
    assert_int_equal(e.words[e.count - 1], NO_WORD);
    uint32_t last = 0;
    for (size_t i = 1; i + 1 < e.count; i++) {
        assert_in_range(e.words[i], last, last + 1);
        last = e.words[i];
    }
    assert_int_equal(last,
                     6); /* the, miller, 's, daughter, ",", <mask>, x, of which two are added */
    assert_null(tokenizer_pattern_engine(t));
    tokenizer_encoding_release(&e);
    tokenizer_free(t);
}

static void assert_ids_equal(const tokenizer_encoding *a, const tokenizer_encoding *b)
{
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->ids, b->ids, a->count * sizeof *a->ids);
    assert_memory_equal(a->offsets, b->offsets, a->count * sizeof *a->offsets);
}

static void a_word_among_words_is_read_as_behind_a_blank(void **state)
{
    (void)state;
    tokenizer *t = encodings_tokenizer(DATA, "merges");
    tokenizer_encoding word = { 0 }, text = { 0 };
    assert_done(tokenizer_encode_word(t, slice_of("river"), &word));
    assert_done(
        tokenizer_encode(t, slice_of(" river"), no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &text));
    assert_int_equal(word.count, text.count);
    assert_memory_equal(word.ids, text.ids, word.count * sizeof *word.ids);
    assert_done(
        tokenizer_encode(t, slice_of("river"), no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &text));
    assert_int_not_equal(word.ids[1], text.ids[1]);
    tokenizer_encoding_release(&word);
    tokenizer_encoding_release(&text);
    tokenizer_free(t);
}

static void words_that_are_cached_have_the_same_tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        tokenizer *t = encodings_tokenizer(DATA, folders[i]);
        tokenizer_encoding fresh = { 0 }, used = { 0 };
        slice text =
            slice_of("The miller's \xC3\xA9l\xC3\xA9ments, the  r\xC3\xA9ponse: 12 \xE4\xB8\xAD!");
        assert_done(tokenizer_encode(t, text, no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &fresh));
        for (size_t times = 0; times < 200; times++)
            assert_done(
                tokenizer_encode(t, text, no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &used));
        assert_ids_equal(&fresh, &used);
        tokenizer_encoding_release(&fresh);
        tokenizer_encoding_release(&used);
        tokenizer_free(t);
    }
}

static void an_encoding_may_go_from_one_tokenizer_to_another(void **state)
{
    (void)state;
    tokenizer_encoding used = { 0 };
    slice text = slice_of("The miller's daughter walked down to the river early");
    for (size_t i = 0; i < 3; i++) {
        tokenizer *t = encodings_tokenizer(DATA, i % 2 ? "modern" : "merges");
        tokenizer_encoding fresh = { 0 };
        assert_done(tokenizer_encode(t, text, no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &fresh));
        for (size_t times = 0; times < 200; times++)
            assert_done(
                tokenizer_encode(t, text, no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &used));
        assert_ids_equal(&fresh, &used);
        tokenizer_encoding_release(&fresh);
        tokenizer_free(t);
    }
    tokenizer_encoding_release(&used);
}

/* A second for a square of it would be a day. */
static void a_word_of_a_million_letters_takes_no_longer_than_its_length_asks_for(void **state)
{
    (void)state;
    enum { LENGTH = 1 << 20 };
    char *word = malloc(LENGTH);
    assert_non_null(word);
    for (size_t i = 0; i < LENGTH; i++) word[i] = "therivermill"[i * i % 12];
    tokenizer *t = encodings_tokenizer(DATA, "merges");
    tokenizer_encoding e = { 0 };
    assert_done(tokenizer_encode(t, (slice){ word, LENGTH }, no_pair, SIZE_MAX,
                                 TRUNCATE_LONGEST_FIRST, &e));
    assert_in_range(e.count, LENGTH / 8, LENGTH);
    tokenizer_encoding_release(&e);
    tokenizer_free(t);
    free(word);
}

static void tokens_are_joined_as_the_decoder_joins_them(void **state)
{
    (void)state;
    tokenizer *t = encodings_tokenizer(DATA, "merges");
    joined_text text = { 0 };
    assert_true(tokenizer_marks_words(t));
    assert_done(tokenizer_join(t, slice_of("\xC4\xA0the"), true, &text));
    assert_done(
        tokenizer_join(t, slice_of("r\xC3\x83\xC2\xA9"), false, &text)); /* é, byte by byte */
    assert_done(tokenizer_join(t, slice_of(" joined \xE4\xB8\xAD"), false, &text));
    assert_done(
        tokenizer_join(t, slice_of("\xC3\xA2\xC4\xA4"), false, &text)); /* E2 82, of three */
    assert_done(joined_mend(&text));
    assert_string_equal(text.bytes, " ther\xC3\xA9 joined \xE4\xB8\xAD\xEF\xBF\xBD");
    free(text.bytes);
    tokenizer_free(t);
}

/* A whole tokenizer.json, with one thing replaced. */
static void json_file_write(void **state, const char *from, const char *to)
{
    static const char whole[] =
        "{\"normalizer\":null,"
        "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\","
        "\"pattern\":{\"Regex\":\"a+\"},\"behavior\":\"Isolated\",\"invert\":false},"
        "{\"type\":\"ByteLevel\",\"add_prefix_space\":false}]},"
        "\"post_processor\":{\"type\":\"RobertaProcessing\",\"sep\":[\"b\",2],\"cls\":[\"a\",1],"
        "\"trim_offsets\":true,\"add_prefix_space\":true},"
        "\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,\"vocab\":{\"\\u0120\":0,"
        "\"a\":1,\"b\":2,\"ab\":3,\"\\u0120ab\":4},\"merges\":[\"a b\",[\"\\u0120\",\"ab\"]]}}";
    scratch_replaced(state, "tokenizer.json", whole, from, to);
}

static void a_file_that_cannot_be_read_is_refused_by_its_step(void **state)
{
    static const struct {
        const char *from, *to;
        bert_status status;
        const char *words;
    } cases[] = {
        { "\"dropout\":null", "\"dropout\":0.1", BERT_UNSUPPORTED, "a \"dropout\" makes" },
        { "\"unk_token\":null", "\"unk_token\":\"x\"", BERT_FORMAT, "the vocabulary lacks \"x\"" },
        { "\"a b\"", "\"a c\"", BERT_FORMAT, "merge 1 of \"merges\": the vocabulary lacks \"c\"" },
        { "\"a b\"", "\"b a\"", BERT_FORMAT, "merge 1 of \"merges\": the vocabulary lacks \"ba\"" },
        { "\"a b\"", "\"ab\"", BERT_FORMAT, "is not two texts" },
        { "\"a b\"", "\"a b c\"", BERT_FORMAT, "is not two texts" },
        { "\"a b\"", "7", BERT_FORMAT, "is not two texts" },
        { "[\"a b\",", "{\"x\":", BERT_FORMAT, "not JSON" },
        { "\"merges\":[", "\"merges\":7,\"x\":[", BERT_FORMAT, "\"merges\" is not an array" },
        { "\"unk_token\":null", "\"end_of_word_suffix\":7", BERT_FORMAT, "end_of_word_suffix" },
        { "a+", "a(", BERT_UNSUPPORTED,
          "the pre_tokenizer: Split: the pattern cannot be read: end pattern" },
        { "a+", "", BERT_UNSUPPORTED, "Split: the \"pattern\" is empty" },
        { "Regex", "Foo", BERT_FORMAT, "Split: has no \"pattern\"" },
        { "Isolated", "Foo", BERT_UNSUPPORTED, "Split: \"behavior\" is \"Foo\"" },
        { "{\"type\":\"ByteLevel\",\"add_prefix_space\":false}",
          "{\"type\":\"ByteLevel\"},{\"type\":\"Digits\"}", BERT_UNSUPPORTED,
          "another step follows ByteLevel" },
        { "\"type\":\"BPE\"", "\"type\":\"WordPiece\"", BERT_UNSUPPORTED,
          "\"WordPiece\" behind a ByteLevel pre_tokenizer" },
        { "[\"b\",2]", "[\"b\",99]", BERT_FORMAT, "lacks a special token of the post_processor" },
        { "\"trim_offsets\":true", "\"trim_offsets\":1", BERT_FORMAT, "\"trim_offsets\" must be" },
    };
    tokenizer *t = NULL;
    scratch_text(state, "tokenizer_config.json", "{\"tokenizer_class\":\"RobertaTokenizer\"}");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_file_write(state, cases[i].from, cases[i].to);
        assert_failed(tokenizer_open(scratch_folder(state), &t), cases[i].status, cases[i].words);
        assert_null(t);
    }
    json_file_write(state, "\"a b\"", "\"a b\"");
    assert_done(tokenizer_open(scratch_folder(state), &t));
    tokenizer_free(t);
}

/* (a+)+b goes through a row of a's in twice as many ways for each. */
static void a_pattern_that_goes_back_without_end_is_given_up(void **state)
{
    tokenizer *t = NULL;
    tokenizer_encoding e = { 0 };
    json_file_write(state, "a+", "(?:a|a|aa)+$b");
    scratch_text(state, "tokenizer_config.json", "{\"tokenizer_class\":\"RobertaTokenizer\"}");
    assert_done(tokenizer_open(scratch_folder(state), &t));
    slice text =
        slice_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_non_null(tokenizer_pattern_engine(t));
    assert_failed(tokenizer_encode(t, text, no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &e),
                  BERT_ARGUMENT, "the tokenizer's pattern fails on a text: ");
    tokenizer_encoding_release(&e);
    tokenizer_free(t);
}

static void merges_that_cannot_be_read_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *merges, *words;
    } cases[] = {
        { "#version\na b\na\n", "merges.txt:3: a merge is two texts" },
        { "#version\na b c\n", "merges.txt:2: a merge is two texts" },
        { "#version\n\n", "merges.txt:2: a merge is two texts" },
        { "#version\na x\n", "merges.txt:2: the vocabulary lacks \"x\"" },
        { "#version\nb a\n", "merges.txt:2: the vocabulary lacks \"ba\"" },
    };
    tokenizer *t = NULL;
    scratch_text(state, "config.json", "{\"model_type\":\"roberta\"}");
    assert_failed(tokenizer_open(scratch_folder(state), &t), BERT_IO,
                  "neither tokenizer.json nor vocab.json");
    scratch_text(state, "vocab.json", "{\"<s>\":0,\"</s>\":1,\"a\":2,\"b\":3,\"ab\":4}");
    assert_failed(tokenizer_open(scratch_folder(state), &t), BERT_IO, "merges.txt");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scratch_text(state, "merges.txt", cases[i].merges);
        assert_failed(tokenizer_open(scratch_folder(state), &t), BERT_FORMAT, cases[i].words);
    }
    scratch_text(state, "merges.txt", "#version\r\n a \tb \r\na b\nwhat has no end is lost");
    assert_done(tokenizer_open(scratch_folder(state), &t));
    tokenizer_free(t);
}

static void a_model_trained_on_words_says_that_they_begin_with_a_blank(void **state)
{
    folder_handle to;
    tokenizer *t = NULL;
    assert_done(folder_hold(scratch_folder(state), &to));
    assert_done(tokenizer_copy_files(DATA "/merges", &to, true));
    folder_release(&to);
    assert_done(tokenizer_open(scratch_folder(state), &t));
    tokenizer_encoding e = { 0 }, word = { 0 };
    slice text = slice_of("river");
    assert_done(tokenizer_encode(t, text, no_pair, SIZE_MAX, TRUNCATE_LONGEST_FIRST, &e));
    assert_done(tokenizer_encode_word(t, text, &word));
    assert_ids_equal(&e, &word);
    tokenizer_encoding_release(&e);
    tokenizer_encoding_release(&word);
    tokenizer_free(t);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(awkward_texts_are_as_the_reference_has_them),
        cmocka_unit_test(every_character_between_letters_is_as_the_reference_has_it),
        cmocka_unit_test(the_alphabet_of_bytes_has_a_character_for_each),
        cmocka_unit_test(words_are_those_of_the_pre_tokenizer),
        cmocka_unit_test(a_word_among_words_is_read_as_behind_a_blank),
        cmocka_unit_test(words_that_are_cached_have_the_same_tokens),
        cmocka_unit_test(an_encoding_may_go_from_one_tokenizer_to_another),
        cmocka_unit_test(a_word_of_a_million_letters_takes_no_longer_than_its_length_asks_for),
        cmocka_unit_test(tokens_are_joined_as_the_decoder_joins_them),
        WITH_SCRATCH(a_file_that_cannot_be_read_is_refused_by_its_step),
        WITH_SCRATCH(a_pattern_that_goes_back_without_end_is_given_up),
        WITH_SCRATCH(merges_that_cannot_be_read_are_refused_with_their_line),
        WITH_SCRATCH(a_model_trained_on_words_says_that_they_begin_with_a_blank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
