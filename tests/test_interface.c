/* test_interface.c: what bert.h says of answers, however they are asked for. */
#include "bert.h"
#include "scratch.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bert_input input_of(const char *text)
{
    return (bert_input){ .text = { text, strlen(text) } };
}

static void both_open(const char *folder, bert_model **m, bert_session **s)
{
    assert_done(bert_model_open(folder, m));
    assert_done(bert_session_new(*m, NULL, s));
}

/* ---- outputs and scores */

/* The answer's score of a label: among scores, or the score alone. */
static double score_in(const json_t *answer, const char *label)
{
    const json_t *scores = json_object_get(answer, "scores");
    const json_t *score =
        scores ? json_object_get(scores, label) : json_object_get(answer, "score");
    assert_true(json_is_number(score));
    return json_number_value(score);
}

static void scores_are_those_of_the_answers_whatever_the_task(void **state)
{
    (void)state;
    static const struct {
        const char *folder;
        bert_output output;
    } cases[] = { { "tests/data/golden/gelu", BERT_OUTPUT_CLASSES },
                  { "tests/data/heads/multilabel", BERT_OUTPUT_LABELS },
                  { "tests/data/heads/regress", BERT_OUTPUT_NUMBERS } };
    for (size_t i = 0; i < 3; i++) {
        bert_model *m;
        bert_session *s;
        char *line;
        float logits[16], scores[16];
        bert_input input = input_of("a fine film with a slow plot");
        both_open(cases[i].folder, &m, &s);
        bert_model_info info = bert_model_get_info(m);
        assert_int_equal(info.output, cases[i].output);
        assert_int_equal(info.outputs, info.labels);
        assert_done(bert_predict(s, &input, 1, logits));
        assert_done(bert_answers(s, &input, 1, &line));
        json_t *answer = json_loads(line, 0, NULL);
        size_t best = bert_scores(m, logits, scores);
        for (size_t k = 0; k < info.outputs; k++) {
            double want = score_in(answer, bert_model_label(m, k));
            assert_true(fabs((double)scores[k] - want) < 1e-7);
            assert_true(scores[k] <= scores[best]);
        }
        json_decref(answer);
        bert_free(line);
        bert_session_free(s);
        bert_model_free(m);
    }
}

static void a_model_for_something_else_has_no_outputs(void **state)
{
    (void)state;
    static const char *const folders[] = { "tests/data/heads/tag", "tests/data/heads/fill",
                                           "tests/data/heads/choose", "tests/data/heads/answer" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        bert_model *m;
        bert_session *s;
        float logits[16] = { 0 }, score = -1;
        bert_input input = input_of("a fine film");
        both_open(folders[i], &m, &s);
        assert_int_equal(bert_model_get_info(m).outputs, 0);
        assert_int_equal(bert_model_get_info(m).output, BERT_OUTPUT_NONE);
        assert_failed(bert_predict(s, &input, 1, logits), BERT_UNSUPPORTED, "has no logits");
        assert_int_equal(bert_scores(m, logits, &score), 0);
        assert_true(score == -1);
        bert_session_free(s);
        bert_model_free(m);
    }
}

/* ---- each input by itself */

enum { MANY = 9 };

/* Texts of which the fourth and the last are none. */
static void some_bad(bert_input inputs[MANY])
{
    static const char *const texts[] = { "a fine film", "a slow plot", "acting", "", "the end" };
    for (size_t i = 0; i < MANY; i++) inputs[i] = input_of(texts[i % 5]);
    inputs[3] = inputs[MANY - 1] = (bert_input){ .text = { NULL, 0 } };
}

static bool is_bad(size_t index)
{
    return index == 3 || index == MANY - 1;
}

static bert_session *session_of_each(const bert_model *m)
{
    bert_session_options options = bert_session_options_default();
    bert_session *s;
    options.each = true;
    assert_done(bert_session_new(m, &options, &s));
    return s;
}

/* What is computed with others differs in rounding. */
static void assert_near(double a, double b)
{
    assert_true(fabs(a - b) < 1e-5);
}

static void results_check(const bert_session *s)
{
    const char *message;
    for (size_t i = 0; i < MANY; i++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, "input:%zu: ", i + 1);
        bert_status status = bert_session_result(s, i, &message);
        assert_int_equal(status, is_bad(i) ? BERT_ARGUMENT : BERT_OK);
        if (is_bad(i) && !strstr(message, wanted)) fail_msg("%s in '%s'", wanted, message);
        if (!is_bad(i)) assert_string_equal(message, "");
    }
    assert_int_equal(bert_session_result(s, MANY, &message), BERT_OK);
}

