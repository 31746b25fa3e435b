/* test_report.c: the pieces of a run's pages: curves, axes, escapes, numbers, the card's metadata.
 */
#include "report/axis.h"
#include "report/base_model.h"
#include "report/card.h"
#include "report/curve.h"
#include "report/markup.h"
#include "report/yaml.h"
#include "scratch.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_near(double actual, double wanted, double slack)
{
    if (!(fabs(actual - wanted) <= slack)) print_error("%.17g, wanted %.17g\n", actual, wanted);
    assert_true(fabs(actual - wanted) <= slack);
}

/* What `put` writes of a text. The caller frees. */
static char *written(void (*put)(FILE *, const char *), const char *text)
{
    char *out = NULL;
    size_t count;
    FILE *stream = open_memstream(&out, &count);
    assert_non_null(stream);
    put(stream, text);
    fclose(stream);
    return out;
}

static void assert_written(void (*put)(FILE *, const char *), const char *text, const char *wanted)
{
    char *out = written(put, text);
    assert_string_equal(out, wanted);
    free(out);
}

/* ---- curves */

static void short_runs_are_kept_step_by_step(void **state)
{
    (void)state;
    curve *c = calloc(1, sizeof *c);
    for (size_t i = 1; i <= CURVE_POINTS; i++) curve_add(c, (double)i, 2.0 * (double)i);
    assert_int_equal(c->count, CURVE_POINTS);
    assert_int_equal(c->width, 1);
    for (size_t i = 0; i < c->count; i++) {
        assert_near(c->x[i], (double)(i + 1), 0);
        assert_near(c->least[i], c->mean[i], 0);
        assert_near(c->most[i], 2.0 * (double)(i + 1), 0);
    }
    free(c);
}

/* Against the plain means of every `width` values, for lengths around the places where it doubles.
 */
static void long_runs_become_means_and_ranges_of_equal_parts(void **state)
{
    (void)state;
    const size_t lengths[] = { 1, 2, 1025, 1026, 2047, 2048, 2049, 5000, 100003 };
    curve *c = malloc(sizeof *c);
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        memset(c, 0, sizeof *c);
        for (size_t i = 0; i < lengths[l]; i++) curve_add(c, (double)i, (double)(i * 7919 % 1000));
        assert_true(c->count <= CURVE_POINTS);
        assert_true(c->width == 1 || c->count > CURVE_POINTS / 2);
        assert_int_equal(c->count, (lengths[l] + c->width - 1) / c->width);
        for (size_t p = 0; p < c->count; p++) {
            double sum = 0, places = 0, least = INFINITY, most = -INFINITY;
            size_t end = (p + 1) * c->width < lengths[l] ? (p + 1) * c->width : lengths[l];
            for (size_t i = p * c->width; i < end; i++) {
                double value = (double)(i * 7919 % 1000);
                sum += value;
                places += (double)i;
                least = fmin(least, value);
                most = fmax(most, value);
            }
            double values = (double)(end - p * c->width);
            assert_int_equal(c->values[p], end - p * c->width);
            assert_near(c->mean[p], sum / values, 1e-9);
            assert_near(c->x[p], places / values, 1e-6);
            assert_near(c->least[p], least, 0);
            assert_near(c->most[p], most, 0);
        }
    }
    free(c);
}

static void smoothing_keeps_what_is_straight_and_evens_out_what_is_not(void **state)
{
    (void)state;
    curve *c = calloc(1, sizeof *c);
    double smooth[CURVE_POINTS];
    for (size_t i = 0; i < 500; i++) curve_add(c, (double)i, 3.0 + (i % 2 ? 1.0 : -1.0));
    curve_smooth(c, smooth);
    for (size_t i = 0; i < c->count; i++) assert_near(smooth[i], 3.0, 0.2);
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < 500; i++) curve_add(c, (double)i, 0.5 * (double)i);
    curve_smooth(c, smooth);
    for (size_t i = 10; i + 10 < c->count; i++) assert_near(smooth[i], c->mean[i], 1e-9);
    free(c);
}

static void a_log_is_read_and_a_broken_line_told_with_its_number(void **state)
{
    log_curves *curves = calloc(1, sizeof *curves);
    const char *good =
        "{\"step\":1,\"epoch\":1,\"loss\":0.5,\"learning_rate\":1e-05,\"grad_norm\":2,\"tokens\":9}"
        "\n"
        "{\"step\":2,\"epoch\":1,\"loss\":0.25,\"learning_rate\":0,\"grad_norm\":4,\"tokens\":9}\n";
    assert_done(log_curves_read(scratch_text(state, "good", good), curves));
    assert_int_equal(curves->loss.count, 2);
    assert_near(curves->loss.mean[1], 0.25, 0);
    assert_near(curves->learning_rate.mean[0], 1e-5, 0);
    assert_near(curves->gradient_norm.mean[1], 4, 0);
    assert_failed(log_curves_read(scratch_text(state, "bad", "{\"step\":1}\n"), curves),
                  BERT_FORMAT, "bad:1: ");
    assert_failed(log_curves_read(scratch_path(state, "none"), curves), BERT_IO,
                  "none: cannot open");
    free(curves);
}

