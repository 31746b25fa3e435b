#include "tensors/tensors.h"

#include "scratch.h"

#include "base/file.h"
#include "tensors/torch_pickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define DATA "tests/data/torch/"

static tensor_file *opened(const char *folder)
{
    tensor_file *f = NULL;
    assert_done(tensor_file_open(folder, &f));
    return f;
}

/* The tensors of DATA/file, put into the scratch folder under the name of its kind. */
static tensor_file *opened_as(void **state, const char *file, const char *name)
{
    char from[128];
    snprintf(from, sizeof from, DATA "%s", file);
    folder_remove(scratch_folder(state));
    folder_make(scratch_folder(state));
    assert_done(file_copy(from, NULL, scratch_path(state, name)));
    return opened(scratch_folder(state));
}

static float *numbers_of(const tensor_info *info)
{
    float *numbers = malloc(info->count * sizeof *numbers + 1);
    assert_non_null(numbers);
    tensor_to_float(info, numbers);
    return numbers;
}

static void assert_same_tensor(const tensor_info *a, const tensor_info *b)
{
    assert_true(a && b);
    assert_int_equal(a->dimensions, b->dimensions);
    for (size_t i = 0; i < a->dimensions; i++) assert_int_equal(a->shape[i], b->shape[i]);
    assert_int_equal(a->count, b->count);
    float *left = numbers_of(a), *right = numbers_of(b);
    assert_memory_equal(left, right, a->count * sizeof *left);
    free(left);
    free(right);
}

static void assert_same_tensors(const tensor_file *f, const tensor_file *wanted, size_t more)
{
    assert_int_equal(tensor_file_count(wanted), 25);
    assert_int_equal(tensor_file_count(f), 25 + more);
    for (size_t i = 0; i < tensor_file_count(wanted); i++) {
        const tensor_info *info = tensor_file_at(wanted, i);
        assert_same_tensor(tensor_file_find(f, info->name), info);
    }
    for (size_t i = 1; i < tensor_file_count(f); i++)
        assert_true(strcmp(tensor_file_at(f, i - 1)->name, tensor_file_at(f, i)->name) < 0);
}

static void every_form_holds_the_same_weights(void **state)
{
    static const struct {
        const char *file;
        size_t more; /* tensors */
    } forms[] = { { "zip.bin", 0 },      { "unchecked.bin", 0 }, { "legacy.bin", 0 },
                  { "views.bin", 0 },    { "tied.bin", 5 },      { "tied_legacy.bin", 5 },
                  { "protocol4.bin", 0 } };
    tensor_file *wanted = opened(DATA "model");
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        tensor_file *f = opened_as(state, forms[i].file, "pytorch_model.bin");
        assert_same_tensors(f, wanted, forms[i].more);
        assert_string_equal(tensor_file_at(f, 0)->file, scratch_path(state, "pytorch_model.bin"));
        tensor_file_free(f);
    }
    tensor_file *f = opened(DATA "sharded");
    assert_same_tensors(f, wanted, 0);
    assert_string_equal(tensor_file_find(f, "classifier.bias")->file,
                        DATA "sharded/pytorch_model-00002-of-00002.bin");
    tensor_file_free(f);
    tensor_file_free(wanted);
}

static void other_types_are_what_torch_makes_of_them(void **state)
{
    static const struct {
        const char *name;
        tensor_type type;
    } types[] = { { "half", TENSOR_F16 }, { "brain", TENSOR_BF16 }, { "double", TENSOR_F64 } };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char file[64];
        snprintf(file, sizeof file, "%s.safetensors", types[i].name);
        tensor_file *wanted = opened_as(state, file, "model.safetensors");
        snprintf(file, sizeof file, "%s.bin", types[i].name);
        tensor_file *f = opened_as(state, file, "pytorch_model.bin");
        assert_same_tensors(f, wanted, 0);
        assert_int_equal(tensor_file_at(f, 7)->type, types[i].type);
        tensor_file_free(f);
        tensor_file_free(wanted);
    }
}

