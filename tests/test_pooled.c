/* test_pooled.c: the tasks over whole texts (classify, regress, multilabel): their losses, their
 * labels, windows of long texts and what a trained folder remembers, by bert.h on tiny models with
 * PyTorch's numbers (tests/data/heads). */
#include "bert.h"
#include "data/dataset.h"
#include "scratch.h"
#include "tasks/label_lists.h"
#include "tasks/multi_hot.h"
#include "tasks/pooled.h"
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

static const char model[] = "tests/data/golden/gelu";

/* ---- one step, whose loss is that of the model as it is */

/* The loss of the first step over all rows. */
static double first_loss(void **state, bert_train_options o)
{
    o.output = scratch_path(state, "step");
    o.overwrite = true;
    o.max_steps = 1;
    o.batch_size = 1000;
    o.dropout = 0.0;
    assert_done(bert_train(&o));
    char *line = file_text(scratch_path(state, "step/train_log.jsonl"), &(size_t){ 0 });
    json_t *object = json_loads(line, 0, NULL);
    double loss = json_number_value(json_object_get(object, "loss"));
    json_decref(object);
    free(line);
    return loss;
}

static bert_train_options head_options(const char *folder, const char *const *texts)
{
    bert_train_options o = bert_train_options_default();
    o.model = folder;
    o.train = texts;
    o.train_count = 1;
    o.max_length = 24;
    o.shuffle = false;
    return o;
}

static void assert_near(double have, double want)
{
    if (!(fabs(have - want) <= 2e-6 * fabs(want))) fail_msg("%.9g, wanted %.9g", have, want);
}

/* The numbers beside a model, for tensor_file_free(). */
static tensor_file *numbers_open(const char *folder)
{
    tensor_file *file;
    assert_done(tensor_file_open(folder, &file));
    return file;
}

static const float *numbers_at(const tensor_file *file, const char *name, size_t *count)
{
    const tensor_info *t = tensor_file_find(file, name);
    assert_non_null(t);
    if (count) *count = t->count;
    return t->data;
}

static void the_loss_of_regress_is_the_mean_squared_error(void **state)
{
    static const char *const texts = "tests/data/heads/regress/texts.tsv";
    size_t count;
    tensor_file *n = numbers_open("tests/data/heads/regress/numbers");
    const float *logits = numbers_at(n, "texts.logits", &count);
    const float *targets = numbers_at(n, "texts.labels", NULL);
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) sum += pow((double)logits[i] - (double)targets[i], 2);
    assert_near(first_loss(state, head_options("tests/data/heads/regress", &texts)),
                sum / (double)count);
    tensor_file_free(n);
}

/* BCEWithLogitsLoss(pos_weight): the mean over all texts and labels. */
static double lists_loss(const tensor_file *n, const double *weights, size_t labels)
{
    size_t count;
    const float *logits = numbers_at(n, "texts.logits", &count);
    const float *targets = numbers_at(n, "texts.labels", NULL);
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        double x = (double)logits[i], t = (double)targets[i];
        sum += weights[i % labels] * t * log1p(exp(-x)) + (1.0 - t) * log1p(exp(x));
    }
    return sum / (double)count;
}

static void the_loss_of_multilabel_is_the_mean_over_texts_and_labels(void **state)
{
    static const char *const texts = "tests/data/heads/multilabel/texts.tsv";
    enum { LABELS = 5 };
    double weights[LABELS] = { 1, 1, 1, 1, 1 };
    size_t count;
    tensor_file *n = numbers_open("tests/data/heads/multilabel/numbers");
    bert_train_options o = head_options("tests/data/heads/multilabel", &texts);
    assert_near(first_loss(state, o), lists_loss(n, weights, LABELS));

    bert_task_options own = bert_task_options_default();
    o.task_options = &own;
    own.positive_weights = "music=2.5,story=0.25";
    weights[1] = 2.5;
    weights[4] = 0.25;
    assert_near(first_loss(state, o), lists_loss(n, weights, LABELS));

    const float *targets = numbers_at(n, "texts.labels", &count);
    own.positive_weights = "balanced";
    for (size_t k = 0; k < LABELS; k++) {
        double with = 0.0, rows = (double)(count / LABELS);
        for (size_t i = k; i < count; i += LABELS) with += (double)targets[i];
        weights[k] = (rows - with) / with;
    }
    assert_near(first_loss(state, o), lists_loss(n, weights, LABELS));
    tensor_file_free(n);
}

