/* test_keras.c: tf_model.h5 is read to the bits that PyTorch's file of the same model holds, and
 * what HDF5 can do beside that is refused. */
#include "same_weights.h"
#include "scratch.h"
#include "tensors/hdf5.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FOLDER "tests/data/tensorflow/"

/* A small file of Keras': two tensors, in the groups /bert/pooler/dense. */
static const char small[] = FOLDER "keras_shards/tf_model-00004-of-00004.h5";
static const char kernel[] = "bert/pooler/dense/kernel:0";

/* ---- finding one's way in it */

typedef struct image {
    char *bytes;
    size_t count;
} image;

static image image_open(void)
{
    image i;
    i.bytes = file_text(small, &i.count);
    return i;
}

/* Where the n-th of these bytes stand, from 0. */
static size_t find(const image *i, const char *bytes, size_t count, size_t n)
{
    for (size_t at = 0; at + count <= i->count; at++)
        if (memcmp(i->bytes + at, bytes, count) == 0 && n-- == 0) return at;
    fail_msg("the golden file does not hold what the test looks for");
    return 0;
}

static void put_number(image *i, size_t at, uint64_t number, size_t bytes)
{
    for (size_t k = 0; k < bytes; k++) i->bytes[at + k] = (char)(number >> 8 * k);
}

/* The n-th dataset's messages: where what they say begins. Keras writes a float as class 1, version
 * 1, fraction implied, sign at bit 31; a layout as version 3, contiguous. */
static size_t datatype_of(const image *i, size_t n)
{
    return find(i, "\x11\x20\x1F\x00\x04\x00\x00\x00", 8, n);
}

static size_t layout_of(const image *i, size_t n)
{
    return find(i, "\x08\x00\x18\x00\x00\x00\x00\x00\x03\x01", 10, n) + 8;
}

static size_t dataspace_of(const image *i, uint8_t rank)
{
    const char wanted[] = { 1, (char)rank, 1, 0, 0, 0, 0, 0, 12, 0 };
    return find(i, wanted, sizeof wanted, 0);
}

static void image_write(void **state, image *i)
{
    scratch_write(state, "tf_model.h5", (slice){ i->bytes, i->count });
    free(i->bytes);
}

/* Takes the image over. */
static void assert_refused(void **state, image *i, bert_status status, const char *words)
{
    tensor_file *f = NULL;
    image_write(state, i);
    assert_failed(tensor_file_open(scratch_folder(state), &f), status, words);
    assert_failed(status, status, "tf_model.h5");
    assert_null(f);
}

/* ---- claims */

static void keras_files_hold_pytorchs_weights(void **state)
{
    (void)state;
    static const char *const kinds[] = { "classify", "tag",     "answer",     "fill",
                                         "choose",   "encoder", "pretraining" };
    char a[64], b[64];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(a, sizeof a, "keras_%s", kinds[i]);
        snprintf(b, sizeof b, "torch_%s", kinds[i]);
        assert_same_weights(FOLDER, a, b);
    }
    assert_same_weights(FOLDER, "keras_shards", "torch_encoder");
}

static void embeddings_that_a_head_repeats_surprise_nobody(void **state)
{
    (void)state;
    pretrained m = pretrained_opened(FOLDER "keras_fill");
    assert_int_equal(m.ignored, 0);
    assert_int_equal(tensor_file_count(m.file), 47);
    pretrained_release(&m);
    m = pretrained_opened(FOLDER "keras_pretraining");
    assert_int_equal(m.ignored, 2);
    assert_non_null(strstr(m.ignored_names[0], "nsp___cls/seq_relationship/bias:0"));
    pretrained_release(&m);
}

