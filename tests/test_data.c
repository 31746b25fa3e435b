/* test_data.c: which examples make a step, and how they lie in a batch. */
#include "data/batch.h"
#include "data/sampler.h"
#include "data/windows.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void an_epoch_visits_every_example_once(void **state)
{
    (void)state;
    sampler s;
    uint32_t before[103];
    assert_done(sampler_init(103, 10, true, 42, &s));
    assert_int_equal(sampler_steps(&s), 11);
    for (size_t epoch = 1; epoch <= 3; epoch++) {
        int seen[103] = { 0 };
        sampler_epoch(&s, epoch);
        for (size_t step = 0; step < sampler_steps(&s); step++) {
            const uint32_t *index;
            size_t count;
            sampler_step(&s, step, &index, &count);
            assert_int_equal(count, step < 10 ? 10 : 3);
            for (size_t i = 0; i < count; i++) seen[index[i]]++;
        }
        for (size_t i = 0; i < 103; i++) assert_int_equal(seen[i], 1);
        if (epoch > 1) assert_true(memcmp(before, s.order, sizeof before) != 0);
        memcpy(before, s.order, sizeof before);
    }
    sampler_epoch(&s, 2); /* the order is a function of seed and epoch, not of what came before */
    assert_true(memcmp(before, s.order, sizeof before) != 0);
    sampler_epoch(&s, 3);
    assert_memory_equal(before, s.order, sizeof before);
    sampler_release(&s);
}

static void without_shuffling_the_order_is_the_files(void **state)
{
    (void)state;
    sampler s;
    assert_done(sampler_init(5, 2, false, 42, &s));
    sampler_epoch(&s, 4);
    for (uint32_t i = 0; i < 5; i++) assert_int_equal(s.order[i], i);
    sampler_release(&s);
}