/* CrossEntropyLoss(weight, label_smoothing): over the sum of the true classes' weights. */
static double classes_loss(const tensor_file *n, const double *weights, size_t classes, double e)
{
    size_t count;
    const float *logits = numbers_at(n, "texts.logits", NULL);
    const float *truths = numbers_at(n, "texts.labels", &count);
    double sum = 0.0, divisor = 0.0;
    for (size_t row = 0; row < count; row++) {
        const float *x = logits + row * classes;
        size_t y = (size_t)truths[row];
        double total = 0.0;
        for (size_t c = 0; c < classes; c++) total += exp((double)x[c]);
        sum += (1.0 - e) * weights[y] * (log(total) - (double)x[y]);
        for (size_t c = 0; c < classes; c++)
            sum += e / (double)classes * weights[c] * (log(total) - (double)x[c]);
        divisor += weights[y];
    }
    return sum / divisor;
}

static void weights_and_smoothing_of_classes_are_pytorchs(void **state)
{
    static const char *const texts = "tests/data/heads/weighted/texts.tsv";
    enum { CLASSES = 4 };
    double weights[CLASSES] = { 1, 1, 1, 1 };
    size_t count;
    tensor_file *n = numbers_open("tests/data/heads/weighted/numbers");
    bert_train_options o = head_options("tests/data/heads/weighted", &texts);
    bert_task_options own = bert_task_options_default();
    o.task_options = &own;
    own.label_smoothing = 0.2;
    assert_near(first_loss(state, o), classes_loss(n, weights, CLASSES, 0.2));

    own.class_weights = "fine=0.5,bad=3";
    weights[0] = 3.0;
    weights[2] = 0.5;
    assert_near(first_loss(state, o), classes_loss(n, weights, CLASSES, 0.2));

    const float *truths = numbers_at(n, "texts.labels", &count);
    own.class_weights = "balanced";
    own.label_smoothing = 0.0;
    for (size_t c = 0; c < CLASSES; c++) {
        size_t members = 0;
        for (size_t i = 0; i < count; i++) members += (size_t)truths[i] == c;
        weights[c] = members ? (double)count / (double)(CLASSES * members) : 1.0;
    }
    assert_near(first_loss(state, o), classes_loss(n, weights, CLASSES, 0.0));
    tensor_file_free(n);
}

static void weights_that_are_none_are_refused(void **state)
{
    static const char *const texts = "tests/data/heads/weighted/texts.tsv";
    static const struct {
        const char *weights, *words;
    } cases[] = { { "awful=2", "class_weights names 'awful', which is none of the labels" },
                  { "bad=-1", "class_weights holds 'bad=-1', which gives no weight" },
                  { "bad=x", "class_weights holds 'bad=x', which gives no weight" },
                  { "fine", "class_weights is 'balanced' or a list" } };
    bert_train_options o = head_options("tests/data/heads/weighted", &texts);
    o.output = scratch_path(state, "refused");
    bert_task_options own = bert_task_options_default();
    o.task_options = &own;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        own.class_weights = cases[i].weights;
        assert_failed(bert_train(&o), BERT_ARGUMENT, cases[i].words);
    }
    own.class_weights = NULL;
    own.label_smoothing = 1.0;
    assert_failed(bert_train(&o), BERT_ARGUMENT, "label_smoothing");
}

