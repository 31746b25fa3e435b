/* What a file may ask for is bounded before memory or time is spent on it, and nothing is written
 * where a link points: docs/security.md. Big files are mostly holes, which take no room. */
#include "base/file.h"
#include "base/limits.h"
#include "data/dataset.h"
#include "data/features.h"
#include "json/json.h"
#include "model/config.h"
#include "rows/table.h"
#include "rows/text_lines.h"
#include "scratch.h"
#include "tasks/label_lists.h"
#include "tensors/tensors.h"
#include "text/added_tokens.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SPECIAL "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"

/* A file that begins with a text and is `count` bytes, the rest of them zeros. */
static const char *file_of_holes(void **state, const char *name, const char *begin, size_t count)
{
    const char *path = scratch_text(state, name, begin);
    assert_int_equal(truncate(path, (off_t)count), 0);
    return path;
}

/* `count` times what `format` makes of a number, between two texts. */
static const char *file_of_many(void **state, const char *name, const char *begin,
                                const char *format, size_t count, const char *end)
{
    const char *path = scratch_path(state, name);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(begin, stream);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    for (size_t i = 0; i < count; i++) fprintf(stream, format, i);
#pragma GCC diagnostic pop
    fputs(end, stream);
    assert_int_equal(fclose(stream), 0);
    return path;
}

static double seconds_used(clock_t since)
{
    return (double)(clock() - since) / CLOCKS_PER_SEC;
}

/* ---- reading */

static void a_pipe_in_the_place_of_a_file_is_not_waited_for(void **state)
{
    const char *path = scratch_path(state, "config.json");
    assert_int_equal(mkfifo(path, 0600), 0);
    file_map map;
    config c;
    alarm(20);
    assert_failed(file_map_open(path, &map), BERT_IO, "is not a regular file");
    assert_failed(config_read(scratch_folder(state), &c), BERT_IO, "is not a regular file");
    alarm(0);
}

static void json_of_a_model_is_read_up_to_a_size(void **state)
{
    json_t *object = NULL;
    const char *path = file_of_holes(state, "config.json", "{}", JSON_BYTES_MAX + 1);
    assert_failed(json_read_object(path, &object), BERT_FORMAT, "config.json: is 67108865 bytes");
    path = file_of_holes(state, "squad.json", "{}", (size_t)SQUAD_BYTES_MAX + 1);
    dataset d;
    assert_failed(dataset_open(&path, 1, &(dataset_request){ 0 }, &d), BERT_FORMAT,
                  "squad.json: is 1073741825 bytes");
}

static void an_index_may_not_name_files_without_end(void **state)
{
    static const char tensor[] =
        "{\"t%zu\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}";
    for (size_t i = 0; i <= 1024; i++) {
        char path[256], header[128];
        snprintf(path, sizeof path, "%s/%zu.safetensors", scratch_folder(state), i);
        uint64_t length = (uint64_t)snprintf(header, sizeof header, tensor, i);
        FILE *stream = fopen(path, "w");
        assert_non_null(stream);
        fwrite(&length, sizeof length, 1, stream);
        fputs(header, stream);
        assert_int_equal(fclose(stream), 0);
    }
    tensor_file *f = NULL;
    for (size_t count = 1024; count <= 1025; count++) {
        FILE *stream = fopen(scratch_path(state, "model.safetensors.index.json"), "w");
        assert_non_null(stream);
        fputs("{\"weight_map\":{", stream);
        for (size_t i = 1; i < count; i++) fprintf(stream, "\"t%zu\":\"%zu.safetensors\",", i, i);
        fputs("\"t0\":\"0.safetensors\"}}", stream);
        assert_int_equal(fclose(stream), 0);
        bert_status status = tensor_file_open(scratch_folder(state), &f);
        if (count == 1024) {
            assert_done(status);
            tensor_file_free(f);
        } else {
            assert_failed(status, BERT_FORMAT, "more than 1024 files");
        }
    }
}

static void a_table_has_no_more_columns_than_can_be_looked_for(void **state)
{
    static const struct {
        const char *name, *begin, *format, *end, *words;
    } cases[] = {
        { "t.tsv", "a", "\tc%zu", "\n1\n", "t.tsv:1: more than 16384 fields" },
        { "t.csv", "a", ",c%zu", "\n1\n", "t.csv:1: more than 16384 fields" },
        { "t.jsonl", "{\"a\":1", ",\"c%zu\":1", "}\n", "t.jsonl:1: more than 16384 columns" },
    };
    table *t = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = file_of_many(state, cases[i].name, cases[i].begin, cases[i].format,
                                        16384, cases[i].end);
        assert_failed(table_open(path, &t), BERT_FORMAT, cases[i].words);
    }
    const char *path = file_of_many(state, "t.jsonl", "{\"a\":1", ",\"c%zu\":1", 16383, "}\n");
    assert_done(table_open(path, &t));
    assert_int_equal(table_column_count(t), 16384);
    table_free(t);
}

