#include "data/dataset.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const dataset_columns find_all = { 0 };
enum { NO_LIMIT = 0 };
static const bool WITH_LABELS = true, WITHOUT_LABELS = false;

static bert_status rows_open(const char *const *paths, size_t count, const dataset_columns *columns,
                             bool with_labels, size_t limit, dataset *out)
{
    dataset_request request = {
        .columns = *columns, .form = FORM_TEXTS, .unlabelled = !with_labels, .limit = limit
    };
    return dataset_open(paths, count, &request, out);
}

static dataset opened(const char *path, const dataset_columns *columns, bool with_labels)
{
    dataset d;
    assert_done(rows_open(&path, 1, columns, with_labels, NO_LIMIT, &d));
    return d;
}

static void assert_refused(const char *path, const dataset_columns *columns, const char *words)
{
    dataset d = { 0 };
    assert_failed(rows_open(&path, 1, columns, WITH_LABELS, NO_LIMIT, &d), BERT_DATA, words);
    assert_null(d.rows);
}

static void assert_slice(slice actual, const char *wanted)
{
    if (!slice_equal(actual, slice_of(wanted)) || !actual.bytes != !wanted)
        fail_msg("wanted \"%s\", got \"%.*s\"", wanted ? wanted : "(none)", (int)actual.count,
                 actual.bytes ? actual.bytes : "(none)");
}

static void assert_name(const char *actual, const char *wanted)
{
    if (wanted)
        assert_string_equal(actual, wanted);
    else
        assert_null(actual);
}

static void rows_carry_texts_label_line_and_path(void **state)
{
    const char *path = scratch_text(state, "r.csv",
                                    "label,id,sentence2,sentence1\n"
                                    "yes,1,\"b\nc\",a\nno,2,,\"\"\n");
    dataset d = opened(path, &find_all, WITH_LABELS);
    assert_int_equal(d.count, 2);
    assert_slice(d.rows[0].text, "a");
    assert_slice(d.rows[0].pair, "b\nc");
    assert_slice(d.rows[0].label, "yes");
    assert_slice(d.rows[1].text, "");
    assert_slice(d.rows[1].pair, "");
    assert_slice(d.rows[1].label, "no");
    assert_int_equal(d.rows[0].line, 2);
    assert_int_equal(d.rows[1].line, 4);
    assert_string_equal(d.rows[1].path, path);
    dataset_release(&d);
    dataset_release(&d);
}

