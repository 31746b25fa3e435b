/* test_tensorflow.c: TensorFlow's checkpoints are read to the bits that PyTorch's files of the same
 * models hold, and those that lie are refused. */
#include "base/crc32c.h"
#include "compute/compute.h"
#include "model/pretrained.h"
#include "same_weights.h"
#include "scratch.h"
#include "tensors/tensor_list.h"
#include "tensors/tensorflow_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FOLDER "tests/data/tensorflow/"

/* ---- files to order */

typedef struct bytes {
    char at[16384];
    size_t count;
} bytes;

static void put(bytes *b, const void *from, size_t count)
{
    assert_in_range(b->count + count, 0, sizeof b->at);
    memcpy(b->at + b->count, from, count);
    b->count += count;
}

static void put_varint(bytes *b, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) put(b, &(uint8_t){ (uint8_t)(value | 0x80) }, 1);
    put(b, &(uint8_t){ (uint8_t)value }, 1);
}

/* What a table may do wrong. */
typedef struct lies {
    uint8_t compression;
    uint32_t checksum;     /* added to the right one */
    uint32_t restarts;     /* told; none are there */
    uint64_t index_offset; /* added to the right one */
} lies;

/* Ends a block that begins at `begin` and puts its handle into *handle. */
static void put_block(bytes *file, size_t begin, const lies *l, bytes *handle)
{
    put(file, &l->restarts, 4);
    put_varint(handle, begin);
    put_varint(handle, file->count - begin);
    put(file, &l->compression, 1);
    uint32_t checksum =
        crc32c_masked(crc32c(0, (slice){ file->at + begin, file->count - begin })) + l->checksum;
    put(file, &checksum, 4);
}

static void put_entry(bytes *file, size_t shared, const char *rest, size_t count, slice value)
{
    put_varint(file, shared);
    put_varint(file, count);
    put_varint(file, value.count);
    put(file, rest, count);
    put(file, value.bytes, value.count);
}

static const lies none;

/* A table of one data block with these entries. */
static void table_make(bytes *file, slice entries, const lies *l)
{
    static const uint8_t magic[8] = { 0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB };
    bytes handle = { .count = 0 }, footer = { .count = 0 };
    *file = (bytes){ .count = 0 };
    put(file, entries.bytes, entries.count);
    put_block(file, 0, l, &handle);
    size_t index = file->count;
    put_entry(file, 0, "z", 1, (slice){ handle.at, handle.count });
    put_varint(&footer, 0);
    put_varint(&footer, 0);
    put_block(file, index, &none, &footer);
    bytes moved = { .count = 0 };
    put_varint(&moved, 0);
    put_varint(&moved, 0);
    put_varint(&moved, index + l->index_offset);
    put_varint(&moved, file->count - index - 5);
    footer = l->index_offset ? moved : footer;
    while (footer.count < 40) put(&footer, "", 1);
    put(&footer, magic, 8);
    put(file, footer.at, footer.count);
}

/* The messages of one file: num_shards 1, and a tensor [2, 1] of floats, its 8 bytes at 0. */
#define HEADER "\x08\x01"
#define ENTRY "\x08\x01\x12\x08\x12\x02\x08\x02\x12\x02\x08\x01\x28\x08"

static slice text(const char *bytes_of, size_t count)
{
    return (slice){ bytes_of, count };
}
#define TEXT(literal) text(literal, sizeof literal - 1)

static void entries_make(bytes *out, slice header, slice entry)
{
    *out = (bytes){ .count = 0 };
    put_entry(out, 0, "", 0, header);
    put_entry(out, 0, "bert/w", 6, entry);
}

/* bert_model.ckpt of this table and these data; NULL bytes: none. */
static void checkpoint_write(void **state, slice table, slice data)
{
    scratch_write(state, "bert_model.ckpt.index", table);
    remove(scratch_path(state, "bert_model.ckpt.data-00000-of-00001"));
    if (data.bytes) scratch_write(state, "bert_model.ckpt.data-00000-of-00001", data);
}

static const slice eight = { "\0\0\x80?\0\0\0@", 8 }; /* 1 and 2 */

static void assert_refused(void **state, slice table, bert_status status, const char *words)
{
    tensor_file *f = NULL;
    checkpoint_write(state, table, eight);
    assert_failed(tensor_file_open(scratch_folder(state), &f), status, words);
    assert_failed(status, status, "bert_model.ckpt");
    assert_null(f);
}

