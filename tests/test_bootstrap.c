/* test_bootstrap.c: scores of rows that count several times, intervals and McNemar's test are
 * scikit-learn's and scipy's (tests/data/bootstrap.json, made by tools/golden/bootstrap.py).
 */
#include "json/json.h"
#include "metrics/bootstrap.h"
#include "metrics/correlation.h"
#include "metrics/mcnemar.h"
#include "metrics/tallies.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROWS_MAX = 400, RESAMPLES = 1000, CLASSES_MAX = 5 };

static int golden_open(void **state)
{
    return json_state_open(state, "tests/data/bootstrap.json");
}

static double at(const json_t *array, size_t index)
{
    return json_number_value(json_array_get(array, index));
}

static void assert_number(double have, double want, const char *what)
{
    if (!(fabs(have - want) <= 1e-12 * fmax(1.0, fabs(want))))
        fail_msg("%s is %.17g, not %.17g", what, have, want);
}

static size_t weights_of(const json_t *entry, uint32_t *weights)
{
    const json_t *list = json_object_get(entry, "weights");
    for (size_t i = 0; i < json_array_size(list); i++) weights[i] = (uint32_t)at(list, i);
    return json_array_size(list);
}

/* A score of an entry's rows where row r counts weights[r] times. */
typedef double entry_score(void *rows, const uint32_t *weights);

/* Two intervals by different draws: each end of one by 1,000 draws is uncertain by 0.085 deviations
 * (2 % of the width of a bell's), and this allows for four of these in each. */
static void assert_interval(const json_t *entry, const char *name, entry_score *score, void *rows,
                            size_t count)
{
    static double values[RESAMPLES];
    uint32_t weights[ROWS_MAX];
    for (size_t i = 0; i < RESAMPLES; i++) {
        bootstrap_draw(i, count, weights);
        values[i] = score(rows, weights);
    }
    interval have = bootstrap_interval(values, RESAMPLES);
    const json_t *want = json_object_get(json_object_get(entry, "intervals"), name);
    double slack = 0.1 * (at(want, 1) - at(want, 0));
    if (!(fabs(have.low - at(want, 0)) <= slack && fabs(have.high - at(want, 1)) <= slack))
        fail_msg("%s of %zu rows: [%.6g, %.6g], scipy's is [%.6g, %.6g]", name, count, have.low,
                 have.high, at(want, 0), at(want, 1));
}

static void assert_entry(const json_t *entry, const char *name, entry_score *score, void *rows)
{
    uint32_t weights[ROWS_MAX];
    size_t count = weights_of(entry, weights);
    const json_t *want = json_object_get(json_object_get(entry, "scores"), name);
    assert_true(json_is_real(want));
    assert_number(score(rows, weights), json_number_value(want), name);
    assert_interval(entry, name, score, rows, count);
}

/* ---- classes */

static double accuracy(void *rows, const uint32_t *weights)
{
    label_counts sums[CLASSES_MAX];
    counted_rows_sum(rows, weights, sums, CLASSES_MAX);
    return counts_accuracy(sums, CLASSES_MAX);
}

static double macro_f1(void *rows, const uint32_t *weights)
{
    label_counts sums[CLASSES_MAX];
    counted_rows_sum(rows, weights, sums, CLASSES_MAX);
    return counts_macro(sums, CLASSES_MAX, MACRO_MET).f1;
}

static double mcc(void *rows, const uint32_t *weights)
{
    label_counts sums[CLASSES_MAX];
    counted_rows_sum(rows, weights, sums, CLASSES_MAX);
    return counts_mcc(sums, CLASSES_MAX);
}

static void scores_of_classes_are_scikit_learns(void **state)
{
    size_t index;
    json_t *entry;
    json_array_foreach(json_object_get(*state, "classes"), index, entry)
    {
        const json_t *truths = json_object_get(entry, "first");
        const json_t *answers = json_object_get(entry, "second");
        counted_rows rows = { 0 };
        for (size_t i = 0; i < json_array_size(truths); i++)
            assert_done(counted_rows_answer(&rows, (size_t)at(truths, i), (size_t)at(answers, i)));
        assert_entry(entry, "accuracy", accuracy, &rows);
        assert_entry(entry, "macro_f1", macro_f1, &rows);
        assert_entry(entry, "mcc", mcc, &rows);
        counted_rows_release(&rows);
    }
    assert_int_equal(index, 2);
}

/* ---- numbers */

static double pearson(void *rows, const uint32_t *weights)
{
    return correlation_pearson(rows, weights);
}

static double spearman(void *rows, const uint32_t *weights)
{
    double r;
    assert_done(correlation_spearman(rows, weights, &r));
    return r;
}

