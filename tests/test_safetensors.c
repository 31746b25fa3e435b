#include "tensors/safetensors_write.h"
#include "tensors/tensors.h"

#include "scratch.h"

#include "base/file.h"
#include "base/rng.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Writes a file with this header, told to be `length` bytes, and `bytes` of data 0, 1, 2, ... */
static void shard_write(void **state, const char *name, const char *header, uint64_t length,
                        size_t bytes)
{
    char text[2048];
    size_t count = strlen(header), total = 8 + count + bytes;
    assert_in_range(total, 8, sizeof text);
    memcpy(text, &length, 8);
    memcpy(text + 8, header, count);
    for (size_t i = 0; i < bytes; i++) text[8 + count + i] = (char)i;
    scratch_write(state, name, (slice){ text, total });
}

static void assert_refused(void **state, const char *header, size_t bytes, const char *words)
{
    shard_write(state, "model.safetensors", header, strlen(header), bytes);
    tensor_file *f = NULL;
    assert_failed(tensor_file_open(scratch_folder(state), &f), BERT_FORMAT, words);
    assert_null(f);
    assert_failed(BERT_FORMAT, BERT_FORMAT, "model.safetensors");
}

static tensor_file *opened(const char *folder)
{
    tensor_file *f = NULL;
    assert_done(tensor_file_open(folder, &f));
    return f;
}

static void a_file_of_torch_is_read_exactly(void **state)
{
    (void)state;
    tensor_file *f = opened("tests/data/formats/torch");
    assert_int_equal(tensor_file_count(f), 10);
    static const char *const pairs[][2] = { { "half", "half.float" }, { "brain", "brain.float" } };
    for (size_t p = 0; p < 2; p++) {
        const tensor_info *narrow = tensor_file_find(f, pairs[p][0]);
        const tensor_info *wide = tensor_file_find(f, pairs[p][1]);
        float from_narrow[12], from_wide[12];
        assert_true(narrow && wide);
        assert_int_equal(narrow->type, p == 0 ? TENSOR_F16 : TENSOR_BF16);
        assert_int_equal(narrow->count, 12);
        tensor_to_float(narrow, from_narrow);
        tensor_to_float(wide, from_wide);
        assert_memory_equal(from_narrow, from_wide, sizeof from_wide);
    }
    const tensor_info *brain = tensor_file_find(f, "brain");
    assert_int_equal(brain->dimensions, 2);
    assert_int_equal(brain->shape[0], 3);
    assert_int_equal(brain->shape[1], 4);
    assert_string_equal(brain->file, "tests/data/formats/torch/model.safetensors");

    const tensor_info *scalar = tensor_file_find(f, "scalar");
    float value;
    assert_int_equal(scalar->dimensions, 0);
    assert_int_equal(scalar->count, 1);
    tensor_to_float(scalar, &value);
    assert_true(value == 2.5f);

    assert_int_equal(tensor_file_find(f, "empty")->count, 0);
    assert_int_equal(tensor_file_find(f, "cube")->dimensions, 3);
    assert_int_equal(tensor_file_find(f, "ids")->type, TENSOR_OTHER);
    assert_null(tensor_file_find(f, "absent"));
    for (size_t i = 1; i < tensor_file_count(f); i++)
        assert_true(strcmp(tensor_file_at(f, i - 1)->name, tensor_file_at(f, i)->name) < 0);
    tensor_file_free(f);
}

static void every_half_is_converted_exactly(void **state)
{
    (void)state;
    enum { COUNT = 1 << 16 };
    uint16_t *halves = malloc(COUNT * sizeof *halves);
    float *floats = malloc(COUNT * sizeof *floats);
    assert_true(halves && floats);
    for (size_t i = 0; i < COUNT; i++) halves[i] = (uint16_t)i;
    tensor_info info = { .name = "h", .type = TENSOR_F16, .count = COUNT, .data = halves };
    tensor_to_float(&info, floats);
    for (int i = 0; i < COUNT; i++) {
        int exponent = i >> 10 & 31, fraction = i & 1023;
        double size = exponent == 31 ? (fraction ? NAN : INFINITY)
                      : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                     : ldexp(fraction, -24);
        if (isnan(size))
            assert_true(isnan(floats[i]));
        else
            assert_true(floats[i] == (float)size * (i & 0x8000 ? -1 : 1));
        assert_int_equal(!!signbit(floats[i]), i >> 15);
    }
    free(halves);
    free(floats);
}

/* Each half is kept; between two neighbours the nearer is taken, and just between them the one
 * whose last bit is 0. */
