/* test_choose.c: endings of texts: what is read, what is refused, and that the answers are
 * PyTorch's. */
#include "bert_program.h"
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
    assert_done(bert_dataset_open(m, "tests/data/heads/choose/texts.csv", NULL, &rows));
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
        bert_free(line);
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

static bert_status named_open(const char *path, const char *text, dataset *out)
{
    const dataset_request request = { .columns.text = text };
    return dataset_open(&path, 1, &request, out);
}

static const struct {
    const char *name, *rows, *text, *first_ending, *second_ending, *labels[2];
} published[] = {
    { "copa.csv",
      "premise,choice1,choice2,question,idx,label\nIt rained.,He got wet.,He sang.,effect,0,0\n"
      "He fell.,He slipped.,He sang.,cause,1,1\n",
      "It rained. effect",
      "He got wet.",
      "He sang.",
      { "0", "1" } },
    { "copa_from_1.tsv",
      "premise\tchoice1\tchoice2\tlabel\nIt rained.\tHe got wet.\tHe sang.\t1\n"
      "He fell.\tHe slipped.\tHe sang.\t2\n",
      "It rained.",
      "He got wet.",
      "He sang.",
      { "0", "1" } },
    { "hellaswag.jsonl",
      "{\"ctx_a\":\"x\",\"ctx_b\":\"y\",\"ctx\":\"A man\",\"endings\":[\"runs\",\"sings\"],"
      "\"label\":\"1\"}\n{\"ctx\":\"A "
      "dog\",\"endings\":[\"runs\",\"sings\"],\"label\":\"0\"}\n",
      "A man",
      "runs",
      "sings",
      { "1", "0" } },
    { "swag.csv", /* as the example for SWAG of transformers: sent1 with each of "sent2 ending" */
      "video-id,sent1,sent2,gold-source,ending0,ending1,labels\n"
      "1,A man stands.,He,gold,runs,sings,1\n2,A dog.,It,gold,barks,sings,0\n",
      "A man stands.",
      "He runs",
      "He sings",
      { "1", "0" } },
    { "cosmos.jsonl",
      "{\"context\":\"He ran.\",\"question\":\"Why?\",\"answer0\":\"fear\",\"answer1\":\"fun\","
      "\"label\":0}\n{\"context\":\"a\",\"question\":\"b\",\"answer0\":\"c\",\"answer1\":\"d\","
      "\"label\":1}\n",
      "He ran. Why?",
      "fear",
      "fun",
      { "0", "1" } },
    { "social.jsonl",
      "{\"context\":\"He ran.\",\"question\":\"Why?\",\"answerA\":\"fear\",\"answerB\":\"fun\","
      "\"label\":\"1\"}\n{\"context\":\"a\",\"question\":\"b\",\"answerA\":\"c\",\"answerB\":"
      "\"d\","
      "\"label\":\"2\"}\n",
      "He ran. Why?",
      "fear",
      "fun",
      { "0", "1" } },
    { "winogrande.jsonl",
      "{\"sentence\":\"He _.\",\"option1\":\"ran\",\"option2\":\"sang\",\"answer\":\"2\"}\n"
      "{\"sentence\":\"a\",\"option1\":\"b\",\"option2\":\"c\",\"answer\":\"1\"}\n",
      "He _.",
      "ran",
      "sang",
      { "1", "0" } },
    { "named.csv",
      "Context,Ending 1,ending_1,ending_2,label\na,x,b,c,ending_2\nd,x,e,f,B\n",
      "a",
      "b",
      "c",
      { "1", "1" } },
    { "python.csv",
      "ctx,endings,label\na,\"['b', \"\"c's\"\"]\",1\nd,\"['e', 'f']\",0\n",
      "a",
      "b",
      "c's",
      { "1", "0" } },
};