static void names_of_2018_stand_as_they_are(void **state)
{
    tensor_file *wanted = opened(DATA "model");
    tensor_file *f = opened_as(state, "old.bin", "pytorch_model.bin");
    assert_int_equal(tensor_file_count(f), 25);
    assert_same_tensor(tensor_file_find(f, "embeddings.LayerNorm.gamma"),
                       tensor_file_find(wanted, "bert.embeddings.LayerNorm.weight"));
    assert_same_tensor(tensor_file_find(f, "encoder.layer.0.output.LayerNorm.beta"),
                       tensor_file_find(wanted, "bert.encoder.layer.0.output.LayerNorm.bias"));
    assert_same_tensor(tensor_file_find(f, "pooler.dense.weight"),
                       tensor_file_find(wanted, "bert.pooler.dense.weight"));
    tensor_file_free(f);
    tensor_file_free(wanted);
}

static void what_shares_a_storage_shares_it_here(void **state)
{
    static const char *const files[] = { "tied.bin", "tied_legacy.bin" };
    for (size_t i = 0; i < 2; i++) {
        tensor_file *f = opened_as(state, files[i], "pytorch_model.bin");
        const tensor_info *table = tensor_file_find(f, "bert.embeddings.word_embeddings.weight");
        const tensor_info *decoder = tensor_file_find(f, "cls.predictions.decoder.weight");
        const tensor_info *ids = tensor_file_find(f, "bert.embeddings.position_ids");
        assert_true(table && decoder && table->data == decoder->data);
        assert_int_equal(ids->type, TENSOR_OTHER);
        assert_int_equal(ids->dimensions, 2);
        tensor_file_free(f);
    }
}

/* The file is mapped at the start of a page, and torch puts numbers at multiples of 64. */
static void weights_of_an_archive_are_read_where_they_stand(void **state)
{
    tensor_file *f = opened_as(state, "zip.bin", "pytorch_model.bin");
    size_t count;
    char *whole = file_text(scratch_path(state, "pytorch_model.bin"), &count);
    for (size_t i = 0; i < tensor_file_count(f); i++) {
        const tensor_info *info = tensor_file_at(f, i);
        size_t page = (uintptr_t)info->data % (size_t)sysconf(_SC_PAGESIZE);
        bool found = false;
        for (size_t at = page; at + 4 * info->count <= count; at += 4096)
            found |= memcmp(whole + at, info->data, 4 * info->count) == 0;
        assert_true(found);
        assert_int_equal((uintptr_t)info->data % 64, 0);
    }
    free(whole);
    tensor_file_free(f);
}

/* ---- what is refused */

static void hostile_and_foreign_files_are_refused(void **state)
{
    static const char *const files[][2] = {
        { "system.bin", "asks for posix.system; only tensors are read, nothing is ever executed" },
        { "eval.bin", "asks for __builtin__.eval; only tensors are read" },
        { "huge.bin", "'x' is no tensor" },
        { "nested.bin", "'epoch' is no tensor; a model's state dict is read, and no checkpoint" },
        { "quantized.bin", "asks for torch._utils._rebuild_qtensor" },
        { "sparse.bin", "asks for torch._utils._rebuild_sparse_tensor" },
        { "big.bin", "its numbers are big endian; only little endian is read" },
        { "script.bin", "is TorchScript, a program; save the model's state dict" },
        { "tar.bin", "is of a torch before 0.1.10 (a tar archive)" },
        { "model/vocab.txt", "is neither a zip archive nor a pickle; is it a file of torch?" },
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char from[128];
        tensor_file *f = NULL;
        snprintf(from, sizeof from, DATA "%s", files[i][0]);
        assert_done(file_copy(from, NULL, scratch_path(state, "pytorch_model.bin")));
        assert_failed(tensor_file_open(scratch_folder(state), &f), BERT_FORMAT, files[i][1]);
        assert_failed(BERT_FORMAT, BERT_FORMAT, "/pytorch_model.bin: ");
        assert_null(f);
    }
    assert_false(file_exists("pwned"));
    scratch_text(state, "pytorch_model.bin", "");
    tensor_file *f = NULL;
    assert_failed(tensor_file_open(scratch_folder(state), &f), BERT_FORMAT, "is neither a zip");
}

/* ---- pickles by hand, in the stream of before torch 1.6 */

