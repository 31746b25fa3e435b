#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* kat_vectors of Random123 (D. E. Shaw Research), philox4x32 10. */
static void philox_gives_the_published_answers(void **state)
{
    (void)state;
    static const struct answer {
        rng_block counter;
        uint64_t key;
        rng_block want;
    } answers[] = {
        { { { 0, 0, 0, 0 } }, 0, { { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } } },
        { { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff } },
          0xffffffffffffffff,
          { { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } } },
        { { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 } },
          0x299f31d0a4093822,
          { { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } } },
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        rng_block got = rng_philox(answers[i].key, answers[i].counter);
        for (int word = 0; word < 4; word++)
            assert_int_equal(got.word[word], answers[i].want.word[word]);
    }
}

static void keys_of_near_seeds_and_streams_differ(void **state)
{
    (void)state;
    enum { SIDE = 64 };
    static uint64_t keys[SIDE * SIDE];
    for (uint64_t seed = 0; seed < SIDE; seed++)
        for (uint64_t stream = 0; stream < SIDE; stream++)
            keys[seed * SIDE + stream] = rng_key(seed, stream);
    for (size_t i = 0; i < SIDE * SIDE; i++)
        for (size_t j = 0; j < i; j++)
            if (keys[i] == keys[j]) fail_msg("keys %zu and %zu are the same", i, j);
}

static void shuffle_is_a_permutation(void **state)
{
    (void)state;
    static const size_t counts[] = { 0, 1, 2, 3, 4, 5, 100, 1001 };
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        uint32_t order[1002], seen[1002] = { 0 };
        order[counts[c]] = 0xABCDEF;
        rng_shuffle(rng_key(42, c), counts[c], order);
        assert_int_equal(order[counts[c]], 0xABCDEF);
        for (size_t i = 0; i < counts[c]; i++) {
            assert_true(order[i] < counts[c]);
            assert_int_equal(seen[order[i]]++, 0);
        }
    }
}

static void shuffle_is_decided_by_its_key(void **state)
{
    (void)state;
    uint32_t first[100], again[100], other[100];
    rng_shuffle(rng_key(1, 0), 100, first);
    rng_shuffle(rng_key(1, 0), 100, again);
    rng_shuffle(rng_key(1, 1), 100, other);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
}

/* Chi squared with 24 degrees of freedom, of which 16 are free: above 45 less than once in 5,000.
 */
static void shuffle_puts_each_element_everywhere_equally_often(void **state)
{
    (void)state;
    enum { COUNT = 5, DRAWS = 20000 };
    int times[COUNT][COUNT] = { { 0 } };
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        uint32_t order[COUNT];
        rng_shuffle(rng_key(7, draw), COUNT, order);
        for (int i = 0; i < COUNT; i++) times[i][order[i]]++;
    }
    double expected = (double)DRAWS / COUNT, chi_squared = 0;
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++)
            chi_squared += (times[i][j] - expected) * (times[i][j] - expected) / expected;
    if (chi_squared > 45) fail_msg("chi squared is %g, wanted below 45", chi_squared);
}

/* The bounds are four standard errors of each statistic. */
static void normal_has_the_moments_of_a_normal(void **state)
{
    (void)state;
    enum { COUNT = 1 << 18 };
    const float deviation = 0.02f;
    float *drawn = malloc(COUNT * sizeof *drawn);
    assert_non_null(drawn);
    rng_normal(rng_key(3, 0), 17, deviation, COUNT, drawn);
    double mean = 0, variance = 0, fourth = 0, neighbours = 0;
    for (size_t i = 0; i < COUNT; i++) {
        double z = drawn[i] / deviation;
        assert_true(isfinite(z));
        mean += z;
        variance += z * z;
        fourth += z * z * z * z;
        if (i > 0) neighbours += z * drawn[i - 1] / deviation;
    }
    free(drawn);
    double error = 4 / sqrt(COUNT);
    if (fabs(mean / COUNT) > error) fail_msg("mean is %g", mean / COUNT);
    if (fabs(variance / COUNT - 1) > error * sqrt(2)) fail_msg("variance is %g", variance / COUNT);
    if (fabs(fourth / COUNT - 3) > error * sqrt(96)) fail_msg("kurtosis is %g", fourth / COUNT);
    if (fabs(neighbours / COUNT) > error) fail_msg("neighbours: %g", neighbours / COUNT);
}

static void normal_draws_element_by_element(void **state)
{
    (void)state;
    float whole[103], part[8], other[103];
    rng_normal(5, 1, 1.0f, 103, whole);
    part[7] = 99;
    rng_normal(5, 1, 1.0f, 7, part);
    assert_memory_equal(whole, part, 7 * sizeof(float));
    assert_true(part[7] == 99);
    rng_normal(5, 2, 1.0f, 103, other);
    for (size_t i = 0; i < 103; i++) assert_true(other[i] != whole[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_answers),
        cmocka_unit_test(keys_of_near_seeds_and_streams_differ),
        cmocka_unit_test(shuffle_is_a_permutation),
        cmocka_unit_test(shuffle_is_decided_by_its_key),
        cmocka_unit_test(shuffle_puts_each_element_everywhere_equally_often),
        cmocka_unit_test(normal_has_the_moments_of_a_normal),
        cmocka_unit_test(normal_draws_element_by_element),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
