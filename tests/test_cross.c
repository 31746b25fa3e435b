/* Models with one output, by what tools/golden/cross.py wrote of them: an answer is what
 * CrossEncoder of sentence-transformers and the pipelines of transformers make of the output. */
#include "base/file.h"
#include "bert.h"
#include "json/json.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA "tests/data/cross"

enum { PAIRS_MAX = 4 };

static int setup(void **state)
{
    return json_fixture_open(state, DATA "/cases.json");
}

static void object_put(json_fixture *f, const char *folder, const char *name, const json_t *value)
{
    char path[256], *text = json_dumps(value, 0);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    scratch_text(&f->scratch, path, text);
    free(text);
}

/* The model as `folder`, with more in its config.json and other files. */
static const char *folder_lay_out(json_fixture *f, const char *folder, const json_t *config,
                                  const json_t *files)
{
    static const char *const same[] = { "model.safetensors", "vocab.txt", "tokenizer_config.json" };
    const char *name;
    json_t *value, *whole;
    assert_done(folder_make(scratch_path(&f->scratch, folder)));
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char path[256];
        size_t count;
        snprintf(path, sizeof path, DATA "/model/%s", same[i]);
        char *bytes = file_text(path, &count);
        snprintf(path, sizeof path, "%s/%s", folder, same[i]);
        scratch_write(&f->scratch, path, (slice){ bytes, count });
        free(bytes);
    }
    assert_done(json_read_object(DATA "/model/config.json", &whole));
    json_object_update(whole, (json_t *)config);
    object_put(f, folder, "config.json", whole);
    json_decref(whole);
    json_object_foreach((json_t *)files, name, value) object_put(f, folder, name, value);
    return scratch_path(&f->scratch, folder);
}

static size_t pairs_of(const json_fixture *f, bert_input *out)
{
    json_t *pair;
    size_t i;
    json_array_foreach(json_object_get(f->root, "pairs"), i, pair)
    {
        assert_true(i < PAIRS_MAX);
        const char *a = json_string_value(json_array_get(pair, 0));
        const char *b = json_string_value(json_array_get(pair, 1));
        out[i] = (bert_input){ .text = { a, strlen(a) }, .pair = { b, strlen(b) } };
    }
    return i;
}

static double score_of(const char *line)
{
    json_t *answer = json_loads(line, 0, NULL);
    double score = json_number_value(json_object_get(answer, "score"));
    json_decref(answer);
    return score;
}

static void model_check(json_fixture *f, const char *folder, const json_t *scores)
{
    bert_model *m;
    bert_session *s;
    bert_input pairs[PAIRS_MAX];
    char *lines[PAIRS_MAX];
    float logits[PAIRS_MAX], score;
    size_t count = pairs_of(f, pairs);
    bert_session_options options = bert_session_options_default();
    assert_done(bert_model_open(folder, &m));
    assert_done(bert_session_new(m, &options, &s));
    assert_done(bert_answers(s, pairs, count, lines));
    assert_done(bert_predict(s, pairs, count, logits));
    for (size_t i = 0; i < count; i++) {
        double want = json_number_value(json_array_get(scores, i));
        double logit = (double)logits[i], logistic = 1.0 / (1.0 + exp(-logit));
        assert_int_equal(bert_scores(m, &logits[i], &score), 0);
        if (!(fabs(score_of(lines[i]) - want) < 1e-6) || !(fabs((double)score - want) < 1e-6))
            fail_msg("%s, pair %zu: %s and %.9g for %.9g", folder, i, lines[i], (double)score,
                     want);
        assert_true(fabs((bert_model_get_info(m).logistic ? logistic : logit) - want) < 1e-6);
        bert_free(lines[i]);
    }
    bert_session_free(s);
    bert_model_free(m);
}

static void answers_are_those_of_sentence_transformers_and_transformers(void **state)
{
    json_fixture *f = *state;
    json_t *test;
    size_t i;
    json_array_foreach(json_object_get(f->root, "cases"), i, test)
    {
        const char *name = json_string_value(json_object_get(test, "name"));
        const char *folder = folder_lay_out(f, name, json_object_get(test, "config"),
                                            json_object_get(test, "files"));
        model_check(f, folder, json_object_get(test, "scores"));
        assert_int_equal(scratch_close(&f->scratch), 0);
        assert_int_equal(scratch_open(&f->scratch), 0);
    }
    assert_true(i >= 10);
}

static void a_function_that_is_not_known_is_refused_by_name(void **state)
{
    static const struct {
        const char *config, *words;
        bert_status status;
    } cases[] = {
        { "{\"sbert_ce_default_activation_function\": \"torch.nn.modules.activation.Tanh\"}",
          "'torch.nn.modules.activation.Tanh' of its output, which is not known",
          BERT_UNSUPPORTED },
        { "{\"sentence_transformers\": {\"activation_fn\": \"mine.Sigmoid\"}}",
          "'mine.Sigmoid' of its output", BERT_UNSUPPORTED },
        { "{\"sentence_transformers\": {\"activation_fn\": \"Sigmoid\"}}",
          "'Sigmoid' of its output", BERT_UNSUPPORTED },
        { "{\"sentence_transformers\": {\"activation_fn\": 1}}", "activation_fn", BERT_FORMAT },
    };
    json_fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *config = json_loads(cases[i].config, 0, NULL);
        bert_model *m;
        bert_status status = bert_model_open(folder_lay_out(f, "m", config, NULL), &m);
        json_decref(config);
        if (status == BERT_OK) {
            status = bert_model_check_head(m);
            bert_model_free(m);
        }
        assert_failed(status, cases[i].status, cases[i].words);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, json_fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(answers_are_those_of_sentence_transformers_and_transformers),
        CASE(a_function_that_is_not_known_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