#define BEGIN "\x80\2\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.\x80\2M\xE9\x03.\x80\2}."
#define ID(type, key, count, view) "(U\7storagec" type "U\1" key "U\3cpu" count view "tQ"
#define STORAGE ID("torch\nFloatStorage\n", "0", "K\4", "N")
#define BYTES ID("torch.storage\nUntypedStorage\n", "1", "K\10", "N")
#define REBUILD "ctorch._utils\n_rebuild_tensor\n"
#define TENSOR(storage, offset, shape, stride) REBUILD "(" storage offset shape stride "tR"
#define TENSOR_3(storage, shape, type)                                                             \
    "ctorch._utils\n_rebuild_tensor_v3\n(" storage "K\0" shape "K\1\x85\x89N" type "tR"
#define GOOD TENSOR(STORAGE, "K\0", "K\2K\2\x86", "K\2K\1\x86")
#define WIDE "J\xFF\xFF\xFF\x7F"
#define DICT(name, value) "\x80\2}U\1" name value "s."
#define CASE(bytes, words)                                                                         \
    {                                                                                              \
        { bytes, sizeof bytes - 1 }, words                                                         \
    }

static bool slice_has(slice bytes, const char *words, size_t count)
{
    return memmem(bytes.bytes, bytes.count, words, count) != NULL;
}

/* A stream with this pickle and the storages that it speaks of: '0' of the floats 0 to 3 and '1' of
 * 8 bytes. */
static void stream_write(void **state, slice states)
{
    static const float floats[] = { 0, 1, 2, 3 };
    const slice numbers[] = { { (const char *)floats, 16 }, { "12345678", 8 } };
    const size_t counts[] = { 4, 8 };
    static const char begin[] = BEGIN, *const keys[] = { "U\1"
                                                         "0U\3cpu",
                                                         "U\1"
                                                         "1U\3cpu" };
    char *bytes = malloc(states.count + 256), *end = bytes;
    assert_non_null(bytes);
    end = mempcpy(end, begin, sizeof begin - 1);
    end = mempcpy(end, states.bytes, states.count);
    end = mempcpy(end, "\x80\2]", 3);
    for (size_t i = 0; i < 2; i++)
        if (slice_has(states, keys[i], 8)) end = mempcpy(mempcpy(end, keys[i], 3), "a", 1);
    *end++ = '.';
    for (size_t i = 0; i < 2; i++)
        if (slice_has(states, keys[i], 8))
            end = mempcpy(mempcpy(end, &counts[i], 8), numbers[i].bytes, numbers[i].count);
    scratch_write(state, "pytorch_model.bin", (slice){ bytes, (size_t)(end - bytes) });
    free(bytes);
}

typedef struct pickled {
    slice bytes;
    const char *words;
} pickled;

static void assert_pickles_refused(void **state, const pickled *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tensor_file *f = NULL;
        stream_write(state, cases[i].bytes);
        assert_failed(tensor_file_open(scratch_folder(state), &f), BERT_FORMAT, cases[i].words);
        assert_failed(BERT_FORMAT, BERT_FORMAT, "/pytorch_model.bin: ");
    }
}

#define ASSERT_PICKLES_REFUSED(cases)                                                              \
    assert_pickles_refused(state, cases, sizeof cases / sizeof *cases)

static void assert_floats(void **state, slice states, size_t count, const float *wanted)
{
    stream_write(state, states);
    tensor_file *f = opened(scratch_folder(state));
    const tensor_info *info = tensor_file_find(f, "a");
    assert_non_null(info);
    assert_int_equal(info->count, count);
    float *numbers = numbers_of(info);
    assert_memory_equal(numbers, wanted, count * sizeof *wanted);
    free(numbers);
    tensor_file_free(f);
}

#define ASSERT_FLOATS(bytes, ...)                                                                  \
    assert_floats(state, (slice){ bytes, sizeof bytes - 1 },                                       \
                  sizeof((float[]){ __VA_ARGS__ }) / sizeof(float), (float[]){ __VA_ARGS__ })

