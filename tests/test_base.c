/* test_base.c: arenas, files, folders and the distance of words keep their headers' promises. */
#include "base/arena.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "bert_words.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void an_arena_measures_what_it_then_carves(void **state)
{
    (void)state;
    arena measure = { 0 }, block;
    assert_null(arena_take(&measure, 3, sizeof(float)));
    assert_null(arena_take(&measure, 100, 1));
    assert_done(arena_open(measure.used, &block));
    char *first = arena_take(&block, 3, sizeof(float)), *second = arena_take(&block, 100, 1);
    assert_int_equal((uintptr_t)first % ARENA_ALIGNMENT, 0);
    assert_int_equal(second - first, ARENA_ALIGNMENT);
    assert_int_equal(block.used, measure.used);
    arena_release(&block);
}

static void sizes_that_wrap_are_refused(void **state)
{
    (void)state;
    size_t product = 5;
    arena measure = { 0 }, block;
    assert_false(size_multiply(SIZE_MAX / 2, 3, &product));
    assert_int_equal(product, 5);
    arena_take(&measure, SIZE_MAX / 2, 4);
    assert_failed(arena_open(measure.used, &block), BERT_MEMORY, "out of memory");
    void *grown = NULL;
    size_t capacity = 0;
    assert_failed(memory_grow(&grown, &capacity, SIZE_MAX / 4, 8), BERT_MEMORY, "out of memory");
    assert_null(grown);
}

/* Blocks that hold no large page, one, and several, wherever they begin. */
static void the_hint_of_large_pages_keeps_a_block_usable(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 100, 3 << 20, 9 << 20 };
    for (size_t i = 0; i < 4; i++) {
        arena block;
        assert_done(arena_open(sizes[i], &block));
        arena_large_pages(&block);
        char *bytes = arena_take(&block, sizes[i], 1);
        memset(bytes, 1, sizes[i]);
        arena_large_pages(&block);
        for (size_t k = 0; k < sizes[i]; k += 4096) assert_int_equal(bytes[k], 1);
        arena_release(&block);
    }
    arena_large_pages(&(arena){ 0 });
}

static void a_file_appears_whole_or_not_at_all(void **state)
{
    const char *path = scratch_path(state, "a.txt");
    file_write file;
    size_t count;
    assert_done(file_replace(NULL, path, "old", 3));
    assert_done(file_write_open(NULL, path, &file));
    fputs("half of the ne", file.stream);
    fflush(file.stream);
    char *text = file_text(path, &count);
    assert_string_equal(text, "old");
    free(text);
    file_write_abort(&file);
    assert_done(file_replace(NULL, path, "new one", 7));
    text = file_text(path, &count);
    assert_string_equal(text, "new one");
    free(text);
    assert_failed(file_replace(NULL, scratch_path(state, "none/a.txt"), "x", 1), BERT_IO,
                  "No such file");
    assert_failed(file_replace(NULL, "/dev/full/x", "x", 1), BERT_IO, "/dev/full/x: cannot write");
}

static void publish(const char *staged, const char *path)
{
    folder_handle folder;
    assert_done(folder_hold(staged, &folder));
    assert_done(folder_publish(&folder, path));
    folder_release(&folder);
}

static void a_folder_changes_places_with_the_old_one(void **state)
{
    scratch_path(state, "");
    assert_done(folder_make(scratch_path(state, "deep/er/new")));
    scratch_text(state, "deep/er/new/file", "new");
    publish(scratch_path(state, "deep/er/new"), scratch_path(state, "place"));
    assert_true(file_exists(scratch_path(state, "place/file")));

    assert_done(folder_make(scratch_path(state, "newer")));
    scratch_text(state, "newer/other", "newer");
    publish(scratch_path(state, "newer"), scratch_path(state, "place"));
    assert_true(file_exists(scratch_path(state, "place/other")));
    assert_false(file_exists(scratch_path(state, "place/file")));
    assert_false(folder_exists(scratch_path(state, "newer")));
    assert_failed(folder_make(""), BERT_ARGUMENT, "without a name");
}

static void removing_a_folder_leaves_what_its_links_point_at(void **state)
{
    assert_done(folder_make(scratch_path(state, "kept")));
    scratch_text(state, "kept/file", "x");
    assert_done(folder_make(scratch_path(state, "gone/inner")));
    assert_int_equal(symlink("../kept", scratch_path(state, "gone/link")), 0);
    assert_done(folder_remove(scratch_path(state, "gone")));
    assert_false(folder_exists(scratch_path(state, "gone")));
    assert_true(file_exists(scratch_path(state, "kept/file")));
    assert_done(folder_remove(scratch_path(state, "gone")));
}

/* A handle on "held", which is then moved to "moved"; "other" takes its name. */
static folder_handle moved_handle(void **state, const char *other)
{
    folder_handle held;
    assert_done(folder_make(scratch_path(state, "held")));
    assert_done(folder_make(scratch_path(state, "target")));
    assert_done(folder_hold(scratch_path(state, "held"), &held));
    assert_done(file_replace(&held, "early", "x", 1));
    assert_int_equal(rename(scratch_path(state, "held"), scratch_path(state, "moved")), 0);
    if (strcmp(other, "link") == 0)
        assert_int_equal(symlink("target", scratch_path(state, "held")), 0);
    else if (strcmp(other, "link to it") == 0)
        assert_int_equal(symlink("moved", scratch_path(state, "held")), 0);
    else if (strcmp(other, "folder") == 0)
        assert_done(folder_make(scratch_path(state, "held")));
    return held;
}

