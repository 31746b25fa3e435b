/* test_split.c: which texts are the same, and what is held out of training. */
#include "base/memory.h"
#include "data/split.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static bool same_text(dataset_form form, row_reach reach, dataset_row a, dataset_row b)
{
    dataset_row rows[] = { a, b };
    row_key *keys;
    assert_done(row_keys_open(&(dataset){ .form = form, .rows = rows, .count = 2 }, reach, &keys));
    bool same = row_key_compare(&keys[0], &keys[1]) == 0;
    free(keys);
    return same;
}

static dataset_row text(const char *a)
{
    return (dataset_row){ .text = slice_of(a) };
}

static dataset_row pair(const char *a, const char *b)
{
    return (dataset_row){ .text = slice_of(a), .pair = slice_of(b) };
}

static bool same(dataset_row a, dataset_row b)
{
    return same_text(FORM_TEXTS, REACH_ROW, a, b);
}

static void case_and_white_space_part_no_texts(void **state)
{
    (void)state;
    assert_true(same(text("A good  film"), text("\t a GOOD film \n")));
    assert_true(same(text("\xC3\x89t\xC3\xA9"), text("\xC3\xA9T\xC3\x89")));
    assert_true(same(text("a\xC2\xA0"
                          "b"),
                     text("a b")));
    assert_false(same(text("a good film"), text("a goodfilm")));
    assert_false(same(text("a good film"), text("a good film!")));
    assert_true(same(text("\xFF"), text("\xFF"))); /* in memory nobody has checked it */
    assert_false(same(text("\xFF"), text("\xFE")));
}

static void pairs_are_compared_as_pairs(void **state)
{
    (void)state;
    assert_true(same(pair("A", "b "), pair("a", "B")));
    assert_false(same(pair("a", "b"), pair("b", "a")));
    assert_false(same(pair("a", "b"), text("a b")));
    assert_false(same(pair("a", ""), text("a")));
    assert_false(same(pair("a b", "c"), pair("a", "b c")));
}

static void words_are_compared_one_by_one(void **state)
{
    (void)state;
    slice apart[] = { slice_of("New"), slice_of("York") }, together[] = { slice_of("New York") },
          small[] = { slice_of("new"), slice_of("york") };
    dataset_row a = { .items = apart, .item_count = 2 }, b = { .items = together, .item_count = 1 },
                c = { .items = small, .item_count = 2 };
    assert_false(same_text(FORM_WORDS, REACH_ROW, a, b));
    assert_true(same_text(FORM_WORDS, REACH_ROW, a, c));
}

static void questions_of_one_context_and_pairs_of_one_text_are_a_group(void **state)
{
    (void)state;
    dataset_row a = pair("who?", "the context"), b = pair("where?", "the context"),
                c = pair("who?", "another");
    assert_true(same_text(FORM_QUESTIONS, REACH_BUNDLE, a, b));
    assert_false(same_text(FORM_QUESTIONS, REACH_BUNDLE, a, c));
    assert_false(same_text(FORM_QUESTIONS, REACH_ROW, a, b));
    assert_true(same_text(FORM_COMPARED, REACH_BUNDLE, a, c));
    assert_false(same_text(FORM_TEXTS, REACH_BUNDLE, a, c));
}

static void a_text_of_blanks_is_empty(void **state)
{
    (void)state;
    dataset_row blank = text(" \t\xE3\x80\x80"), full = text(" . "), half = pair("a", " "),
                none = { .line = 1 };
    assert_true(row_has_empty_text(&blank));
    assert_false(row_has_empty_text(&full));
    assert_true(row_has_empty_text(&half));
    assert_true(row_has_empty_text(&none));
}

/* ---- splits */

enum { ROWS_MOST = 400 };

/* Rows of so many strata, their keys all different unless a test makes them alike. */
typedef struct made {
    row_key keys[ROWS_MOST];
    uint32_t of[ROWS_MOST];
    char *names[ROWS_MOST];
    char texts[ROWS_MOST][16];
    bool held_out[ROWS_MOST];
    strata strata;
    split_request request;
} made;