static void strides_offsets_and_parts_of_storages_are_followed(void **state)
{
    ASSERT_FLOATS(DICT("a", GOOD), 0, 1, 2, 3);
    ASSERT_FLOATS(DICT("a", TENSOR(STORAGE, "K\0", "K\2K\2\x86", "K\1K\2\x86")), 0, 2, 1, 3);
    ASSERT_FLOATS(DICT("a", TENSOR(STORAGE, "K\1", "K\3\x85", "K\1\x85")), 1, 2, 3);
    ASSERT_FLOATS(DICT("a", TENSOR(STORAGE, "K\1", "K\2\x85", "K\2\x85")), 1, 3);
    ASSERT_FLOATS(DICT("a", TENSOR(STORAGE, "K\3", ")", ")")), 3);
    ASSERT_FLOATS(DICT("a", TENSOR(STORAGE, "K\2", "K\3\x85", "K\0\x85")), 2, 2, 2);
    ASSERT_FLOATS(DICT("a", TENSOR(STORAGE, "K\3", "K\1K\1\x86", WIDE "K\7\x86")), 3);
    ASSERT_FLOATS(DICT("a", TENSOR(ID("torch\nFloatStorage\n", "0", "K\4", "(U\1vK\1K\2t"), "K\1",
                                   "K\1\x85", "K\1\x85")),
                  2);
    ASSERT_FLOATS(DICT("a", TENSOR(STORAGE, "K\0", "ctorch\nSize\nK\1\x85\x85R",
                                   "ctorch\nSize\nK\1\x85\x85R")),
                  0);
    ASSERT_FLOATS(DICT("a", "ctorch._utils\n_rebuild_parameter\n(" GOOD "\x88NtR"), 0, 1, 2, 3);
}

static void a_tensor_without_elements_needs_no_numbers(void **state)
{
    static const char empty[] = DICT("a", TENSOR(STORAGE, WIDE, "K\0" WIDE "\x86", WIDE "K\1\x86"));
    assert_floats(state, (slice){ empty, sizeof empty - 1 }, 0, (float[]){ 0 });
}

static void a_state_dict_may_be_empty(void **state)
{
    stream_write(state, (slice){ "\x80\2}.", 4 });
    tensor_file *f = opened(scratch_folder(state));
    assert_int_equal(tensor_file_count(f), 0);
    tensor_file_free(f);
}

static void a_type_of_its_own_is_no_weight(void **state)
{
    static const char states[] = DICT("a", TENSOR_3(BYTES, "K\4\x85", "ctorch\nuint16\n"));
    stream_write(state, (slice){ states, sizeof states - 1 });
    tensor_file *f = opened(scratch_folder(state));
    assert_int_equal(tensor_file_find(f, "a")->type, TENSOR_OTHER);
    assert_memory_equal(tensor_file_find(f, "a")->data, "12345678", 8);
    tensor_file_free(f);
}