static void a_line_without_end_is_not_looked_through(void **state)
{
    const size_t terabyte = (size_t)1 << 40;
    table *t = NULL;
    text_lines *lines = NULL;
    slice line;
    bool more;
    assert_failed(table_open(file_of_holes(state, "t.tsv", "text\n", terabyte), &t), BERT_FORMAT,
                  "t.tsv:2: is longer than 67108864 bytes");
    assert_done(table_open(file_of_holes(state, "t.jsonl", "{\"a\":1}\n\n{", terabyte), &t));
    assert_done(table_next(t, &more));
    assert_failed(table_next(t, &more), BERT_FORMAT, "t.jsonl:3: is longer than");
    table_free(t);
    assert_failed(table_open(file_of_holes(state, "t.csv", "text\n\"", terabyte), &t), BERT_FORMAT,
                  "t.csv:2: is longer than 67108864 bytes");
    assert_done(text_lines_open(file_of_holes(state, "t.txt", "one\n", terabyte), &lines));
    assert_done(text_lines_next(lines, &line, &more));
    assert_failed(text_lines_next(lines, &line, &more), BERT_FORMAT, "t.txt:2: is longer than");
    text_lines_free(lines);
}

static void line_ends_of_one_kind_alone_take_no_longer(void **state)
{
    enum { COUNT = 1 << 22 };
    char *text = malloc(COUNT);
    assert_non_null(text);
    memset(text, '\r', COUNT);
    memcpy(text, "text\r\"", 6);
    memcpy(text + COUNT - 2, "\"\r", 2);
    const char *path = scratch_write(state, "t.csv", (slice){ text, COUNT });
    table *t = NULL;
    clock_t begin = clock();
    assert_done(table_open(path, &t));
    assert_int_equal(table_field(t, 0).count, COUNT - 8);
    assert_true(seconds_used(begin) < 10.0); /* 64 KB looked through for each: minutes */
    table_free(t);
    free(text);
}

static void a_long_context_with_many_questions_takes_no_longer(void **state)
{
    enum { CONTEXT = 1 << 23, QUESTIONS = 40000 };
    char *begin = malloc(CONTEXT + 64);
    assert_non_null(begin);
    size_t at = (size_t)sprintf(begin, "{\"data\":[{\"paragraphs\":[{\"context\":\"");
    memset(begin + at, 'x', CONTEXT);
    strcpy(begin + at + CONTEXT, "\",\"qas\":[");
    const char *path =
        file_of_many(state, "d.json", begin, "{\"id\":%zu,\"question\":\"?\",\"answers\":[]},",
                     QUESTIONS, "{\"id\":\"z\",\"question\":\"?\",\"answers\":[]}]}]}]}");
    free(begin);
    dataset d;
    clock_t before = clock();
    assert_done(dataset_open(&path, 1, &(dataset_request){ .unlabelled = true }, &d));
    assert_true(seconds_used(before) < 10.0); /* the context compared for each: a minute */
    assert_int_equal(d.count, QUESTIONS + 1);
    assert_ptr_equal(d.rows[0].pair.bytes, d.rows[QUESTIONS].pair.bytes);
    dataset_release(&d);
}

static void a_file_of_label_names_is_no_data_set(void **state)
{
    label_file file = { 0 };
    const char *path = file_of_many(state, "labels.txt", "", "label %zu\n", 32769, "");
    assert_failed(label_file_open(path, &file), BERT_DATA,
                  "labels.txt:32769: more than 32768 labels");
}

static void features_stop_before_their_memory_is_absurd(void **state)
{
    (void)state;
    size_t starts[3] = { 0, INT32_MAX - 1, 0 };
    uint32_t counts[2], rows[2];
    int32_t ids[4] = { 1, 2, 3, 4 };
    features f = { .sequences = 1,
                   .starts = starts,
                   .first_counts = counts,
                   .rows = rows,
                   .starts_capacity = 3,
                   .first_capacity = 2,
                   .rows_capacity = 2 };
    assert_failed(features_append(&f, 7, ids, 2, 1), BERT_DATA, "more than 2147483647 tokens");
    assert_int_equal(f.sequences, 1);
}