/* ---- axes */

static void assert_axis(const axis *a, const char *marks)
{
    char all[256] = "", text[NUMBER_TEXT];
    for (size_t i = 0; i < a->count; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? " " : "",
                 axis_text(a, i, text));
    assert_string_equal(all, marks);
}

static void marks_are_round_numbers_around_the_values(void **state)
{
    (void)state;
    const struct {
        double low, high;
        const char *marks;
    } cases[] = {
        { 0, 1.72, "0 0.5 1.0 1.5 2.0" },
        { 0, 1, "0 0.5 1.0" },
        { 26, 91.3, "20 40 60 80 100" },
        { 0, 5e-5, "0 2e-5 4e-5 6e-5" },
        { 0, 1.5e-3, "0 0.0005 0.001 0.0015" },
        { 0, 31234, "0 10,000 20,000 30,000 40,000" },
        { -0.31, 0.62, "-0.5 0 0.5 1.0" },
        { 0, 0, "0 0.5 1.0" },
        { 4, 4, "2 3 4 5 6" },
        { -2, -2, "-3.0 -2.5 -2.0 -1.5 -1.0" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        axis a = axis_make(cases[i].low, cases[i].high, 5);
        assert_axis(&a, cases[i].marks);
        assert_true(a.low <= cases[i].low && cases[i].high <= a.high * (1 + 1e-12) + 1e-15);
    }
}

static void steps_have_marks_at_whole_numbers_and_end_where_the_run_does(void **state)
{
    (void)state;
    axis a = axis_make_whole(0, 72, 6), one = axis_make_whole(1, 1, 6),
         few = axis_make_whole(0, 3, 6);
    assert_axis(&a, "0 20 40 60");
    assert_near(a.high, 72, 0);
    assert_near(axis_share(&a, 36), 0.5, 1e-12);
    assert_axis(&one, "1 2");
    assert_axis(&few, "0 1 2 3");
}

/* ---- text */

static void markup_becomes_entities_and_control_characters_are_replaced(void **state)
{
    (void)state;
    assert_written(markup_text, "<script>alert(\"1\")</script> & 'x'",
                   "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;");
    assert_written(markup_text, "a\x01\x1f\x7f\xc2\x85z\t\n", "a����z\t\n");
    assert_written(markup_text, "\xff<\xc3", "�&lt;�"); /* cannot occur, and is safe */
    assert_written(markup_text, "שלום 😀 é", "שלום 😀 é");
}

static void cut_to_two(FILE *out, const char *text)
{
    markup_cut(out, text, 2);
}

static void texts_are_cut_between_characters(void **state)
{
    (void)state;
    assert_written(cut_to_two, "é😀<", "é😀…");
    assert_written(cut_to_two, "<<", "&lt;&lt;");
    assert_written(cut_to_two, "", "");
}

static void yaml_escapes_what_it_must_and_numbers_stay_numbers(void **state)
{
    (void)state;
    assert_written(yaml_text, "a \"b\" \\ c: #d", "\"a \\\"b\\\" \\\\ c: #d\"");
    assert_written(yaml_text, "\n\x01\x7f\xc2\x85\xe2\x80\xa8\xef\xbb\xbf",
                   "\"\\u000A\\u0001\\u007F\\u0085\\u2028\\uFEFF\"");
    assert_written(yaml_text, "😀", "\"😀\"");
    assert_written(markdown_text, "a|b*c\n<i> `x`", "a\\|b\\*c \\<i\\> \\`x\\`");
    const struct {
        double value;
        const char *text;
    } numbers[] = { { 0.913, "0.913" }, { 5e-5, "5.0e-5" }, { 1.25e30, "1.25e+30" }, { 1, "1" } };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[64] = "";
        FILE *stream = fmemopen(text, sizeof text, "w");
        yaml_number(stream, numbers[i].value);
        fclose(stream);
        assert_string_equal(text, numbers[i].text);
    }
}