static void floats_become_the_nearest_half(void **state)
{
    (void)state;
    static const tensor_type types[] = { TENSOR_F16, TENSOR_BF16 };
    static const unsigned infinities[] = { 0x7C00, 0x7F80 };
    for (size_t t = 0; t < 2; t++)
        for (unsigned i = 0; i < infinities[t]; i++) {
            uint16_t pair[2] = { (uint16_t)i, (uint16_t)(i + 1) }, out[8];
            float wide[2];
            tensor_to_float(&(tensor_info){ .type = types[t], .count = 2, .data = pair }, wide);
            if (isinf(wide[1])) break; /* see below */
            float middle = wide[0] + (wide[1] - wide[0]) / 2;
            const float numbers[] = { wide[0],  nextafterf(middle, 0),
                                      middle,   nextafterf(middle, INFINITY),
                                      -wide[0], -nextafterf(middle, 0),
                                      -middle,  -nextafterf(middle, INFINITY) };
            tensor_of_float(numbers, 8, types[t], out);
            unsigned even = i & 1 ? i + 1 : i;
            const unsigned want[] = { i, i, even, i + 1 };
            for (size_t j = 0; j < 8; j++)
                assert_int_equal(out[j], want[j % 4] | (j < 4 ? 0 : 0x8000));
        }
    const float edges[] = { INFINITY, -INFINITY, NAN, FLT_MAX, 65520, nextafterf(65520, 0) };
    static const unsigned wanted[2][6] = { { 0x7C00, 0xFC00, 0x7E00, 0x7C00, 0x7C00, 0x7BFF },
                                           { 0x7F80, 0xFF80, 0x7FC0, 0x7F80, 0x4780, 0x4780 } };
    for (size_t t = 0; t < 2; t++) {
        uint16_t out[6];
        tensor_of_float(edges, 6, types[t], out);
        for (size_t j = 0; j < 6; j++) assert_int_equal(out[j], wanted[t][j]);
    }
}

static void what_is_written_reads_back(void **state)
{
    float matrix[6], vector[5], none[1] = { 0 };
    rng_normal(1, 0, 1, 6, matrix);
    rng_normal(2, 0, 1, 5, vector);
    const tensor_out tensors[] = { { "z.weight", 2, 3, matrix, TENSOR_F32 },
                                   { "a.\"bias\"\xC3\xA9", 5, 0, vector, TENSOR_F32 },
                                   { "none", 0, 0, none, TENSOR_F32 } };
    const char *path = scratch_path(state, "model.safetensors");
    assert_done(tensor_file_write(NULL, path, tensors, 3));

    size_t bytes;
    char *text = file_text(path, &bytes);
    uint64_t length;
    memcpy(&length, text, 8);
    assert_int_equal(length % 8, 0);
    assert_int_equal(bytes, 8 + length + 44);
    static const char begin[] = "{\"__metadata__\":{\"format\":\"pt\"},\"a.\\\"bias\\\"\xC3\xA9\":"
                                "{\"dtype\":\"F32\",\"shape\":[5],\"data_offsets\":[0,20]},";
    assert_memory_equal(text + 8, begin, sizeof begin - 1);
    free(text);

    tensor_file *f = opened(scratch_folder(state));
    float back[6];
    const tensor_info *info = tensor_file_find(f, "z.weight");
    assert_int_equal(info->dimensions, 2);
    assert_int_equal(info->shape[0], 2);
    assert_int_equal(info->shape[1], 3);
    tensor_to_float(info, back);
    assert_memory_equal(back, matrix, sizeof matrix);
    info = tensor_file_find(f, tensors[1].name);
    assert_int_equal(info->dimensions, 1);
    tensor_to_float(info, back);
    assert_memory_equal(back, vector, sizeof vector);
    assert_int_equal(tensor_file_find(f, "none")->count, 0);
    tensor_file_free(f);
}

static void halves_are_written_and_read_back(void **state)
{
    enum { COUNT = 5000 };
    static float numbers[COUNT], back[COUNT];
    rng_normal(3, 0, 1, COUNT, numbers);
    const tensor_out tensors[] = { { "brain", COUNT, 0, numbers, TENSOR_BF16 },
                                   { "half", 2, COUNT / 2, numbers, TENSOR_F16 },
                                   { "whole", COUNT, 0, numbers, TENSOR_F32 } };
    assert_done(tensor_file_write(NULL, scratch_path(state, "model.safetensors"), tensors, 3));
    tensor_file *f = opened(scratch_folder(state));
    for (size_t t = 0; t < 3; t++) {
        const tensor_info *info = tensor_file_find(f, tensors[t].name);
        assert_int_equal(info->type, tensors[t].type);
        tensor_to_float(info, back);
        for (size_t i = 0; i < COUNT; i++)
            assert_true(fabsf(back[i] - numbers[i]) <= fabsf(numbers[i]) * (t == 0   ? 0x1p-8f
                                                                            : t == 1 ? 0x1p-11f
                                                                                     : 0) +
                                                           0x1p-25f);
    }
    tensor_file_free(f);
}