static void make(made *m, size_t count, const size_t *strata_rows, double share)
{
    *m = (made){ .strata = { .of = m->of, .names = m->names, .count = count } };
    size_t row = 0;
    for (size_t s = 0; s < count; s++) {
        snprintf(m->texts[s], sizeof m->texts[s], "label %zu", s);
        m->names[s] = m->texts[s];
        for (size_t i = 0; i < strata_rows[s]; i++, row++) {
            m->of[row] = (uint32_t)s;
            m->keys[row].half[0] = row * 0x9e3779b97f4a7c15; /* in no order of the rows */
        }
    }
    m->request = (split_request){ .path = "t.tsv",
                                  .keys = m->keys,
                                  .strata = &m->strata,
                                  .count = row,
                                  .share = share,
                                  .seed = 42 };
}

static size_t held_out_of(const made *m, size_t stratum)
{
    size_t count = 0;
    for (size_t i = 0; i < m->request.count; i++) count += m->of[i] == stratum && m->held_out[i];
    return count;
}

static void each_label_gives_its_share(void **state)
{
    (void)state;
    made m;
    make(&m, 3, (size_t[]){ 60, 30, 10 }, 0.1);
    assert_done(split_make(&m.request, m.held_out));
    assert_int_equal(held_out_of(&m, 0), 6);
    assert_int_equal(held_out_of(&m, 1), 3);
    assert_int_equal(held_out_of(&m, 2), 1);
}

static void the_shares_of_small_labels_add_up(void **state)
{
    (void)state;
    made m;
    size_t fours[80], all = 0, most = 0;
    for (size_t i = 0; i < 80; i++) fours[i] = 4;
    make(&m, 80, fours, 0.1);
    assert_done(split_make(&m.request, m.held_out));
    for (size_t i = 0; i < 80; i++) {
        size_t own = held_out_of(&m, i);
        all += own;
        most = size_larger(most, own);
    }
    assert_int_equal(all, 32);
    assert_int_equal(most, 1);
}

static void what_is_due_from_small_labels_takes_no_label_whole(void **state)
{
    (void)state;
    made m;
    size_t twos[50];
    for (size_t i = 0; i < 50; i++) twos[i] = 2;
    make(&m, 50, twos, 0.7); /* 1.4 each, and 0.4 more for the next, and so on */
    assert_done(split_make(&m.request, m.held_out));
    for (size_t i = 0; i < 50; i++) assert_int_equal(held_out_of(&m, i), 1);
}

static void equal_texts_stay_together(void **state)
{
    (void)state;
    made m;
    make(&m, 2, (size_t[]){ 100, 100 }, 0.3);
    for (size_t i = 0; i < 200; i++) m.keys[i] = m.keys[i / 100 * 100 + i % 40];
    assert_done(split_make(&m.request, m.held_out));
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(m.held_out[i], m.held_out[i / 100 * 100 + i % 40]);
    assert_in_range(held_out_of(&m, 0) + held_out_of(&m, 1), 58, 62);
}

static void seed_and_rows_decide_the_split(void **state)
{
    (void)state;
    made a, b, c;
    size_t differ = 0;
    make(&a, 2, (size_t[]){ 100, 100 }, 0.2);
    make(&b, 2, (size_t[]){ 100, 100 }, 0.2);
    make(&c, 2, (size_t[]){ 100, 100 }, 0.2);
    c.request.seed = 43;
    assert_done(split_make(&a.request, a.held_out));
    assert_done(split_make(&b.request, b.held_out));
    assert_done(split_make(&c.request, c.held_out));
    assert_memory_equal(a.held_out, b.held_out, sizeof a.held_out);
    for (size_t i = 0; i < 200; i++) differ += a.held_out[i] != c.held_out[i];
    assert_in_range(differ, 30, 80);
}

/* The number that a message ends with, before `words`. */
static double number_before(const char *words)
{
    const char *end = strstr(status_message(), words);
    assert_non_null(end);
    while (end > status_message() && end[-1] != ' ') end--;
    return strtod(end, NULL);
}