static void one_bad_input_does_not_fail_the_others(void **state)
{
    (void)state;
    bert_model *m;
    bert_session *alone;
    bert_input inputs[MANY];
    char *lines[MANY], *line;
    both_open("tests/data/golden/gelu", &m, &alone);
    some_bad(inputs);
    assert_failed(bert_answers(alone, inputs, MANY, lines), BERT_ARGUMENT, "has no text");
    bert_session *s = session_of_each(m);
    assert_done(bert_answers(s, inputs, MANY, lines));
    results_check(s);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(lines[i] == NULL, is_bad(i));
        if (is_bad(i)) continue;
        assert_done(bert_answers(alone, &inputs[i], 1, &line));
        json_t *here = json_loads(lines[i], 0, NULL), *there = json_loads(line, 0, NULL);
        assert_near(score_in(here, "good"), score_in(there, "good"));
        json_decref(here);
        json_decref(there);
        bert_free(line);
        bert_free(lines[i]);
    }
    bert_session_free(s);
    bert_session_free(alone);
    bert_model_free(m);
}

static void numbers_of_the_others_are_those_of_each_alone(void **state)
{
    (void)state;
    enum { LABELS = 3, HIDDEN_MOST = 256 };
    bert_model *m;
    bert_session *alone;
    bert_input inputs[MANY];
    float logits[MANY * LABELS], one[LABELS], *vectors, vector[HIDDEN_MOST];
    both_open("tests/data/golden/gelu", &m, &alone);
    size_t hidden = bert_model_get_info(m).hidden;
    some_bad(inputs);
    for (size_t i = 0; i < MANY * LABELS; i++) logits[i] = -77;
    vectors = calloc(MANY * hidden, sizeof *vectors);
    assert_non_null(vectors);
    bert_session *s = session_of_each(m), *t = session_of_each(m);
    assert_done(bert_predict(s, inputs, MANY, logits));
    results_check(s);
    assert_done(bert_embed(t, inputs, MANY, BERT_MEAN, true, vectors));
    results_check(t);
    for (size_t i = 0; i < MANY; i++) {
        if (is_bad(i)) {
            assert_true(logits[i * LABELS] == -77);
            assert_true(vectors[i * hidden] == 0);
            continue;
        }
        assert_done(bert_predict(alone, &inputs[i], 1, one));
        for (size_t k = 0; k < LABELS; k++)
            assert_near((double)one[k], (double)logits[i * LABELS + k]);
        assert_done(bert_embed(alone, &inputs[i], 1, BERT_MEAN, true, vector));
        for (size_t k = 0; k < hidden; k++)
            assert_near((double)vector[k], (double)vectors[i * hidden + k]);
    }
    free(vectors);
    bert_session_free(s);
    bert_session_free(t);
    bert_session_free(alone);
    bert_model_free(m);
}

/* ---- tokens */

static void texts_are_tokenized_together_as_each_alone(void **state)
{
    (void)state;
    bert_tokenizer *t;
    bert_input inputs[MANY];
    bert_encoding *all[MANY], *one;
    assert_done(bert_tokenizer_open("tests/data/golden/gelu", &t));
    some_bad(inputs);
    assert_failed(bert_tokenize(t, inputs, MANY, 0, BERT_TRUNCATE_LONGEST_FIRST, all),
                  BERT_ARGUMENT, "input:4: there is no text");
    inputs[3] = inputs[MANY - 1] = input_of("an end");
    inputs[2].pair = inputs[0].text;
    assert_done(bert_tokenize(t, inputs, MANY, 5, BERT_TRUNCATE_LONGEST_FIRST, all));
    for (size_t i = 0; i < MANY; i++) {
        assert_done(bert_tokenize(t, &inputs[i], 1, 5, BERT_TRUNCATE_LONGEST_FIRST, &one));
        assert_true(one->size == sizeof *one && BERT_HAS(one, offsets));
        assert_int_equal(one->count, all[i]->count);
        assert_int_equal(one->first_count, all[i]->first_count);
        assert_int_equal(one->whole_count, all[i]->whole_count);
        assert_memory_equal(one->ids, all[i]->ids, one->count * sizeof *one->ids);
        assert_memory_equal(one->offsets, all[i]->offsets, one->count * sizeof *one->offsets);
        for (size_t k = 0; k < one->count; k++)
            assert_string_equal(one->tokens[k], all[i]->tokens[k]);
        bert_free(one);
        bert_free(all[i]);
    }
    bert_tokenizer_free(t);
}