static void tensors_that_lie_are_refused(void **state)
{
    static const pickled cases[] = {
        CASE(DICT("a", TENSOR(STORAGE, "K\1", "K\4\x85", "K\1\x85")), "'a': it reaches out of its"),
        CASE(DICT("a", TENSOR(STORAGE, "K\4", ")", ")")), "reaches out of its storage"),
        CASE(DICT("a", TENSOR(STORAGE, "J\xFF\xFF\xFF\xFF", ")", ")")), "reaches out"),
        CASE(DICT("a", TENSOR(STORAGE, "K\0", "K\3\x85", "K\2\x85")), "reaches out"),
        CASE(DICT("a", TENSOR(STORAGE, "\x8A\10\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", "K\2\x85",
                              "\x8A\10\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\x85")),
             "reaches out"),
        CASE(DICT("a", TENSOR(STORAGE, "K\0", WIDE WIDE WIDE "\x87", "K\0K\0K\0\x87")),
             "the product of its shape is too big"),
        CASE(DICT("a", TENSOR(STORAGE, "K\0", WIDE "\x85", "K\0\x85")),
             "its tensors repeat numbers"),
        CASE(DICT("a", TENSOR(STORAGE, "K\0", WIDE WIDE "\x86", "K\0K\0\x86")), "repeat numbers"),
        CASE(DICT("a", TENSOR(STORAGE, "K\0", "(K\1K\1K\1K\1K\1K\1K\1K\1K\1t",
                              "(K\1K\1K\1K\1K\1K\1K\1K\1K\1t")),
             "'a' has 9 dimensions; at most 8"),
        CASE(DICT("a", TENSOR(STORAGE, "K\0", "K\1K\1\x86", "K\1\x85")), "not as many whole"),
        CASE(DICT("a", TENSOR(STORAGE, "K\0", "U\1x\x85", "K\1\x85")), "not as many whole numbers"),
        CASE(DICT("a", TENSOR(STORAGE, "K\0", "N", "N")), "not as many whole numbers"),
        CASE(DICT("a", TENSOR("N", "K\0", "K\1\x85", "K\1\x85")), "does not say of a storage"),
        CASE(DICT("a", TENSOR(ID("torch\nFloatStorage\n", "0", "J\xFF\xFF\xFF\xFF", "N"), "K\0",
                              "K\1\x85", "K\1\x85")),
             "does not say of a storage"),
        CASE(DICT("a", TENSOR(ID("torch\nFloatStorage\n", "0", "K\5", "N"), "K\0", ")", ")")),
             "a storage holds 4 numbers, and should hold 5"),
        CASE(DICT("a", TENSOR(ID("torch\nDoubleStorage\n", "0", "K\4", "N"), "K\0", ")", ")")),
             "ends before its numbers do"),
        CASE(DICT("a",
                  TENSOR(ID("torch\nFloatStorage\n", "0", "K\4", "(U\1vK\3K\2t"), "K\0", ")", ")")),
             "does not say of a storage"),
        CASE(DICT("a", TENSOR(ID("torch\nFloatStorage\n", "2", "K\4", "N"), "K\0", ")", ")")),
             "the numbers of a storage are missing"),
        CASE(DICT("a", TENSOR_3(STORAGE, "K\4\x85", "ctorch\nuint16\n")), "none for its storage"),
        CASE(DICT("a", TENSOR_3(BYTES, "K\5\x85", "ctorch\nuint16\n")), "reaches out"),
        CASE(DICT("a", REBUILD "(" STORAGE "K\0)tR"), "'a' is no tensor"),
        CASE(DICT("a", "N"), "'a' is no tensor"),
        CASE(DICT("a", "ctorch\nSize\n)R"), "'a' is no tensor"),
        CASE(DICT("a", "ctorch._utils\n_rebuild_parameter\n)R"), "'a' is no tensor"),
        CASE(DICT("\xFF", GOOD), "a tensor's name is not a text in UTF-8"),
        CASE(DICT("\0", GOOD), "a tensor's name is not a text in UTF-8"),
        CASE("\x80\2}K\1" GOOD "s.", "the name of its tensor 1 is no text"),
        CASE("\x80\2}(U\1a" GOOD "U\1a" GOOD "u.", "tensor 'a' is there twice"),
        CASE("\x80\2" GOOD ".", "holds no state dict"),
        CASE("\x80\2N.", "holds no state dict"),
    };
    ASSERT_PICKLES_REFUSED(cases);
}

