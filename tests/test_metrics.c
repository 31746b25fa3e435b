/* test_metrics.c: scores equal scikit-learn's and learning rates transformers'
 * (tests/data/metrics.json, made by tools/golden/metrics.py). */
#include "json/json.h"
#include "metrics/confusion.h"
#include "metrics/multilabel.h"
#include "scratch.h"
#include "train/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int numbers_open(void **state)
{
    json_t *numbers;
    assert_done(json_read_object("tests/data/metrics.json", &numbers));
    *state = numbers;
    return 0;
}

static int numbers_close(void **state)
{
    json_decref(*state);
    return 0;
}

static void assert_close(double have, const json_t *object, const char *key)
{
    double want = json_number_value(json_object_get(object, key));
    if (!(fabs(have - want) <= 1e-12)) fail_msg("%s is %.17g, not %.17g", key, have, want);
}

/* [precision, recall, F1] and for a label by itself its support. */
static void assert_score(class_score have, const json_t *want, const char *what)
{
    const double numbers[] = { have.precision, have.recall, have.f1, (double)have.support };
    for (size_t i = 0; i < json_array_size(want); i++) {
        double number = json_number_value(json_array_get(want, i));
        if (!(fabs(numbers[i] - number) <= 1e-12))
            fail_msg("%s: number %zu is %.17g, not %.17g", what, i, numbers[i], number);
    }
}

static void scores_equal_scikit_learn(void **state)
{
    size_t index;
    json_t *matrix;
    json_array_foreach(json_object_get(*state, "matrices"), index, matrix)
    {
        const json_t *rows = json_object_get(matrix, "counts");
        size_t classes = json_array_size(rows);
        confusion c;
        assert_done(confusion_init(classes, &c));
        for (size_t i = 0; i < classes * classes; i++) {
            json_int_t count =
                json_integer_value(json_array_get(json_array_get(rows, i / classes), i % classes));
            for (json_int_t k = 0; k < count; k++) confusion_add(&c, i / classes, i % classes);
        }
        assert_close(counts_accuracy(c.sums, classes), matrix, "accuracy");
        assert_close(counts_macro(c.sums, classes, MACRO_MET).f1, matrix, "macro_f1");
        assert_close(counts_macro(c.sums, classes, MACRO_MET).precision, matrix, "macro_precision");
        assert_close(counts_macro(c.sums, classes, MACRO_MET).recall, matrix, "macro_recall");
        for (size_t i = 0; i < classes; i++)
            assert_score(counts_score(c.sums[i]),
                         json_array_get(json_object_get(matrix, "per_label"), i), "a class");
        assert_close(counts_mcc(c.sums, classes), matrix, "mcc");
        confusion_release(&c);
    }
    assert_int_equal(index, 45);
}

/* ---- several labels */

enum { LABELS_MAX = 8 };

typedef struct list_row {
    float scores[LABELS_MAX];
    bool truth[LABELS_MAX];
} list_row;

static list_row list_row_of(const json_t *entry, size_t row)
{
    list_row out = { 0 };
    const json_t *scores = json_array_get(json_object_get(entry, "scores"), row);
    const json_t *truths = json_array_get(json_object_get(entry, "truths"), row);
    for (size_t i = 0; i < json_array_size(scores); i++) {
        out.scores[i] = (float)json_number_value(json_array_get(scores, i));
        out.truth[i] = json_integer_value(json_array_get(truths, i)) == 1;
    }
    return out;
}

static size_t lists_open(const json_t *entry, multilabel *m)
{
    const json_t *scores = json_object_get(entry, "scores");
    assert_done(multilabel_init(json_array_size(json_array_get(scores, 0)), m));
    return json_array_size(scores);
}

static void scores_of_lists_equal_scikit_learn(void **state)
{
    const double half[LABELS_MAX] = { 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5 };
    size_t index;
    json_t *entry;
    json_array_foreach(json_object_get(*state, "lists"), index, entry)
    {
        multilabel m;
        size_t rows = lists_open(entry, &m);
        for (size_t row = 0; row < rows; row++) {
            list_row r = list_row_of(entry, row);
            assert_done(multilabel_count(&m, r.scores, r.truth, half));
        }
        assert_close(multilabel_exact(m.counts, m.labels), entry, "exact");
        assert_score(counts_micro(m.counts, m.labels), json_object_get(entry, "micro"), "micro");
        assert_score(counts_macro(m.counts, m.labels, MACRO_ALL), json_object_get(entry, "macro"),
                     "macro");
        for (size_t i = 0; i < m.labels; i++)
            assert_score(counts_score(m.counts[i]),
                         json_array_get(json_object_get(entry, "per_label"), i), "a label");
        multilabel_release(&m);
    }
    assert_int_equal(index, 18);
}

