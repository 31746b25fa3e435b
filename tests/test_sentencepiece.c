/* SentencePiece model files that cannot serve, and what Unigram and its normalizers refuse of
 * tokenizer.json. What they make of good ones is in test_unigram.c. */
#include "base/file.h"
#include "scratch.h"
#include "text/sentencepiece.h"
#include "text/tokenizer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MODEL "tests/data/unigram/xlm-roberta/sentencepiece.bpe.model"

/* A message of protocol buffers, as far as these tests need: fields below 16, bytes below 128. */
typedef struct message {
    char bytes[4096];
    size_t count;
} message;

static void put_bytes(message *m, unsigned field, slice value)
{
    assert_true(field < 16 && value.count < 128);
    m->bytes[m->count++] = (char)(field << 3 | 2);
    m->bytes[m->count++] = (char)value.count;
    memcpy(m->bytes + m->count, value.bytes, value.count);
    m->count += value.count;
}

static void put_number(message *m, unsigned field, unsigned value)
{
    assert_true(field < 16 && value < 128);
    m->bytes[m->count++] = (char)(field << 3);
    m->bytes[m->count++] = (char)value;
}

static void put_piece(message *model, slice text, float score, unsigned type)
{
    message piece = { .count = 0 };
    put_bytes(&piece, 1, text);
    piece.bytes[piece.count++] = 2 << 3 | 5;
    memcpy(piece.bytes + piece.count, &score, sizeof score);
    piece.count += sizeof score;
    put_number(&piece, 3, type);
    put_bytes(model, 1, (slice){ piece.bytes, piece.count });
}

/* Pieces that ALBERT's class needs: <unk>, [CLS], [SEP], and one more. */
static message albert_model(slice text, float score)
{
    message model = { .count = 0 };
    put_piece(&model, slice_of("<unk>"), 0, SENTENCEPIECE_UNKNOWN);
    put_piece(&model, slice_of("[CLS]"), 0, SENTENCEPIECE_CONTROL);
    put_piece(&model, slice_of("[SEP]"), 0, SENTENCEPIECE_CONTROL);
    put_piece(&model, text, score, SENTENCEPIECE_NORMAL);
    return model;
}

static bert_status albert_open(void **state, const message *model, tokenizer **out)
{
    scratch_write(state, "spiece.model", (slice){ model->bytes, model->count });
    scratch_text(state, "config.json", "{\"model_type\":\"albert\"}");
    return tokenizer_open(scratch_folder(state), out);
}

static void a_small_model_is_read(void **state)
{
    message model = albert_model(slice_of("\xE2\x96\x81world"), -1);
    tokenizer *t = NULL;
    tokenizer_encoding e = { 0 };
    assert_done(albert_open(state, &model, &t));
    assert_done(tokenizer_encode(t, slice_of("W\xC3\xB6rld world"), (slice){ NULL, 0 }, SIZE_MAX,
                                 TRUNCATE_LONGEST_FIRST, &e));
    static const int32_t wanted[] = { 1, 3, 3, 2 };
    assert_int_equal(e.count, 4);
    assert_memory_equal(e.ids, wanted, sizeof wanted);
    assert_string_equal(tokenizer_token(t, 3), "\xE2\x96\x81world");
    assert_true(tokenizer_marks_words(t) && !tokenizer_continues(t, 3));
    assert_true(tokenizer_is_special(t, 1) && !tokenizer_is_special(t, 3));
    tokenizer_encoding_release(&e);
    tokenizer_free(t);
}

static void assert_refused(void **state, const message *model, bert_status status,
                           const char *words)
{
    tokenizer *t = NULL;
    assert_failed(albert_open(state, model, &t), status, words);
    assert_non_null(strstr(status_message(), "spiece.model"));
    assert_null(t);
}

static void a_model_that_cannot_serve_is_refused_in_words(void **state)
{
    message model = albert_model(slice_of("a"), NAN);
    assert_refused(state, &model, BERT_FORMAT, "the score of piece 3");
    model = albert_model(slice_of("a"), INFINITY);
    assert_refused(state, &model, BERT_FORMAT, "the score of piece 3");
    model = albert_model((slice){ "a\0b", 3 }, -1);
    assert_refused(state, &model, BERT_FORMAT, "piece 3 is not UTF-8, or holds");
    model = albert_model(slice_of("\xFF"), -1);
    assert_refused(state, &model, BERT_FORMAT, "piece 3 is not UTF-8, or holds");
    model = albert_model(slice_of("a"), -1);
    put_bytes(&model, 2, (slice){ "\x18\x02", 2 }); /* model_type: BPE */
    assert_refused(state, &model, BERT_UNSUPPORTED, "another kind of model than Unigram");
    model = albert_model(slice_of("a"), -1);
    put_bytes(&model, 2, (slice){ "\xC0\x02\x09", 3 }); /* unk_id: 9 */
    assert_refused(state, &model, BERT_FORMAT, "the id of what is unknown, 9, is not one of the 4");
    model = albert_model(slice_of("a"), -1);
    put_bytes(&model, 3, (slice){ "\x12\x02xx", 4 }); /* precompiled_charsmap */
    assert_refused(state, &model, BERT_FORMAT, "ends before its trie does");
    model = (message){ .count = 0 };
    assert_refused(state, &model, BERT_FORMAT, "is not a SentencePiece model");
    put_piece(&model, slice_of("<unk>"), 0, SENTENCEPIECE_UNKNOWN);
    model.bytes[model.count++] = 3; /* a group */
    assert_refused(state, &model, BERT_FORMAT, "is not a SentencePiece model");
}

