/* test_choose.c: endings of texts: what is read, what is refused, and that the answers are
 * PyTorch's. */
#include "bert.h"
#include "data/dataset.h"
#include "scratch.h"
#include "tensors/tensors.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char folder[] = "tests/data/heads/choose";

static bert_status rows_open(const char *path, dataset *out)
{
    return dataset_open(&path, 1, &(dataset_request){ .form = FORM_FOUND }, out);
}

static void assert_slice(slice have, const char *want)
{
    assert_int_equal(have.count, strlen(want));
    assert_memory_equal(have.bytes, want, have.count);
}

/* The scores of texts.csv are the softmax of what transformers' class gave for it. */
static void scores_are_those_of_pytorch(void **state)
{
    (void)state;
    bert_model *m;
    bert_session *s;
    bert_dataset *rows;
    tensor_file *numbers;
    bert_session_options options = bert_session_options_default();
    options.max_length = 20;
    assert_done(bert_model_open(folder, &m));
    assert_string_equal(bert_model_get_info(m).task, "choose");
    assert_done(bert_session_new(m, &options, &s));
    assert_done(bert_dataset_open(m, "tests/data/heads/choose/texts.csv", &rows));
    assert_done(tensor_file_open("tests/data/heads/choose/numbers", &numbers));
    const tensor_info *logits = tensor_file_find(numbers, "texts.logits");
    assert_non_null(logits);
    size_t count = bert_dataset_count(rows), group = logits->count / count;
    assert_int_equal(group, 3);

    for (size_t i = 0; i < count; i++) {
        bert_input input = bert_dataset_input(rows, i);
        const float *row = (const float *)logits->data + i * group;
        double sum = 0.0;
        char *line;
        for (size_t k = 0; k < group; k++) sum += exp((double)row[k]);
        assert_done(bert_answers(s, &input, 1, &line));
        json_t *answer = json_loads(line, 0, NULL);
        const json_t *scores = json_object_get(answer, "scores");
        size_t best = (size_t)json_integer_value(json_object_get(answer, "choice"));
        assert_int_equal(json_array_size(scores), group);
        for (size_t k = 0; k < group; k++) {
            double have = json_number_value(json_array_get(scores, k));
            assert_true(fabs(have - exp((double)row[k]) / sum) < 1e-5);
            assert_true(row[best] >= row[k]);
        }
        json_decref(answer);
        bert_text_free(line);
    }
    tensor_file_free(numbers);
    bert_dataset_free(rows);
    bert_session_free(s);
    bert_model_free(m);
}

static void columns_and_lists_hold_the_same_endings(void **state)
{
    const char *table = scratch_text(state, "a.tsv",
                                     "sent1\tsent2\tending0\tending1\tlabel\n"
                                     "It rained.\tHe\tgot wet\tlaughed\t0\n");
    const char *list = scratch_text(state, "b.jsonl",
                                    "{\"context\":\"It rained.\",\"endings\":[\"He got wet\","
                                    "\"He laughed\"],\"label\":0}\n");
    const char *paths[] = { table, list };
    for (size_t i = 0; i < 2; i++) {
        dataset d;
        assert_done(rows_open(paths[i], &d));
        assert_int_equal(d.form, FORM_CHOICES);
        assert_slice(d.rows[0].text, "It rained.");
        assert_int_equal(d.rows[0].item_count, 2);
        assert_slice(d.rows[0].items[0], "He got wet");
        assert_slice(d.rows[0].items[1], "He laughed");
        assert_slice(d.rows[0].label, "0");
        dataset_release(&d);
    }
}

static void the_right_ending_is_named_by_index_letter_or_text(void **state)
{
    const char *path = scratch_text(state, "a.tsv",
                                    "question\tchoice0\tchoice1\tchoice2\tanswer\n"
                                    "a\tx\ty\tz\t2\n"
                                    "b\tx\ty\tz\tB\n"
                                    "c\tx\ty\tz\tx\n");
    dataset d;
    assert_done(rows_open(path, &d));
    assert_slice(d.rows[0].label, "2");
    assert_slice(d.rows[1].label, "1");
    assert_slice(d.rows[2].label, "0");
    dataset_release(&d);
}

static void wrong_rows_are_refused_by_file_and_line(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "{\"text\":\"a\",\"endings\":[\"x\",\"y\"],\"label\":0}\n"
          "{\"text\":\"a\",\"endings\":[\"x\",\"y\",\"z\"],\"label\":0}\n",
          ".jsonl:2: 3 endings, where " },
        { "{\"text\":\"a\",\"endings\":[\"x\",\"y\"],\"label\":2}\n",
          ".jsonl:1: the label '2' is none of the 2 endings" },
        { "{\"text\":\"a\",\"endings\":[\"x\",\"\"],\"label\":0}\n",
          ".jsonl:1: ending 1 is empty" },
        { "{\"text\":\"a\",\"endings\":[\"x\"],\"label\":0}\n",
          ".jsonl:1: 1 endings; there must be from 2 to 26" },
        { "{\"text\":\"a\",\"endings\":[\"x\",\"y\"],\"label\":-1}\n",
          "the label '-1' is none of the 2 endings" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dataset d = { 0 };
        char name[16];
        snprintf(name, sizeof name, "%zu.jsonl", i);
        assert_failed(rows_open(scratch_text(state, name, cases[i].text), &d), BERT_DATA,
                      cases[i].words);
    }
}

static void inputs_of_one_call_have_as_many_endings(void **state)
{
    (void)state;
    bert_model *m;
    bert_session *s;
    bert_session_options options = bert_session_options_default();
    const bert_text endings[] = { { "was slow", 8 }, { "was good", 8 }, { "was warm", 8 } };
    bert_input inputs[] = { { .text = { "The film", 8 }, .items = endings, .item_count = 2 },
                            { .text = { "The film", 8 }, .items = endings, .item_count = 3 } };
    char *lines[2];
    assert_done(bert_model_open(folder, &m));
    assert_done(bert_session_new(m, &options, &s));
    assert_failed(bert_answers(s, inputs, 2, lines), BERT_ARGUMENT, "3 endings");
    for (size_t i = 0; i < 2; i++) {
        assert_done(bert_answers(s, &inputs[i], 1, lines));
        assert_non_null(strstr(lines[0], "\"choice\""));
        bert_text_free(lines[0]);
    }
    bert_session_free(s);
    bert_model_free(m);
}

static void malformed_text_is_answered_without_what_is_malformed(void **state)
{
    (void)state;
    bert_model *m;
    bert_session *s;
    bert_session_options options = bert_session_options_default();
    const bert_text endings[] = { { "was\xff slow", 9 }, { "was\xff slow", 9 } };
    bert_input input = { .text = { "The film", 8 }, .items = endings, .item_count = 2 };
    char *line;
    assert_done(bert_model_open(folder, &m));
    assert_done(bert_session_new(m, &options, &s));
    assert_done(bert_answers(s, &input, 1, &line));
    assert_non_null(strstr(line, "\"ending\":\"was slow\""));
    bert_text_free(line);
    bert_session_free(s);
    bert_model_free(m);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(scores_are_those_of_pytorch),
        CASE(columns_and_lists_hold_the_same_endings),
        CASE(the_right_ending_is_named_by_index_letter_or_text),
        CASE(wrong_rows_are_refused_by_file_and_line),
        CASE(inputs_of_one_call_have_as_many_endings),
        CASE(malformed_text_is_answered_without_what_is_malformed),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