static void a_label_with_commas_and_equals_signs_has_a_weight(void **state)
{
    (void)state;
    char *names[] = { "Sci", "Sci,Tech", "Tech", "a=2,Tech", "" };
    const config c = { .labels = 5, .label_names = names };
    float w[5];
    assert_done(label_weights_parse("Sci,Tech=3,a=2,Tech=0.5,Sci=4,=7", &c, NULL, "it", w));
    const float wanted[] = { 4, 3, 1, 0.5f, 7 };
    assert_memory_equal(w, wanted, sizeof wanted);
    assert_done(label_weights_parse("Tech=6", &c, NULL, "it", w));
    assert_true(w[2] == 6 && w[1] == 1);
    assert_failed(label_weights_parse("Sci,Art=2", &c, NULL, "it", w), BERT_ARGUMENT,
                  "it is 'balanced' or a list such as good=1,bad=2.5; 'Sci,Art=2' begins with no");
    assert_failed(label_weights_parse("Sci,Tech=2x", &c, NULL, "it", w), BERT_ARGUMENT,
                  "it holds 'Sci,Tech=2x', which gives no weight");
}

/* ---- lists of labels */

static dataset_row row_of(const char *labels)
{
    return (dataset_row){ .label = slice_of(labels), .line = 7, .path = "d.tsv" };
}

static void assert_list(const char *labels, const label_file *file, const char *wanted)
{
    char have[256] = "";
    label_list list = { 0 };
    dataset_row row = row_of(labels);
    assert_done(label_list_read(&row, file, &list));
    for (size_t i = 0; i < list.count; i++) {
        size_t used = strlen(have);
        snprintf(have + used, sizeof have - used, "%.*s|", (int)list.items[i].count,
                 list.items[i].bytes);
    }
    assert_string_equal(have, wanted);
    label_list_release(&list);
}

static void assert_list_refused(const char *labels, const label_file *file, bert_status status,
                                const char *words)
{
    label_list list = { 0 };
    dataset_row row = row_of(labels);
    assert_failed(label_list_read(&row, file, &list), status, words);
    label_list_release(&list);
}

static void lists_are_names_numbers_or_json(void **state)
{
    const label_file none = { 0 };
    label_file file;
    assert_list("joy", &none, "joy|");
    assert_list(" joy , love of life ,joy", &none, "joy|love of life|");
    assert_list("4,27", &none, "4|27|");
    assert_list("[\"joy\", \"a, b\"]", &none, "joy|a, b|");
    assert_list("[0, 3]", &none, "0|3|");
    assert_list("", &none, "");
    assert_list("  ", &none, "");
    assert_list("[]", &none, "");
    assert_list_refused("joy,,love", &none, BERT_DATA, "d.tsv:7: a label in the list");
    assert_list_refused("joy,", &none, BERT_DATA, "d.tsv:7: a label in the list");
    assert_list_refused("[\"joy\"", &none, BERT_FORMAT, "d.tsv:7");
    assert_list("['joy', 'a, b']", &none, "joy|a, b|"); /* as Python prints lists, */
    assert_list("('joy',)", &none, "joy|");             /* tuples, */
    assert_list("(3, 7)", &none, "3|7|");
    assert_list("{'joy', 'love'}", &none, "joy|love|"); /* sets */
    assert_list("{\"joy\":1,\"love\":0,\"fear\":true,\"ire\":0.0}", &none, "joy|fear|");
    assert_list("{'joy': False, 'love': True}", &none, "love|");
    assert_list("{}", &none, "");
    assert_list("()", &none, "");
    assert_list("(old) joy,love (new)", &none, "(old) joy|love (new)|");
    assert_list_refused("{\"joy\":0.7}", &none, BERT_DATA,
                        "d.tsv:7: a label stands with something else than 0 or 1");
    assert_list_refused("{\"joy\":null}", &none, BERT_DATA, "something else than 0 or 1");
    assert_list_refused("{joy, love}", &none, BERT_FORMAT, "d.tsv:7: 'labels' is not JSON");
    assert_list_refused("('joy', love)", &none, BERT_FORMAT, "d.tsv:7: 'labels' is not JSON");
    assert_list_refused("['joy' 'love']", &none, BERT_FORMAT, "d.tsv:7: 'labels' is not JSON");
    assert_list_refused("'joy', 'love'", &none, BERT_DATA, "d.tsv:7: there are quotes");
    assert_list_refused("\"joy,love\"", &none, BERT_DATA, "d.tsv:7: there are quotes");

    assert_done(
        label_file_open(scratch_text(state, "names.txt", " joy\nlove of life\r\nfear\n\n"), &file));
    assert_int_equal(file.names.count, 3);
    assert_list("2, 0", &file, "fear|joy|");
    assert_list("fear,love of life", &file, "fear|love of life|");
    assert_list("[1, \"joy\"]", &file, "love of life|joy|");
    assert_list("{\"0\":0,\"2\":1}", &file, "fear|");
    assert_list_refused("0,3", &file, BERT_DATA, "d.tsv:7: the label number 3 is beyond");
    assert_list_refused("99999999999999999999999", &file, BERT_DATA, "is beyond");
    assert_list_refused("anger", &file, BERT_DATA, "d.tsv:7: the label 'anger' is not in");
    label_file_release(&file);
}