static void names_have_one_form(void **state)
{
    static const char *const names[][2] = {
        { "tf_bert_model/bert/encoder/layer_._11/output/dense/kernel:0",
          "bert.encoder.layer.11.output.dense.weight" },
        { "bert/encoder/layer_10/output/LayerNorm/beta",
          "bert.encoder.layer.10.output.LayerNorm.bias" },
        { "module/bert/embeddings/LayerNorm/gamma", "bert.embeddings.LayerNorm.weight" },
        { "bert/embeddings/token_type_embeddings", "bert.embeddings.token_type_embeddings.weight" },
        { "x/bert/embeddings/position_embeddings/embeddings:0",
          "bert.embeddings.position_embeddings.weight" },
        { "output_bias", "classifier.bias" },
        { "cls/squad/output_weights", "qa_outputs.weight" },
        { "cls/predictions/output_bias", "cls.predictions.bias" },
        { "mlm___cls/m/mlm___cls/predictions/transform/dense/kernel:0",
          "cls.predictions.transform.dense.weight" },
        { "embeddings.word_embeddings.weight", "bert.embeddings.word_embeddings.weight" },
        { "bert.pooler.dense.bias", "bert.pooler.dense.bias" },
    };
    enum { COUNT = sizeof names / sizeof *names };
    char header[4096] = "{";
    for (size_t i = 0; i < COUNT; i++)
        sprintf(header + strlen(header),
                "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[0,1],\"data_offsets\":[0,0]}", i ? "," : "",
                names[i][0]);
    strcat(header, ",\"loss/adam_v\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}");
    char file[8 + sizeof header];
    uint64_t length = strlen(header);
    memcpy(file, &length, 8);
    memcpy(file + 8, header, length);
    scratch_write(state, "model.safetensors", (slice){ file, 8 + length });
    tensor_file *f;
    tensor_names *n;
    assert_done(tensor_file_open(scratch_folder(state), &f));
    assert_done(tensor_names_open(f, "bert", &n));
    assert_int_equal(tensor_names_count(n), COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        named_tensor found = tensor_names_find(n, names[i][1]);
        assert_non_null(found.info);
        assert_string_equal(found.info->name, names[i][0]);
        assert_int_equal(found.transposed, strstr(names[i][0], "kernel") != NULL);
    }
    assert_null(tensor_names_find(n, "bert.pooler.dense.weight").info);
    tensor_names_free(n);
    tensor_file_free(f);
}

static void a_superblock_that_lies_is_refused(void **state)
{
    static const struct {
        size_t at, bytes;
        uint64_t value;
        bert_status status;
        const char *words;
    } cases[] = {
        { 0, 1, 'H', BERT_FORMAT, "is no HDF5 file" },
        { 8, 1, 2, BERT_UNSUPPORTED, "superblock 2" },
        { 13, 1, 4, BERT_UNSUPPORTED, "superblock 0" },
        { 24, 8, 512, BERT_UNSUPPORTED, "something else before" },
        { 40, 8, 1 << 20, BERT_FORMAT, "should have 1048576 bytes" },
        { 64, 8, 1 << 20, BERT_FORMAT, "'/' is malformed" },
        { 64, 8, UINT64_MAX, BERT_FORMAT, "'/' is malformed" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        image m = image_open();
        put_number(&m, cases[i].at, cases[i].value, cases[i].bytes);
        assert_refused(state, &m, cases[i].status, cases[i].words);
    }
    image m = image_open();
    m.count = 50;
    assert_refused(state, &m, BERT_FORMAT, "is no HDF5 file");
}

static void what_keras_does_not_write_is_refused_by_name(void **state)
{
    enum { CHUNKED = 2, VIRTUAL = 3, EXTERNAL = 7, LINK = 6, LINK_INFO = 2, SHARED = 2 };
    image m = image_open();
    m.bytes[layout_of(&m, 0) + 1] = CHUNKED;
    assert_refused(state, &m, BERT_UNSUPPORTED, "'bert/pooler/dense/bias:0' is stored in chunks");
    m = image_open();
    m.bytes[layout_of(&m, 1) + 1] = VIRTUAL;
    assert_refused(state, &m, BERT_UNSUPPORTED, "'bert/pooler/dense/kernel:0' is stored in chunks");
    m = image_open();
    m.bytes[layout_of(&m, 0)] = 1;
    assert_refused(state, &m, BERT_UNSUPPORTED, "old or unknown way");
    m = image_open();
    m.bytes[layout_of(&m, 0) - 8] = EXTERNAL;
    assert_refused(state, &m, BERT_UNSUPPORTED, "has its data in another file");
    m = image_open();
    m.bytes[layout_of(&m, 0) - 8] = LINK;
    assert_refused(state, &m, BERT_UNSUPPORTED, "a group of the newer form");
    m = image_open();
    m.bytes[layout_of(&m, 0) - 8] = LINK_INFO;
    assert_refused(state, &m, BERT_UNSUPPORTED, "a group of the newer form");
    m = image_open();
    m.bytes[datatype_of(&m, 0) - 4] |= SHARED;
    assert_refused(state, &m, BERT_UNSUPPORTED, "shares its description");
    m = image_open();
    size_t root = 96;
    memcpy(m.bytes + root, "OHDR", 4);
    assert_refused(state, &m, BERT_UNSUPPORTED, "described in the newer form");
}

static void a_dataset_that_lies_is_refused(void **state)
{
    image m = image_open();
    put_number(&m, layout_of(&m, 0) + 2, m.count - 40, 8);
    assert_refused(state, &m, BERT_FORMAT, "'bert/pooler/dense/bias:0' lie outside of the file");
    m = image_open();
    put_number(&m, layout_of(&m, 0) + 2, UINT64_MAX - 10, 8);
    assert_refused(state, &m, BERT_FORMAT, "lie outside of the file");
    m = image_open();
    put_number(&m, layout_of(&m, 0) + 2, UINT64_MAX, 8);
    assert_refused(state, &m, BERT_FORMAT, "no numbers were ever written");
    m = image_open();
    put_number(&m, layout_of(&m, 0) + 10, 44, 8);
    assert_refused(state, &m, BERT_FORMAT, "does not fill the 44 bytes");
    m = image_open();
    put_number(&m, dataspace_of(&m, 1) + 8, 13, 8);
    assert_refused(state, &m, BERT_FORMAT, "does not fill the 48 bytes");
    m = image_open();
    put_number(&m, dataspace_of(&m, 2) + 8, (uint64_t)1 << 61, 8);
    assert_refused(state, &m, BERT_FORMAT, "product of its shape is too big");
    m = image_open();
    m.bytes[dataspace_of(&m, 2) + 1] = 9;
    assert_refused(state, &m, BERT_FORMAT, "is malformed");
    m = image_open(); /* nothing at all, and yet a shape */
    put_number(&m, dataspace_of(&m, 2), 0x02000202, 4);
    assert_refused(state, &m, BERT_FORMAT, "is malformed");
    m = image_open();
    m.bytes[datatype_of(&m, 0) - 5] = 1; /* the message reaches beyond its header */
    assert_refused(state, &m, BERT_FORMAT, "is malformed");
}

static void numbers_of_other_kinds_are_no_weights(void **state)
{
    static const struct {
        size_t at;
        char value;
    } changes[] = { { 0, 0x10 }, { 1, 0x21 }, { 12, 22 }, { 13, 7 }, { 15, 22 }, { 16, 126 } };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        tensor_file *f;
        image m = image_open();
        m.bytes[datatype_of(&m, 0) + changes[i].at] = changes[i].value;
        image_write(state, &m);
        assert_done(tensor_file_open(scratch_folder(state), &f));
        assert_int_equal(tensor_file_find(f, "bert/pooler/dense/bias:0")->type, TENSOR_OTHER);
        assert_int_equal(tensor_file_find(f, kernel)->type, TENSOR_F32);
        tensor_file_free(f);
    }
}

