/* test_similar.c: texts that are compared: what is read, what is refused, that cosines are
 * PyTorch's, how partners are ranked, and which folders are for vectors. */
#include "bert_program.h"
#include "data/dataset.h"
#include "scratch.h"
#include "tasks/similar.h"
#include "tensors/tensors.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- rows */

static bert_status rows_open(const char *const *paths, size_t count, dataset *out)
{
    return dataset_open(paths, count, &(dataset_request){ .form = FORM_COMPARED }, out);
}

static void assert_slice(slice have, const char *want)
{
    if (!slice_equal(have, slice_of(want)))
        fail_msg("wanted \"%s\", got \"%.*s\"", want, (int)have.count, have.bytes);
}

static void pairs_scores_and_triples_are_found_by_their_columns(void **state)
{
    static const struct {
        const char *name, *text;
        size_t negatives;
        bool scored;
    } cases[] = {
        { "a.tsv", "anchor\tpositive\na\tb\n", 0, false },
        { "b.csv", "negative,positive,anchor\nc,b,a\n", 1, false },
        { "c.tsv", "id\tsentence1\tsentence2\tscore\n7\ta\tb\t4.5\n", 0, true },
        { "d.jsonl", "{\"question\":\"a\",\"answer\":\"b\"}\n", 0, false },
        { "e.tsv", "question1\tquestion2\tlabel\na\tb\t4.5\n", 0, true },
        { "f.tsv", "query\tpositive\tnegative\na\tb\tc\n", 1, false },
        { "g.jsonl", "{\"Query\":\"a\",\"Answer\":\"b\",\"Score\":4.5}\n", 0, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = scratch_text(state, cases[i].name, cases[i].text);
        dataset d;
        assert_done(rows_open(&path, 1, &d));
        assert_slice(d.rows[0].text, "a");
        assert_slice(d.rows[0].pair, "b");
        assert_int_equal(d.rows[0].item_count, cases[i].negatives);
        if (cases[i].negatives) assert_slice(d.rows[0].items[0], "c");
        assert_int_equal(d.rows[0].label.bytes != NULL, cases[i].scored);
        if (cases[i].scored) assert_slice(d.rows[0].label, "4.5");
        dataset_release(&d);
    }
}

/* What is not named is found. */
static void a_named_text_has_its_partner_found(void **state)
{
    static const struct {
        dataset_columns named;
        const char *text;
        bool negative;
    } cases[] = {
        { { .text = "q" }, "q\tpositive\tnegative\na\tb\tc\n", true },
        { { .pair = "p" }, "query\tp\tnegative\na\tb\tc\n", true },
        { { .text = "q" }, "q\tsentence2\tnegative\na\tb\tc\n", false },
        { { .text = "sentence1" }, "sentence1\tsentence2\tscore\na\tb\t1\n", false },
        { { .text = "q", .pair = "p" }, "q\tp\tnegative\na\tb\tc\n", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = scratch_text(state, "n.tsv", cases[i].text);
        const dataset_request request = { .columns = cases[i].named, .form = FORM_COMPARED };
        dataset d;
        assert_done(dataset_open(&path, 1, &request, &d));
        assert_slice(d.rows[0].text, "a");
        assert_slice(d.rows[0].pair, "b");
        assert_int_equal(d.rows[0].item_count, cases[i].negative);
        dataset_release(&d);
    }
}

static void rows_that_cannot_be_compared_are_refused(void **state)
{
    const char *paths[2] = { scratch_text(state, "a.tsv", "anchor\tpositive\tnegative\na\tb\tc\n"),
                             scratch_text(state, "b.tsv", "anchor\tpositive\na\tb\n") };
    dataset d = { 0 };
    assert_failed(rows_open(paths, 2, &d), BERT_DATA, "b.tsv: no column 'negative'");
    const char *path = scratch_text(state, "c.jsonl",
                                    "{\"anchor\":\"a\",\"positive\":\"b\"}\n"
                                    "{\"anchor\":\"a\"}\n");
    assert_failed(rows_open(&path, 1, &d), BERT_DATA, "c.jsonl:2: has no 'positive'");
    path = scratch_text(state, "d.tsv", "text\tlabel\na\t1\n");
    assert_failed(rows_open(&path, 1, &d), BERT_DATA, "which column is the text to compare with?");
}

/* ---- cosines */

/* The golden folder as a copy that says how it makes vectors. */
static const char *folder_copy(void **state, const char *name, const char *pooling)
{
    static const char *const files[] = { "config.json", "model.safetensors", "vocab.txt",
                                         "tokenizer_config.json" };
    char text[256];
    for (size_t i = 0; i < 4; i++) {
        size_t count;
        snprintf(text, sizeof text, "tests/data/heads/%s/%s", name, files[i]);
        char *bytes = file_text(text, &count);
        scratch_write(state, files[i], (slice){ bytes, count });
        free(bytes);
    }
    assert_int_equal(mkdir(scratch_path(state, "1_Pooling"), 0777), 0);
    scratch_text(state, "1_Pooling/config.json", pooling);
    return scratch_folder(state);
}

static double answer_cosine(bert_session *s, const bert_input *input)
{
    char *line;
    assert_done(bert_answers(s, input, 1, &line));
    json_t *answer = json_loads(line, 0, NULL);
    const json_t *cosine = json_object_get(answer, "cosine");
    assert_true(json_is_real(cosine));
    double have = json_number_value(cosine);
    json_decref(answer);
    bert_free(line);
    return have;
}

/* The golden cosines are [examples], or [examples, candidates] where a partner is looked for. */
static void cosines_check(void **state, const char *name, const char *pooling, bool matrix)
{
    char path[256];
    bert_model *m;
    bert_session *s;
    bert_dataset *rows;
    tensor_file *numbers;
    bert_session_options options = bert_session_options_default();
    options.max_length = 16;
    assert_done(bert_model_open(folder_copy(state, name, pooling), &m));
    assert_string_equal(bert_model_get_info(m).task, "similar");
    assert_done(bert_session_new(m, &options, &s));
    snprintf(path, sizeof path, "tests/data/heads/%s/texts.tsv", name);
    assert_done(bert_dataset_open(m, path, NULL, &rows));
    snprintf(path, sizeof path, "tests/data/heads/%s/numbers", name);
    assert_done(tensor_file_open(path, &numbers));
    const tensor_info *cosines = tensor_file_find(numbers, "texts.cosines");
    const float *want = (const float *)cosines->data;
    size_t count = bert_dataset_count(rows), width = matrix ? cosines->count / count : 1;
    for (size_t i = 0; i < count; i++) {
        bert_input input = bert_dataset_input(rows, i);
        size_t own = matrix ? i * width + i : i;
        assert_true(fabs(answer_cosine(s, &input) - (double)want[own]) < 1e-5);
    }
    tensor_file_free(numbers);
    bert_dataset_free(rows);
    bert_session_free(s);
    bert_model_free(m);
}

static void cosines_of_means_are_those_of_pytorch(void **state)
{
    cosines_check(state, "similar_score", "{\"pooling_mode\":\"mean\"}", false);
}

static void cosines_of_first_tokens_are_those_of_pytorch(void **state)
{
    cosines_check(state, "similar_cls",
                  "{\"pooling_mode_cls_token\":true,\"pooling_mode_mean_tokens\":false}", false);
}

static void cosines_of_pairs_are_those_of_pytorch(void **state)
{
    cosines_check(state, "similar_pairs", "{\"pooling_mode_mean_tokens\":true}", true);
}

/* A model of one token type: texts are read one by one. */
static void cosines_of_triples_are_those_of_pytorch(void **state)
{
    cosines_check(state, "similar_triples", "{\"pooling_mode\":\"mean\"}", true);
}

static void a_single_text_is_sent_to_embed(void **state)
{
    bert_model *m;
    bert_session *s;
    char *line;
    bert_session_options options = bert_session_options_default();
    bert_input one = { .text = { "a film", 6 } },
               two = { .text = { "a film", 6 }, .pair = { "a film", 6 } };
    assert_done(
        bert_model_open(folder_copy(state, "similar_score", "{\"pooling_mode\":\"mean\"}"), &m));
    assert_done(bert_session_new(m, &options, &s));
    assert_failed(bert_answers(s, &one, 1, &line), BERT_ARGUMENT, "`bert embed`");
    assert_true(fabs(answer_cosine(s, &two) - 1.0) < 1e-6);
    bert_session_free(s);
    bert_model_free(m);
}

/* ---- folders */

#define MODULE(type, path)                                                                         \
    "{\"type\":\"sentence_transformers.models." type "\",\"path\":\"" path "\"}"

static void folders_with_other_modules_or_poolings_are_refused(void **state)
{
    const char *folder = folder_copy(state, "similar_score", "{\"pooling_mode\":\"mean\"}");
    static const struct {
        const char *modules, *pooling;
        bool known;
    } cases[] = {
        { "[" MODULE("Transformer", "") "," MODULE("Pooling", "1_Pooling") "]",
          "{\"pooling_mode\":\"mean\"}", true },
        { "[" MODULE("Transformer", "") "," MODULE("Pooling", "1_Pooling") "," MODULE("Dense",
                                                                                      "") "]",
          "{\"pooling_mode\":\"mean\"}", false },
        { "[]", "{\"pooling_mode\":\"max\"}", false },
        { "[]", "{\"pooling_mode_mean_tokens\":true,\"pooling_mode_max_tokens\":true}", false },
    };
    const bert_input input = { .text = { "a film", 6 }, .pair = { "a film", 6 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bert_model *m;
        bert_session *s;
        bert_session_options options = bert_session_options_default();
        char *line;
        scratch_text(state, "modules.json", cases[i].modules);
        scratch_text(state, "1_Pooling/config.json", cases[i].pooling);
        assert_done(bert_model_open(folder, &m));
        assert_done(bert_session_new(m, &options, &s));
        if (cases[i].known)
            assert_true(fabs(answer_cosine(s, &input) - 1.0) < 1e-6);
        else
            assert_failed(bert_answers(s, &input, 1, &line), BERT_UNSUPPORTED,
                          "vectors of this model cannot be made here");
        bert_session_free(s);
        bert_model_free(m);
    }
}

/* Ten tokens of text: as many as `given` are read, or as the folder allows. */
static void vectors_make(const char *folder, size_t given, bert_pooling pooling, const char *text,
                         float *out)
{
    bert_model *m;
    bert_session *s;
    bert_session_options options = bert_session_options_default();
    bert_input input = { .text = { text, strlen(text) } };
    options.max_length = given;
    assert_done(bert_model_open(folder, &m));
    assert_done(bert_session_new(m, &options, &s));
    assert_done(bert_embed(s, &input, 1, pooling, false, out));
    bert_session_free(s);
    bert_model_free(m);
}

static double vector_length(const float *x, size_t count)
{
    double squares = 0.0;
    for (size_t i = 0; i < count; i++) squares += (double)x[i] * x[i];
    return sqrt(squares);
}

enum { VECTOR_MAX = 64 };

/* What SentenceTransformer(folder) makes; another pooling that a caller asks for is not divided. */
static void a_folders_own_vectors_are_cut_and_divided_as_it_says(void **state)
{
    static const char whole[] = "film film film film film film film film";
    static const char part[] = "film film film film"; /* with [CLS] and [SEP] six tokens */
    const char *folder = folder_copy(state, "similar_score", "{\"pooling_mode\":\"mean\"}");
    float own[VECTOR_MAX], mean[VECTOR_MAX], longer[VECTOR_MAX];
    bert_model *m;
    assert_done(bert_model_open(folder, &m));
    size_t hidden = bert_model_get_info(m).hidden;
    assert_true(hidden <= VECTOR_MAX);
    bert_model_free(m);
    vectors_make(folder, 6, BERT_MEAN, whole, mean);
    double length = vector_length(mean, hidden);
    assert_true(fabs(length - 1.0) > 0.01);

    scratch_text(state, "sentence_bert_config.json", "{\"max_seq_length\":6}");
    vectors_make(folder, 0, BERT_POOLING_OWN, whole, own);
    assert_memory_equal(own, mean, hidden * sizeof *own); /* no modules.json: not divided */
    vectors_make(folder, 0, BERT_POOLING_OWN, part, own);
    for (size_t i = 0; i < hidden; i++) assert_true(fabsf(own[i] - mean[i]) < 1e-6f);
    vectors_make(folder, 10, BERT_POOLING_OWN, whole, longer);
    assert_memory_not_equal(own, longer, hidden * sizeof *own);

    scratch_text(state, "modules.json",
                 "[" MODULE("Transformer",
                            "") "," MODULE("Pooling", "1_Pooling") "," MODULE("Normalize", "") "]");
    vectors_make(folder, 0, BERT_POOLING_OWN, whole, own);
    for (size_t i = 0; i < hidden; i++) assert_true(fabs(own[i] - mean[i] / length) < 1e-6);
    vectors_make(folder, 0, BERT_MEAN, whole, own);
    assert_memory_equal(own, mean, hidden * sizeof *own);
}

static void a_length_that_is_none_is_refused_and_one_above_the_positions_cut(void **state)
{
    static const char text[] = "film film film film film film film film";
    const char *folder = folder_copy(state, "similar_score", "{\"pooling_mode\":\"mean\"}");
    float a[VECTOR_MAX], b[VECTOR_MAX];
    bert_model *m;
    vectors_make(folder, 0, BERT_POOLING_OWN, text, a);
    for (size_t i = 0; i < 2; i++) {
        scratch_text(state, "sentence_bert_config.json",
                     i ? "{\"max_seq_length\":1000000000000000019884624838656}"
                       : "{\"max_seq_length\":null}");
        vectors_make(folder, 0, BERT_POOLING_OWN, text, b);
        assert_memory_equal(a, b, sizeof a[0]);
    }
    static const char *const wrong[] = { "2", "-1", "\"six\"" };
    for (size_t i = 0; i < 3; i++) {
        char file[64];
        snprintf(file, sizeof file, "{\"max_seq_length\":%s}", wrong[i]);
        scratch_text(state, "sentence_bert_config.json", file);
        assert_failed(bert_model_open(folder, &m), BERT_FORMAT,
                      "sentence_bert_config.json: \"max_seq_length\"");
    }
}

static bert_status train_golden(const char *name, const char *train, const char *dev,
                                const char *output, const char *pooling)
{
    char model[256];
    bert_train_options o = bert_train_options_default();
    snprintf(model, sizeof model, "tests/data/heads/%s", name);
    o.model = model;
    o.train = &train;
    o.train_count = 1;
    o.dev = dev;
    o.output = output;
    o.overwrite = true;
    o.task = "similar";
    bert_task_options own = bert_task_options_default();
    o.task_options = &own;
    own.pooling = pooling;
    o.epochs = 1;
    o.batch_size = 1;
    o.max_length = 16;
    o.threads = 1;
    return bert_train(&o);
}

static void assert_pooling(void **state, const char *name, const char *key)
{
    char *text = file_text(scratch_path(state, name), &(size_t){ 0 });
    json_t *object = json_loads(text, 0, NULL);
    assert_true(json_is_true(json_object_get(object, key)));
    json_decref(object);
    free(text);
}

/* Dev data of larger rows than the training data's must find room, a row a step. */
static void the_pooling_is_kept_in_the_folder_and_taken_up_again(void **state)
{
    const char *pairs = "tests/data/heads/similar_pairs/texts.tsv";
    const char *triples = "tests/data/heads/similar_triples/texts.tsv";
    const char *output = scratch_path(state, "o");
    char *first = strdup(output);
    assert_done(train_golden("similar_triples", pairs, triples, first, "cls"));
    assert_pooling(state, "o/1_Pooling/config.json", "pooling_mode_cls_token");
    assert_true(access(scratch_path(state, "o/modules.json"), R_OK) == 0);

    bert_train_options o = bert_train_options_default();
    o.model = first;
    o.train = &triples;
    o.train_count = 1;
    o.output = scratch_path(state, "again");
    o.max_steps = 1;
    o.max_length = 16;
    o.threads = 1;
    assert_done(bert_train(&o)); /* the columns say which task */
    assert_pooling(state, "again/1_Pooling/config.json", "pooling_mode_cls_token");
    assert_failed(train_golden("similar_triples", pairs, NULL, first, "max"), BERT_ARGUMENT,
                  "it must be one of mean|cls");
    free(first);
}

/* The folder within is replaced as files are, unless it holds, or is, something else. */
static void a_saved_folder_is_replaced_and_what_is_not_ours_is_not(void **state)
{
    const char *pairs = "tests/data/heads/similar_pairs/texts.tsv";
    char *output = strdup(scratch_path(state, "o"));
    assert_done(train_golden("similar_pairs", pairs, NULL, output, NULL));
    assert_done(train_golden("similar_pairs", pairs, NULL, output, NULL));

    scratch_text(state, "o/1_Pooling/thesis.txt", "mine");
    assert_failed(train_golden("similar_pairs", pairs, NULL, output, NULL), BERT_ARGUMENT,
                  "holds '1_Pooling', which no run has made");
    assert_int_equal(access(scratch_path(state, "o/1_Pooling/thesis.txt"), R_OK), 0);

    assert_int_equal(rename(scratch_path(state, "o/1_Pooling"), scratch_path(state, "kept")), 0);
    assert_int_equal(unlink(scratch_path(state, "kept/thesis.txt")), 0);
    assert_int_equal(symlink("../kept", scratch_path(state, "o/1_Pooling")), 0);
    assert_failed(train_golden("similar_pairs", pairs, NULL, output, NULL), BERT_ARGUMENT,
                  "holds '1_Pooling', which no run has made");
    assert_int_equal(access(scratch_path(state, "kept/config.json"), R_OK), 0);
    free(output);
}

static void scores_must_be_numbers(void **state)
{
    const char *path = scratch_text(state, "a.tsv",
                                    "sentence1\tsentence2\tscore\n"
                                    "a\tb\t1\n"
                                    "a\tb\tgood\n");
    assert_failed(train_golden("similar_score", path, NULL, scratch_path(state, "o"), NULL),
                  BERT_DATA, "a.tsv:3: the score 'good' is not a number such as 3.75");
}

/* ---- partners */

static double metric(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void assert_near(double have, double want)
{
    if (!(fabs(have - want) < 1e-6)) fail_msg("wanted %.9g, got %.9g", want, have);
}

/* Vectors of two numbers, written as angles. The partner of the first row is the nearest; that of
 * the second has the three others before it; a third and fourth share theirs, which stands there
 * twice, and each counts the copy as nearer. */
static void partners_are_ranked_among_all(void **state)
{
    (void)state;
    static const double angles[][2] = { { 0.0, 0.1 }, { 0.2, 1.5 }, { 1.0, 0.7 }, { 1.05, 0.7 } };
    config c = { .hidden = 2 };
    similar_targets t = { .scored = false };
    examples e = { .config = &c, .features.group = 2, .targets = &t };
    void *m;
    json_t *o = json_object();
    assert_done(similar_metrics.open(&e, &m));
    for (size_t i = 0; i < 4; i++) {
        float row[4];
        for (size_t k = 0; k < 4; k++)
            row[k] = (float)(k % 2 ? sin(angles[i][k / 2]) : cos(angles[i][k / 2]));
        assert_done(similar_metrics.add(m, &e, i, row));
    }
    assert_done(similar_metrics.put(m, &e, o));
    assert_near(metric(o, "eval_mrr"), (1.0 + 0.25 + 0.5 + 0.5) / 4.0);
    assert_near(metric(o, "eval_recall_at_1"), 0.25);
    assert_near(metric(o, "eval_recall_at_5"), 1.0);
    assert_int_equal(json_integer_value(json_object_get(o, "eval_candidates")), 4);
    assert_near(similar_metrics.score(m), metric(o, "eval_mrr"));
    json_decref(o);
    similar_metrics.free(m);
}

/* A row of 101 texts has 100 candidates. */
static void examples_after_the_most_are_left_out(void **state)
{
    (void)state;
    config c = { .hidden = 1 };
    similar_targets t = { .scored = false };
    examples e = { .config = &c, .features.group = 101, .targets = &t };
    const float row[101] = { 1.0f, 1.0f };
    void *m;
    json_t *o = json_object();
    assert_done(similar_metrics.open(&e, &m));
    for (size_t i = 0; i < 103; i++) assert_done(similar_metrics.add(m, &e, i, row));
    assert_done(similar_metrics.put(m, &e, o));
    assert_int_equal(json_integer_value(json_object_get(o, "eval_candidates")), SIMILAR_CANDIDATES);
    json_decref(o);
    similar_metrics.free(m);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(pairs_scores_and_triples_are_found_by_their_columns),
        CASE(a_named_text_has_its_partner_found),
        CASE(rows_that_cannot_be_compared_are_refused),
        CASE(cosines_of_means_are_those_of_pytorch),
        CASE(cosines_of_first_tokens_are_those_of_pytorch),
        CASE(cosines_of_pairs_are_those_of_pytorch),
        CASE(cosines_of_triples_are_those_of_pytorch),
        CASE(a_single_text_is_sent_to_embed),
        CASE(folders_with_other_modules_or_poolings_are_refused),
        CASE(a_folders_own_vectors_are_cut_and_divided_as_it_says),
        CASE(a_length_that_is_none_is_refused_and_one_above_the_positions_cut),
        CASE(the_pooling_is_kept_in_the_folder_and_taken_up_again),
        CASE(a_saved_folder_is_replaced_and_what_is_not_ours_is_not),
        CASE(scores_must_be_numbers),
        CASE(partners_are_ranked_among_all),
        CASE(examples_after_the_most_are_left_out),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