static void columns_are_found_in_the_order_of_the_list(void **state)
{
    static const struct {
        const char *header, *text, *pair, *label;
    } cases[] = {
        { "label\ttext", "text", NULL, "label" },
        { "text\tsentence2\tsentence1\tscore\tlabels", "sentence1", "sentence2", "labels" },
        { "hypothesis\tpremise\tcategory", "premise", "hypothesis", "category" },
        { "question2\tquestion1\tclass", "question1", "question2", "class" },
        { "sentence\tquestion\tintent", "question", "sentence", "intent" },
        { "text_b\ttext_a\tsentiment", "text_a", "text_b", "sentiment" },
        { "premise\tquestion1\tquestion2\thypothesis\tscore", "premise", "hypothesis", "score" },
        { "sentence\treview\ttext\tlabel", "text", NULL, "label" },
        { "review\tcontent\tsentence2\tlabel", "review", NULL, "label" },
        { "question\tcontent\tlabel", "content", NULL, "label" },
        { "question\tscore\tintent", "question", NULL, "intent" },
        { "question\tpassage\tlabel", "question", "passage", "label" },
        { "answer\tpassage\tquestion", "question", "passage", "answer" }, /* BoolQ */
        { "answer\tquestion\tlabel", "question", NULL, "label" },
        { "question\tcontext\tlabel", "question", "context", "label" },
        /* other case, and blanks around */
        { "Review\tSentiment", "review", NULL, "sentiment" },
        { " text \tLABEL", "text", NULL, "label" },
        { "pair_ID\tsentence_A\tsentence_B\tlabel", "sentence_a", "sentence_b", "label" },
        { "Question\tSentence\ttext\tlabel", "text", NULL, "label" }, /* exact ones first */
        { "Text\tTEXT\tcontent\tlabel", "content", NULL, "label" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s\n%s.\n", cases[i].header, cases[i].header);
        dataset d = opened(scratch_text(state, "f.tsv", text), &find_all, WITH_LABELS);
        assert_name(d.text_column, cases[i].text);
        assert_name(d.pair_column, cases[i].pair);
        assert_name(d.label_column, cases[i].label);
        assert_true(!d.rows[0].pair.bytes == !cases[i].pair);
        dataset_release(&d);
    }
}

static void given_columns_win(void **state)
{
    const char *path = scratch_text(
        state, "g.tsv", "sentence1\tsentence2\thypothesis\tpremise\tlabel\tx\n1\t2\t3\t4\t5\t6\n");
    static const struct {
        dataset_columns given;
        const char *text, *pair, *label;
    } cases[] = { { { .text = "x" }, "6", NULL, "5" },
                  { { .text = "sentence1", .label = "x" }, "1", NULL, "6" },
                  { { .text = "x", .pair = "premise" }, "6", "4", "5" },
                  { { .pair = "hypothesis" }, "4", "3", "5" },
                  { { .label = "x" }, "1", "2", "6" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dataset d = opened(path, &cases[i].given, WITH_LABELS);
        assert_slice(d.rows[0].text, cases[i].text);
        assert_slice(d.rows[0].pair, cases[i].pair);
        assert_slice(d.rows[0].label, cases[i].label);
        dataset_release(&d);
    }
}

/* A column that is named for one thing is not found for another, and not read for two. */
static void a_column_is_one_thing(void **state)
{
    const char *path = scratch_text(state, "o.tsv", "text\tlabel\tsentence\tscore\n1\t2\t3\t4\n");
    static const struct {
        dataset_columns given;
        const char *text, *label;
    } cases[] = { { { .label = "text" }, "3", "1" },
                  { { .text = "label" }, "2", "4" },
                  { { .text = "LABEL", .label = "TEXT" }, "2", "1" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dataset d = opened(path, &cases[i].given, WITH_LABELS);
        assert_slice(d.rows[0].text, cases[i].text);
        assert_slice(d.rows[0].label, cases[i].label);
        dataset_release(&d);
    }
    static const dataset_columns twice[] = { { .text = "label", .label = "label" },
                                             { .text = "Label", .label = "label" },
                                             { .text = "text", .pair = "text" },
                                             { .pair = "label", .label = "label" } };
    for (size_t i = 0; i < sizeof twice / sizeof *twice; i++) {
        dataset d = { 0 };
        assert_failed(rows_open(&path, 1, &twice[i], WITH_LABELS, NO_LIMIT, &d), BERT_ARGUMENT,
                      "is asked for twice; a column can be one thing only");
    }
}

static void a_name_with_other_case_is_said(void **state)
{
    const char *path = scratch_text(state, "c.tsv", " Text\tlabel\na\tb\n");
    dataset d = opened(path, &find_all, WITH_LABELS);
    char wanted[512];
    snprintf(wanted, sizeof wanted, "%s: the column ' Text' is read as 'text'", path);
    assert_non_null(d.notes);
    assert_string_equal(d.notes->text, wanted);
    assert_null(d.notes->next);
    dataset_release(&d);
}

/* ---- what the columns say */

static const struct form_case {
    const char *name, *text;
    dataset_columns named;
    dataset_form form;
} form_cases[] = {
    { "a.jsonl", "{\"tokens\":[\"a\"],\"tags\":[\"O\"]}", { 0 }, FORM_WORDS },
    { "b.jsonl", "{\"Tokens\":[\"a\"],\"labels\":[0]}", { 0 }, FORM_WORDS },
    { "c.jsonl", "{\"x\":[\"a\"],\"tags\":[\"O\"]}", { .text = "x" }, FORM_WORDS },
    { "d.jsonl", "{\"tokens\":[\"a\"],\"x\":[\"O\"]}", { .label = "x" }, FORM_WORDS },
    { "e.csv", "tokens,x\n\"['a']\",\"['O']\"\n", { .label = "x" }, FORM_WORDS },
    { "f.jsonl",
      "{\"tokens\":3,\"tags\":\"t\",\"text\":\"a\",\"x\":1}",
      { .text = "text", .label = "x" },
      FORM_TEXTS },
    { "g.jsonl",
      "{\"text\":\"a\",\"tokens\":[\"a\"],\"tags\":[\"O\"],\"label\":\"x\"}",
      { .label = "label" },
      FORM_TEXTS },
    { "h.jsonl", "{\"question\":\"a\",\"context\":\"b\",\"answers\":[]}", { 0 }, FORM_QUESTIONS },
    { "i.jsonl", "{\"question\":\"a\",\"passage\":\"b\",\"answers\":[]}", { 0 }, FORM_QUESTIONS },
    { "j.jsonl",
      "{\"question\":\"a\",\"text\":\"b\",\"answers\":[]}",
      { .pair = "text" },
      FORM_QUESTIONS },
    { "k.jsonl",
      "{\"q\":\"a\",\"context\":\"b\",\"answers\":[]}",
      { .text = "q" },
      FORM_QUESTIONS },
    { "l.jsonl",
      "{\"question\":\"a\",\"context\":\"b\",\"answers\":[],\"label\":1}",
      { .label = "label" },
      FORM_TEXTS },
    { "m.jsonl", "{\"question\":\"a\",\"passage\":\"b\",\"answer\":true}", { 0 }, FORM_TEXTS },
    { "n.tsv", "query\tpositive\na\tb\n", { 0 }, FORM_COMPARED },
    { "o.tsv", "q\tpositive\tnegative\na\tb\tc\n", { .text = "q" }, FORM_COMPARED },
    { "p.tsv", "anchor\tpositive\ts\na\tb\t1\n", { .label = "s" }, FORM_COMPARED },
    { "q.tsv", "text\tpositive\tlabel\na\t1\tx\n", { .text = "text" }, FORM_TEXTS },
    { "r.csv", "premise,choice1,choice2,question,label\na,b,c,cause,0\n", { 0 }, FORM_CHOICES },
    { "s.csv", "sentence,ending1,ending2,label\na,b,c,2\n", { 0 }, FORM_CHOICES },
    { "t.jsonl", "{\"ctx\":\"a\",\"endings\":[\"b\",\"c\"],\"label\":\"1\"}", { 0 }, FORM_CHOICES },
    { "u.jsonl",
      "{\"x\":\"a\",\"endings\":[\"b\",\"c\"],\"label\":\"1\"}",
      { .text = "x" },
      FORM_CHOICES },
    { "v.csv",
      "x,option1,option2,y\na,b,c,1\nd,e,f,2\n",
      { .text = "x", .label = "y" },
      FORM_CHOICES },
    { "w.csv", "Goal,sol1,sol2,label\na,b,c,0\n", { 0 }, FORM_CHOICES },
    { "x.csv", "text,option1,label\na,b,c\n", { 0 }, FORM_TEXTS },
    { "y.csv", "text,ending0,ending1,label\na,b,c,d\n", { .pair = "ending0" }, FORM_TEXTS },
};

static void the_form_is_found_though_a_column_is_named(void **state)
{
    for (size_t i = 0; i < sizeof form_cases / sizeof *form_cases; i++) {
        const struct form_case *c = &form_cases[i];
        const char *path = scratch_text(state, c->name, c->text);
        dataset_request request = { .columns = c->named, .form = FORM_FOUND };
        dataset d;
        bert_status status = dataset_open(&path, 1, &request, &d);
        if (status != BERT_OK) fail_msg("%s: %s", c->name, status_message());
        if (d.form != c->form) fail_msg("%s: form %d, not %d", c->name, (int)d.form, (int)c->form);
        dataset_release(&d);
    }
}

/* ---- a column for each label */

static void columns_of_0_and_1_are_a_list_of_labels(void **state)
{
    const char *path = scratch_text(state, "f.csv",
                                    "id,text,toxic,\"so \"\"bad\"\"\",Insult\n"
                                    "7,a,1,0,1\n8,b,0,0.0,False\n9,c,true,1.0,0\n");
    static const struct {
        const char *labels, *rows[3];
        size_t count;
    } cases[] = {
        { "rest", { "[\"toxic\",\"Insult\"]", "[]", "[\"toxic\",\"so \\\"bad\\\"\"]" }, 3 },
        { " insult , toxic", { "[\"insult\",\"toxic\"]", "[]", "[\"toxic\"]" }, 2 },
    };
    for (size_t i = 0; i < 2; i++) {
        dataset_columns named = { .labels = cases[i].labels };
        dataset d = opened(path, &named, WITH_LABELS);
        assert_int_equal(d.label_count, cases[i].count);
        assert_null(d.label_column);
        for (size_t row = 0; row < 3; row++) assert_slice(d.rows[row].label, cases[i].rows[row]);
        dataset_release(&d);
    }
    const char *paths[] = { path, scratch_text(state, "g.csv", "insult,text,toxic\n1,d,0\n") };
    dataset_columns named = { .labels = "insult,toxic" };
    dataset both;
    assert_done(rows_open(paths, 2, &named, WITH_LABELS, NO_LIMIT, &both));
    assert_slice(both.rows[3].label, "[\"insult\"]");
    dataset_release(&both);
    named.labels = "toxic,id";
    assert_refused(path, &named, "f.csv:2: the column 'id' is '7', and a column of labels holds");
    named.labels = "toxic,other";
    assert_refused(path, &named, "f.csv: no column 'other'");
    static const dataset_columns wrong[] = { { .labels = "toxic,,Insult" },
                                             { .labels = "toxic,text" },
                                             { .labels = "toxic,Toxic" } };
    static const char *const words[] = { "labels has an empty name", "'text' is asked for twice",
                                         "'toxic' is asked for twice" };
    for (size_t i = 0; i < 3; i++) {
        dataset d = { 0 };
        assert_failed(rows_open(&path, 1, &wrong[i], WITH_LABELS, NO_LIMIT, &d), BERT_ARGUMENT,
                      words[i]);
    }
    named = (dataset_columns){ .text = "text", .labels = "rest" };
    path = scratch_text(state, "f.csv", "id,text\n7,a\n");
    assert_refused(path, &named, "f.csv: labels rest: there is no other column");
}

static void labels_are_read_only_where_they_are_wanted(void **state)
{
    const char *path = scratch_text(state, "u.tsv", "text\tlabel\na\t\nb\t\n");
    dataset d = opened(path, &find_all, WITHOUT_LABELS);
    assert_int_equal(d.count, 2);
    assert_null(d.label_column);
    assert_slice(d.rows[0].label, NULL);
    dataset_release(&d);
    assert_refused(path, &find_all, "u.tsv:2: the label (column 'label') is empty");
}

static void a_column_that_is_not_there_is_answered_with_those_that_are(void **state)
{
    const char *path = scratch_text(state, "n.tsv", "id\ttext\tlabel\n1\ta\tb\n");
    dataset_columns columns = { .label = "lable" };
    assert_refused(
        path, &columns,
        "n.tsv: no column 'lable' (is 'label' meant?); the columns are: id, text, label");
    columns = (dataset_columns){ .pair = "other" };
    assert_refused(path, &columns, "no column 'other'; the columns are: id, text, label");
    path = scratch_text(state, "n.tsv", "id\tbody\tlabel\n1\ta\tb\n");
    assert_refused(path, &find_all,
                   "n.tsv: which column is the text? Name it (text); the columns are: id, body, "
                   "label; none of them is text, sentence, review, content, question");
    path = scratch_text(state, "n.tsv", "id\ttext\tgrade\n1\ta\tb\n");
    assert_refused(path, &find_all, "which column is the label? Name it (label); the columns");
    path = scratch_text(state, "n.csv", "text,toxic,insult\na,0,1\n");
    assert_refused(path, &find_all,
                   "columns that hold 0 or 1 for a label each are named by labels");
    path = scratch_text(state, "n.csv", "text;label\na;b\n");
    assert_refused(path, &find_all,
                   "n.csv: the header is one column, 'text;label'; separated by ';'? save it with");
}

static void a_jsonl_row_without_the_key_is_refused(void **state)
{
    const char *path =
        scratch_text(state, "j.jsonl", "{\"text\":\"a\",\"label\":1}\n\n{\"text\":\"b\"}\n");
    assert_refused(path, &find_all, "j.jsonl:3: has no 'label'");
    path = scratch_text(state, "j.jsonl",
                        "{\"text\":\"a\",\"label\":1}\n{\"text\":null,\"label\":2}\n");
    assert_refused(path, &find_all, "j.jsonl:2: 'text' is null, and a text was expected");
}

static void labels_of_a_jsonl_are_their_json_text(void **state)
{
    const char *path =
        scratch_text(state, "l.jsonl",
                     "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",\"label\":0.1}\n"
                     "{\"text\":\"c\",\"label\":true}\n{\"text\":7,\"label\":\"x\"}\n"
                     "{\"text\":\"e\",\"label\":[\"p\",\"q\"]}\n");
    dataset_request request = { .form = FORM_TEXTS, .several_labels = true };
    dataset d;
    assert_done(dataset_open(&path, 1, &request, &d));
    static const char *const wanted[] = { "1", "0.1", "true", "x", "[\"p\",\"q\"]" };
    assert_int_equal(d.count, 5);
    for (size_t i = 0; i < 5; i++) assert_slice(d.rows[i].label, wanted[i]);
    assert_slice(d.rows[3].text, "7");
    assert_failed(dataset_check_labels(&d), BERT_DATA,
                  "l.jsonl:5: 'label' is a list, and one label was expected; task multilabel");
    dataset_release(&d);
    assert_refused(path, &find_all, "l.jsonl:5: 'label' is a list, and one label was expected");
}

static void files_are_read_one_after_another_by_the_same_columns(void **state)
{
    const char *paths[] = {
        scratch_text(state, "1.tsv", "text\tlabel\na\tx\nb\ty\n"),
        scratch_text(state, "2.csv", "label,id,text,sentence1,sentence2\nz,1,c,d,e\n"),
        scratch_text(state, "3.jsonl", "{\"label\":0,\"text\":\"f\"}\n"),
    };
    dataset d;
    assert_done(rows_open(paths, 3, &find_all, WITH_LABELS, NO_LIMIT, &d));
    assert_int_equal(d.count, 4);
    assert_slice(d.rows[2].text, "c");
    assert_slice(d.rows[2].pair, NULL);
    assert_string_equal(d.rows[2].path, paths[1]);
    assert_slice(d.rows[3].label, "0");
    dataset_release(&d);

    paths[1] = scratch_text(state, "2.csv", "sentence,label\na,b\n");
    d = (dataset){ 0 };
    assert_failed(rows_open(paths, 3, &find_all, WITH_LABELS, NO_LIMIT, &d), BERT_DATA,
                  "2.csv: no column 'text'; the columns are: sentence, label");
    assert_failed(rows_open(paths, 0, &find_all, WITH_LABELS, NO_LIMIT, &d), BERT_ARGUMENT,
                  "no file of data");
}

static void the_limit_counts_over_all_files(void **state)
{
    const char *paths[] = { scratch_text(state, "1.tsv", "text\na\nb\n"),
                            scratch_text(state, "2.tsv", "text\nc\nd\n"),
                            scratch_text(state, "3.tsv", "other\ne\n") };
    for (size_t limit = 1; limit < 6; limit++) {
        dataset d;
        assert_done(rows_open(paths, 2, &find_all, WITHOUT_LABELS, limit, &d));
        assert_int_equal(d.count, limit < 4 ? limit : 4);
        dataset_release(&d);
    }
    dataset d = { 0 }; /* a file that the limit leaves unread must still be right */
    assert_failed(rows_open(paths, 3, &find_all, WITHOUT_LABELS, 1, &d), BERT_DATA,
                  "3.tsv: no column 'text'");
}

static void failures_of_the_table_are_handed_up(void **state)
{
    dataset d = { 0 };
    const char *path = scratch_path(state, "none.tsv");
    assert_failed(rows_open(&path, 1, &find_all, WITH_LABELS, NO_LIMIT, &d), BERT_IO,
                  "none.tsv: cannot open");
    path = scratch_text(state, "bad.tsv", "text\tlabel\na\tb\nc\n");
    assert_failed(rows_open(&path, 1, &find_all, WITH_LABELS, NO_LIMIT, &d), BERT_FORMAT,
                  "bad.tsv:3: 1 field where the header has 2");
    path = scratch_text(state, "bare.tsv", "text\tlabel\n");
    assert_failed(rows_open(&path, 1, &find_all, WITH_LABELS, NO_LIMIT, &d), BERT_DATA,
                  "bare.tsv: names columns but has no rows");
    assert_null(d.rows);
}

/* More text than one block holds, and one text that is bigger than a block. */
static void texts_stay_whole_past_one_block(void **state)
{
    enum { LONG = 1500000, ROWS = 40 };
    char *bytes = NULL, *big = malloc(LONG + 1);
    assert_non_null(big);
    memset(big, 'x', LONG);
    big[LONG] = '\0';
    size_t count;
    FILE *stream = open_memstream(&bytes, &count);
    assert_non_null(stream);
    fprintf(stream, "text\n");
    for (int i = 0; i < ROWS; i++)
        fprintf(stream, "%d %s\n", i, i == 20 ? big : big + LONG - 70000);
    fclose(stream);
    dataset d =
        opened(scratch_write(state, "big.tsv", (slice){ bytes, count }), &find_all, WITHOUT_LABELS);
    assert_int_equal(d.count, ROWS);
    for (int i = 0; i < ROWS; i++) {
        assert_int_equal(strtol(d.rows[i].text.bytes, NULL, 10), i);
        assert_int_equal(d.rows[i].text.count, (i < 10 ? 2 : 3) + (i == 20 ? LONG : 70000));
    }
    dataset_release(&d);
    free(bytes);
    free(big);
}

static void published_data_are_read_whole(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t rows;
        const char *text, *pair, *label;
    } sets[] = {
        { "../shared/data/sst2/train.tsv", 67349, "sentence", NULL, "label" },
        { "../shared/data/agnews/train.csv", 10001, "text", NULL, "label" },
        { "../shared/data/clinc150/dev.tsv", 3100, "text", NULL, "intent" },
        { "../shared/data/stsb/train.tsv", 5749, "sentence1", "sentence2", "score" },
        { "../shared/data/mrpc/train.tsv", 3576, "sentence1", "sentence2", "label" },
        { "../shared/data/goemotions/train.tsv", 43410, "text", NULL, "labels" },
        { "../shared/data/amazon_books/train.jsonl", 1556, "text", NULL, "label" },
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        dataset d;
        bert_status status = rows_open(&sets[i].path, 1, &find_all, WITH_LABELS, NO_LIMIT, &d);
        if (status == BERT_IO) {
            print_message("skipped: %s\n", status_message());
            skip();
        }
        assert_done(status);
        assert_int_equal(d.count, sets[i].rows);
        assert_name(d.text_column, sets[i].text);
        assert_name(d.pair_column, sets[i].pair);
        assert_name(d.label_column, sets[i].label);
        dataset_release(&d);
    }
}

static void damaged_files_never_break_the_dataset(void **state)
{
    const char *whole = "id,text,label\r\n1,\"caf\xC3\xA9, \"\"x\"\"\",a\n2,\"x\ny\",b\n3,,c\n";
    char damaged[256];
    size_t refused = 0;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        size_t count = bytes_damage(slice_of(whole), seed, damaged);
        const char *path = scratch_write(state, "d.csv", (slice){ damaged, count });
        dataset d = { 0 };
        refused += rows_open(&path, 1, &find_all, WITH_LABELS, NO_LIMIT, &d) != BERT_OK;
        dataset_release(&d);
    }
    assert_in_range(refused, 500, 1999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_carry_texts_label_line_and_path),
        cmocka_unit_test(columns_are_found_in_the_order_of_the_list),
        cmocka_unit_test(given_columns_win),
        cmocka_unit_test(a_column_is_one_thing),
        cmocka_unit_test(a_name_with_other_case_is_said),
        cmocka_unit_test(the_form_is_found_though_a_column_is_named),
        cmocka_unit_test(columns_of_0_and_1_are_a_list_of_labels),
        cmocka_unit_test(labels_are_read_only_where_they_are_wanted),
        cmocka_unit_test(a_column_that_is_not_there_is_answered_with_those_that_are),
        cmocka_unit_test(a_jsonl_row_without_the_key_is_refused),
        cmocka_unit_test(labels_of_a_jsonl_are_their_json_text),
        cmocka_unit_test(files_are_read_one_after_another_by_the_same_columns),
        cmocka_unit_test(the_limit_counts_over_all_files),
        cmocka_unit_test(failures_of_the_table_are_handed_up),
        cmocka_unit_test(texts_stay_whole_past_one_block),
        cmocka_unit_test(published_data_are_read_whole),
        cmocka_unit_test(damaged_files_never_break_the_dataset),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
