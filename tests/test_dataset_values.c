/* test_dataset_values.c: fields that are no text, no class or no answer, words in plain files, and
 * what is said of files. */
#include "data/dataset.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

/* A row of each form that has in one column what stands there. */
static void what_is_no_text_is_refused_where_one_is_wanted(void **state)
{
    static const struct {
        dataset_form form;
        const char *columns[6];
    } forms[] = {
        { FORM_TEXTS, { "sentence1", "sentence2" } },
        { FORM_LINES, { "text" } },
        { FORM_QUESTIONS, { "question", "context", "id" } },
        { FORM_CHOICES, { "sent1", "sent2", "ending0", "ending1" } },
        { FORM_COMPARED, { "anchor", "positive", "negative" } },
    };
    static const char *const others[][2] = { { "[\"a\",\"b\"]", "a list" },
                                             { "{\"a\":1}", "an object" },
                                             { "true", "true" },
                                             { "null", "null" } };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        for (size_t bad = 0; bad < 6 && forms[i].columns[bad]; bad++)
            for (size_t other = 0; other < 4; other++) {
                char text[512] = "{\"label\":0,\"answers\":[]", words[128];
                for (size_t k = 0; k < 6 && forms[i].columns[k]; k++)
                    snprintf(text + strlen(text), sizeof text - strlen(text), ",\"%s\":%s",
                             forms[i].columns[k], k == bad ? others[other][0] : "\"x\"");
                strcat(text, "}\n");
                const char *path = scratch_text(state, "k.jsonl", text);
                dataset_request request = { .form = forms[i].form };
                dataset d = { 0 };
                bert_status status = dataset_open(&path, 1, &request, &d);
                bool optional = strcmp(forms[i].columns[bad], "id") == 0 ||
                                strcmp(forms[i].columns[bad], "sent2") == 0;
                if (optional && other == 3) {
                    assert_done(status);
                    dataset_release(&d);
                    continue;
                }
                snprintf(words, sizeof words, "k.jsonl:1: '%s' is %s, and a text was expected",
                         forms[i].columns[bad], others[other][1]);
                assert_failed(status, BERT_DATA, words);
            }
}

static void a_label_that_is_no_class_is_refused(void **state)
{
    static const char *const rows[] = {
        "{\"text\":\"a\",\"label\":[\"x\"]}\n",
        "{\"text\":\"a\",\"label\":{\"x\":1}}\n",
        "{\"text\":\"a\",\"label\":null}\n",
    };
    static const char *const words[] = { "'label' is a list, and one label was expected",
                                         "'label' is an object, and one label was expected",
                                         "'label' is null, and one label was expected" };
    for (size_t i = 0; i < 3; i++) {
        const char *path = scratch_text(state, "c.jsonl", rows[i]);
        dataset d;
        assert_failed(dataset_open(&path, 1, &(dataset_request){ .form = FORM_TEXTS }, &d),
                      BERT_DATA, words[i]);
    }
}

static dataset found(void **state, const char *name, const char *text)
{
    const char *path = scratch_text(state, name, text);
    dataset d;
    assert_done(dataset_open(&path, 1, &(dataset_request){ .form = FORM_FOUND }, &d));
    return d;
}

static void ids_that_come_twice_are_warned_of_once(void **state)
{
    char text[256];
    dataset d = found(state, "q.json",
                      "{\"data\":[{\"paragraphs\":[{\"context\":\"c\",\"qas\":["
                      "{\"id\":\"b\",\"question\":\"1\",\"answers\":[]},"
                      "{\"id\":\"a\",\"question\":\"2\",\"answers\":[]},"
                      "{\"id\":\"b\",\"question\":\"3\",\"answers\":[]},"
                      "{\"id\":\"a\",\"question\":\"4\",\"answers\":[]},"
                      "{\"id\":\"b\",\"question\":\"5\",\"answers\":[]}]}]}]}");
    assert_true(dataset_warning(&d, text, sizeof text));
    assert_non_null(strstr(text, "q.json: 3 questions have the id of an earlier one; the first is "
                                 "question 3"));
    dataset_release(&d);
    d = found(state, "q.jsonl",
              "{\"id\":7,\"question\":\"q\",\"context\":\"c\",\"answers\":[]}\n\n"
              "{\"id\":\"7\",\"question\":\"r\",\"context\":\"c\",\"answers\":[]}\n"
              "{\"id\":null,\"question\":\"r\",\"context\":\"c\",\"answers\":[]}\n"
              "{\"question\":\"r\",\"context\":\"c\",\"answers\":[]}\n");
    assert_true(dataset_warning(&d, text, sizeof text));
    assert_non_null(strstr(text, "q.jsonl: 1 question has the id of an earlier one; the first is "
                                 "on line 3"));
    assert_null(d.notes);
    dataset_release(&d);
}

static void an_answer_without_text_is_none(void **state)
{
    dataset d = found(state, "a.json",
                      "{\"version\":\"v2.0\",\"data\":[{\"paragraphs\":[{\"context\":\"a b\","
                      "\"qas\":[{\"id\":\"1\",\"question\":\"q\",\"answers\":"
                      "[{\"text\":\"\",\"answer_start\":0}]},"
                      "{\"id\":\"2\",\"question\":\"q\",\"answers\":"
                      "[{\"text\":\"\",\"answer_start\":-1},{\"text\":\"b\","
                      "\"answer_start\":2}]}]}]}]}");
    assert_int_equal(d.rows[0].answer_count, 0);
    assert_true(d.unanswerable);
    assert_int_equal(d.rows[1].answer_count, 1);
    assert_true(slice_equal(d.rows[1].answers[0].text, slice_of("b")));
    dataset_release(&d);
    d = found(state, "a.csv",
              "question,context,answers\nq,a b,\"{\"\"text\"\":[\"\"\"\"],"
              "\"\"answer_start\"\":[0]}\"\n");
    assert_int_equal(d.rows[0].answer_count, 0);
    assert_true(d.unanswerable);
    dataset_release(&d);
}