/* ---- 0 and 1 for each label */

/* Rows with these labels, from line 2 of a file on. */
static dataset rows_with(void **state, const char *const *labels, size_t count)
{
    char text[1024] = "text\tlabels\n";
    dataset d;
    for (size_t i = 0; i < count; i++) strcat(strcat(strcat(text, "x\t"), labels[i]), "\n");
    const char *path = scratch_text(state, "hot.tsv", text);
    assert_done(dataset_open(&path, 1,
                             &(dataset_request){ .form = FORM_TEXTS, .several_labels = true }, &d));
    return d;
}

/* The rows' labels after multi_hot_name(), "|" behind each, and "= " all names. */
static void assert_hot(void **state, const char *const *labels, size_t count, const char *names,
                       size_t known, const char *wanted)
{
    char have[512] = "", *known_names[] = { "a", "b", "c" };
    dataset d = rows_with(state, labels, count);
    bert_task_options options = bert_task_options_default();
    config c = { .labels = known, .label_names = known_names };
    options.label_file = names;
    assert_done(multi_hot_name(&d, &options, known ? &c : NULL));
    for (size_t i = 0; i < count; i++) {
        strncat(have, d.rows[i].label.bytes, d.rows[i].label.count);
        strcat(have, "|");
    }
    for (size_t i = 0; i < d.label_count; i++) {
        strcat(have, i ? "," : "= ");
        strncat(have, d.labels[i].bytes, d.labels[i].count);
    }
    assert_string_equal(have, wanted);
    dataset_release(&d);
}

static void lists_of_0_and_1_in_every_row_name_labels_by_their_place(void **state)
{
    const char *file = scratch_text(state, "names.txt", "joy\nlove\nfear\n");
#define HOT(names, known, wanted, ...)                                                             \
    assert_hot(state, (const char *const[]){ __VA_ARGS__ },                                        \
               sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), names, known,        \
               wanted)
    HOT(NULL, 0, "[\"LABEL_1\"]|[\"LABEL_0\",\"LABEL_2\"]|= LABEL_0,LABEL_1,LABEL_2", "[0, 1, 0]",
        "[1,0,1]");
    HOT(NULL, 0, "[\"LABEL_1\"]|[]|= LABEL_0,LABEL_1", "[0.0, 1.0]", "[False, False]");
    HOT(NULL, 0, "[\"LABEL_1\"]|[\"LABEL_0\"]|= LABEL_0,LABEL_1", "(0, 1)", "[true,false]");
    HOT(file, 0, "[\"love\"]|[]|= joy,love,fear", "[0,1,0]", "[0,0,0]");
    HOT(NULL, 3, "[\"b\"]|[]|= a,b,c", "[0,1,0]", "[0,0,0]");
    /* lists of names, or numbers that are names */
    HOT(NULL, 0, "[0]|[1]|", "[0]", "[1]");
    HOT(NULL, 0, "[0, 1]|[0]|", "[0, 1]", "[0]");
    HOT(NULL, 0, "[0, 1]|[0, 2]|", "[0, 1]", "[0, 2]");
    HOT(NULL, 0, "0,1|1,0|", "0,1", "1,0");
    HOT(NULL, 0, "[\"0\", \"1\"]|", "[\"0\", \"1\"]");
    HOT(file, 0, "[0, 1]|[1, 0]|", "[0, 1]", "[1, 0]");
    HOT(NULL, 3, "[0, 1]|[1, 0]|", "[0, 1]", "[1, 0]");
