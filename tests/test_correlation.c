/* test_correlation.c: correlations are scipy's (tests/data/correlation.json, made by
 * tools/golden/squad.py). */
#include "json/json.h"
#include "metrics/correlation.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int golden_open(void **state)
{
    return json_state_open(state, "tests/data/correlation.json");
}

/* null in the file: no finite number. */
static void assert_score(double have, const json_t *want, const char *key)
{
    const json_t *number = json_object_get(want, key);
    double wanted = json_number_value(number);
    if (json_is_null(number) ? isfinite(have)
                             : !(fabs(have - wanted) <= 1e-12 * fmax(1.0, fabs(wanted))))
        fail_msg("%s: %s is %.17g, not %.17g", json_string_value(json_object_get(want, "name")),
                 key, have, json_is_null(number) ? NAN : wanted);
}

static void assert_scores(correlation *c, const json_t *want)
{
    double spearman;
    assert_done(correlation_spearman(c, NULL, &spearman));
    assert_score(correlation_pearson(c, NULL), want, "pearson");
    assert_score(spearman, want, "spearman");
    assert_score(correlation_mse(c, NULL), want, "mse");
    assert_score(correlation_mae(c, NULL), want, "mae");
}

static void scores_are_scipys(void **state)
{
    size_t index;
    json_t *rows;
    json_array_foreach(json_object_get(*state, "rows"), index, rows)
    {
        const json_t *predictions = json_object_get(rows, "predictions");
        const json_t *truths = json_object_get(rows, "truths");
        correlation c = { 0 };
        for (size_t i = 0; i < json_array_size(truths); i++)
            assert_done(correlation_add(&c, json_number_value(json_array_get(predictions, i)),
                                        json_number_value(json_array_get(truths, i))));
        assert_scores(&c, rows);
        correlation_release(&c);
    }
    assert_int_equal(index, 16);
}

/* splitmix64 of its argument, in [0, 1). */
static double uniform(uint64_t number)
{
    uint64_t x = number * 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    x ^= x >> 31;
    return (double)(x >> 11) * 0x1p-53;
}

static void a_million_rows_on_a_large_mean_are_scipys(void **state)
{
    size_t index;
    json_t *made;
    json_array_foreach(json_object_get(*state, "made"), index, made)
    {
        double mean = json_number_value(json_object_get(made, "mean"));
        double spread = json_number_value(json_object_get(made, "spread"));
        double levels = json_number_value(json_object_get(made, "levels"));
        uint64_t count = (uint64_t)json_integer_value(json_object_get(made, "count"));
        correlation c = { 0 };
        for (uint64_t i = 0; i < count; i++) {
            double common = uniform(1 + i);
            double prediction = mean + spread * (common + uniform(2000000 + i));
            double truth = mean + spread * (common + uniform(4000000 + i));
            if (levels > 0.0) truth = floor(truth * levels);
            assert_done(correlation_add(&c, prediction, truth));
        }
        assert_scores(&c, made);
        correlation_release(&c);
    }
    assert_int_equal(index, 3);
}

static void what_is_not_defined_is_nan(void **state)
{
    (void)state;
    correlation c = { 0 };
    double spearman;
    for (size_t rows = 0; rows < 2; rows++) { /* none, then one */
        assert_done(correlation_spearman(&c, NULL, &spearman));
        assert_true(isnan(spearman) && isnan(correlation_pearson(&c, NULL)));
        assert_true(isnan(correlation_mse(&c, NULL)) == (rows == 0));
        assert_true(isnan(correlation_mae(&c, NULL)) == (rows == 0));
        assert_done(correlation_add(&c, 1.0, 2.0));
    }
    assert_done(correlation_add(&c, 3.0, 5.0));
    assert_done(correlation_add(&c, INFINITY, 4.0));
    assert_done(correlation_spearman(&c, NULL, &spearman));
    assert_true(isnan(correlation_pearson(&c, NULL)));
    assert_false(isnan(spearman));

    assert_done(correlation_add(&c, NAN, 4.0));
    assert_done(correlation_spearman(&c, NULL, &spearman));
    assert_true(isnan(spearman) && isnan(correlation_pearson(&c, NULL)));
    correlation_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_scipys),
        cmocka_unit_test(a_million_rows_on_a_large_mean_are_scipys),
        cmocka_unit_test(what_is_not_defined_is_nan),
    };
    return cmocka_run_group_tests(tests, golden_open, json_state_close);
}
