/* test_baseline.c: what a model's score is held against, on data of which the answer is known. */
#include "bert.h"
#include "evaluate/baseline.h"
#include "scratch.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void listen(void *context, const bert_event *event)
{
    char *text = context;
    size_t used = strlen(text);
    bool warning = event->kind == BERT_EVENT_WARNING;
    if (warning || event->kind == BERT_EVENT_NOTE)
        snprintf(text + used, 4096 - used, "%s%s\n", warning ? "warning: " : "", event->text);
}

/* "baselines" of run.json after one step on these data; the caller releases. */
static json_t *baselines_of(void **state, const char *train_name, const char *train,
                            const char *dev_name, const char *dev, const char *kind, size_t threads)
{
    char heard[4096] = "";
    const char *file = scratch_text(state, train_name, train);
    bert_train_options o = bert_train_options_default();
    o.model = "tests/data/golden/gelu";
    o.train = &file;
    o.train_count = 1;
    o.dev = dev ? scratch_text(state, dev_name, dev) : file;
    o.task = kind;
    o.output = scratch_path(state, "out");
    o.overwrite = true;
    o.max_steps = 1;
    o.max_length = 32;
    o.threads = threads;
    bert_observer observer = bert_observer_default();
    observer.tell = listen;
    observer.context = heard;
    o.observer = &observer;
    assert_done(bert_train(&o));
    json_t *record = json_load_file(scratch_path(state, "out/run.json"), 0, NULL);
    json_t *found = json_incref(json_object_get(record, "baselines"));
    json_decref(record);
    return found;
}