static void a_share_that_leaves_nothing_to_train_on_is_refused_with_one_that_does(void **state)
{
    (void)state;
    made m;
    make(&m, 2, (size_t[]){ 50, 4 }, 0.9);
    assert_failed(split_make(&m.request, m.held_out), BERT_ARGUMENT,
                  "leaves none of the 4 rows of label 1 to train on; at most 0.75 does");
    m.request.share = number_before(" does");
    assert_done(split_make(&m.request, m.held_out));
    assert_int_equal(held_out_of(&m, 1), 3);
}

static void a_share_that_holds_out_nothing_is_refused_with_one_that_does(void **state)
{
    (void)state;
    made m;
    make(&m, 2, (size_t[]){ 20, 10 }, 0.01);
    assert_failed(split_make(&m.request, m.held_out), BERT_ARGUMENT, "holds out none of 30 rows");
    m.request.share = number_before(" would");
    assert_done(split_make(&m.request, m.held_out));
    assert_int_equal(held_out_of(&m, 0) + held_out_of(&m, 1), 1);
}

static void a_label_of_one_text_stays_in_training(void **state)
{
    (void)state;
    made m;
    make(&m, 3, (size_t[]){ 20, 1, 5 }, 0.4);
    for (size_t i = 21; i < 26; i++) m.keys[i] = m.keys[21];
    assert_done(split_make(&m.request, m.held_out));
    assert_int_equal(held_out_of(&m, 0), 8);
    assert_int_equal(held_out_of(&m, 1), 0);
    assert_int_equal(held_out_of(&m, 2), 0);
    make(&m, 2, (size_t[]){ 1, 1 }, 0.5);
    assert_failed(split_make(&m.request, m.held_out), BERT_ARGUMENT, "no two different texts");
}

static void folds_have_about_the_same_of_each_label(void **state)
{
    (void)state;
    made m;
    uint32_t fold_of[ROWS_MOST];
    size_t counts[5][3] = { { 0 } }, all[5] = { 0 };
    make(&m, 3, (size_t[]){ 52, 23, 1 }, 0.0);
    m.keys[3] = m.keys[40]; /* the same text */
    assert_done(folds_make(&m.request, 5, fold_of));
    for (size_t i = 0; i < 75; i++) {
        assert_in_range(fold_of[i], 0, 4);
        counts[fold_of[i]][m.of[i]]++;
        all[fold_of[i]]++;
    }
    for (size_t f = 0; f < 5; f++) {
        assert_in_range(counts[f][0], 10, 12);
        assert_in_range(counts[f][1], 4, 5);
        assert_in_range(all[f], 14, 16);
    }
    assert_int_equal(fold_of[3], fold_of[40]);
    assert_true(fold_of[75] == NO_FOLD); /* its only text would be missing from training */
    assert_failed(folds_make(&m.request, 76, fold_of), BERT_ARGUMENT,
                  "76 folds are asked for; there are 74 texts");
}

/* Two labels, and a third that stands only beside the first: in row 0, and with `two` in row 1. */
typedef struct labelled {
    made m;
    size_t starts[ROWS_MOST + 1];
    uint32_t labels[ROWS_MOST + 2];
} labelled;

static void make_labelled(labelled *l, bool two, double share)
{
    size_t count = 0;
    make(&l->m, 2, (size_t[]){ 8, 8 }, share);
    for (size_t row = 0; row < 16; row++) {
        l->labels[count++] = l->m.of[row];
        if (row < (two ? 2 : 1)) l->labels[count++] = 2;
        l->starts[row + 1] = count;
    }
    l->starts[0] = 0;
    l->m.strata.label_starts = l->starts;
    l->m.strata.labels = l->labels;
    l->m.strata.label_count = 3;
}

static void a_label_goes_back_to_training_where_all_of_it_was_held_out(void **state)
{
    (void)state;
    labelled l;
    made plain;
    size_t went_back = 0, measured = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        make(&plain, 2, (size_t[]){ 8, 8 }, 0.5);
        make_labelled(&l, true, 0.5);
        plain.request.seed = l.m.request.seed = seed;
        assert_done(split_make(&plain.request, plain.held_out));
        assert_done(split_make(&l.m.request, l.m.held_out));
        bool whole = plain.held_out[0] && plain.held_out[1];
        assert_int_equal(l.m.held_out[0], plain.held_out[0] && !whole); /* the first goes back */
        assert_memory_equal(l.m.held_out + 1, plain.held_out + 1, 15);
        went_back += whole;
        measured += l.m.held_out[0] || l.m.held_out[1];
    }
    assert_in_range(went_back, 3, 37);
    assert_in_range(measured, went_back, 40);
}