static void the_writer_refuses_what_no_reader_takes(void **state)
{
    float value[1] = { 0 };
    const char *path = scratch_path(state, "model.safetensors");
    const tensor_out twice[] = { { "a", 1, 0, value, TENSOR_F32 },
                                 { "a", 1, 0, value, TENSOR_F32 } };
    assert_failed(tensor_file_write(NULL, path, twice, 2), BERT_ARGUMENT, "'a'");
    const float big[] = { 1, 70000 };
    const tensor_out beyond = { "a", 2, 0, big, TENSOR_F16 };
    assert_failed(tensor_file_write(NULL, path, &beyond, 1), BERT_NUMERIC, "'a' holds 70000");
    assert_false(file_exists(path));
    const tensor_out reserved = { "__metadata__", 1, 0, value, TENSOR_F32 };
    assert_failed(tensor_file_write(NULL, path, &reserved, 1), BERT_ARGUMENT, "'__metadata__'");
    const tensor_out huge = { "a", SIZE_MAX / 2, 4, value, TENSOR_F32 };
    assert_failed(tensor_file_write(NULL, path, &huge, 1), BERT_ARGUMENT, "too big");
    const tensor_out wide[] = { { "a", (size_t)1 << 60, 0, value, TENSOR_F32 },
                                { "b", (size_t)1 << 60, 0, value, TENSOR_F32 } };
    assert_failed(tensor_file_write(NULL, path, wide, 2), BERT_ARGUMENT, "too big");
    assert_false(file_exists(path));
}

static void a_header_length_that_lies_is_refused(void **state)
{
    static const struct {
        uint64_t length;
        const char *words;
    } lies[] = { { 100, "its header should be 100 bytes, but 18 are there; was the file cut" },
                 { 19, "its header should be 19 bytes" },
                 { 16777217, "longer than 16777216 bytes" },
                 { UINT64_MAX, "longer than 16777216 bytes" },
                 { UINT64_MAX - 7, "longer than 16777216 bytes" },
                 { 0, "does not begin with '{'" },
                 { 17, "not JSON" } };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        tensor_file *f = NULL;
        shard_write(state, "model.safetensors", "{\"__metadata__\":{}", lies[i].length, 0);
        assert_failed(tensor_file_open(scratch_folder(state), &f), BERT_FORMAT, lies[i].words);
    }
    scratch_text(state, "model.safetensors", "\1\0\0");
    tensor_file *f = NULL;
    assert_failed(tensor_file_open(scratch_folder(state), &f), BERT_FORMAT, "only 1 bytes");
    scratch_text(state, "model.safetensors", "");
    assert_failed(tensor_file_open(scratch_folder(state), &f), BERT_FORMAT, "only 0 bytes");
}

static void a_header_that_is_no_object_is_refused(void **state)
{
    assert_refused(state, "[]", 0, "does not begin with '{'");
    assert_refused(state, " {}", 0, "does not begin with '{'");
    assert_refused(state, "{\"a\":", 0, "not JSON");
    assert_refused(state, "{\"a\xFF\":1}", 0, "not UTF-8");
    assert_refused(state, "{\"a\":1}", 0, "'a' describes no tensor");
    assert_refused(state, "{\"__metadata__\":{\"a\":1}}", 0, "must map strings to strings");
    assert_refused(state, "{\"__metadata__\":3}", 0, "must map strings to strings");
}

static void a_name_that_stands_twice_is_refused(void **state)
{
    assert_refused(state,
                   "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                   "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
                   2, "duplicate object key");
}

