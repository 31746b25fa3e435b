/* test_tag.c: words as tokens and back: what is asked of which token, windows, answers, metrics. */
#include "tasks/tag.h"

#include "data/dataset.h"
#include "scratch.h"
#include "task/examples.h"
#include "tasks/tasks.h"
#include "tensors/tensors.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char folder[] = "tests/data/heads/tag";

/* A model folder's configuration and tokenizer, data, and the examples made of them. */
typedef struct opened {
    config config;
    tokenizer *tokenizer;
    dataset data;
    bert_task_options options;
    examples e;
    char warnings[1024];
} opened;

static void listen(void *context, const bert_event *event)
{
    opened *o = context;
    if (event->kind == BERT_EVENT_WARNING)
        snprintf(o->warnings, sizeof o->warnings, "%s", event->text);
}

static void tag_open(opened *o, const char *path, size_t max_length, size_t stride)
{
    *o = (opened){ .options = bert_task_options_default() };
    o->options.windows = stride > 0;
    o->options.stride = stride;
    assert_done(config_read(folder, &o->config));
    assert_done(tokenizer_open(folder, &o->tokenizer));
    assert_done(dataset_open(&path, 1, &(dataset_request){ .form = FORM_FOUND }, &o->data));
    assert_int_equal(o->data.form, FORM_WORDS);
    examples given = { .task = &task_tag,
                       .options = &o->options,
                       .config = &o->config,
                       .tokenizer = o->tokenizer,
                       .max_length = max_length,
                       .rows = o->data.rows,
                       .row_count = o->data.count,
                       .labelled = true };
    bert_observer observer = { .tell = listen, .context = o };
    assert_done(examples_open(&given, "some.conll", &observer, &o->e));
}

static void tag_close(opened *o)
{
    examples_release(&o->e);
    dataset_release(&o->data);
    tokenizer_free(o->tokenizer);
    config_release(&o->config);
}

static const tag_targets *targets_of(const opened *o)
{
    return o->e.targets;
}

/* ---- encoding */

static const float *numbers_of(tensor_file *f, const char *name, size_t *count)
{
    const tensor_info *info = tensor_file_find(f, name);
    assert_non_null(info);
    *count = info->count;
    return info->data;
}

static void ids_and_labels_are_the_reference_s(void **state)
{
    (void)state;
    enum { LENGTH = 24 };
    opened o;
    tensor_file *f;
    tag_open(&o, "tests/data/heads/tag/texts.conll", LENGTH, 0);
    assert_done(tensor_file_open("tests/data/heads/tag/numbers", &f));
    size_t tokens, labels, starts;
    const float *ids = numbers_of(f, "texts.ids", &tokens),
                *asked = numbers_of(f, "texts.labels", &labels),
                *start = numbers_of(f, "texts.starts", &starts);
    assert_int_equal(o.e.features.count + 1, starts);
    for (size_t i = 0; i < starts; i++) assert_int_equal(o.e.features.starts[i], (size_t)start[i]);
    for (size_t i = 0; i < tokens; i++) {
        assert_int_equal(o.e.features.ids[i], (int)ids[i]);
        assert_int_equal(targets_of(&o)->labels[i], asked[i] < 0.0f ? -1 : (int)asked[i]);
    }
    assert_int_equal(o.e.truncated, 1);
    tensor_file_free(f);
    tag_close(&o);
}

/* Windows of every size that is hard: words longer than one, strides of nearly all of it. */
static void windows_answer_every_word_once_and_ask_it_in_each(void **state)
{
    const char *path =
        scratch_text(state, "w.conll",
                     "the\tO\nunwatchableness\tB-a\nof\tO\nfilms\tO\nunwatchableness"
                     "unwatchableness\tB-b\nand\tO\nactor\tB-a\nmusic\tI-a\nsad\tO\n");
    for (size_t length = 5; length < 24; length++)
        for (size_t stride = 1; stride < length - 2; stride++) {
            opened o;
            size_t answers[9] = { 0 }, asked = 0;
            tag_open(&o, path, length, stride);
            const tag_targets *t = targets_of(&o);
            for (size_t i = 0; i < o.e.features.starts[o.e.features.count]; i++) {
                asked += t->labels[i] != TAG_NOT_ASKED;
                if (t->items[i] == NO_ITEM) continue;
                assert_in_range(t->items[i], 0, 8);
                assert_true(t->labels[i] != TAG_NOT_ASKED);
                answers[t->items[i]]++;
            }
            for (size_t i = 0; i < 9; i++) assert_int_equal(answers[i], 1);
            assert_true(asked >= 9);
            assert_true(o.e.features.longest <= length);
            assert_int_equal(o.e.truncated, 0);
            tag_close(&o);
        }
}

