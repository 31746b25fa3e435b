/* The archives are seeds of fuzz/torch_zip.c: one tensor, a = [1, 2]. */
#include "tensors/tensors.h"
#include "tensors/zip.h"

#include "scratch.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static bert_status seed_open(void **state, const char *name, tensor_file **out)
{
    char from[128];
    snprintf(from, sizeof from, "fuzz/seeds/torch_zip/%s", name);
    assert_done(file_copy(from, NULL, scratch_path(state, "pytorch_model.bin")));
    return tensor_file_open(scratch_folder(state), out);
}

static void an_archive_of_any_writer_is_read(void **state)
{
    static const char *const names[] = { "zip", "small", "comment", "zip64" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        tensor_file *f = NULL;
        float numbers[2] = { 0 };
        assert_done(seed_open(state, names[i], &f));
        assert_int_equal(tensor_file_count(f), 1);
        tensor_to_float(tensor_file_find(f, "a"), numbers);
        assert_true(numbers[0] == 1 && numbers[1] == 2);
        tensor_file_free(f);
    }
}

static void an_archive_that_lies_is_refused(void **state)
{
    static const char *const cases[][2] = {
        { "zip64_lost", "as a zip archive, its second end is missing; was the file cut short?" },
        { "twice", "as a zip archive, it has two entries of one name" },
        { "deflated", "data.pkl is compressed, which torch.save() never does" },
        { "later", "is of a later version of its form; up to 10 are known" },
        { "big", "its numbers are big endian" },
        { "short", "data/0 holds 7 bytes, and should hold 8" },
        { "lost", "has no data/0, where its pickle puts numbers" },
        { "none", "is a zip archive, but none of torch.save()" },
        { "other", "is a zip archive, but none of torch.save()" },
        { "script", "is TorchScript" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tensor_file *f = NULL;
        assert_failed(seed_open(state, cases[i][0], &f), BERT_FORMAT, cases[i][1]);
    }
}

static void an_archive_may_be_empty(void **state)
{
    (void)state;
    static const char end[22] = "PK\5\6";
    zip_entries z;
    assert_done(zip_read("x", (slice){ end, sizeof end }, &z));
    assert_int_equal(z.count, 0);
    assert_null(z.first.bytes);
    assert_null(zip_find(&z, slice_of("a")));
    zip_release(&z);
}

/* "The quick brown fox ..." has the CRC-32 0x414FA339, as zlib, cksum's kin and others print it. */
static void the_checksum_is_that_of_zip(void **state)
{
    (void)state;
    const char *fox = "The quick brown fox jumps over the lazy dog";
    assert_int_equal(zip_checksum(slice_of(fox)), 0x414FA339);
    assert_int_equal(zip_checksum(slice_of("")), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_archive_of_any_writer_is_read),
        TEST(an_archive_that_lies_is_refused),
        TEST(an_archive_may_be_empty),
        TEST(the_checksum_is_that_of_zip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