static void ids_become_text_again(void **state)
{
    (void)state;
    bert_tokenizer *t;
    bert_encoding *e;
    char *text;
    bert_input input = input_of("The film, not a good plot!");
    assert_done(bert_tokenizer_open("tests/data/golden/gelu", &t));
    assert_done(bert_tokenize(t, &input, 1, 0, BERT_TRUNCATE_LONGEST_FIRST, &e));
    assert_done(bert_ids_text(t, e->ids, e->count, true, &text));
    assert_string_equal(text, "the film, not a good plot!");
    bert_free(text);
    assert_done(bert_ids_text(t, e->ids, e->count, false, &text));
    assert_string_equal(text, "[CLS] the film, not a good plot! [SEP]");
    bert_free(text);
    assert_done(bert_ids_text(t, NULL, 0, true, &text));
    assert_string_equal(text, "");
    bert_free(text);
    e->ids[1] = -1;
    assert_failed(bert_ids_text(t, e->ids, e->count, true, &text), BERT_ARGUMENT, "id 2 is -1");
    e->ids[1] = 1 << 30;
    assert_failed(bert_ids_text(t, e->ids, e->count, true, &text), BERT_ARGUMENT, "id 2 is 1073");
    bert_free(e);
    bert_tokenizer_free(t);
}

/* ---- long answers */

typedef struct listener {
    size_t heard, done, stop_at;
} listener;

static void listen(void *context, const bert_event *event)
{
    listener *l = context;
    if (event->kind != BERT_EVENT_PROGRESS) return;
    assert_true(event->done > l->done && event->done <= event->total);
    l->done = event->done;
    l->heard++;
}

static bool stops(void *context)
{
    const listener *l = context;
    return l->stop_at && l->heard >= l->stop_at;
}

static void long_answers_are_told_and_stopped(void **state)
{
    (void)state;
    enum { COUNT = 200, LABELS = 3 };
    bert_model *m;
    bert_session *s;
    static bert_input inputs[COUNT];
    static char *lines[COUNT];
    static float logits[COUNT * LABELS], vectors[COUNT * 256];
    listener l = { 0 };
    bert_observer observer = bert_observer_default();
    bert_session_options options = bert_session_options_default();
    observer.tell = listen;
    observer.stop = stops;
    observer.context = &l;
    options.observer = &observer;
    options.batch_tokens = 64;
    for (size_t i = 0; i < COUNT; i++) inputs[i] = input_of("a fine film with a slow plot");
    assert_done(bert_model_open("tests/data/golden/gelu", &m));
    options.max_length = 32;
    assert_done(bert_session_new(m, &options, &s));
    assert_done(bert_predict(s, inputs, COUNT, logits));
    assert_true(l.heard > 2);
    assert_int_equal(l.done, COUNT);

    l = (listener){ .stop_at = 2 };
    assert_failed(bert_answers(s, inputs, COUNT, lines), BERT_STOPPED, "of 200 inputs");
    assert_int_equal(l.heard, 2);
    for (size_t i = 0; i < COUNT; i++) assert_null(lines[i]);
    l = (listener){ .stop_at = 3 };
    assert_failed(bert_embed(s, inputs, COUNT, BERT_CLS, false, vectors), BERT_STOPPED, "stopped");
    assert_int_equal(l.heard, 3);
    l = (listener){ 0 };
    assert_done(bert_answers(s, inputs, COUNT, lines)); /* the session goes on */
    for (size_t i = 0; i < COUNT; i++) bert_free(lines[i]);
    bert_session_free(s);
    bert_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_the_answers_whatever_the_task),
        cmocka_unit_test(a_model_for_something_else_has_no_outputs),
        cmocka_unit_test(one_bad_input_does_not_fail_the_others),
        cmocka_unit_test(numbers_of_the_others_are_those_of_each_alone),
        cmocka_unit_test(texts_are_tokenized_together_as_each_alone),
        cmocka_unit_test(ids_become_text_again),
        cmocka_unit_test(long_answers_are_told_and_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