static void a_word_is_answered_where_it_has_most_context(void **state)
{
    /* [the of and the] [and the films sad]: a stride of two tokens, four tokens a window */
    const char *path =
        scratch_text(state, "c.conll", "the\tO\nof\tO\nand\tO\nthe\tO\nof\tO\nand\tB-a\n");
    opened o;
    tag_open(&o, path, 6, 2);
    assert_int_equal(o.e.features.count, 2);
    static const uint32_t wanted[12] = { NO_ITEM, 0,       1, 2, NO_ITEM, NO_ITEM,
                                         NO_ITEM, NO_ITEM, 3, 4, 5,       NO_ITEM };
    for (size_t i = 0; i < 12; i++) assert_int_equal(targets_of(&o)->items[i], wanted[i]);
    tag_close(&o);
}

static void tags_that_training_lacks_are_told_and_not_asked(void **state)
{
    opened o;
    const char *path = scratch_text(state, "u.conll", "the\tB-x\nof\tO\n\nthe\tB-x\nof\tI-x\n");
    tag_open(&o, path, 24, 0);
    assert_string_equal(o.warnings, "3 words of some.conll have 2 tags that training lacks "
                                    "(B-x, I-x); they are scored as wrong");
    assert_int_equal(targets_of(&o)->labels[1], TAG_NOT_ASKED);
    assert_int_equal(targets_of(&o)->labels[2], 4);
    assert_true(task_tag.loss->weigh(&o.e, (const uint32_t[]){ 0, 1 }, 2, 0, 0) == 1.0);
    tag_close(&o);
}

/* ---- data */

static bert_status data_open(const char *path, dataset *d)
{
    return dataset_open(&path, 1, &(dataset_request){ .form = FORM_WORDS }, d);
}

static void lists_in_a_table_are_words_and_tags(void **state)
{
    dataset d;
    assert_done(data_open(scratch_text(state, "l.jsonl",
                                       "{\"words\":[\"a\",\"b\"],\"ner_tags\":[0,3]}\n"
                                       "{\"words\":[],\"ner_tags\":[]}\n"),
                          &d));
    assert_int_equal(d.count, 2);
    assert_int_equal(d.rows[0].item_count, 2);
    assert_true(slice_equal(d.rows[0].items[1], slice_of("b")));
    assert_true(slice_equal(d.rows[0].tags[1], slice_of("3")));
    assert_int_equal(d.rows[1].line, 2);
    assert_int_equal(d.rows[1].item_count, 0);
    assert_non_null(d.rows[1].items);
    dataset_release(&d);
}