static double metric(const json_t *all, const char *rival_name, const char *name)
{
    const json_t *value = json_object_get(json_object_get(all, rival_name), name);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void repeat(char *text, size_t times, const char *lines)
{
    for (size_t i = 0; i < times; i++) strcat(text, lines);
}

static void words_decide_a_class_and_the_majority_is_its_share(void **state)
{
    char train[8192] = "text\tlabel\n";
    repeat(train, 12, "the film was good\tpos\na good plot\tpos\nthe film was bad\tneg\n");
    json_t *b = baselines_of(state, "t.tsv", train, "d.tsv",
                             "text\tlabel\nthe plot was good\tpos\nbad film\tneg\n"
                             "bad plot\tneg\na bad story\tneg\n",
                             NULL, 1);
    assert_true(fabs(metric(b, "majority", "eval_accuracy") - 0.25) < 1e-12);
    assert_true(fabs(metric(b, "majority", "score") - 0.25) < 1e-12);
    assert_true(metric(b, "bag_of_words", "eval_accuracy") == 1.0);
    json_decref(b);
}

static void the_fit_is_that_of_the_penalized_loss(void **state)
{
    char train[8192] = "text\tscore\n";
    repeat(train, 20, "good\t4.0\nbad\t2.0\n");
    /* Numbers as 1 and -1: the sum of 20 (w - 1)^2 / 2 and w^2 / 2 is least at w = 20/21. */
    json_t *b = baselines_of(state, "t.tsv", train, NULL, NULL, "regress", 1);
    assert_true(fabs(metric(b, "bag_of_words", "eval_mae") - 1.0 / 21.0) < 0.01);
    assert_true(metric(b, "bag_of_words", "eval_pearson") > 0.999);
    assert_true(fabs(metric(b, "majority", "eval_mse") - 1.0) < 1e-6); /* it answers 3 */
    assert_true(json_is_null(json_object_get(json_object_get(b, "majority"), "score")));
    json_decref(b);
}

/* More than BAG_WORK allows: 260 labels of a letter and a digit, one after another. */
static void of_many_rows_each_pass_has_the_same_sample_however_they_are_sorted(void **state)
{
    enum { LETTERS = 26, DIGITS = 10, EACH = 180, LINE = sizeof "a 0\ta0\n" - 1 };
    char dev[LETTERS * DIGITS * LINE + 16], *train = malloc(EACH * sizeof dev), *end = train;
    size_t used = (size_t)sprintf(dev, "text\tlabel\n");
    assert_non_null(train);
    end += sprintf(end, "text\tlabel\n");
    for (int i = 0; i < LETTERS * DIGITS; i++) {
        const char *line = dev + used;
        used += (size_t)sprintf(dev + used, "%c %d\t%c%d\n", 'a' + i / DIGITS, i % DIGITS,
                                'a' + i / DIGITS, i % DIGITS);
        for (size_t k = 0; k < EACH; k++) end = stpcpy(end, line);
    }
    json_t *b = baselines_of(state, "t.tsv", train, "d.tsv", dev, NULL, 1);
    assert_true(metric(b, "bag_of_words", "eval_accuracy") == 1.0);
    json_decref(b);
    free(train);
}

static void each_of_several_labels_has_its_words(void **state)
{
    char train[8192] = "text\tlabels\n";
    repeat(train, 10,
           "a fun film\tjoy\nlong and dull\tlong,dull\nlong and fun\tlong, joy\nplot\t\n");
    json_t *b = baselines_of(state, "t.tsv", train, NULL, NULL, "multilabel", 1);
    assert_true(metric(b, "bag_of_words", "eval_micro_f1") == 1.0);
    assert_true(metric(b, "majority", "eval_micro_f1") > 0.3); /* joy, half of the rows, for all */
    assert_true(metric(b, "majority", "eval_micro_f1") < 0.6);
    json_decref(b);
}

static void a_word_has_its_commonest_tag_and_one_not_met_that_of_all(void **state)
{
    const char *train = "rose\tN\nrose\tV\nthe\tD\nrose\tV\n\nthe\tD\nthe\tD\nfilm\tN\n\n"
                        "dull\tV\ndull\tN\n",
               *dev = "rose\tV\nthe\tD\nplot\tD\nfilm\tD\ndull\tN\n";
    json_t *b = baselines_of(state, "t.conll", train, "d.conll", dev, NULL, 1);
    assert_true(metric(b, "bag_of_words", "eval_accuracy") == 0.8); /* of equals the first: N */
    assert_true(metric(b, "majority", "eval_accuracy") == 0.6);     /* D */
    json_decref(b);
}

static void words_in_common_tell_which_texts_belong_together(void **state)
{
    const char *pairs = "anchor\tpositive\nthe good film\tfilm that was good\n"
                        "a dull story\tthe story felt dull\nwarm ending\tthe ending was warm\n"
                        "music and scene\tscene with music\n";
    json_t *b = baselines_of(state, "p.tsv", pairs, NULL, NULL, NULL, 1);
    assert_true(metric(b, "bag_of_words", "eval_mrr") == 1.0);
    assert_null(json_object_get(b, "majority"));
    json_decref(b);
}

static void a_choice_has_its_commonest_place(void **state)
{
    const char *rows = "text\tending0\tending1\tending2\tlabel\na\tb\tc\td\t2\na\tc\tb\td\t2\n"
                       "a\td\tb\tc\t0\n";
    json_t *b = baselines_of(state, "c.tsv", rows, NULL, NULL, NULL, 1);
    assert_true(fabs(metric(b, "majority", "eval_accuracy") - 2.0 / 3.0) < 1e-12);
    json_decref(b);
}

static void threads_change_no_bit_of_a_baseline(void **state)
{
    char train[8192] = "text\tscore\n";
    repeat(train, 5, "good film\t4.5\nbad film\t2.0\ndull plot\t1.0\nthe story was good\t3.25\n");
    json_t *one = baselines_of(state, "t.tsv", train, NULL, NULL, "regress", 1),
           *three = baselines_of(state, "t.tsv", train, NULL, NULL, "regress", 3);
    assert_true(json_equal(one, three));
    json_decref(one);
    json_decref(three);
}

static void a_score_within_a_standard_error_is_a_warning(void **state)
{
    (void)state;
    baselines b = { .best = 0.80, .winner = "bag_of_words", .member = "eval_accuracy" };
    b.metrics =
        json_pack("{s:{s:f}, s:{s:f}}", "majority", "score", 0.5, "bag_of_words", "score", 0.80);
    char text[4096] = "";
    bert_observer observer = { .tell = listen, .context = text };
    json_t *metrics = json_pack("{s:f, s:f}", "eval_loss", 0.4, "eval_accuracy", 0.83);
    baselines_compare(&b, metrics, 100, &observer); /* the error is 0.0376 */
    assert_non_null(strstr(text,
                           "warning: accuracy on the dev data: the model's 0.830 is not above "
                           "the baseline (majority 0.500, bag of words 0.800) by more than a "
                           "standard error (0.038 of 100 rows)"));
    *text = '\0';
    baselines_compare(&b, metrics, 400, &observer); /* 0.0188 */
    assert_string_equal(text, "accuracy on the dev data: the model 0.830; baseline: majority "
                              "0.500, bag of words 0.800\n");
    baselines_release(&b);
    *text = '\0';
    baselines_compare(&b, metrics, 400, &observer); /* there are none */
    assert_string_equal(text, "");
    json_decref(metrics);
}

static void a_score_that_is_not_defined_is_no_zero(void **state)
{
    (void)state;
    baselines b = { .best = -1.0, .winner = "majority", .member = "eval_pearson" };
    b.metrics = json_pack("{s:{s:n}}", "majority", "score");
    char text[4096] = "";
    bert_observer observer = { .tell = listen, .context = text };
    json_t *metrics = json_pack("{s:f, s:n}", "eval_loss", 0.4, "eval_pearson");
    baselines_compare(&b, metrics, 1, &observer);
    assert_string_equal(text, "warning: pearson on the dev data is not defined for the model "
                              "(baseline: majority undefined): the data's numbers, or the model's "
                              "answers, are all equal, so nothing shows what it has learnt\n");
    baselines_release(&b);
    json_decref(metrics);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(words_decide_a_class_and_the_majority_is_its_share),
        CASE(the_fit_is_that_of_the_penalized_loss),
        CASE(of_many_rows_each_pass_has_the_same_sample_however_they_are_sorted),
        CASE(each_of_several_labels_has_its_words),
        CASE(a_word_has_its_commonest_tag_and_one_not_met_that_of_all),
        CASE(words_in_common_tell_which_texts_belong_together),
        CASE(a_choice_has_its_commonest_place),
        CASE(threads_change_no_bit_of_a_baseline),
        CASE(a_score_within_a_standard_error_is_a_warning),
        CASE(a_score_that_is_not_defined_is_no_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