#undef HOT
}

static void rows_that_do_not_go_with_the_others_are_refused(void **state)
{
    const char *file = scratch_text(state, "names.txt", "joy\nlove\n");
    static const struct {
        const char *second;
        bool named;
        const char *words;
    } cases[] = {
        { "[0, 1]", false, "hot.tsv:3: is not a list of 3 times 0 or 1, as those of the other" },
        { "[0, 2, 0]", false, "hot.tsv:3: is not a list of 3 times 0 or 1" },
        { "", false, "hot.tsv:3: is not a list of 3 times 0 or 1" },
        { "joy", false, "hot.tsv:3: is not a list of 3 times 0 or 1" },
        { "[0, 0, 0]", true, "hot.tsv:2: has a list of 3 times 0 or 1, and " },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const labels[] = { "[0, 1, 0]", cases[i].second };
        dataset d = rows_with(state, labels, 2);
        bert_task_options options = bert_task_options_default();
        if (cases[i].named) options.label_file = file;
        assert_failed(multi_hot_name(&d, &options, NULL), BERT_DATA, cases[i].words);
        dataset_release(&d);
    }
}

static void a_file_of_names_has_one_on_each_line(void **state)
{
    label_file file;
    assert_failed(label_file_open(scratch_text(state, "gap.txt", "joy\n\nfear\n"), &file),
                  BERT_DATA, "gap.txt:2: the line is blank");
    assert_failed(label_file_open(scratch_text(state, "twice.txt", "joy\nfear\njoy\n"), &file),
                  BERT_DATA, "twice.txt:3: the label 'joy' stands on line 1 already");
    assert_failed(label_file_open(scratch_text(state, "blank.txt", "\n"), &file), BERT_DATA,
                  "names no label");
    assert_failed(label_file_open(scratch_path(state, "nowhere.txt"), &file), BERT_IO, "nowhere");
}

/* ---- windows */

/* Words that are one token each. */
static const char long_text[] =
    "the film was great and the acting was fine the plot was so dull and "
    "cold and slow it was good";
enum { WORDS = 21, LENGTH = 12, STRIDE = 3, ROOM = LENGTH - 2 };

/* Words first .. end - 1 of the long text. */
static void words_copy(size_t first, size_t end, char *out)
{
    char text[sizeof long_text], *rest = text;
    memcpy(text, long_text, sizeof text);
    *out = '\0';
    for (size_t i = 0; i < end; i++) {
        const char *word = strtok_r(rest, " ", &rest);
        assert_non_null(word);
        if (i < first) continue;
        strcat(out, i > first ? " " : "");
        strcat(out, word);
    }
}

static bert_session *session_open(const bert_model *m, bool windows)
{
    bert_session_options o = bert_session_options_default();
    bert_session *s;
    o.max_length = LENGTH;
    o.threads = 1;
    bert_task_options own = bert_task_options_default();
    o.task_options = &own;
    own.windows = windows;
    own.stride = windows ? STRIDE : 0;
    assert_done(bert_session_new(m, &o, &s));
    return s;
}

static bert_input input_of(const char *text)
{
    return (bert_input){ .text = { text, strlen(text) } };
}