static void what_is_wrong_with_words_and_tags_is_told_with_its_line(void **state)
{
    static const struct {
        const char *name, *text, *words;
    } cases[] = {
        { "n.jsonl", "{\"tokens\":[\"a\"],\"tags\":[\"O\"]}\n{\"tokens\":[\"a\"],\"tags\":[]}\n",
          "n.jsonl:2: 'tokens' has 1 elements and 'tags' 0" },
        { "e.jsonl", "{\"tokens\":[\"a\"],\"tags\":[\"\"]}\n",
          "e.jsonl:1: element 1 of 'tags' is" },
        { "w.jsonl", "{\"text\":\"a\",\"tags\":[\"O\"]}\n", "list of words? Name it (text)" },
        { "t.jsonl", "{\"tokens\":[\"a\"]}\n", "list of tags? Name it (label)" },
        { "t.conll", "a\n", "t.conll:1: the word has no tag" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dataset d = { 0 };
        assert_failed(data_open(scratch_text(state, cases[i].name, cases[i].text), &d), BERT_DATA,
                      cases[i].words);
    }
}

static void labels_are_ordered_by_their_bytes(void **state)
{
    dataset d;
    label_names labels;
    bert_observer nobody = { .tell = NULL };
    const bert_task_options usual = bert_task_options_default();
    assert_done(
        data_open(scratch_text(state, "o.conll", "a\tb\nb\tI-a\nc\tB-é\nd\tB-a\ne\tb\n"), &d));
    assert_done(task_tag.labels->find(&d, &usual, &nobody, &labels));
    static const char *const wanted[] = { "B-a", "B-é", "I-a", "b" };
    assert_int_equal(labels.count, 4);
    for (size_t i = 0; i < 4; i++) assert_string_equal(labels.names[i], wanted[i]);
    label_names_release(&labels);
    dataset_release(&d);
    assert_done(data_open(scratch_text(state, "o.conll", "a\tO\nb\tO\n"), &d));
    assert_failed(task_tag.labels->find(&d, &usual, &nobody, &labels), BERT_DATA,
                  "have the tag 'O'");
    dataset_release(&d);
}

/* ---- metrics */

/* Metrics of a file whose words are answered with these labels, a negative one not at all. */
static json_t *measured(opened *o, const int *answers)
{
    void *metrics;
    size_t at = 0;
    json_t *object = json_object();
    assert_done(tag_metrics.open(&o->e, &metrics));
    for (size_t row = 0; row < o->e.row_count; row++) {
        float logits[8 * 5] = { 0 };
        bool read[8];
        tag_answer a = { logits, read, o->data.rows[row].item_count };
        for (size_t i = 0; i < a.items; i++, at++) {
            read[i] = answers[at] >= 0;
            if (read[i]) logits[i * 5 + (size_t)answers[at]] = 3.0f;
        }
        assert_done(tag_metrics.add(metrics, &o->e, row, &a));
    }
    assert_done(tag_metrics.put(metrics, &o->e, object));
    assert_true(tag_metrics.score(metrics) ==
                json_real_value(json_object_get(
                    object, targets_of(o)->has_entities ? "eval_f1" : "eval_accuracy")));
    tag_metrics.free(metrics);
    return object;
}

static void assert_number(const json_t *object, const char *name, double wanted)
{
    double have = json_number_value(json_object_get(object, name));
    if (!(fabs(have - wanted) < 1e-12)) fail_msg("%s is %.9g, wanted %.9g", name, have, wanted);
}

static void entities_are_counted_and_words_without_a_token_are_outside(void **state)
{
    opened o;
    tag_open(&o, scratch_text(state, "m.conll", "the\tB-a\nof\tI-a\nand\tO\n\nthe\tB-b\nof\tB-x\n"),
             24, 0);
    enum { B_A, B_B, I_A, I_B, OUT };
    json_t *m = measured(&o, (const int[]){ B_A, I_A, B_B, -1, OUT });
    assert_number(m, "eval_precision", 1.0 / 2);
    assert_number(m, "eval_recall", 1.0 / 3);
    assert_number(m, "eval_f1", 0.4);
    assert_number(m, "eval_accuracy", 2.0 / 5);
    assert_number(json_object_get(json_object_get(m, "per_type"), "b"), "support", 1.0);
    json_decref(m);
    tag_close(&o);
}

static void other_tags_are_counted_as_classes(void **state)
{
    opened o;
    tag_open(&o, scratch_text(state, "p.conll", "the\tB-a\nof\tI-a\nand\tX\n\nthe\tI-a\n"), 24, 0);
    ((tag_targets *)o.e.targets)->has_entities = false;
    ((tag_targets *)o.e.targets)->without_token = slice_of("_");
    json_t *m = measured(&o, (const int[]){ 0, 2, 2, -1 });
    /* sklearn: f1_score(["B-a","I-a","X","I-a"], ["B-a","I-a","I-a","_"], macro over 3 tags) */
    assert_number(m, "eval_accuracy", 0.5);
    assert_number(m, "eval_macro_f1", (1.0 + 0.5 + 0.0) / 3);
    assert_int_equal(json_array_size(json_object_get(m, "labels")), 7);
    json_decref(m);
    tag_close(&o);
}

/* ---- answers */

static void assert_entities(const json_t *have, const json_t *want, const char *text)
{
    if (json_array_size(have) != json_array_size(want))
        fail_msg("%zu entities in '%s', wanted %zu", json_array_size(have), text,
                 json_array_size(want));
    for (size_t i = 0; i < json_array_size(want); i++) {
        json_t *mine = json_array_get(have, i);
        const char *name;
        json_t *value;
        json_object_foreach(json_array_get(want, i), name, value)
        {
            if (strcmp(name, "score") != 0 && !json_equal(json_object_get(mine, name), value))
                fail_msg("'%s', entity %zu: %s differs", text, i + 1, name);
        }
        assert_true(fabs(json_number_value(json_object_get(mine, "score")) -
                         json_number_value(json_object_get(json_array_get(want, i), "score"))) <
                    1e-5);
        assert_int_equal(json_object_size(mine), json_object_size(json_array_get(want, i)) + 2);
    }
}

/* tests/data/tagging.json: see tools/check/tagging.py golden. */
static void entities_of_texts_are_the_pipeline_s(void **state)
{
    (void)state;
    static const char *const ways[] = { "none", "simple", "first", "average", "max" };
    json_t *cases = json_load_file("tests/data/tagging.json", 0, NULL);
    bert_model *model;
    assert_true(json_array_size(cases) > 3);
    assert_done(bert_model_open(folder, &model));
    for (size_t way = 0; way < 5; way++) {
        bert_session_options options = bert_session_options_default();
        bert_session *session;
        bert_task_options own = bert_task_options_default();
        options.task_options = &own;
        own.aggregate = ways[way];
        assert_done(bert_session_new(model, &options, &session));
        for (size_t i = 0; i < json_array_size(cases); i++) {
            const char *text = json_string_value(json_object_get(json_array_get(cases, i), "text"));
            bert_input input = { .text = { text, strlen(text) } };
            char *line;
            assert_done(bert_answers(session, &input, 1, &line));
            json_t *answer = json_loads(line, 0, NULL);
            assert_entities(json_object_get(answer, "entities"),
                            json_object_get(json_array_get(cases, i), ways[way]), text);
            json_decref(answer);
            bert_free(line);
        }
        bert_session_free(session);
    }
    bert_model_free(model);
    json_decref(cases);
}

static char *answered(const char *aggregate, bool windows, const bert_input *input)
{
    bert_model *model;
    bert_session *session;
    bert_session_options options = bert_session_options_default();
    options.max_length = 8;
    bert_task_options own = bert_task_options_default();
    options.task_options = &own;
    own.aggregate = aggregate;
    own.windows = windows;
    char *line = NULL;
    assert_done(bert_model_open(folder, &model));
    assert_done(bert_session_new(model, &options, &session));
    if (bert_answers(session, input, 1, &line) != BERT_OK) line = NULL;
    bert_session_free(session);
    bert_model_free(model);
    return line;
}

static void windows_answer_words_that_truncation_loses(void **state)
{
    (void)state;
    bert_text words[12];
    for (size_t i = 0; i < 12; i++) words[i] = (bert_text){ i % 2 ? "the" : "of", 3 - (i + 1) % 2 };
    bert_input input = { .items = words, .item_count = 12 };
    for (int windows = 0; windows < 2; windows++) {
        char *line = answered("simple", windows, &input);
        json_t *answer = json_loads(line, 0, NULL);
        const json_t *tags = json_object_get(answer, "tags");
        const json_t *scores = json_object_get(answer, "scores");
        assert_int_equal(json_array_size(tags), 12);
        for (size_t i = 0; i < 12; i++)
            assert_int_equal(json_number_value(json_array_get(scores, i)) > 0.0, windows || i < 6);
        if (!windows) assert_string_equal(json_string_value(json_array_get(tags, 11)), "O");
        json_decref(answer);
        bert_free(line);
    }
}

static void an_unknown_aggregation_is_refused(void **state)
{
    (void)state;
    bert_model *model;
    bert_session *session;
    bert_session_options options = bert_session_options_default();
    bert_task_options own = bert_task_options_default();
    options.task_options = &own;
    own.aggregate = "most";
    assert_done(bert_model_open(folder, &model));
    assert_failed(bert_session_new(model, &options, &session), BERT_ARGUMENT,
                  "aggregate is 'most'; it must be one of none|simple|first|average|max");
    bert_model_free(model);
}

int main(void)
{
#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_labels_are_the_reference_s),
        SCRATCH(windows_answer_every_word_once_and_ask_it_in_each),
        SCRATCH(a_word_is_answered_where_it_has_most_context),
        SCRATCH(tags_that_training_lacks_are_told_and_not_asked),
        SCRATCH(lists_in_a_table_are_words_and_tags),
        SCRATCH(what_is_wrong_with_words_and_tags_is_told_with_its_line),
        SCRATCH(labels_are_ordered_by_their_bytes),
        SCRATCH(entities_are_counted_and_words_without_a_token_are_outside),
        SCRATCH(other_tags_are_counted_as_classes),
        cmocka_unit_test(entities_of_texts_are_the_pipeline_s),
        cmocka_unit_test(windows_answer_words_that_truncation_loses),
        cmocka_unit_test(an_unknown_aggregation_is_refused),
    };
#undef SCRATCH
    return cmocka_run_group_tests(tests, NULL, NULL);
}