static void numbers_are_worded_for_people(void **state)
{
    (void)state;
    char text[NUMBER_TEXT];
    assert_string_equal(number_count(1234567, text), "1,234,567");
    assert_string_equal(number_count(-1234, text), "-1,234");
    assert_string_equal(number_count(999, text), "999");
    assert_string_equal(number_fixed(-0.0004, 2, text), "0.00");
    assert_string_equal(number_short(5e-5, text), "5e-5");
    assert_string_equal(number_short(0.1, text), "0.1");
    assert_string_equal(number_percent(0.93449, text), "93.4 %");
    assert_string_equal(number_seconds(0.031, text), "31 ms");
    assert_string_equal(number_seconds(41.23, text), "41.2 s");
    assert_string_equal(number_seconds(59.97, text), "1 min 0 s");
    assert_string_equal(number_seconds(3599.7, text), "1 h 0 min");
    assert_string_equal(number_seconds(7512, text), "2 h 5 min");
}

static void the_point_of_numbers_is_a_point_in_any_locale(void **state)
{
    (void)state;
    char text[NUMBER_TEXT];
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8")) {
        print_message("skipped: there is no locale de_DE.UTF-8\n");
        skip();
    }
    assert_string_equal(number_fixed(0.5, 2, text), "0.50");
    assert_string_equal(number_short(0.25, text), "0.25");
    setlocale(LC_NUMERIC, "C");
}

/* ---- the base model and the card */

static void assert_base(void **state, const char *config, const char *card, const char *name,
                        const char *license)
{
    base_model m;
    scratch_text(state, "config.json", config);
    scratch_text(state, "README.md", card);
    assert_done(base_model_read(scratch_folder(state), &m));
    if (name) assert_string_equal(m.name, name);
    if (!name) assert_string_equal(m.name, strrchr(scratch_folder(state), '/') + 1);
    if (license) assert_string_equal(m.license, license);
    if (!license) assert_null(m.license);
    base_model_release(&m);
}

static void the_base_model_says_its_name_and_licence_or_neither(void **state)
{
    const char *named = "{\"_name_or_path\": \"google/bert_uncased-L2\"}";
    assert_base(state, named, "---\nlanguage: en\nlicense: apache-2.0\n---\ntext\n",
                "google/bert_uncased-L2", "apache-2.0");
    assert_base(state, "{\"_name_or_path\": \"/home/x/y\"}", "---\nlicense: 'mit'\r\n---\n", NULL,
                "mit");
    assert_base(state, "{\"_name_or_path\": \"./a/b\"}", "no metadata\nlicense: mit\n", NULL, NULL);
    assert_base(state, "{\"_name_or_path\": \"a/b/c\"}", "---\nx: y\n---\nlicense: mit\n", NULL,
                NULL);
    assert_base(state, "{\"_name_or_path\": 3}", "---\nlicense: \"x: y\"\n---\n", NULL, NULL);
    assert_base(state, "not json", "---\nlicense:\n", NULL, NULL);
    assert_base(state, "{}", "", NULL, NULL);
}

static void a_card_of_a_run_is_told_from_that_of_a_person(void **state)
{
    assert_true(
        card_is_ours(scratch_text(state, "a", "---\nlicense: mit\ntags:\n- bert.c\n---\n")));
    assert_false(card_is_ours(scratch_text(state, "a", "---\nlicense: mit\ntags:\n- bert\n---\n")));
    assert_false(card_is_ours(scratch_text(state, "a", "# Mine\n\n- bert.c\n")));
    assert_false(card_is_ours(scratch_text(state, "a", "---\n---\n# Mine\n\n- bert.c\n")));
    assert_false(card_is_ours(scratch_path(state, "none")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_runs_are_kept_step_by_step),
        cmocka_unit_test(long_runs_become_means_and_ranges_of_equal_parts),
        cmocka_unit_test(smoothing_keeps_what_is_straight_and_evens_out_what_is_not),
        cmocka_unit_test_setup_teardown(a_log_is_read_and_a_broken_line_told_with_its_number,
                                        scratch_open, scratch_close),
        cmocka_unit_test(marks_are_round_numbers_around_the_values),
        cmocka_unit_test(steps_have_marks_at_whole_numbers_and_end_where_the_run_does),
        cmocka_unit_test(markup_becomes_entities_and_control_characters_are_replaced),
        cmocka_unit_test(texts_are_cut_between_characters),
        cmocka_unit_test(yaml_escapes_what_it_must_and_numbers_stay_numbers),
        cmocka_unit_test(numbers_are_worded_for_people),
        cmocka_unit_test(the_point_of_numbers_is_a_point_in_any_locale),
        cmocka_unit_test_setup_teardown(the_base_model_says_its_name_and_licence_or_neither,
                                        scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(a_card_of_a_run_is_told_from_that_of_a_person, scratch_open,
                                        scratch_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