static void pickles_that_break_the_machines_rules_are_refused(void **state)
{
    static const pickled cases[] = {
        CASE("\x80\x06}.", "at byte 2: an unknown protocol"),
        CASE("\x80\2.", "too few values"),
        CASE("\x80\2}(.", "too few values"),
        CASE("\x80\2}(\x85.", "too few values"),
        CASE("\x80\2t.", "there is no mark"),
        CASE("\x80\2}U\1aNs(u}u.", "there is no mark"),
        CASE("\x80\2(U\1ad.", "a dict's key has no value"),
        CASE("\x80\2}(U\1au.", "a dict's key has no value"),
        CASE("\x80\2}Na.", "added to what is no list"),
        CASE("\x80\2](NNu.", "put into what is no dict"),
        CASE("\x80\2)(Ne.", "added to what is no list"),
        CASE("\x80\2h\0.", "is not in it"),
        CASE("\x80\2}q\2h\1.", "is not in it"),
        CASE("\x80\2}r\xFF\xFF\xFF\xFF.", "a number of the memo is too large"),
        CASE("\x80\2q\0.", "too few values"),
        CASE("\x80\2N)R.", "what is called is no function"),
        CASE("\x80\2" REBUILD "NR.", "arguments are no tuple"),
        CASE("\x80\2ccollections\nOrderedDict\nN\x85R.", "no list of pairs"),
        CASE("\x80\2ccollections\nOrderedDict\n]N\x86R.", "no list of pairs"),
        CASE("\x80\2ccollections\nOrderedDict\n](Ne\x85R.", "no list of pairs"),
        CASE("\x80\2ccollections\nOrderedDict\n](N\x85"
             "e\x85R.",
             "no list of pairs"),
        CASE("\x80\2" GOOD "}b.", "a state is set on what is no dict"),
        CASE("\x80\2NQ.", "a storage's id is no tuple"),
        CASE("\x80\2U\1aK\1\x93.", "a name is no text"),
        CASE("\x80\2U\2osU\6system\x93.", "asks for os.system; only tensors"),
        CASE("\x80\2"
             "cos\nsystem\n.",
             "asks for os.system; only tensors"),
        CASE("\x80\2"
             "ctorch\nQInt8Storage\n.",
             "asks for torch.QInt8Storage"),
        CASE("\x80\2"
             "ccollections.OrderedDict\n\n.",
             "asks for collections.OrderedDict.;"),
        CASE("\x80\2"
             "c\x1B[2J\nx\n.",
             "asks for ?[2J.x;"),
        CASE("\x80\2]0.", "operation 0x30, which no tensor needs"),
        CASE("\x80\2(i__main__\nx\n.", "operation 0x69, which no tensor needs"),
        CASE("\x80\2}\x81.", "at byte 3: operation 0x81"),
        CASE("\x80\2X\xFF\xFF\xFF\xFF.", "it ends too early"),
        CASE("\x80\2\x8D\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF.", "it ends too early"),
    };
    ASSERT_PICKLES_REFUSED(cases);
}

/* Every prefix of a good pickle, with nothing behind it. */
static void a_stream_that_ends_anywhere_is_refused(void **state)
{
    static const char states[] = DICT("a", GOOD);
    stream_write(state, (slice){ states, sizeof states - 1 });
    const char *path = scratch_path(state, "pytorch_model.bin");
    size_t count;
    free(file_text(path, &count));
    while (count-- > 0) {
        tensor_file *f = NULL;
        assert_int_equal(truncate(path, (off_t)count), 0);
        assert_failed(tensor_file_open(scratch_folder(state), &f), BERT_FORMAT, ".bin: ");
    }
}

/* ---- limits */

/* `count` times `unit` between a beginning and an end. */
static void assert_many_refused(void **state, const char *begin, slice unit, size_t count,
                                const char *words)
{
    size_t head = strlen(begin);
    char *bytes = malloc(head + unit.count * count + 1);
    assert_non_null(bytes);
    memcpy(bytes, begin, head);
    for (size_t i = 0; i < count; i++)
        memcpy(bytes + head + i * unit.count, unit.bytes, unit.count);
    bytes[head + unit.count * count] = '.';
    const pickled many = { { bytes, head + unit.count * count + 1 }, words };
    assert_pickles_refused(state, &many, 1);
    free(bytes);
}

static void what_a_pickle_holds_is_bounded(void **state)
{
    static const char words[] = "its pickle holds more than 1048576 values";
    assert_many_refused(state, "\x80\2", (slice){ "N", 1 }, PICKLE_MOST + 1, words);
    assert_many_refused(state, "\x80\2", (slice){ "(", 1 }, PICKLE_MOST + 1, words);
    assert_many_refused(state, "\x80\2Nq\1", (slice){ "h\1", 2 }, PICKLE_MOST, words);
    assert_many_refused(state, "\x80\2Nq\1]q\2", (slice){ "h\1a", 3 }, PICKLE_MOST + 1, words);
    assert_many_refused(state, "\x80\2Nq\1}", (slice){ "h\1h\1s", 5 }, 65537,
                        "holds 65537 tensors; at most 65536 are read");
}

/* ---- damage */

/* Reads every byte that the reader promises, so that the sanitizers see a promise broken. */
static double read_all(const tensor_file *f)
{
    double sum = 0;
    for (size_t i = 0; i < tensor_file_count(f); i++) {
        const tensor_info *info = tensor_file_at(f, i);
        if (info->type == TENSOR_OTHER) continue;
        float *numbers = numbers_of(info);
        for (size_t k = 0; k < info->count; k++) sum += numbers[k] == numbers[k];
        free(numbers);
    }
    return sum;
}