static void a_folder_without_its_model_file_is_refused_by_the_files_name(void **state)
{
    tokenizer *t = NULL;
    scratch_text(state, "config.json", "{\"model_type\":\"deberta-v2\"}");
    assert_failed(tokenizer_open(scratch_folder(state), &t), BERT_IO,
                  "neither tokenizer.json nor spm.model");
}

static void a_model_file_that_is_cut_is_refused_or_lacks_pieces(void **state)
{
    file_map map;
    assert_done(file_map_open(MODEL, &map));
    for (size_t count = 0; count < map.count; count += 1 + map.count / 300) {
        sentencepiece_model model = { 0 };
        const char *path = scratch_write(state, "cut", (slice){ map.bytes, count });
        bert_status status = sentencepiece_read(path, &model);
        assert_true(status == BERT_OK || status == BERT_FORMAT);
        assert_true(status != BERT_OK || model.count > 0);
        sentencepiece_release(&model);
    }
    file_map_close(&map);
}

/* tokenizer.json with a normalizer and the members of a model. */
static bert_status json_open(void **state, const char *normalizer, const char *model,
                             tokenizer **out)
{
    char text[4096];
    int count =
        snprintf(text, sizeof text,
                 "{\"normalizer\":%s,\"model\":{\"type\":\"Unigram\",%s},\"post_processor\":"
                 "{\"type\":\"BertProcessing\",\"cls\":[\"<s>\",1],\"sep\":[\"</s>\",2]}}",
                 normalizer, model);
    assert_true(count > 0 && (size_t)count < sizeof text);
    scratch_text(state, "tokenizer.json", text);
    scratch_text(state, "tokenizer_config.json",
                 "{\"tokenizer_class\":\"PreTrainedTokenizerFast\"}");
    return tokenizer_open(scratch_folder(state), out);
}

#define PIECES "\"vocab\":[[\"<unk>\",0],[\"<s>\",0],[\"</s>\",0],[\"a\",-1.5]]"
#define GOOD "\"unk_id\":0," PIECES

static void a_model_or_a_normalizer_that_makes_no_sense_is_refused(void **state)
{
    static const struct {
        const char *normalizer, *model;
        bert_status status;
        const char *words;
    } cases[] = {
        { "null", PIECES, BERT_UNSUPPORTED, "names no \"unk_id\"" },
        { "null", "\"unk_id\":4," PIECES, BERT_FORMAT, "4, is not one of the 4 pieces" },
        { "null", "\"unk_id\":0", BERT_FORMAT, "\"vocab\" is not an array" },
        { "null", "\"unk_id\":0,\"vocab\":[[\"a\"]]", BERT_FORMAT, "piece 0 of \"vocab\"" },
        { "null", "\"unk_id\":0,\"vocab\":[[\"a\",\"b\"]]", BERT_FORMAT, "piece 0 of \"vocab\"" },
        { "{\"type\":\"Precompiled\"}", GOOD, BERT_FORMAT, "lacks its \"precompiled_charsmap\"" },
        { "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"?\"}", GOOD, BERT_FORMAT,
          "is not base64" },
        { "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"CAAAAAAAAAAA\"}", GOOD, BERT_FORMAT,
          "ends before its trie does" },
        { "{\"type\":\"Replace\",\"content\":\"\"}", GOOD, BERT_FORMAT, "lacks its \"pattern\"" },
        { "{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"\"}", GOOD,
          BERT_UNSUPPORTED, "replaces the empty text" },
        { "{\"type\":\"Prepend\"}", GOOD, BERT_FORMAT, "lacks its \"prepend\"" },
        { "{\"type\":\"NFX\"}", GOOD, BERT_UNSUPPORTED, "\"NFX\" is not a type" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tokenizer *t = NULL;
        assert_failed(json_open(state, cases[i].normalizer, cases[i].model, &t), cases[i].status,
                      cases[i].words);
        assert_non_null(strstr(status_message(), "tokenizer.json"));
        assert_null(t);
    }
}

/* Each replacement makes the text 1,000 times as long. */
static void a_text_that_grows_without_end_is_refused(void **state)
{
    char step[1200] = "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"",
         list[4000];
    memset(step + strlen(step), 'a', 1000);
    strcat(step, "\"}");
    snprintf(list, sizeof list, "{\"type\":\"Sequence\",\"normalizers\":[%s,%s,%s]}", step, step,
             step);
    tokenizer *t = NULL;
    tokenizer_encoding e = { 0 };
    assert_done(json_open(state, list, GOOD, &t));
    assert_failed(tokenizer_encode(t, slice_of("a"), (slice){ NULL, 0 }, SIZE_MAX,
                                   TRUNCATE_LONGEST_FIRST, &e),
                  BERT_ARGUMENT, "is longer than 67108864 bytes when it is normalized");
    tokenizer_encoding_release(&e);
    tokenizer_free(t);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(a_small_model_is_read),
        WITH_SCRATCH(a_model_that_cannot_serve_is_refused_in_words),
        WITH_SCRATCH(a_folder_without_its_model_file_is_refused_by_the_files_name),
        WITH_SCRATCH(a_model_file_that_is_cut_is_refused_or_lacks_pieces),
        WITH_SCRATCH(a_model_or_a_normalizer_that_makes_no_sense_is_refused),
        WITH_SCRATCH(a_text_that_grows_without_end_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