static void a_tensor_that_lies_is_refused(void **state)
{
    static const struct {
        const char *type, *shape, *offsets, *words;
    } lies[] = {
        { "\"F32\"", "[2]", "[0,4]", "2 elements of type F32 do not fill the 4 bytes" },
        { "\"F16\"", "[2]", "[0,8]", "do not fill" },
        { "\"F4\"", "[3]", "[0,1]", "do not fill" },
        { "\"F33\"", "[2]", "[0,8]", "'t' has the unknown type \"F33\"" },
        { "7", "[2]", "[0,8]", "unknown type" },
        { "\"F32\"", "2", "[0,8]", "no \"shape\" list" },
        { "\"F32\"", "[-2]", "[0,8]", "whole numbers from 0" },
        { "\"F32\"", "[2.0]", "[0,8]", "whole numbers from 0" },
        { "\"F32\"", "[99999999999999999999]", "[0,8]", "whole numbers from 0" },
        { "\"F32\"", "[4294967296,4294967296,4]", "[0,0]", "product of its shape is too big" },
        { "\"F32\"", "[4611686018427387904]", "[0,0]", "do not fill the 0 bytes" },
        { "\"F32\"", "[1,1,1,1,1,1,1,1,2]", "[0,8]", "has 9 dimensions; at most 8" },
        { "\"F32\"", "[2]", "[0]", "must be two whole numbers" },
        { "\"F32\"", "[2]", "[0,8,9]", "must be two whole numbers" },
        { "\"F32\"", "[2]", "{}", "must be two whole numbers" },
        { "\"F32\"", "[2]", "[-8,0]", "must be two whole numbers" },
        { "\"F32\"", "[2]", "[8,0]", "must be two whole numbers" },
        { "\"F32\"", "[2]", "[0,99999999999999999999]", "whole numbers" },
        { "\"F32\"", "[2]", "[0,9223372036854775807]", "do not fill" },
        { "\"F32\"", "[2]", "[4,12]", "leave a hole before them" },
        { "\"F32\"", "[1]", "[0,4]", "4 bytes after the last tensor belong to none" },
        { "\"F32\"", "[4]", "[0,16]", "ends at byte 16 of the data, which are 8 bytes" },
        { "\"U8\"", "[9223372036854775807]", "[0,9223372036854775807]", "do not fill" },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        char header[512];
        snprintf(header, sizeof header, "{\"t\":{\"dtype\":%s,\"shape\":%s,\"data_offsets\":%s}}",
                 lies[i].type, lies[i].shape, lies[i].offsets);
        assert_refused(state, header, 8, lies[i].words);
    }
    assert_refused(state, "{\"t\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "must be two");
}

static void data_that_overlap_or_leave_holes_are_refused(void **state)
{
    const char *format = "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[%d,%d]},"
                         "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[%d,%d]}}";
    static const struct {
        int begin, other;
        const char *words;
    } lies[] = { { 0, 2, "'b' overlap another's" },
                 { 2, 0, "'a' overlap another's" },
                 { 0, 0, "overlap another's" },
                 { 0, 5, "'b' leave a hole" },
                 { 4, 8, "'a' leave a hole" } };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        char header[512];
        snprintf(header, sizeof header, format, lies[i].begin, lies[i].begin + 4, lies[i].other,
                 lies[i].other + 4);
        assert_refused(state, header, 8, lies[i].words);
    }
    char header[512]; /* in any order, they are fine */
    snprintf(header, sizeof header, format, 4, 8, 0, 4);
    shard_write(state, "model.safetensors", header, strlen(header), 8);
    tensor_file *f = opened(scratch_folder(state));
    assert_int_equal(*(const char *)tensor_file_find(f, "a")->data, 4);
    assert_int_equal(*(const char *)tensor_file_find(f, "b")->data, 0);
    tensor_file_free(f);
}

static void an_empty_file_of_tensors_is_one(void **state)
{
    shard_write(state, "model.safetensors", "{}      ", 8, 0);
    tensor_file *f = opened(scratch_folder(state));
    assert_int_equal(tensor_file_count(f), 0);
    assert_null(tensor_file_find(f, "a"));
    tensor_file_free(f);
}

/* one.safetensors holds a, two.safetensors holds b and c. */
static void shards_write(void **state, const char *index)
{
    const char *one = "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}";
    const char *two = "{\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
                      "\"c\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}";
    shard_write(state, "one.safetensors", one, strlen(one), 4);
    shard_write(state, "two.safetensors", two, strlen(two), 4);
    scratch_text(state, "model.safetensors.index.json", index);
}

static void shards_are_found_through_the_index(void **state)
{
    shards_write(state, "{\"metadata\":{\"total_size\":8},\"weight_map\":{"
                        "\"c\":\"two.safetensors\",\"a\":\"one.safetensors\"}}");
    tensor_file *f = opened(scratch_folder(state));
    assert_int_equal(tensor_file_count(f), 2);
    assert_string_equal(tensor_file_at(f, 0)->name, "a");
    assert_string_equal(tensor_file_find(f, "a")->file, scratch_path(state, "one.safetensors"));
    assert_string_equal(tensor_file_find(f, "c")->file, scratch_path(state, "two.safetensors"));
    assert_int_equal(*(const char *)tensor_file_find(f, "c")->data, 2);
    assert_null(tensor_file_find(f, "b")); /* in its shard, but not in the index */
    tensor_file_free(f);
}

