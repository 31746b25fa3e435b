/* test_interface.c: what bert.h says of answers, however they are asked for. */
#include "bert.h"
#include "scratch.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_the_answers_whatever_the_task),
        cmocka_unit_test(a_model_for_something_else_has_no_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