static void compact_data_stand_in_their_header(void **state)
{
    image m = image_open();
    size_t layout = layout_of(&m, 0);
    /* 20 bytes of the message follow: a bias of four numbers */
    m.bytes[layout + 1] = 0;
    put_number(&m, layout + 2, 16, 2);
    put_number(&m, layout + 4, 0x3FC00000, 4);
    put_number(&m, dataspace_of(&m, 1) + 8, 4, 8);
    image_write(state, &m);
    tensor_file *f;
    float numbers[4];
    assert_done(tensor_file_open(scratch_folder(state), &f));
    tensor_to_float(tensor_file_find(f, "bert/pooler/dense/bias:0"), numbers);
    assert_true(numbers[0] == 1.5f);
    tensor_file_free(f);

    m = image_open();
    m.bytes[layout + 1] = 0;
    put_number(&m, layout + 2, 21, 2);
    assert_refused(state, &m, BERT_FORMAT, "is malformed");
}

/* The first member of the innermost group. */
static size_t symbol_of_bias(const image *m)
{
    size_t last = 0;
    for (size_t n = 0; n < 4; n++) last = find(m, "SNOD", 4, n);
    return last + 8;
}

static void links_are_not_followed(void **state)
{
    enum { SOFT_LINK = 2 };
    image m = image_open();
    put_number(&m, symbol_of_bias(&m) + 16, SOFT_LINK, 4);
    image_write(state, &m);
    tensor_file *f;
    assert_done(tensor_file_open(scratch_folder(state), &f));
    assert_int_equal(tensor_file_count(f), 1);
    assert_string_equal(tensor_file_at(f, 0)->name, kernel);
    tensor_file_free(f);
}

static void groups_that_lead_in_circles_end(void **state)
{
    image m = image_open();
    put_number(&m, symbol_of_bias(&m) + 8, 96, 8); /* the root */
    assert_refused(state, &m, BERT_FORMAT, "more than 32 deep");

    /* each of 31 levels has two members, both the root */
    m = image_open();
    size_t heap = find(&m, "HEAP", 4, 3), names = (size_t) * (uint64_t *)(m.bytes + heap + 24);
    memcpy(m.bytes + names + 8, "a\0\0\0\0\0\0\0b\0\0\0\0\0\0\0", 16);
    put_number(&m, symbol_of_bias(&m) + 0, 8, 8);
    put_number(&m, symbol_of_bias(&m) + 40, 16, 8);
    for (size_t n = 0; n < 2; n++) put_number(&m, symbol_of_bias(&m) + 40 * n + 8, 96, 8);
    assert_refused(state, &m, BERT_FORMAT, "deep in each other");
}