static void published_tables_are_known_by_their_columns(void **state)
{
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        dataset d;
        const char *path = scratch_text(state, published[i].name, published[i].rows);
        bert_status status = rows_open(path, &d);
        if (status != BERT_OK) fail_msg("%s", status_message());
        assert_int_equal(d.form, FORM_CHOICES);
        assert_slice(d.rows[0].text, published[i].text);
        assert_slice(d.rows[0].items[0], published[i].first_ending);
        assert_slice(d.rows[0].items[1], published[i].second_ending);
        for (size_t row = 0; row < 2; row++)
            assert_slice(d.rows[row].label, published[i].labels[row]);
        dataset_release(&d);
    }
}

static void a_named_text_leaves_the_endings_to_be_found(void **state)
{
    dataset d;
    const char *path =
        scratch_text(state, "a.csv", "story,context,question,ending0,ending1,label\na,x,q,b,c,1\n");
    assert_done(named_open(path, "story", &d));
    assert_int_equal(d.form, FORM_CHOICES);
    assert_slice(d.rows[0].text, "a q");
    assert_slice(d.rows[0].items[1], "c");
    dataset_release(&d);
    assert_done(named_open(path, "question", &d));
    assert_slice(d.rows[0].text, "q");
    dataset_release(&d);
}

/* 0 or the last number tells, in whichever row it stands. */
static void labels_count_as_all_of_them_say(void **state)
{
    dataset d = { 0 };
    const char *header = "text,choice1,choice2,choice3,label\n", *refused;
    char text[256];
    snprintf(text, sizeof text, "%sa,b,c,d,1\na,b,c,d,2\na,b,c,d,0\n", header);
    const char *zero = scratch_text(state, "zero.csv", text);
    assert_done(rows_open(zero, &d));
    assert_slice(d.rows[0].label, "1");
    assert_non_null(
        strstr(d.notes->text, "zero.csv: the labels count the endings from 0: 0 is 'choice1'"));
    dataset_release(&d);
    snprintf(text, sizeof text, "%sa,b,c,d,1\na,b,c,d,3\na,b,c,d,C\n", header);
    const char *one = scratch_text(state, "one.csv", text);
    assert_done(rows_open(one, &d));
    assert_slice(d.rows[0].label, "0");
    assert_slice(d.rows[2].label, "2");
    assert_non_null(strstr(d.notes->text, "from 1: 1 is 'choice1'"));
    dataset_release(&d);

    snprintf(text, sizeof text, "%sa,b,c,d,1\na,b,c,d,2\n", header);
    refused = scratch_text(state, "either.csv", text);
    d = (dataset){ 0 };
    assert_failed(rows_open(refused, &d), BERT_DATA,
                  "either.csv: do the labels count the 3 endings");
    const char *paths[] = { one, refused }; /* as the file before */
    assert_done(dataset_open(paths, 2, &(dataset_request){ 0 }, &d));
    assert_slice(d.rows[3].label, "0");
    dataset_release(&d);
    d = (dataset){ 0 };
    snprintf(text, sizeof text, "%sa,b,c,d,0\na,b,c,d,3\n", header);
    refused = scratch_text(state, "both.csv", text);
    assert_failed(rows_open(refused, &d), BERT_DATA, "They hold both 0 and the last number");
    snprintf(text, sizeof text, "%sa,b,c,d,3\na,b,c,d,4\n", header);
    refused = scratch_text(state, "far.csv", text);
    assert_failed(
        rows_open(refused, &d), BERT_DATA,
        "far.csv:3: the label '4' is none of the 3 endings: it can be a number from 1 to 3");
    refused = scratch_text(state, "gap.csv", "text,choice1,choice2,choice4,label\na,b,c,d,0\n");
    assert_failed(rows_open(refused, &d), BERT_DATA,
                  "gap.csv: there is a column 'choice4', and the endings go up to 'choice2'");
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
          ".jsonl:1: 1 ending; there must be from 2 to 26" },
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
        bert_free(lines[0]);
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
    bert_free(line);
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
        CASE(published_tables_are_known_by_their_columns),
        CASE(a_named_text_leaves_the_endings_to_be_found),
        CASE(labels_count_as_all_of_them_say),
        CASE(wrong_rows_are_refused_by_file_and_line),
        CASE(inputs_of_one_call_have_as_many_endings),
        CASE(malformed_text_is_answered_without_what_is_malformed),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
