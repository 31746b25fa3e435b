/* test_metrics.c: scores equal scikit-learn's and learning rates transformers'
 * (tests/data/metrics.json, made by tools/make_metrics_golden.py). */
#include "formats/json.h"
#include "metrics/confusion.h"
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
        assert_close(confusion_accuracy(&c), matrix, "accuracy");
        assert_close(confusion_macro(&c).f1, matrix, "macro_f1");
        assert_close(confusion_mcc(&c), matrix, "mcc");
        confusion_release(&c);
    }
    assert_int_equal(index, 45);
}

static void rates_equal_transformers(void **state)
{
    size_t index;
    json_t *wanted;
    json_array_foreach(json_object_get(*state, "schedules"), index, wanted)
    {
        const json_t *rates = json_object_get(wanted, "rates");
        double warmup = json_number_value(json_object_get(wanted, "warmup"));
        schedule s;
        assert_done(schedule_init(json_string_value(json_object_get(wanted, "schedule")),
                                  json_number_value(json_object_get(wanted, "rate")), warmup,
                                  json_array_size(rates), &s));
        for (size_t step = 1; step <= json_array_size(rates); step++)
            assert_true(fabs(schedule_rate(&s, step) -
                             json_number_value(json_array_get(rates, step - 1))) < 1e-18);
    }
    assert_int_equal(index, 9);
}

static void a_share_of_warm_up_is_rounded_up(void **state)
{
    (void)state;
    schedule s;
    assert_done(schedule_init("linear", 1.0, 0.1, 189, &s));
    assert_int_equal(s.warmup, 19);
    assert_done(schedule_init("linear", 1.0, 7.0, 189, &s));
    assert_int_equal(s.warmup, 7);
    assert_true(schedule_rate(&s, 1) == 0.0);
    assert_true(schedule_rate(&s, 8) == 1.0);
    assert_failed(schedule_init("square", 1.0, 0.0, 1, &s), BERT_ARGUMENT,
                  "linear, constant, cosine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_equal_scikit_learn),
        cmocka_unit_test(rates_equal_transformers),
        cmocka_unit_test(a_share_of_warm_up_is_rounded_up),
    };
    return cmocka_run_group_tests(tests, numbers_open, numbers_close);
}