static float itself(float score)
{
    return score;
}

static void tuned_thresholds_give_each_label_the_best_f1_there_is(void **state)
{
    size_t index;
    json_t *entry;
    json_array_foreach(json_object_get(*state, "lists"), index, entry)
    {
        multilabel m;
        double thresholds[LABELS_MAX];
        size_t rows = lists_open(entry, &m);
        for (size_t row = 0; row < rows; row++) {
            list_row r = list_row_of(entry, row);
            assert_done(multilabel_hold(&m, r.scores, r.truth));
        }
        assert_done(multilabel_tune(&m, itself, thresholds));
        assert_int_equal(m.rows.count, rows);
        for (size_t i = 0; i < m.labels; i++) {
            class_score s = counts_score(m.counts[i]);
            double best = json_number_value(json_array_get(json_object_get(entry, "best_f1"), i));
            if (!(fabs(s.f1 - best) <= 1e-12))
                fail_msg("F1 of label %zu is %.17g, the best %.17g", i, s.f1, best);
            if (s.support == 0) assert_true(thresholds[i] == 0.5);
        }
        multilabel_release(&m);
    }
}

static void a_threshold_lies_half_way_between_two_scores(void **state)
{
    (void)state;
    const float scores[] = { 0.75f, 0.5f, 0.25f };
    const bool truths[] = { true, true, false };
    multilabel m;
    double threshold;
    assert_done(multilabel_init(1, &m));
    for (size_t i = 0; i < 3; i++) assert_done(multilabel_hold(&m, &scores[i], &truths[i]));
    assert_done(multilabel_tune(&m, itself, &threshold));
    assert_true(threshold == 0.375);
    assert_true(multilabel_exact(m.counts, m.labels) == 1.0);
    multilabel_release(&m);
}

static float half_of(float output)
{
    return output / 2.0f;
}

static void thresholds_are_of_the_scores_that_outputs_have(void **state)
{
    (void)state;
    const float outputs[] = { 3.0f, 1.0f };
    const bool truths[] = { true, false };
    multilabel m;
    double threshold;
    assert_done(multilabel_init(1, &m));
    for (size_t i = 0; i < 2; i++) assert_done(multilabel_hold(&m, &outputs[i], &truths[i]));
    assert_done(multilabel_tune(&m, half_of, &threshold));
    assert_true(threshold == 1.0);
    assert_true(multilabel_exact(m.counts, m.labels) == 1.0);
    multilabel_release(&m);
}

/* ---- learning rates */

static void rates_equal_transformers(void **state)
{
    size_t index;
    json_t *wanted;
    json_array_foreach(json_object_get(*state, "schedules"), index, wanted)
    {
        const json_t *rates = json_object_get(wanted, "rates");
        double warmup = json_number_value(json_object_get(wanted, "warmup"));
        schedule s = schedule_of(json_string_value(json_object_get(wanted, "schedule")),
                                 json_number_value(json_object_get(wanted, "rate")), warmup,
                                 json_array_size(rates));
        for (size_t step = 1; step <= json_array_size(rates); step++)
            assert_true(fabs(schedule_rate(&s, step) -
                             json_number_value(json_array_get(rates, step - 1))) < 1e-18);
    }
    assert_int_equal(index, 9);
}

static void a_share_of_warm_up_is_rounded_up(void **state)
{
    (void)state;
    schedule s = schedule_of("linear", 1.0, 0.1, 189);
    assert_int_equal(s.warmup, 19);
    s = schedule_of("linear", 1.0, 7.0, 189);
    assert_int_equal(s.warmup, 7);
    assert_true(schedule_rate(&s, 1) == 0.0);
    assert_true(schedule_rate(&s, 8) == 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_equal_scikit_learn),
        cmocka_unit_test(scores_of_lists_equal_scikit_learn),
        cmocka_unit_test(tuned_thresholds_give_each_label_the_best_f1_there_is),
        cmocka_unit_test(a_threshold_lies_half_way_between_two_scores),
        cmocka_unit_test(thresholds_are_of_the_scores_that_outputs_have),
        cmocka_unit_test(rates_equal_transformers),
        cmocka_unit_test(a_share_of_warm_up_is_rounded_up),
    };
    return cmocka_run_group_tests(tests, numbers_open, numbers_close);
}