static void an_index_that_lies_is_refused(void **state)
{
    static const struct {
        const char *index;
        bert_status status;
        const char *words;
    } lies[] = {
        { "{}", BERT_FORMAT, "index.json: has no object \"weight_map\"" },
        { "{\"weight_map\":[]}", BERT_FORMAT, "has no object \"weight_map\"" },
        { "{\"weight_map\":{\"a\":1}}", BERT_FORMAT, "'a': '' is not the plain name" },
        { "{\"weight_map\":{\"a\":\"../one.safetensors\"}}", BERT_FORMAT, "not the plain name" },
        { "{\"weight_map\":{\"a\":\"/etc/passwd\"}}", BERT_FORMAT, "not the plain name" },
        { "{\"weight_map\":{\"a\":\"..\"}}", BERT_FORMAT, "not the plain name" },
        { "{\"weight_map\":{\"a\":\"\"}}", BERT_FORMAT, "not the plain name" },
        { "{\"weight_map\":{\"a\":\"three.safetensors\"}}", BERT_IO,
          "three.safetensors: cannot open" },
        { "{\"weight_map\":{\"a\":\"two.safetensors\"}}", BERT_FORMAT, "'a' is not in " },
        { "{\"weight_map\":{\"a\":\"model.safetensors.index.json\"}}", BERT_FORMAT,
          "is it a .safetensors file?" },
        { "{\"weight_map\"", BERT_FORMAT, "not JSON" },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        shards_write(state, lies[i].index);
        tensor_file *f = NULL;
        assert_failed(tensor_file_open(scratch_folder(state), &f), lies[i].status, lies[i].words);
    }
}

static void a_folder_without_tensors_says_what_is_missing(void **state)
{
    tensor_file *f = NULL;
    const char *folder = scratch_folder(state);
    assert_failed(tensor_file_open(folder, &f), BERT_IO, "holds neither model.safetensors nor");
    assert_failed(tensor_file_open(scratch_path(state, "absent"), &f), BERT_IO,
                  "absent: there is no such folder");
}

/* Reads every byte that the reader promises, so that the sanitizers see a promise broken. */
static double read_all(const tensor_file *f)
{
    double sum = 0;
    for (size_t i = 0; i < tensor_file_count(f); i++) {
        const tensor_info *info = tensor_file_at(f, i);
        if (info->type == TENSOR_OTHER) continue;
        float *floats = malloc(info->count * sizeof *floats + 1);
        assert_non_null(floats);
        tensor_to_float(info, floats);
        for (size_t k = 0; k < info->count; k++) sum += floats[k] == floats[k];
        free(floats);
    }
    return sum;
}

static void damaged_files_never_break_the_reader(void **state)
{
    size_t count;
    char *whole = file_text("tests/data/formats/torch/model.safetensors", &count);
    char *damaged = malloc(count + 16);
    assert_non_null(damaged);
    size_t refused = 0;
    for (uint64_t seed = 0; seed < 4000; seed++) {
        size_t length = bytes_damage((slice){ whole, count }, seed, damaged);
        scratch_write(state, "model.safetensors", (slice){ damaged, length });
        tensor_file *f = NULL;
        if (tensor_file_open(scratch_folder(state), &f) == BERT_OK)
            assert_true(read_all(f) >= 0);
        else
            refused++;
        tensor_file_free(f);
    }
    free(whole);
    free(damaged);
    assert_in_range(refused, 2500, 3999);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_of_torch_is_read_exactly),
        TEST(every_half_is_converted_exactly),
        TEST(floats_become_the_nearest_half),
        TEST(what_is_written_reads_back),
        TEST(halves_are_written_and_read_back),
        TEST(the_writer_refuses_what_no_reader_takes),
        TEST(a_header_length_that_lies_is_refused),
        TEST(a_header_that_is_no_object_is_refused),
        TEST(a_name_that_stands_twice_is_refused),
        TEST(a_tensor_that_lies_is_refused),
        TEST(data_that_overlap_or_leave_holes_are_refused),
        TEST(an_empty_file_of_tensors_is_one),
        TEST(shards_are_found_through_the_index),
        TEST(an_index_that_lies_is_refused),
        TEST(a_folder_without_tensors_says_what_is_missing),
        TEST(damaged_files_never_break_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