static void groups_that_lie_are_refused(void **state)
{
    image m = image_open();
    m.bytes[find(&m, "HEAP", 4, 1)] = 'h';
    assert_refused(state, &m, BERT_FORMAT, "names are not where");
    m = image_open();
    put_number(&m, find(&m, "HEAP", 4, 1) + 8, m.count, 8);
    assert_refused(state, &m, BERT_FORMAT, "names are not where");
    m = image_open();
    m.bytes[find(&m, "TREE", 4, 1)] = 't';
    assert_refused(state, &m, BERT_FORMAT, "tree of members");
    m = image_open();
    m.bytes[find(&m, "TREE", 4, 0) + 5] = 1; /* its child is no node of a tree */
    assert_refused(state, &m, BERT_FORMAT, "tree of members");
    m = image_open();
    m.bytes[find(&m, "TREE", 4, 0) + 5] = 17;
    assert_refused(state, &m, BERT_FORMAT, "tree of members");
    m = image_open();
    put_number(&m, find(&m, "TREE", 4, 2) + 6, 0xFFFF, 2);
    assert_refused(state, &m, BERT_FORMAT, "tree of members");
    m = image_open();
    m.bytes[find(&m, "SNOD", 4, 2)] = 's';
    assert_refused(state, &m, BERT_FORMAT, "list of members");
    m = image_open();
    put_number(&m, find(&m, "SNOD", 4, 2) + 6, 0xFFFF, 2);
    assert_refused(state, &m, BERT_FORMAT, "list of members");
    m = image_open();
    put_number(&m, symbol_of_bias(&m), 1 << 20, 8);
    assert_refused(state, &m, BERT_FORMAT, "has no name");
    m = image_open();
    put_number(&m, symbol_of_bias(&m), 0, 8); /* "", the name of the root */
    assert_refused(state, &m, BERT_FORMAT, "has no name");
    m = image_open();
    put_number(&m, symbol_of_bias(&m) + 40, (uint64_t)m.bytes[symbol_of_bias(&m)], 8);
    assert_refused(state, &m, BERT_FORMAT, "'bert/pooler/dense/bias:0' is there twice");
}

/* In memory, so that each byte's turn comes, and of just the size, so that the sanitizers see a
 * read behind the last. */
static void files_cut_anywhere_and_any_byte_changed_do_no_harm(void **state)
{
    (void)state;
    image m = image_open();
    size_t cut_refused = 0, read = 0;
    for (size_t i = 0; i < 3 * m.count; i++) {
        size_t at = i / 3, length = i % 3 ? m.count : at;
        char *bytes = malloc(length ? length : 1);
        assert_non_null(bytes);
        memcpy(bytes, m.bytes, length);
        if (i % 3) bytes[at] = (char)(i % 3 == 1 ? ~bytes[at] : bytes[at] ^ 1);
        tensor_list list = { 0 };
        bert_status status = hdf5_read("f.h5", (slice){ bytes, length }, &list);
        if (i % 3 == 0) cut_refused += status != BERT_OK;
        for (size_t k = 0; status == BERT_OK && k < list.count; k++) {
            float numbers[256];
            if (list.tensors[k].type == TENSOR_OTHER) continue;
            assert_in_range(list.tensors[k].count, 0, 256);
            tensor_to_float(&list.tensors[k], numbers);
            read++;
        }
        tensor_list_release(&list);
        free(bytes);
    }
    assert_int_equal(cut_refused, m.count);
    assert_in_range(read, m.count, 4 * m.count);
    free(m.bytes);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keras_files_hold_pytorchs_weights),
        TEST(embeddings_that_a_head_repeats_surprise_nobody),
        TEST(names_have_one_form),
        TEST(a_superblock_that_lies_is_refused),
        TEST(what_keras_does_not_write_is_refused_by_name),
        TEST(a_dataset_that_lies_is_refused),
        TEST(numbers_of_other_kinds_are_no_weights),
        TEST(compact_data_stand_in_their_header),
        TEST(links_are_not_followed),
        TEST(groups_that_lead_in_circles_end),
        TEST(groups_that_lie_are_refused),
        TEST(files_cut_anywhere_and_any_byte_changed_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