/* ---- a model's files */

static void numbers_that_would_size_memory_are_bounded(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "{\"num_hidden_layers\": 1000000000000000000}", "from 1 to 1024" },
        { "{\"num_hidden_layers\": 1e18}", "from 1 to 1024" },
        { "{\"vocab_size\": 4194305}", "from 1 to 4194304" },
        { "{\"max_position_embeddings\": 65537}", "from 3 to 65536" },
        { "{\"num_labels\": 1048577}", "from 1 to 1048576" },
        { "{\"intermediate_size\": 262144, \"max_position_embeddings\": 65536}",
          "intermediate_size 262144 at max_position_embeddings 65536 would be 17179869184 "
          "numbers" },
        { "{\"hidden_size\": 65536, \"max_position_embeddings\": 65536, \"intermediate_size\": 1,"
          " \"num_attention_heads\": 1}",
          "hidden_size 65536 at max_position_embeddings 65536" },
        { "{\"num_labels\": 1048576, \"max_position_embeddings\": 512}",
          "labels, 1048576 at max_position_embeddings 512" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config c;
        scratch_text(state, "config.json", cases[i].text);
        assert_failed(config_read(scratch_folder(state), &c), BERT_FORMAT, cases[i].words);
    }
}

static void a_list_of_modules_that_is_none_is_refused(void **state)
{
    char *folder;
    config c;
    assert_done(path_join(scratch_folder(state), "1_Pooling", &folder));
    assert_done(folder_make(folder));
    free(folder);
    scratch_text(state, "config.json", "{}");
    scratch_text(state, "1_Pooling/config.json", "{\"pooling_mode\":\"mean\"}");
    scratch_text(state, "modules.json", "{}");
    assert_failed(config_read(scratch_folder(state), &c), BERT_FORMAT,
                  "modules.json: holds an object where a JSON list was expected");
    scratch_text(state, "modules.json", "[{");
    assert_failed(config_read(scratch_folder(state), &c), BERT_FORMAT,
                  "modules.json:1:2: not JSON");
    scratch_text(state, "modules.json", "[]");
    assert_done(config_read(scratch_folder(state), &c));
    assert_int_equal(c.pooling, POOLING_MEAN);
    config_release(&c);
}

static void a_text_is_tokenized_up_to_a_size(void **state)
{
    scratch_text(state, "vocab.txt", SPECIAL);
    tokenizer *t = NULL;
    tokenizer_encoding encoding = { 0 };
    slice none = { NULL, 0 }, text = { calloc(TEXT_BYTES_MAX + 1, 1), TEXT_BYTES_MAX + 1 };
    assert_non_null(text.bytes);
    assert_done(tokenizer_open(scratch_folder(state), &t));
    assert_failed(tokenizer_encode(t, text, none, 8, TRUNCATE_LONGEST_FIRST, &encoding),
                  BERT_ARGUMENT, "a text of 16777217 bytes is too long");
    free((char *)text.bytes);
    tokenizer_encoding_release(&encoding);
    tokenizer_free(t);
}

static void added_tokens_are_bounded(void **state)
{
    tokenizer *t = NULL;
    char *token = calloc(1, ADDED_TOKEN_BYTES_MAX + 64);
    assert_non_null(token);
    scratch_text(state, "vocab.txt", SPECIAL);
    for (size_t count = ADDED_TOKEN_BYTES_MAX; count <= ADDED_TOKEN_BYTES_MAX + 1; count++) {
        size_t at = (size_t)sprintf(token, "{\"additional_special_tokens\":[\"");
        memset(token + at, 'x', count);
        strcpy(token + at + count, "\"]}");
        scratch_text(state, "tokenizer_config.json", token);
        bert_status status = tokenizer_open(scratch_folder(state), &t);
        if (count == ADDED_TOKEN_BYTES_MAX) {
            assert_done(status);
            tokenizer_free(t);
        } else {
            assert_failed(status, BERT_FORMAT, "is longer than 1024 bytes");
            assert_failed(status, BERT_FORMAT, scratch_folder(state));
        }
    }
    free(token);
    file_of_many(state, "tokenizer_config.json", "{\"additional_special_tokens\":[\"x\"",
                 ",\"t%zu\"", ADDED_TOKENS_MAX, "]}");
    clock_t before = clock();
    assert_failed(tokenizer_open(scratch_folder(state), &t), BERT_FORMAT,
                  "more than 32768 special and added tokens");
    file_of_many(state, "tokenizer_config.json", "{\"additional_special_tokens\":[\"x\"",
                 ",\"t%zu\"", ADDED_TOKENS_MAX - 20, "]}");
    assert_done(tokenizer_open(scratch_folder(state), &t));
    assert_true(seconds_used(before) < 10.0);
    tokenizer_free(t);
}

