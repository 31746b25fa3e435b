/* test_columns.c: columns that are named, and those that are known from training. */
#include "data/dataset.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static dataset opened(const char *path, const dataset_columns *named)
{
    const dataset_request request = { .columns = *named, .form = FORM_TEXTS };
    dataset d = { 0 };
    assert_done(dataset_open(&path, 1, &request, &d));
    return d;
}

/* What dataset_columns_of() says of a table reads one of the same columns. */
static void columns_of_labels_are_known_again(void **state)
{
    static const struct {
        const char *header, *labels, *known;
        size_t count;
    } cases[] = { { "text\tb\ta\tid\n", "rest", "b,a", 2 },
                  { "text\tb\ta\tid\n", "a, b", "a,b", 2 },
                  { "text\tb\ta\tid\n", " b", "b", 1 },
                  { "text\tb,c\t a \tid\n", "rest", "[\"b,c\",\"a\"]", 2 },
                  { "text\tb,c\ta\tid\n", "[\"a\",\"b,c\"]", "[\"a\",\"b,c\"]", 2 },
                  { "text\t[b\ta\tid\n", "[b,a", "[\"[b\",\"a\"]", 2 },
                  { "text\trest\tid\tnumber\n", "[\"rest\"]", "[\"rest\"]", 1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rows[128];
        snprintf(rows, sizeof rows, "%sx\t1\t0\t7\n", cases[i].header);
        const char *path = scratch_text(state, "k.tsv", rows);
        dataset_columns named = { .labels = cases[i].labels }, columns = { 0 };
        bool news;
        dataset d = opened(path, &named);
        dataset_columns known = dataset_columns_of(&d);
        assert_string_equal(known.labels, cases[i].known);
        assert_done(dataset_columns_known(path, &known, &columns, &news));
        assert_true(news && columns.labels == known.labels);
        dataset again = opened(path, &columns);
        assert_int_equal(again.label_count, cases[i].count);
        assert_true(slice_equal(again.rows[0].label, d.rows[0].label));
        dataset_release(&again);
        dataset_release(&d);
    }
}

static void a_table_without_some_columns_of_the_labels_is_refused(void **state)
{
    const dataset_columns known = { .text = "text", .labels = "a,b,c" };
    const char *some = scratch_text(state, "some.tsv", "text\tc\tb\nx\t1\t0\n");
    const char *usual = scratch_text(state, "usual.tsv", "text\tb\tlabel\nx\t1\ty\n");
    const char *none = scratch_text(state, "none.tsv", "text\tlabels\nx\t1\n");
    const struct {
        const char *path;
        dataset_columns named;
        const char *labels; /* NULL: refused */
    } cases[] = { { some, { 0 }, NULL },
                  { some, { .labels = "rest" }, NULL },
                  { some, { .labels = "c" }, "c" },
                  { some, { .label = "c" }, "" },
                  { usual, { 0 }, "" },
                  { usual, { .labels = "rest" }, NULL },
                  { none, { 0 }, "" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dataset_columns columns = cases[i].named;
        bool news;
        bert_status status = dataset_columns_known(cases[i].path, &known, &columns, &news);
        if (cases[i].labels) {
            assert_done(status);
            assert_string_equal(columns.labels ? columns.labels : "", cases[i].labels);
        } else {
            assert_failed(status, BERT_DATA, ".tsv: has no column 'a', which is a label");
        }
    }
}

/* Case does not count where a table has not the very name; but a column is one thing. */
static void names_that_differ_by_case_are_two_columns(void **state)
{
    static const struct {
        const char *header;
        dataset_columns known;
        const char *text, *pair, *label, *labels;
    } cases[] = {
        { "a\tA\tb\n", { .text = "a", .pair = "A", .label = "b" }, "a", "A", "b", NULL },
        { "a\tc\tb\n", { .text = "a", .pair = "A", .label = "b" }, NULL, NULL, "b", NULL },
        { "c\tA\tb\n", { .text = "a", .pair = "A", .label = "b" }, NULL, NULL, "b", NULL },
        { "c\tA\tb\n", { .text = "a", .label = "b" }, "a", NULL, "b", NULL },
        { "c\tA\tb\n", { .text = "a", .label = "A" }, "a", NULL, NULL, NULL },
        { "a\tb\tB\n", { .text = "a", .labels = "b,B" }, "a", NULL, NULL, "b,B" },
        { "a\tlabel\tB\n", { .text = "a", .labels = "b,B" }, "a", NULL, NULL, NULL },
        { "a\tlabel\tB\n", { .text = "a", .labels = "A,B" }, "a", NULL, NULL, NULL },
        { "a\tb\tB\n", { .text = "a", .labels = ",b" }, "a", NULL, NULL, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rows[128];
        snprintf(rows, sizeof rows, "%sx\t1\t0\n", cases[i].header);
        dataset_columns columns = { 0 };
        bool news;
        assert_done(dataset_columns_known(scratch_text(state, "a.tsv", rows), &cases[i].known,
                                          &columns, &news));
        const char *const got[] = { columns.text, columns.pair, columns.label, columns.labels };
        const char *const wanted[] = { cases[i].text, cases[i].pair, cases[i].label,
                                       cases[i].labels };
        for (size_t k = 0; k < 4; k++)
            assert_string_equal(got[k] ? got[k] : "none", wanted[k] ? wanted[k] : "none");
    }
}

static void names_of_columns_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    static const struct {
        dataset_columns named;
        const char *words; /* NULL: they are right */
    } cases[] = { { { .text = "a", .pair = "b", .label = "c" }, NULL },
                  { { .text = "a", .labels = "b,c" }, NULL },
                  { { .labels = "rest" }, NULL },
                  { { .labels = "[\"b,c\",\"d\"]" }, NULL },
                  { { .text = "a", .label = "a" }, "text and label both name 'a'" },
                  { { .text = "a", .pair = "a" }, "text and pair both name 'a'" },
                  { { .pair = "b", .labels = "a,b" }, "pair and labels both name 'b'" },
                  { { .labels = "a, a" }, "labels names 'a' twice" },
                  { { .label = "a", .labels = "rest" }, "give one of them" },
                  { { .labels = "," }, "labels has an empty name" },
                  { { .labels = "[\"a\",\" \"]" }, "labels has an empty name" },
                  { { .labels = "[\"a\",1]" }, "labels has an empty name" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bert_status status = dataset_columns_check(&cases[i].named);
        if (cases[i].words)
            assert_failed(status, BERT_ARGUMENT, cases[i].words);
        else
            assert_done(status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_of_labels_are_known_again),
        cmocka_unit_test(a_table_without_some_columns_of_the_labels_is_refused),
        cmocka_unit_test(names_that_differ_by_case_are_two_columns),
        cmocka_unit_test(names_of_columns_that_contradict_each_other_are_refused),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