/* Examples of 3, 2 and 4 tokens; the last is a pair. */
static size_t starts[] = { 0, 3, 5, 9 };
static uint32_t first_counts[] = { 3, 2, 2 };
static int32_t ids[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
static const features three = { .count = 3,
                                .sequences = 3,
                                .starts = starts,
                                .first_counts = first_counts,
                                .ids = ids,
                                .longest = 4 };

static void a_batch_lays_sequences_end_to_end(void **state)
{
    (void)state;
    batch b;
    arena block;
    batch_limits limits = { .tokens = 7, .sequences = 2 };
    const uint32_t index[] = { 2, 0 };
    assert_done(batch_open(&b, &limits, &block));
    batch_fill(&b, &three, index, 2, 10);

    assert_int_equal(b.tokens, 7);
    assert_int_equal(b.sequences, 2);
    assert_memory_equal(b.ids, ((int32_t[]){ 6, 7, 8, 9, 1, 2, 3 }), 7 * sizeof(int32_t));
    assert_memory_equal(b.types, ((int32_t[]){ 0, 0, 1, 1, 0, 0, 0 }), 7 * sizeof(int32_t));
    assert_memory_equal(b.positions, ((int32_t[]){ 0, 1, 2, 3, 0, 1, 2 }), 7 * sizeof(int32_t));
    assert_memory_equal(b.unit, ((uint32_t[]){ 10, 10, 10, 10, 11, 11, 11 }), 7 * sizeof(uint32_t));
    assert_memory_equal(b.starts, ((uint32_t[]){ 0, 4, 7 }), 3 * sizeof(uint32_t));
    assert_memory_equal(b.wanted_starts, ((uint32_t[]){ 0, 1, 2 }), 3 * sizeof(uint32_t));
    assert_memory_equal(b.wanted_unit, ((uint32_t[]){ 10, 11 }), 2 * sizeof(uint32_t));
    assert_memory_equal(b.wanted_rows, ((uint32_t[]){ 0, 4 }), 2 * sizeof(uint32_t));
    features untyped = three;
    untyped.untyped = true;
    batch_fill(&b, &untyped, index, 2, 10);
    assert_memory_equal(b.types, ((int32_t[7]){ 0 }), 7 * sizeof(int32_t));
    arena_release(&block);
}

/* The same three sequences and one more of one token as two units of two. */
static size_t four_starts[] = { 0, 3, 5, 9, 10 };
static uint32_t four_counts[] = { 3, 2, 2, 1 };
static int32_t ten_ids[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
static const features couples = { .count = 2,
                                  .sequences = 4,
                                  .group = 2,
                                  .starts = four_starts,
                                  .first_counts = four_counts,
                                  .ids = ten_ids,
                                  .longest = 4 };

static void sequences_of_a_unit_share_its_name_and_number_its_tokens_on(void **state)
{
    (void)state;
    batch b;
    arena block;
    batch_limits limits = { .tokens = 10, .sequences = 4, .wanted = 10 };
    const uint32_t index[] = { 1, 0 };
    assert_done(batch_open(&b, &limits, &block));
    batch_fill(&b, &couples, index, 2, 0);
    assert_int_equal(b.sequences, 4);
    assert_memory_equal(b.starts, ((uint32_t[]){ 0, 4, 5, 8, 10 }), 5 * sizeof(uint32_t));
    assert_memory_equal(b.unit, ((uint32_t[]){ 0, 0, 0, 0, 0, 1, 1, 1, 1, 1 }),
                        10 * sizeof(uint32_t));
    assert_memory_equal(b.token, ((uint32_t[]){ 0, 1, 2, 3, 4, 0, 1, 2, 3, 4 }),
                        10 * sizeof(uint32_t));
    assert_memory_equal(b.positions, ((int32_t[]){ 0, 1, 2, 3, 0, 0, 1, 2, 0, 1 }),
                        10 * sizeof(int32_t));
    assert_int_equal(batch_fit(&(batch_limits){ .tokens = 9, .sequences = 4 }, &couples, index, 2),
                     1);
    assert_int_equal(batch_fit(&(batch_limits){ .tokens = 10, .sequences = 3 }, &couples, index, 2),
                     1);
    arena_release(&block);
}

static void a_batch_wants_the_tokens_that_are_named(void **state)
{
    (void)state;
    batch b;
    arena block;
    batch_limits limits = { .tokens = 9, .sequences = 3, .wanted = 9 };
    const uint32_t index[] = { 0, 1, 2 };
    assert_done(batch_open(&b, &limits, &block));
    batch_fill(&b, &three, index, 3, 0);
    batch_want_none(&b);
    batch_want(&b, 1);
    batch_want(&b, 2);
    batch_want(&b, 8);
    batch_want_end(&b);
    assert_int_equal(batch_wanted(&b), 3);
    assert_memory_equal(b.wanted_starts, ((uint32_t[]){ 0, 2, 2, 3 }), 4 * sizeof(uint32_t));
    assert_memory_equal(b.wanted_rows, ((uint32_t[]){ 1, 2, 8 }), 3 * sizeof(uint32_t));
    assert_memory_equal(b.wanted_token, ((uint32_t[]){ 1, 2, 3 }), 3 * sizeof(uint32_t));
    batch_want_none(&b);
    batch_want_end(&b);
    assert_int_equal(batch_wanted(&b), 0);
    arena_release(&block);
}

/* The pieces cover all tokens, overlap by the stride, and the last ends where the text ends. */
static void windows_cover_a_text_and_share_the_stride(void **state)
{
    (void)state;
    for (size_t tokens = 0; tokens < 40; tokens++)
        for (size_t room = 2; room < 9; room++)
            for (size_t stride = 0; stride < room; stride++) {
                windows w = { .tokens = tokens, .room = room, .stride = stride };
                size_t count = windows_count(&w), covered = 0;
                for (size_t i = 0; i < count; i++) {
                    window at = windows_at(&w, i);
                    assert_true(at.end - at.begin <= room);
                    assert_int_equal(at.begin, i ? covered - stride : 0);
                    assert_true(i == 0 || at.end > covered);
                    covered = at.end;
                }
                assert_int_equal(covered, tokens);
            }
    size_t stride;
    assert_done(windows_stride(0, 384, 3, &stride));
    assert_int_equal(stride, 128);
    assert_failed(windows_stride(126, 128, 2, &stride), BERT_ARGUMENT, "it can be 125 at most");
    assert_done(windows_stride(125, 128, 2, &stride));
}

static void a_batch_takes_what_fits_and_at_least_one(void **state)
{
    (void)state;
    const uint32_t index[] = { 0, 1, 2 };
    assert_int_equal(batch_fit(&(batch_limits){ .tokens = 9, .sequences = 3 }, &three, index, 3),
                     3);
    assert_int_equal(batch_fit(&(batch_limits){ .tokens = 8, .sequences = 3 }, &three, index, 3),
                     2);
    assert_int_equal(batch_fit(&(batch_limits){ .tokens = 9, .sequences = 1 }, &three, index, 3),
                     1);
    assert_int_equal(batch_fit(&(batch_limits){ .tokens = 1, .sequences = 3 }, &three, index, 3),
                     1);
    assert_int_equal(batch_fit(&(batch_limits){ .tokens = 1, .sequences = 3 }, &three, index, 0),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_epoch_visits_every_example_once),
        cmocka_unit_test(without_shuffling_the_order_is_the_files),
        cmocka_unit_test(a_batch_lays_sequences_end_to_end),
        cmocka_unit_test(a_batch_takes_what_fits_and_at_least_one),
        cmocka_unit_test(sequences_of_a_unit_share_its_name_and_number_its_tokens_on),
        cmocka_unit_test(a_batch_wants_the_tokens_that_are_named),
        cmocka_unit_test(windows_cover_a_text_and_share_the_stride),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