static double mse(void *rows, const uint32_t *weights)
{
    return correlation_mse(rows, weights);
}

static double mae(void *rows, const uint32_t *weights)
{
    return correlation_mae(rows, weights);
}

static void scores_of_numbers_are_scipys(void **state)
{
    size_t index;
    json_t *entry;
    json_array_foreach(json_object_get(*state, "numbers"), index, entry)
    {
        const json_t *predictions = json_object_get(entry, "first");
        const json_t *truths = json_object_get(entry, "second");
        correlation rows = { 0 };
        for (size_t i = 0; i < json_array_size(truths); i++)
            assert_done(correlation_add(&rows, at(predictions, i), at(truths, i)));
        assert_entry(entry, "pearson", pearson, &rows);
        assert_entry(entry, "spearman", spearman, &rows);
        assert_entry(entry, "mse", mse, &rows);
        assert_entry(entry, "mae", mae, &rows);
        correlation_release(&rows);
    }
    assert_int_equal(index, 2);
}

/* A score that one resample in many cannot have (all of its rows alike) leaves the interval alone.
 */
static void values_that_are_not_defined_are_left_out(void **state)
{
    (void)state;
    double values[] = { NAN, 3.0, NAN, 3.0 }, none[] = { NAN };
    interval i = bootstrap_interval(values, 4);
    assert_true(i.low == 3.0 && i.high == 3.0);
    i = bootstrap_interval(none, 1);
    assert_true(isnan(i.low) && isnan(i.high));
}

static void percentiles_are_numpys(void **state)
{
    static double values[RESAMPLES];
    size_t index;
    json_t *entry;
    json_array_foreach(json_object_get(*state, "percentiles"), index, entry)
    {
        const json_t *list = json_object_get(entry, "values");
        const json_t *want = json_object_get(entry, "interval");
        for (size_t i = 0; i < json_array_size(list); i++) values[i] = at(list, i);
        interval have = bootstrap_interval(values, json_array_size(list));
        assert_number(have.low, at(want, 0), "the 2.5th percentile");
        assert_number(have.high, at(want, 1), "the 97.5th percentile");
    }
    assert_int_equal(index, 6);
}

/* ---- draws */

static void a_resample_draws_as_many_rows_as_there_are(void **state)
{
    (void)state;
    uint32_t weights[10], again[10];
    uint64_t sums[10] = { 0 };
    for (size_t i = 0; i < RESAMPLES; i++) {
        size_t drawn = 0;
        bootstrap_draw(i, 10, weights);
        bootstrap_draw(i, 10, again);
        for (size_t r = 0; r < 10; r++) {
            assert_int_equal(weights[r], again[r]);
            drawn += weights[r];
            sums[r] += weights[r];
        }
        assert_int_equal(drawn, 10);
    }
    for (size_t r = 0; r < 10; r++) assert_in_range(sums[r], 850, 1150); /* 5 deviations of 30 */
}

static void large_data_are_resampled_less_often(void **state)
{
    (void)state;
    assert_int_equal(bootstrap_resamples(0), 1000);
    assert_int_equal(bootstrap_resamples(50000), 1000);
    assert_int_equal(bootstrap_resamples(100000), 500);
    assert_int_equal(bootstrap_resamples(1000000000), 100);
}

/* ---- McNemar */

static void mcnemars_test_is_scipys(void **state)
{
    size_t index;
    json_t *want;
    json_array_foreach(json_object_get(*state, "mcnemar"), index, want)
    {
        mcnemar m = mcnemar_test((size_t)json_integer_value(json_object_get(want, "only_first")),
                                 (size_t)json_integer_value(json_object_get(want, "only_second")));
        double p = json_number_value(json_object_get(want, "p"));
        assert_int_equal(m.exact, json_is_true(json_object_get(want, "exact")));
        assert_number(m.statistic, json_number_value(json_object_get(want, "statistic")),
                      "the statistic");
        if (!(fabs(m.p - p) <= 1e-12 * p))
            fail_msg("%zu and %zu: p is %.17g, not %.17g", m.only_first, m.only_second, m.p, p);
    }
    assert_int_equal(index, 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_of_classes_are_scikit_learns),
        cmocka_unit_test(scores_of_numbers_are_scipys),
        cmocka_unit_test(values_that_are_not_defined_are_left_out),
        cmocka_unit_test(percentiles_are_numpys),
        cmocka_unit_test(a_resample_draws_as_many_rows_as_there_are),
        cmocka_unit_test(large_data_are_resampled_less_often),
        cmocka_unit_test(mcnemars_test_is_scipys),
    };
    return cmocka_run_group_tests(tests, golden_open, json_state_close);
}
