/* test_trained_as.c: what config.json keeps of what a model was trained on. */
#include "model/trained_as.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bert_status read_text(const char *text, json_t **object, trained_as *out)
{
    json_error_t where;
    *object = json_loads(text, JSON_DECODE_ANY, &where);
    assert_non_null(*object);
    *out = (trained_as){ 0 };
    return trained_as_read(*object, "config.json", out);
}

static void what_is_put_is_read_again(void **state)
{
    (void)state;
    const trained_as all = { .known = true,
                             .max_length = 77,
                             .texts = BERT_TEXTS_PAIRS,
                             .columns = { .text = "a", .pair = "b\xC3\xA9", .label = "c" },
                             .windows = true,
                             .stride = 9,
                             .mask_share = 0.25,
                             .whole_words = true,
                             .score_divisor = 5.0 };
    json_t *object = json_object();
    trained_as again = { 0 };
    assert_done(trained_as_put(&all, object));
    assert_done(trained_as_read(json_object_get(object, "trained_on"), "config.json", &again));
    assert_true(again.known && again.windows && again.whole_words);
    assert_int_equal(again.max_length, 77);
    assert_int_equal(again.texts, BERT_TEXTS_PAIRS);
    assert_string_equal(again.columns.text, "a");
    assert_string_equal(again.columns.pair, "b\xC3\xA9");
    assert_string_equal(again.columns.label, "c");
    assert_int_equal(again.stride, 9);
    assert_true(again.mask_share == 0.25 && again.score_divisor == 5.0);
    json_decref(object);
}

static void nothing_is_put_where_nothing_is_known(void **state)
{
    (void)state;
    json_t *object = json_object();
    assert_done(trained_as_put(&(trained_as){ .max_length = 5 }, object));
    assert_int_equal(json_object_size(object), 0);
    json_decref(object);
}

static void what_is_no_object_says_nothing(void **state)
{
    (void)state;
    static const char *const others[] = { "\"Wikipedia\"", "[\"a\", \"b\"]", "7", "null", "true" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        json_t *object;
        trained_as t;
        assert_done(read_text(others[i], &object, &t));
        assert_false(t.known);
        json_decref(object);
    }
    trained_as t = { 0 };
    assert_done(trained_as_read(NULL, "config.json", &t));
    assert_false(t.known);
}

static void members_of_another_type_or_out_of_bounds_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"max_length\": 2}",
        "{\"max_length\": 70000}",
        "{\"max_length\": \"x\"}",
        "{\"texts\": 1}",
        "{\"columns\": {\"text\": 1}}",
        "{\"windows\": 1}",
        "{\"stride\": -1}",
        "{\"mask_share\": 2}",
        "{\"score_divisor\": 0.5}",
        "{\"columns\": {\"label\": []}}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *object;
        trained_as t;
        bert_status status = read_text(wrong[i], &object, &t);
        if (status != BERT_FORMAT) print_error("%s: %d\n", wrong[i], (int)status);
        assert_int_equal(status, BERT_FORMAT);
        assert_false(t.known);
        json_decref(object);
    }
}

static void words_and_members_of_later_versions_are_passed_over(void **state)
{
    (void)state;
    json_t *object;
    trained_as t;
    assert_done(read_text("{\"texts\": \"triples\", \"columns\": 3, \"new\": {}}", &object, &t));
    assert_true(t.known);
    assert_int_equal(t.texts, BERT_TEXTS_UNKNOWN);
    assert_null(t.columns.text);
    json_decref(object);
}

/* ---- a model of pairs, from C */

static void a_model_of_pairs_says_so_and_answers_to_pairs_alone(void **state)
{
    const char *train = scratch_text(
        state, "t.tsv", "premise\thypothesis\tlabel\nfine\tgood\tyes\ndull\tbad\tno\n");
    bert_train_options o = bert_train_options_default();
    bert_session_options usual = bert_session_options_default();
    bert_model *model;
    bert_session *session;
    o.model = "tests/data/golden/gelu";
    o.train = &train;
    o.train_count = 1;
    o.output = scratch_path(state, "o");
    o.max_steps = 1;
    assert_done(bert_train(&o));
    assert_done(bert_model_open(o.output, &model));
    bert_model_info info = bert_model_get_info(model);
    assert_int_equal(info.texts, BERT_TEXTS_PAIRS);
    assert_int_equal(info.max_length, 40);
    assert_string_equal(info.text_column, "premise");
    assert_string_equal(info.pair_column, "hypothesis");
    assert_string_equal(info.label_column, "label");
    assert_done(bert_session_new(model, &usual, &session));
    bert_input inputs[] = { { .text = { "fine", 4 }, .pair = { "", 0 } },
                            { .text = { "fine", 4 }, .pair = { "good", 4 } },
                            { .text = { "dull", 4 } } };
    char *lines[3];
    float logits[3 * 2];
    assert_done(bert_answers(session, inputs, 2, lines));
    for (size_t i = 0; i < 2; i++) bert_free(lines[i]);
    assert_done(bert_predict(session, inputs, 2, logits));
    assert_int_equal(bert_answers(session, inputs, 3, lines), BERT_ARGUMENT);
    assert_non_null(strstr(bert_error(), ":7: is a single text, and the model was trained on pairs "
                                         "of texts (columns 'premise' and 'hypothesis')"));
    assert_int_equal(bert_predict(session, inputs + 2, 1, logits), BERT_ARGUMENT);
    bert_session_free(session);
    bert_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_model_of_pairs_says_so_and_answers_to_pairs_alone,
                                        scratch_open, scratch_close),
        cmocka_unit_test(what_is_put_is_read_again),
        cmocka_unit_test(nothing_is_put_where_nothing_is_known),
        cmocka_unit_test(what_is_no_object_says_nothing),
        cmocka_unit_test(members_of_another_type_or_out_of_bounds_are_refused),
        cmocka_unit_test(words_and_members_of_later_versions_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