static void a_share_of_nothing_but_labels_of_one_text_is_refused(void **state)
{
    (void)state;
    made m;
    size_t starts[] = { 0, 1, 2 };
    uint32_t labels[] = { 0, 1 };
    make(&m, 1, (size_t[]){ 2 }, 0.5);
    m.strata.label_starts = starts;
    m.strata.labels = labels;
    m.strata.label_count = 2;
    assert_failed(split_make(&m.request, m.held_out), BERT_ARGUMENT,
                  "holds out none of 2 rows: each text that it draws has a label");
}

static void a_label_of_one_fold_alone_is_in_none(void **state)
{
    (void)state;
    labelled l;
    uint32_t plain[ROWS_MOST], fold_of[ROWS_MOST], together = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        size_t rows[3] = { 0 };
        make_labelled(&l, true, 0.0);
        l.m.request.seed = seed;
        assert_done(folds_make(&l.m.request, 3, fold_of));
        l.m.strata.label_starts = NULL;
        assert_done(folds_make(&l.m.request, 3, plain));
        if (plain[0] != plain[1]) {
            assert_memory_equal(fold_of, plain, 16 * sizeof *plain);
            continue;
        }
        together++;
        assert_true(fold_of[0] == NO_FOLD);
        for (size_t i = 1; i < 16; i++) rows[fold_of[i]]++;
        for (size_t f = 0; f < 3; f++) assert_int_equal(rows[f], 5);
    }
    assert_in_range(together, 3, 37);
    make_labelled(&l, false, 0.0);
    assert_done(folds_make(&l.m.request, 3, fold_of));
    assert_true(fold_of[0] == NO_FOLD);
}

static void both_sides_keep_the_order_of_the_rows(void **state)
{
    (void)state;
    dataset d = { .form = FORM_TEXTS, .count = 5 }, held;
    d.rows = calloc(5, sizeof *d.rows);
    for (size_t i = 0; i < 5; i++) d.rows[i].line = i;
    assert_done(dataset_split(&d, (bool[]){ false, true, false, true, true }, &held));
    assert_int_equal(d.count, 2);
    assert_int_equal(held.count, 3);
    for (size_t i = 0; i < 2; i++) assert_int_equal(d.rows[i].line, 2 * i);
    assert_int_equal(held.rows[0].line, 1);
    assert_int_equal(held.rows[1].line, 3);
    assert_int_equal(held.rows[2].line, 4);
    dataset_release(&held);
    dataset_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_and_white_space_part_no_texts),
        cmocka_unit_test(pairs_are_compared_as_pairs),
        cmocka_unit_test(words_are_compared_one_by_one),
        cmocka_unit_test(questions_of_one_context_and_pairs_of_one_text_are_a_group),
        cmocka_unit_test(a_text_of_blanks_is_empty),
        cmocka_unit_test(each_label_gives_its_share),
        cmocka_unit_test(the_shares_of_small_labels_add_up),
        cmocka_unit_test(what_is_due_from_small_labels_takes_no_label_whole),
        cmocka_unit_test(equal_texts_stay_together),
        cmocka_unit_test(seed_and_rows_decide_the_split),
        cmocka_unit_test(a_share_that_leaves_nothing_to_train_on_is_refused_with_one_that_does),
        cmocka_unit_test(a_share_that_holds_out_nothing_is_refused_with_one_that_does),
        cmocka_unit_test(a_label_of_one_text_stays_in_training),
        cmocka_unit_test(folds_have_about_the_same_of_each_label),
        cmocka_unit_test(a_label_goes_back_to_training_where_all_of_it_was_held_out),
        cmocka_unit_test(a_share_of_nothing_but_labels_of_one_text_is_refused),
        cmocka_unit_test(a_label_of_one_fold_alone_is_in_none),
        cmocka_unit_test(both_sides_keep_the_order_of_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