static const char *const whole_files[] = { "zip.bin", "tied_legacy.bin", "old.bin" };

/* The scratch folder's pytorch_model.bin is in memory, since it is changed thousands of times. */
static int file_in_memory(void **state, const char *name, char **whole, size_t *count)
{
    char path[128];
    snprintf(path, sizeof path, DATA "%s", name);
    *whole = file_text(path, count);
    int file = memfd_create(name, 0);
    assert_int_equal(pwrite(file, *whole, *count, 0), *count);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    unlink(scratch_path(state, "pytorch_model.bin"));
    assert_int_equal(symlink(path, scratch_path(state, "pytorch_model.bin")), 0);
    tensor_file_free(opened(scratch_folder(state)));
    return file;
}

static void a_file_cut_short_anywhere_is_refused(void **state)
{
    for (size_t i = 0; i < sizeof whole_files / sizeof *whole_files; i++) {
        size_t count;
        char *whole;
        int file = file_in_memory(state, whole_files[i], &whole, &count);
        while (count-- > 0) {
            tensor_file *f = NULL;
            assert_int_equal(ftruncate(file, (off_t)count), 0);
            assert_failed(tensor_file_open(scratch_folder(state), &f), BERT_FORMAT, ".bin: ");
        }
        close(file);
        free(whole);
    }
}

static void a_byte_changed_anywhere_does_no_harm(void **state)
{
    static const char ways[] = { 1, '\x80', '\xFF' };
    size_t refused = 0, read = 0, count;
    for (size_t i = 0; i < sizeof whole_files / sizeof *whole_files; i++) {
        char *whole;
        int file = file_in_memory(state, whole_files[i], &whole, &count);
        for (size_t at = 0; at < count; at++) {
            tensor_file *f = NULL;
            char changed = whole[at] ^ ways[at % sizeof ways];
            assert_int_equal(pwrite(file, &changed, 1, (off_t)at), 1);
            if (tensor_file_open(scratch_folder(state), &f) != BERT_OK)
                refused++;
            else
                read += read_all(f) > 0;
            tensor_file_free(f);
            assert_int_equal(pwrite(file, &whole[at], 1, (off_t)at), 1);
        }
        close(file);
        free(whole);
    }
    assert_in_range(refused, 8000, 20000);
    assert_in_range(read, 8000, 20000);
}

static void a_pickle_is_held_against_its_checksum(void **state)
{
    tensor_file_free(opened_as(state, "zip.bin", "pytorch_model.bin"));
    const char *path = scratch_path(state, "pytorch_model.bin");
    size_t count;
    char *whole = file_text(path, &count), *name = memmem(whole, count, "LayerNorm", 9);
    assert_non_null(name);
    name[0] = 'M';
    scratch_write(state, "pytorch_model.bin", (slice){ whole, count });
    free(whole);
    tensor_file *f = NULL;
    assert_failed(tensor_file_open(scratch_folder(state), &f), BERT_FORMAT,
                  "data.pkl has another checksum than it should; the file is damaged");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_form_holds_the_same_weights),
        TEST(other_types_are_what_torch_makes_of_them),
        TEST(names_of_2018_stand_as_they_are),
        TEST(what_shares_a_storage_shares_it_here),
        TEST(weights_of_an_archive_are_read_where_they_stand),
        TEST(hostile_and_foreign_files_are_refused),
        TEST(strides_offsets_and_parts_of_storages_are_followed),
        TEST(a_tensor_without_elements_needs_no_numbers),
        TEST(a_state_dict_may_be_empty),
        TEST(a_type_of_its_own_is_no_weight),
        TEST(tensors_that_lie_are_refused),
        TEST(pickles_that_break_the_machines_rules_are_refused),
        TEST(a_stream_that_ends_anywhere_is_refused),
        TEST(what_a_pickle_holds_is_bounded),
        TEST(a_file_cut_short_anywhere_is_refused),
        TEST(a_byte_changed_anywhere_does_no_harm),
        TEST(a_pickle_is_held_against_its_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