/* A text whose edges all want the same place of the table: at each node that byte is taken whose
 * hash is least. */
static void texts_that_were_chosen_to_collide_are_refused(void **state)
{
    enum { COUNT = 30000 };
    (void)state;
    char *text = malloc(COUNT);
    assert_non_null(text);
    for (uint32_t node = 0; node < COUNT; node++) {
        uint32_t least = UINT32_MAX;
        for (uint32_t byte = ' '; byte < 0x7F; byte++) {
            uint32_t hash = (node << 8 | byte) * UINT32_C(2654435769);
            if (hash > least) continue;
            least = hash;
            text[node] = (char)byte;
        }
    }
    trie t = { 0 };
    assert_failed(trie_insert(&t, (slice){ text, COUNT }, 0), BERT_FORMAT,
                  "finding one would take too long");
    trie_release(&t);
    free(text);
}

static void a_token_that_no_word_can_hold_is_refused(void **state)
{
    char text[4099] = "a\n";
    memset(text + 2, 'x', 4096);
    vocabulary v = { 0 };
    assert_done(vocabulary_read(&v, scratch_text(state, "vocab.txt", text)));
    assert_int_equal(v.count, 2);
    vocabulary_release(&v);
    memset(text + 1, 'x', 4097);
    assert_failed(vocabulary_read(&v, scratch_text(state, "vocab.txt", text)), BERT_FORMAT,
                  "vocab.txt:1: a token of 4098 bytes, and 4096 is the most; is it a vocabulary?");
    vocabulary_release(&v);
}

/* ---- writing */

static void a_link_is_replaced_and_not_written_through(void **state)
{
    const char *outside = scratch_text(state, "outside", "precious");
    const char *path = scratch_path(state, "config.json");
    char *temporary;
    assert_true(asprintf(&temporary, "%s.%ld.partial", path, (long)getpid()) > 0);
    assert_int_equal(symlink(outside, temporary), 0);
    assert_int_equal(symlink(outside, path), 0);
    assert_done(file_replace(NULL, path, "new", 3));
    char *kept = file_text(outside, NULL), *written = file_text(path, NULL);
    assert_string_equal(kept, "precious");
    assert_string_equal(written, "new");
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    assert_true(S_ISREG(info.st_mode));
    assert_int_equal(lstat(temporary, &info), -1);
    free(kept);
    free(written);
    free(temporary);
}

static void a_copied_tokenizer_is_written_beside_links_and_not_through_them(void **state)
{
    char *to;
    const char *outside = scratch_text(state, "outside", "precious");
    scratch_text(state, "vocab.txt", SPECIAL);
    assert_done(path_join(scratch_folder(state), "to", &to));
    folder_handle folder;
    assert_done(folder_make(to));
    assert_int_equal(symlink(outside, scratch_path(state, "to/vocab.txt")), 0);
    assert_done(folder_hold(to, &folder));
    assert_done(tokenizer_copy_files(scratch_folder(state), &folder, false));
    folder_release(&folder);
    char *kept = file_text(outside, NULL),
         *written = file_text(scratch_path(state, "to/vocab.txt"), NULL);
    assert_string_equal(kept, "precious");
    assert_string_equal(written, SPECIAL);
    free(kept);
    free(written);
    free(to);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pipe_in_the_place_of_a_file_is_not_waited_for),
        TEST(json_of_a_model_is_read_up_to_a_size),
        TEST(an_index_may_not_name_files_without_end),
        TEST(a_table_has_no_more_columns_than_can_be_looked_for),
        TEST(a_line_without_end_is_not_looked_through),
        TEST(line_ends_of_one_kind_alone_take_no_longer),
        TEST(a_long_context_with_many_questions_takes_no_longer),
        TEST(a_file_of_label_names_is_no_data_set),
        TEST(features_stop_before_their_memory_is_absurd),
        TEST(numbers_that_would_size_memory_are_bounded),
        TEST(a_list_of_modules_that_is_none_is_refused),
        TEST(a_text_is_tokenized_up_to_a_size),
        TEST(added_tokens_are_bounded),
        TEST(texts_that_were_chosen_to_collide_are_refused),
        TEST(a_token_that_no_word_can_hold_is_refused),
        TEST(a_link_is_replaced_and_not_written_through),
        TEST(a_copied_tokenizer_is_written_beside_links_and_not_through_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