static void a_long_text_is_answered_by_the_mean_of_its_windows(void **state)
{
    (void)state;
    bert_model *m;
    assert_done(bert_model_open(model, &m));
    bert_session *whole = session_open(m, true), *single = session_open(m, false);
    float have[3], logits[3];
    double want[3] = { 0 };
    size_t windows = 0, truncated, inputs;
    bert_input text = input_of(long_text);
    assert_done(bert_predict(whole, &text, 1, have));
    for (size_t first = 0;; first += ROOM - STRIDE) {
        char words[sizeof long_text];
        size_t end = first + ROOM < WORDS ? first + ROOM : WORDS;
        words_copy(first, end, words);
        bert_input part = input_of(words);
        assert_done(bert_predict(single, &part, 1, logits));
        for (size_t i = 0; i < 3; i++) want[i] += (double)logits[i];
        windows++;
        if (end == WORDS) break;
    }
    assert_int_equal(windows, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(fabs((double)have[i] - want[i] / (double)windows) < 1e-5);
    bert_session_truncated(whole, &truncated, &inputs);
    assert_int_equal(truncated, 0);
    bert_session_truncated(single, &truncated, &inputs);
    assert_int_equal(truncated, 0);
    bert_session_free(whole);
    bert_session_free(single);
    bert_model_free(m);
}

static json_t *json_of(const char *path)
{
    json_t *object = json_load_file(path, 0, NULL);
    assert_non_null(object);
    return object;
}

static void windows_are_examples_and_the_folder_remembers_them(void **state)
{
    char rows[1024];
    snprintf(rows, sizeof rows, "text\tlabel\n%s\tgood\nslow film\tbad\nfine film\tfair\n",
             long_text);
    const char *train = scratch_text(state, "long.tsv", rows);
    bert_train_options o = head_options(model, &train);
    o.output = scratch_path(state, "windows");
    o.max_length = LENGTH;
    o.batch_size = 2;
    o.epochs = 1;
    bert_task_options own = bert_task_options_default();
    o.task_options = &own;
    own.windows = true;
    own.stride = STRIDE;
    assert_done(bert_train(&o));
    json_t *results = json_of(scratch_path(state, "windows/all_results.json"));
    assert_int_equal(json_integer_value(json_object_get(results, "train_samples")), 5);
    assert_int_equal(json_integer_value(json_object_get(results, "train_steps")), 3);
    json_decref(results);

    bert_model *m;
    bert_session *plain;
    float remembered[3], asked[3];
    bert_input text = input_of(long_text);
    bert_session_options defaults = bert_session_options_default();
    assert_done(bert_model_open(o.output, &m));
    assert_done(bert_session_new(m, &defaults, &plain));
    bert_session *explicit = session_open(m, true);
    assert_done(bert_predict(plain, &text, 1, remembered));
    assert_done(bert_predict(explicit, &text, 1, asked));
    assert_memory_equal(remembered, asked, sizeof asked);
    bert_session_free(plain);
    bert_session_free(explicit);
    bert_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loss_of_regress_is_the_mean_squared_error),
        cmocka_unit_test(the_loss_of_multilabel_is_the_mean_over_texts_and_labels),
        cmocka_unit_test(weights_and_smoothing_of_classes_are_pytorchs),
        cmocka_unit_test(weights_that_are_none_are_refused),
        cmocka_unit_test(a_label_with_commas_and_equals_signs_has_a_weight),
        cmocka_unit_test(lists_are_names_numbers_or_json),
        cmocka_unit_test(lists_of_0_and_1_in_every_row_name_labels_by_their_place),
        cmocka_unit_test(rows_that_do_not_go_with_the_others_are_refused),
        cmocka_unit_test(a_file_of_names_has_one_on_each_line),
        cmocka_unit_test(a_long_text_is_answered_by_the_mean_of_its_windows),
        cmocka_unit_test(windows_are_examples_and_the_folder_remembers_them),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