/* ---- claims */

static void the_checksum_is_castagnolis(void **state)
{
    (void)state;
    char zeros[32] = { 0 }, ones[32], rising[32]; /* RFC 3720, B.4 */
    memset(ones, 0xFF, sizeof ones);
    for (size_t i = 0; i < sizeof rising; i++) rising[i] = (char)i;
    assert_int_equal(crc32c(0, slice_of("123456789")), 0xE3069283);
    assert_int_equal(crc32c(0, (slice){ zeros, 32 }), 0x8A9136AA);
    assert_int_equal(crc32c(0, (slice){ ones, 32 }), 0x62A8AB43);
    assert_int_equal(crc32c(0, (slice){ rising, 32 }), 0x46DD794E);
    for (size_t cut = 0; cut <= 32; cut++) {
        slice first = { rising, cut }, second = { rising + cut, 32 - cut };
        assert_int_equal(crc32c(crc32c(0, first), second), 0x46DD794E);
        assert_int_equal(crc32c_plain(crc32c_plain(0, first), second), 0x46DD794E);
    }
    assert_int_equal(crc32c_masked(0), 0xA282EAD8);
    assert_int_equal(crc32c_masked(0x12345678),
                     ((0x12345678u >> 15 | 0x12345678u << 17) + 0xA282EAD8u));
}

static void googles_checkpoints_hold_pytorchs_weights(void **state)
{
    (void)state;
    static const char *const pairs[][2] = { { "google_pretraining", "torch_pretraining" },
                                            { "google_classify", "torch_classify" },
                                            { "google_answer", "torch_answer" },
                                            { "google_shards", "torch_fill" } };
    for (size_t i = 0; i < 4; i++) assert_same_weights(FOLDER, pairs[i][0], pairs[i][1]);
}

static void what_stands_on_the_encoder_is_told_by_the_weights(void **state)
{
    (void)state;
    static const struct {
        const char *folder, *class_name;
        size_t labels;
    } heads[] = { { FOLDER "google_pretraining", "BertForMaskedLM", 0 },
                  { FOLDER "google_classify", "BertForSequenceClassification", 3 },
                  { FOLDER "google_answer", "BertForQuestionAnswering", 0 } };
    for (size_t i = 0; i < 3; i++) {
        pretrained m = pretrained_opened(heads[i].folder);
        assert_string_equal(m.config.architecture, heads[i].class_name);
        assert_int_equal(m.config.labels_given, heads[i].labels != 0);
        if (heads[i].labels) {
            assert_int_equal(m.config.labels, heads[i].labels);
            assert_int_equal(m.config.outputs, heads[i].labels);
            assert_string_equal(m.config.label_names[2], "LABEL_2");
        }
        pretrained_release(&m);
    }
}

static void an_optimizers_tensors_surprise_nobody(void **state)
{
    (void)state;
    pretrained m = pretrained_opened(FOLDER "google_classify");
    assert_non_null(tensor_file_find(m.file, "global_step"));
    assert_non_null(tensor_file_find(m.file, "output_weights/adam_m"));
    assert_int_equal(m.ignored, 0);
    pretrained_release(&m);
    m = pretrained_opened(FOLDER "google_pretraining");
    assert_int_equal(m.ignored, 2);
    assert_string_equal(m.ignored_names[0], "cls/seq_relationship/output_bias");
    assert_string_equal(m.ignored_names[1], "cls/seq_relationship/output_weights");
    pretrained_release(&m);
}

static void matrices_that_stand_as_needed_are_not_copied(void **state)
{
    (void)state;
    pretrained m = pretrained_opened(FOLDER "google_pretraining");
    size_t word = 0, kernels = 0;
    for (size_t i = 0; i < m.entry_count; i++) {
        const param_entry *e = &m.entries[i];
        if (e->cols && e->part != PARAM_EMBEDDING && e->part != PARAM_CLASSIFIER &&
            e->part != PARAM_SPANS)
            kernels += e->rows * e->cols * sizeof(float);
        word += strcmp(e->name, "bert.embeddings.word_embeddings.weight") == 0;
    }
    const tensor_info *table = tensor_file_find(m.file, "bert/embeddings/word_embeddings");
    assert_int_equal(word, 1);
    assert_ptr_equal(m.params.embeddings.word.data, table->data);
    /* each piece of the arena begins at a multiple of 64 bytes */
    assert_in_range(m.converted.used, kernels, kernels + 64 * m.entry_count);
    pretrained_release(&m);
}