static void a_folder_that_was_moved_is_noticed_by_the_next_write(void **state)
{
    static const char *const others[] = { "nothing", "link", "link to it", "folder" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        FILE *stream;
        folder_handle inner, held = moved_handle(state, others[i]);
        assert_failed(file_replace(&held, "late", "x", 1), BERT_IO,
                      "held: this folder was moved away, removed or replaced");
        assert_failed(file_stream_open(&held, "late", &stream), BERT_IO, "was moved away");
        assert_failed(folder_make_inside(&held, "late", &inner), BERT_IO, "was moved away");
        assert_failed(folder_publish(&held, scratch_path(state, "late")), BERT_IO,
                      "was moved away");
        assert_failed(folder_discard(&held), BERT_IO, "was moved away");
        folder_release(&held);
        assert_true(file_exists(scratch_path(state, "moved/early")));
        assert_false(file_exists(scratch_path(state, "moved/late")));
        assert_false(file_exists(scratch_path(state, "target/late")));
        assert_false(folder_exists(scratch_path(state, "target/late")));
        assert_done(folder_remove(scratch_path(state, "held")));
        assert_done(folder_remove(scratch_path(state, "moved")));
    }
}

/* Moved when the file was open already: it ends up in the folder that it was begun in. */
static void a_file_under_way_stays_in_its_folder(void **state)
{
    file_write file;
    folder_handle held;
    assert_done(folder_make(scratch_path(state, "held")));
    assert_done(folder_make(scratch_path(state, "target")));
    assert_done(folder_hold(scratch_path(state, "held"), &held));
    assert_done(file_write_open(&held, "file", &file));
    fputs("x", file.stream);
    assert_int_equal(rename(scratch_path(state, "held"), scratch_path(state, "moved")), 0);
    assert_int_equal(symlink("target", scratch_path(state, "held")), 0);
    assert_done(file_write_commit(&file));
    folder_release(&held);
    assert_true(file_exists(scratch_path(state, "moved/file")));
    assert_false(file_exists(scratch_path(state, "target/file")));
}

static void a_link_is_no_folder_to_hold(void **state)
{
    folder_handle held, inner;
    assert_done(folder_make(scratch_path(state, "held")));
    assert_int_equal(symlink("held", scratch_path(state, "link")), 0);
    assert_failed(folder_hold(scratch_path(state, "link"), &held), BERT_ARGUMENT, "is a link");
    assert_done(folder_hold(scratch_path(state, "held"), &held));
    assert_int_equal(symlink("..", scratch_path(state, "held/inner")), 0);
    assert_failed(folder_make_inside(&held, "inner", &inner), BERT_ARGUMENT, "inner: is a link");
    folder_release(&held);
}

static void a_held_folder_is_removed_with_all_that_is_in_it(void **state)
{
    folder_handle held, inner;
    assert_done(folder_make(scratch_path(state, "held")));
    assert_done(folder_hold(scratch_path(state, "held"), &held));
    assert_done(folder_make_inside(&held, "inner", &inner));
    assert_done(file_replace(&inner, "file", "x", 1));
    folder_release(&inner);
    assert_done(folder_discard(&held));
    folder_release(&held);
    assert_false(folder_exists(scratch_path(state, "held")));
}

/* FIPS 180-2, appendix B.1. */
static void the_digest_of_abc_is_the_published_one(void **state)
{
    char hex[DIGEST_TEXT];
    assert_done(file_digest(scratch_text(state, "abc", "abc"), hex));
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_failed(file_digest(scratch_path(state, "none"), hex), BERT_IO, "none: cannot open");
    assert_failed(file_digest(scratch_path(state, "."), hex), BERT_IO, "not a regular file");
}

static void words_differ_by_the_slips_between_them(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = { { "", "", 0 },
                  { "", "ab", 2 },
                  { "text", "text", 0 },
                  { "text", "tect", 1 },
                  { "text", "tex", 1 },
                  { "text", "texts", 1 },
                  { "text", "txet", 1 },
                  { "Text", "tXET", 1 },
                  { "label", "LABEL", 0 },
                  { "abcd", "badc", 2 },
                  { "label", "review", 5 },
                  { "ca", "abc", 3 },
                  { "kitten", "sitting", 3 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(bert_word_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(bert_word_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
    char longest[BERT_WORD_BYTES_MAX + 2] = "";
    memset(longest, 'a', BERT_WORD_BYTES_MAX);
    assert_int_equal(bert_word_distance(longest, longest), 0);
    longest[BERT_WORD_BYTES_MAX] = 'a';
    assert_int_equal(bert_word_distance(longest, longest), BERT_WORD_BYTES_MAX + 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(an_arena_measures_what_it_then_carves),
        CASE(the_hint_of_large_pages_keeps_a_block_usable),
        CASE(sizes_that_wrap_are_refused),
        CASE(a_file_appears_whole_or_not_at_all),
        CASE(a_folder_changes_places_with_the_old_one),
        CASE(removing_a_folder_leaves_what_its_links_point_at),
        CASE(a_folder_that_was_moved_is_noticed_by_the_next_write),
        CASE(a_file_under_way_stays_in_its_folder),
        CASE(a_link_is_no_folder_to_hold),
        CASE(a_held_folder_is_removed_with_all_that_is_in_it),
        CASE(the_digest_of_abc_is_the_published_one),
        CASE(words_differ_by_the_slips_between_them),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