static void an_answer_of_white_space_is_refused(void **state)
{
    static const struct {
        const char *name, *text, *words;
    } cases[] = {
        { "w.json",
          "{\"data\":[{\"paragraphs\":[{\"context\":\"a b\",\"qas\":[{\"id\":\"7\","
          "\"question\":\"q\",\"answers\":[{\"text\":\" \",\"answer_start\":1}]}]}]}]}",
          "w.json: article 1, paragraph 1, question 1 (id 7): the answer is white space alone" },
        { "w.jsonl",
          "{\"question\":\"q\",\"context\":\"a b\",\"answers\":{\"text\":[\"\\u3000\\n\"],"
          "\"answer_start\":[1]}}\n",
          "w.jsonl:1: the answer is white space alone; a question without an answer has" },
    };
    for (size_t i = 0; i < 2; i++) {
        const char *path = scratch_text(state, cases[i].name, cases[i].text);
        dataset d = { 0 };
        assert_failed(dataset_open(&path, 1, &(dataset_request){ .form = FORM_FOUND }, &d),
                      BERT_DATA, cases[i].words);
    }
}

static void words_in_columns_are_found_in_any_plain_file(void **state)
{
    static const char *const names[] = { "w.txt", "w.ner", "w" };
    for (size_t i = 0; i < 3; i++) {
        dataset d = found(state, names[i], "-DOCSTART- O\n\nEU B-ORG\nsays O\n\nPeter B-PER\n");
        assert_int_equal(d.form, FORM_WORDS);
        assert_int_equal(d.count, 2);
        dataset_release(&d);
    }
    static const char *const texts[] = { "a film\nso good\n", "EU\nsays\n",
                                         "EU B-ORG\nsays this O\n", "one\n\ntwo O\n" };
    for (size_t i = 0; i < 4; i++) {
        dataset d = found(state, "t.txt", texts[i]);
        assert_int_equal(d.form, FORM_LINES);
        dataset_release(&d);
    }
    const char *path = scratch_text(state, "p.txt", "dogs NOUN\nbark VERB\n");
    dataset d;
    assert_done(dataset_open(&path, 1, &(dataset_request){ .form = FORM_WORDS }, &d));
    assert_int_equal(d.rows[0].item_count, 2);
    dataset_release(&d);
    path = scratch_text(state, "x.foo", "a text\n");
    assert_failed(dataset_open(&path, 1, &(dataset_request){ .form = FORM_FOUND }, &d), BERT_FORMAT,
                  "x.foo: its name must end in .tsv, .csv or .jsonl (tables), .conll");
}

static void comments_and_crs_are_told_once(void **state)
{
    char text[512];
    dataset d =
        found(state, "c.conll", "# sent_id = 1\n# text = a b\na\tO\nb\tO\n\n# newpar\nc\tO\n");
    assert_int_equal(d.count, 2);
    assert_non_null(d.notes);
    assert_null(d.notes->next);
    assert_non_null(strstr(d.notes->text,
                           "c.conll: 3 lines that begin with '#' are read as CoNLL-U's comments "
                           "and not as words; the first is line 1"));
    dataset_release(&d);
    d = found(state, "c.txt", "a\nb\rc\n");
    assert_true(dataset_warning(&d, text, sizeof text));
    assert_non_null(strstr(text, "c.txt:2: a CR inside the line is read as white space"));
    dataset_release(&d);
}

static void what_is_no_file_is_refused_with_what_to_do(void **state)
{
    const char *paths[] = { "-", scratch_path(state, "pipe") };
    assert_int_equal(mkfifo(paths[1], 0600), 0);
    for (size_t i = 0; i < 2; i++) {
        dataset d = { 0 };
        assert_failed(dataset_open(&paths[i], 1, &(dataset_request){ .form = FORM_FOUND }, &d),
                      BERT_ARGUMENT, "data with labels are read from files, several times; save");
    }
}

static void keys_that_the_first_row_lacks_are_said(void **state)
{
    dataset d =
        found(state, "k.jsonl",
              "{\"anchor\":\"a\",\"positive\":\"b\"}\n{\"anchor\":\"c\",\"positive\":\"d\"}\n"
              "{\"anchor\":\"e\",\"negative\":\"x\",\"positive\":\"f\"}\n"
              "{\"anchor\":\"g\",\"positive\":\"h\",\"other\":\"y\"}\n");
    assert_int_equal(d.count, 4);
    assert_non_null(d.notes);
    assert_non_null(strstr(d.notes->text, "k.jsonl:3: the key 'negative' is not read"));
    assert_null(d.notes->next);
    dataset_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_text_is_refused_where_one_is_wanted),
        cmocka_unit_test(a_label_that_is_no_class_is_refused),
        cmocka_unit_test(ids_that_come_twice_are_warned_of_once),
        cmocka_unit_test(an_answer_without_text_is_none),
        cmocka_unit_test(an_answer_of_white_space_is_refused),
        cmocka_unit_test(words_in_columns_are_found_in_any_plain_file),
        cmocka_unit_test(comments_and_crs_are_told_once),
        cmocka_unit_test(what_is_no_file_is_refused_with_what_to_do),
        cmocka_unit_test(keys_that_the_first_row_lacks_are_said),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