static void the_file_checkpoint_names_the_one_that_is_read(void **state)
{
    bytes entries, table;
    entries_make(&entries, TEXT(HEADER), TEXT(ENTRY));
    table_make(&table, (slice){ entries.at, entries.count }, &none);
    scratch_write(state, "m-7.index", (slice){ table.at, table.count });
    scratch_write(state, "m-7.data-00000-of-00001", eight);
    scratch_text(state, "bert_model.ckpt.index", "not this one");
    static const char *const texts[] = {
        "model_checkpoint_path: \"m-7\"\n",
        "# a comment\nmodel_checkpoint_path: \"gs://bucket/out/m-7\"\nall_model_checkpoint_paths: "
        "\"m-3\"",
    };
    for (size_t i = 0; i < 2; i++) {
        tensor_file *f;
        scratch_text(state, "checkpoint", texts[i]);
        assert_done(tensor_file_open(scratch_folder(state), &f));
        assert_int_equal(tensor_file_count(f), 1);
        assert_string_equal(tensor_file_at(f, 0)->file,
                            scratch_path(state, "m-7.data-00000-of-00001"));
        tensor_file_free(f);
    }
    tensor_file *f = NULL;
    static const char *const wrong[] = { "", "model_checkpoint_path: \"",
                                         "model_checkpoint_path: \"\"",
                                         "model_checkpoint_path: \"out/\"" };
    for (size_t i = 0; i < 4; i++) {
        scratch_text(state, "checkpoint", wrong[i]);
        assert_failed(tensor_file_open(scratch_folder(state), &f), BERT_FORMAT, "names no file");
    }
    scratch_text(state, "checkpoint", "model_checkpoint_path: \"m-8\"");
    assert_failed(tensor_file_open(scratch_folder(state), &f), BERT_IO, "m-8.index");
}

static void a_table_to_order_is_read(void **state)
{
    bytes entries, table;
    tensor_file *f;
    float numbers[2];
    entries_make(&entries, TEXT(HEADER), TEXT(ENTRY));
    put_entry(&entries, 5, "x", 1,
              TEXT("\x08\x0E\x12\x04\x12\x02\x08\x02\x20\x04\x28\x04"));              /* bf16 */
    put_entry(&entries, 5, "y", 1, TEXT("\x08\x02\x12\x04\x12\x02\x08\x01\x28\x08")); /* double */
    put_entry(&entries, 5, "z", 1,
              TEXT("\x08\x07\x12\x02\x12\x00\x28\x03\x32\x01?\x1D\1\2\3\4")); /* string */
    table_make(&table, (slice){ entries.at, entries.count }, &none);
    checkpoint_write(state, (slice){ table.at, table.count }, eight);
    assert_done(tensor_file_open(scratch_folder(state), &f));
    assert_int_equal(tensor_file_count(f), 4);
    const tensor_info *w = tensor_file_find(f, "bert/w"), *x = tensor_file_find(f, "bert/x");
    assert_int_equal(w->dimensions, 2);
    assert_int_equal(w->shape[0], 2);
    assert_int_equal(w->shape[1], 1);
    tensor_to_float(w, numbers);
    assert_true(numbers[0] == 1.0f && numbers[1] == 2.0f);
    assert_int_equal(x->type, TENSOR_BF16);
    tensor_to_float(x, numbers);
    assert_true(numbers[0] == 0.0f && numbers[1] == 2.0f);
    assert_int_equal(tensor_file_find(f, "bert/y")->type, TENSOR_F64);
    assert_int_equal(tensor_file_find(f, "bert/z")->type, TENSOR_OTHER);
    tensor_file_free(f);
}

static void doubles_are_rounded_and_matrices_turned(void **state)
{
    (void)state;
    const double wide[] = { 1.5, -2.0, 1e-3, 3.0, 4.0, 1.0 + 1e-12 };
    const float turned[] = { 1.5f, 3.0f, -2.0f, 4.0f, 1e-3f, 1.0f };
    float have[6];
    tensor_info info = { .name = "d",
                         .type = TENSOR_F64,
                         .dimensions = 2,
                         .shape = { 2, 3 },
                         .count = 6,
                         .data = wide };
    tensor_to_float(&info, have);
    for (size_t i = 0; i < 6; i++) assert_true(have[i] == (float)wide[i]);
    tensor_to_float_transposed(&info, have);
    assert_memory_equal(have, turned, sizeof turned);
    info.shape[0] = SIZE_MAX; /* rows without end, of no columns */
    info.shape[1] = info.count = 0;
    tensor_to_float_transposed(&info, have);
    assert_memory_equal(have, turned, sizeof turned);
}

static void a_table_that_lies_is_refused(void **state)
{
    static const struct {
        lies lies;
        bert_status status;
        const char *words;
    } cases[] = {
        { { .compression = 1 }, BERT_UNSUPPORTED, "compressed (kind 1)" },
        { { .checksum = 1 }, BERT_FORMAT, "checksum of a block" },
        { { .restarts = 1000 }, BERT_FORMAT, "all restarts" },
        { { .index_offset = 1000 }, BERT_FORMAT, "outside of the file" },
        { { .index_offset = UINT64_MAX - 100 }, BERT_FORMAT, "outside of the file" },
        { { .index_offset = 1 }, BERT_FORMAT, "checksum of a block" },
    };
    bytes entries, table;
    entries_make(&entries, TEXT(HEADER), TEXT(ENTRY));
    slice good = { entries.at, entries.count };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        table_make(&table, good, &cases[i].lies);
        assert_refused(state, (slice){ table.at, table.count }, cases[i].status, cases[i].words);
    }
    table_make(&table, good, &none);
    assert_refused(state, (slice){ table.at, table.count - 1 }, BERT_FORMAT, "cut short");
    assert_refused(state, (slice){ "", 0 }, BERT_FORMAT, "cut short");
    memset(table.at + table.count - 48, 0xFF, 40);
    assert_refused(state, (slice){ table.at, table.count }, BERT_FORMAT, "footer");
}

static void entries_that_lie_are_refused(void **state)
{
    static const struct {
        size_t shared, count;
        const char *rest, *words;
    } keys[] = {
        { 0, 6, "bert/w", "not in order" },
        { 0, 6, "bert/v", "not in order" },
        { 5, 1, "w", "not in order" },
        { 3, 0, "", "not in order" },
        { 7, 1, "x", "cut off" },
        { 0, 3, "c\xFFz", "not a text in UTF-8" },
        { 0, 3, "c\0z", "not a text in UTF-8" },
    };
    bytes entries, table;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        entries_make(&entries, TEXT(HEADER), TEXT(ENTRY));
        put_entry(&entries, keys[i].shared, keys[i].rest, keys[i].count, TEXT(ENTRY));
        table_make(&table, (slice){ entries.at, entries.count }, &none);
        assert_refused(state, (slice){ table.at, table.count }, BERT_FORMAT, keys[i].words);
    }
    entries_make(&entries, TEXT(HEADER), TEXT(ENTRY));
    for (size_t cut = 1; cut < 24; cut++) {
        table_make(&table, (slice){ entries.at, entries.count - cut }, &none);
        if (cut == 23) /* nothing of the second entry */
            assert_int_equal(entries.count - cut, 5);
        else
            assert_refused(state, (slice){ table.at, table.count }, BERT_FORMAT, "cut off");
    }
    bytes twice = { .count = 0 }; /* a key that is too long, built of two */
    static char long_key[TENSORFLOW_KEY_MAX];
    memset(long_key, 'k', sizeof long_key);
    put_entry(&twice, 0, "", 0, TEXT(HEADER));
    put_entry(&twice, 0, long_key, TENSOR_NAME_MAX + 1, TEXT(ENTRY));
    table_make(&table, (slice){ twice.at, twice.count }, &none);
    assert_refused(state, (slice){ table.at, table.count }, BERT_FORMAT, "bytes; there can be");
    twice.count = 0;
    put_entry(&twice, 0, "", 0, TEXT(HEADER));
    put_entry(&twice, 0, long_key, TENSORFLOW_KEY_MAX, TEXT(ENTRY));
    put_entry(&twice, TENSORFLOW_KEY_MAX, "x", 1, TEXT(ENTRY));
    table_make(&table, (slice){ twice.at, twice.count }, &none);
    assert_refused(state, (slice){ table.at, table.count }, BERT_FORMAT, "");
}

static void messages_that_lie_are_refused(void **state)
{
    static const struct {
        slice header, entry;
        bert_status status;
        const char *words;
    } cases[] = {
#define CASE(header, entry, status, words)                                                         \
    { { header, sizeof header - 1 }, { entry, sizeof entry - 1 }, status, words }
        CASE("\x08", ENTRY, BERT_FORMAT, "its header is malformed"),
        CASE("\x08\x00", ENTRY, BERT_FORMAT, "0 data files"),
        CASE("\x08\xFF\xFF\x03", ENTRY, BERT_FORMAT, "65535 data files"),
        CASE("\x08\x01\x10\x01", ENTRY, BERT_UNSUPPORTED, "big-endian"),
        CASE("\x08\x02", ENTRY, BERT_IO, "data-00000-of-00002"),
        CASE(HEADER, "\x08", BERT_FORMAT, "'bert/w' is malformed"),
        CASE(HEADER, "\x0B", BERT_FORMAT, "'bert/w' is malformed"),
        CASE(HEADER, "\x00\x01", BERT_FORMAT, "'bert/w' is malformed"),
        CASE(HEADER, "\x12\x05\x12", BERT_FORMAT, "'bert/w' is malformed"),
        CASE(HEADER, "\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", BERT_FORMAT, "malformed"),
        CASE(HEADER, "\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", BERT_FORMAT, "malformed"),
        CASE(HEADER, "\x0D\x01\x02", BERT_FORMAT, "malformed"),
        CASE(HEADER, "\x09\x01\x02\x03\x04", BERT_FORMAT, "malformed"),
        /* [-1] */
        CASE(HEADER, "\x08\x01\x12\x0D\x12\x0B\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
             BERT_FORMAT, "malformed"),
        /* [2^62, 4] */
        CASE(HEADER,
             "\x08\x01\x12\x11\x12\x0B\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40\x12\x02\x08\x04",
             BERT_FORMAT, "malformed"),
        /* nine dimensions */
        CASE(HEADER,
             "\x08\x01\x12\x24\x12\x02\x08\x01\x12\x02\x08\x01\x12\x02\x08\x01\x12\x02\x08\x01\x12"
             "\x02"
             "\x08\x01\x12\x02\x08\x01\x12\x02\x08\x01\x12\x02\x08\x01\x12\x02\x08\x01",
             BERT_FORMAT, "malformed"),
        CASE(HEADER, "\x08\x01\x12\x04\x12\x02\x08\x03\x28\x08", BERT_FORMAT,
             "does not fill the 8"),
        CASE(HEADER, ENTRY "\x18\x01", BERT_FORMAT, "data file 1 of 1"),
        CASE(HEADER, ENTRY "\x20\x01", BERT_FORMAT, "ends behind the 8 bytes"),
        CASE(HEADER, ENTRY "\x20\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", BERT_FORMAT,
             "ends behind the 8 bytes"),
        CASE(HEADER, ENTRY "\x3A\x00", BERT_UNSUPPORTED, "'bert/w' is partitioned"),
    };
    bytes entries, table;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        entries_make(&entries, cases[i].header, cases[i].entry);
        table_make(&table, (slice){ entries.at, entries.count }, &none);
        assert_refused(state, (slice){ table.at, table.count }, cases[i].status, cases[i].words);
    }
}

static void what_is_no_savers_checkpoint_is_told(void **state)
{
    bytes entries = { .count = 0 }, table;
    put_entry(&entries, 0, "bert/w", 6, TEXT(ENTRY));
    table_make(&table, (slice){ entries.at, entries.count }, &none);
    assert_refused(state, (slice){ table.at, table.count }, BERT_FORMAT, "has no header");
    table_make(&table, (slice){ "", 0 }, &none);
    assert_refused(state, (slice){ table.at, table.count }, BERT_FORMAT, "has no header");
    entries.count = 0;
    put_entry(&entries, 0, "", 0, TEXT(HEADER));
    put_entry(&entries, 0, "_CHECKPOINTABLE_OBJECT_GRAPH", 28, TEXT(ENTRY));
    table_make(&table, (slice){ entries.at, entries.count }, &none);
    assert_refused(state, (slice){ table.at, table.count }, BERT_UNSUPPORTED,
                   "objects of TensorFlow 2");
    entries.count = 0; /* the parts of a partitioned tensor come before it */
    put_entry(&entries, 0, "", 0, TEXT(HEADER));
    put_entry(&entries, 0, "\0bert/w", 7, TEXT(ENTRY));
    put_entry(&entries, 0, "bert/w", 6, TEXT(ENTRY "\x3A\x00"));
    table_make(&table, (slice){ entries.at, entries.count }, &none);
    assert_refused(state, (slice){ table.at, table.count }, BERT_UNSUPPORTED, "partitioned");
}

/* A copy of a golden folder in the scratch folder, its data with a byte changed. */
static void golden_copy(void **state, const char *changed, const char *of)
{
    static const char *const names[] = { "bert_config.json", "vocab.txt", "checkpoint",
                                         "model.ckpt-343.index",
                                         "model.ckpt-343.data-00000-of-00001" };
    tensor_file *f;
    assert_done(tensor_file_open(FOLDER "google_classify", &f));
    const char *data = tensor_file_find(f, changed)->data;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t count;
        char path[256];
        snprintf(path, sizeof path, FOLDER "google_classify/%s", names[i]);
        char *whole = file_text(path, &count);
        if (strcmp(names[i], of) == 0) {
            const char *first = tensor_file_at(f, 0)->data;
            for (size_t k = 1; k < tensor_file_count(f); k++)
                if ((const char *)tensor_file_at(f, k)->data < first)
                    first = tensor_file_at(f, k)->data;
            whole[data - first + 5] ^= 1;
        }
        scratch_write(state, names[i], (slice){ whole, count });
        free(whole);
    }
    tensor_file_free(f);
}

static void damaged_numbers_are_found_where_they_are_needed(void **state)
{
    pretrained m;
    static const char data[] = "model.ckpt-343.data-00000-of-00001";
    compute *on;
    assert_done(compute_cpu_open(1, &on));
    golden_copy(state, "bert/pooler/dense/kernel", data);
    assert_failed(pretrained_open(scratch_folder(state), on, &m), BERT_FORMAT,
                  "checksum of tensor 'bert/pooler/dense/kernel'");
    golden_copy(state, "bert/pooler/dense/kernel/adam_v", data);
    assert_done(pretrained_open(scratch_folder(state), on, &m));
    pretrained_release(&m);
    compute_free(on);
}

static void files_cut_anywhere_and_any_byte_changed_do_no_harm(void **state)
{
    size_t count, data_count, refused = 0;
    char *whole = file_text(FOLDER "google_pretraining/bert_model.ckpt.index", &count);
    char *data =
        file_text(FOLDER "google_pretraining/bert_model.ckpt.data-00000-of-00001", &data_count);
    checkpoint_write(state, (slice){ whole, count }, (slice){ data, data_count });
    for (size_t i = 0; i < 3 * count; i++) {
        size_t at = i / 3, length = i % 3 ? count : at;
        char kept = whole[at];
        whole[at] = (char)(i % 3 == 1 ? ~kept : i % 3 == 2 ? kept ^ 1 : kept);
        scratch_write(state, "bert_model.ckpt.index", (slice){ whole, length });
        whole[at] = kept;
        tensor_file *f = NULL;
        if (tensor_file_open(scratch_folder(state), &f) != BERT_OK) refused++;
        tensor_file_free(f);
    }
    /* the metaindex block, which nobody reads, and the padding of the footer are free to change */
    assert_in_range(refused, 3 * count - 140, 3 * count);
    free(whole);
    free(data);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_checksum_is_castagnolis),
        TEST(googles_checkpoints_hold_pytorchs_weights),
        TEST(what_stands_on_the_encoder_is_told_by_the_weights),
        TEST(an_optimizers_tensors_surprise_nobody),
        TEST(matrices_that_stand_as_needed_are_not_copied),
        TEST(the_file_checkpoint_names_the_one_that_is_read),
        TEST(a_table_to_order_is_read),
        TEST(doubles_are_rounded_and_matrices_turned),
        TEST(a_table_that_lies_is_refused),
        TEST(entries_that_lie_are_refused),
        TEST(messages_that_lie_are_refused),
        TEST(what_is_no_savers_checkpoint_is_told),
        TEST(damaged_numbers_are_found_where_they_are_needed),
        TEST(files_cut_anywhere_and_any_byte_changed_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
