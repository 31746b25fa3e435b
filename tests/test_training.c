/* test_training.c: what a user of bert.h is promised of training, on a tiny model and a few made-up
 * texts. */
#include "bert.h"
#include "tensors/tensors.h"
#include "toy.h"

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

static bool is_there(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static void the_loss_falls_and_the_answers_are_right(void **state)
{
    heard h = { 0 };
    const char *train = toy_data(state, "train.tsv", same_labels);
    bert_train_options o = toy_options(state, &train, &h);
    o.epochs = 12;
    o.learning_rate = 3e-3;
    o.dev = train;
    assert_done(bert_train(&o));
    assert_int_equal(h.steps, 12 * 8);
    assert_int_equal(h.evaluations, 13); /* before training too */
    assert_true(h.last_loss < 0.3 * h.first_loss);

    bert_evaluate_options e = bert_evaluate_options_default();
    e.model = o.output;
    e.data = &train;
    e.data_count = 1;
    char *json;
    assert_done(bert_evaluate(&e, &json));
    json_t *metrics = json_loads(json, 0, NULL);
    assert_true(json_real_value(json_object_get(metrics, "eval_accuracy")) > 0.95);
    assert_int_equal(json_integer_value(json_object_get(metrics, "eval_examples")), 60);
    json_decref(metrics);
    bert_free(json);
}

static void threads_do_not_change_a_byte(void **state)
{
    const char *const outputs[] = { "t1", "t2", "t3", "t7" };
    const size_t teams[] = { 1, 2, 3, 7 };
    const char *train = toy_data(state, "train.tsv", other_labels);
    for (size_t i = 0; i < 4; i++) {
        heard h = { 0 };
        bert_train_options o = toy_options(state, &train, &h);
        o.output = scratch_path(state, outputs[i]);
        o.dropout = 0.2;
        o.threads = teams[i];
        assert_done(bert_train(&o));
        if (i == 0) continue;
        assert_same_file(in_folder(state, outputs[0], "model.safetensors"),
                         in_folder(state, outputs[i], "model.safetensors"));
        assert_same_file(in_folder(state, outputs[0], "train_log.jsonl"),
                         in_folder(state, outputs[i], "train_log.jsonl"));
    }
}

/* What run.json says of the run's memory. */
static size_t memory_told(void **state, const char *output, const char *name)
{
    json_t *record = json_load_file(in_folder(state, output, "run.json"), 0, NULL);
    json_t *number = json_object_get(json_object_get(record, "memory"), name);
    assert_true(json_is_integer(number));
    size_t told = (size_t)json_integer_value(number);
    json_decref(record);
    return told;
}

/* Each limit is a byte below what the run before needed: one more layer is computed again, until
 * all are; then fewer examples at once; then nothing helps. */
static void a_run_that_must_fit_writes_the_same_bytes_as_long_as_it_can(void **state)
{
    const char *train = toy_data(state, "train.tsv", other_labels);
    size_t limit = 1000000000, together = 8, run = 0;
    bert_status status = BERT_OK;
    for (; status == BERT_OK; run++) {
        heard h = { 0 };
        bert_train_options o = toy_options(state, &train, &h);
        const char *output = run ? "less" : "whole";
        o.output = scratch_path(state, output);
        o.overwrite = true;
        o.dropout = 0.2;
        o.dev = train;
        o.max_steps = 3;
        o.memory_limit = limit;
        if ((status = bert_train(&o)) != BERT_OK) break;
        assert_non_null(strstr(h.text, "layers are computed again"));
        together = memory_told(state, output, "examples_at_once");
        limit = memory_told(state, output, "needed") - 1;
        if (run < 3) { /* of three layers the last is always at hand */
            assert_int_equal(together, 8);
            assert_int_equal(memory_told(state, output, "layers_again"), run);
            assert_same_file(in_folder(state, "whole", "model.safetensors"),
                             in_folder(state, output, "model.safetensors"));
            assert_same_file(in_folder(state, "whole", "train_log.jsonl"),
                             in_folder(state, output, "train_log.jsonl"));
        } else {
            assert_true(together < 8);
        }
    }
    assert_true(run > 4);
    assert_failed(status, BERT_ARGUMENT, "give memory_limit");
    assert_int_equal(together, 1);
}

static void evaluations_on_the_way_do_not_change_a_byte(void **state)
{
    const char *const outputs[] = { "with", "without" };
    const char *train = toy_data(state, "train.tsv", same_labels);
    for (size_t i = 0; i < 2; i++) {
        heard h = { 0 };
        bert_train_options o = toy_options(state, &train, &h);
        o.output = scratch_path(state, outputs[i]);
        o.dev = i == 0 ? train : NULL;
        o.weight_decay = 0.1;
        o.dropout = 0.2;
        o.epochs = 4;
        assert_done(bert_train(&o));
        assert_int_equal(h.evaluations, i == 0 ? 5 : 0);
    }
    assert_same_file(in_folder(state, "with", "model.safetensors"),
                     in_folder(state, "without", "model.safetensors"));
    assert_same_file(in_folder(state, "with", "train_log.jsonl"),
                     in_folder(state, "without", "train_log.jsonl"));
}

static void another_seed_gives_other_weights(void **state)
{
    size_t counts[2];
    char *bytes[2];
    const char *train = toy_data(state, "train.tsv", other_labels);
    for (size_t i = 0; i < 2; i++) {
        heard h = { 0 };
        bert_train_options o = toy_options(state, &train, &h);
        o.seed = i;
        o.max_steps = 2;
        o.overwrite = true;
        assert_done(bert_train(&o));
        bytes[i] = file_text(in_folder(state, "out", "model.safetensors"), &counts[i]);
    }
    assert_int_equal(counts[0], counts[1]);
    assert_true(memcmp(bytes[0], bytes[1], counts[0]) != 0);
    free(bytes[0]);
    free(bytes[1]);
}

/* The largest over all tensors of |a - b| / |a|. */
static double folders_distance(const char *a, const char *b)
{
    tensor_file *x, *y;
    double largest = 0.0;
    assert_done(tensor_file_open(a, &x));
    assert_done(tensor_file_open(b, &y));
    assert_int_equal(tensor_file_count(x), tensor_file_count(y));
    for (size_t i = 0; i < tensor_file_count(x); i++) {
        const tensor_info *left = tensor_file_at(x, i), *right = tensor_file_find(y, left->name);
        assert_non_null(right);
        if (strstr(left->name, "key.bias"))
            continue; /* a zero gradient's rounding, made into steps by Adam */
        double error = 0.0, size = 0.0;
        for (size_t k = 0; k < left->count; k++) {
            double have = ((const float *)left->data)[k], other = ((const float *)right->data)[k];
            error += (have - other) * (have - other);
            size += have * have;
        }
        largest = fmax(largest, sqrt(error / size));
    }
    tensor_file_free(x);
    tensor_file_free(y);
    return largest;
}

static void a_split_step_equals_a_whole_one(void **state)
{
    const char *train = toy_data(state, "train.tsv", same_labels), *const outputs[] = { "whole",
                                                                                        "split" };
    for (size_t i = 0; i < 2; i++) {
        heard h = { 0 };
        bert_train_options o = toy_options(state, &train, &h);
        o.output = scratch_path(state, outputs[i]);
        o.dropout = 0.2;
        o.max_steps = 2; /* the second is the first that moves */
        o.micro_batch = i ? 3 : 0;
        assert_done(bert_train(&o));
    }
    double distance = folders_distance(scratch_path(state, "whole"), scratch_path(state, "split"));
    if (!(distance <= 1e-5)) fail_msg("a tensor is %.2e of its norm away", distance);
    assert_true(folders_distance(scratch_path(state, "whole"), toy_model) > 1e-5);
}

static void frozen_layers_do_not_move_and_the_others_do(void **state)
{
    heard h = { 0 };
    const char *train = toy_data(state, "train.tsv", same_labels);
    bert_train_options o = toy_options(state, &train, &h);
    o.freeze = "1";
    assert_done(bert_train(&o));
    tensor_file *before, *after;
    assert_done(tensor_file_open(toy_model, &before));
    assert_done(tensor_file_open(o.output, &after));
    for (size_t i = 0; i < tensor_file_count(before); i++) {
        const tensor_info *old = tensor_file_at(before, i),
                          *new = tensor_file_find(after, old->name);
        bool frozen = strstr(old->name, "embeddings.") || strstr(old->name, "layer.0.");
        bool same = memcmp(old->data, new->data, old->count * sizeof(float)) == 0;
        if (frozen != same) fail_msg("%s is %s", old->name, same ? "as it was" : "changed");
    }
    tensor_file_free(before);
    tensor_file_free(after);
}

static void a_head_is_kept_for_the_same_labels_only(void **state)
{
    heard kept = { 0 }, fresh = { 0 };
    const char *same = toy_data(state, "same.tsv", same_labels),
               *other = toy_data(state, "other.tsv", other_labels);
    bert_train_options o = toy_options(state, &same, &kept);
    o.max_steps = 1;
    assert_done(bert_train(&o));
    assert_non_null(strstr(kept.text, "head: kept"));
    o = toy_options(state, &other, &fresh);
    o.max_steps = 1;
    o.overwrite = true;
    assert_done(bert_train(&o));
    assert_non_null(strstr(fresh.text, "head: drawn fresh"));
}

/* What it takes to tell how much time is left. */
static void hear_the_pace(void *context, const bert_event *event)
{
    size_t *evaluations = context;
    if (event->kind == BERT_EVENT_STEP) {
        assert_int_equal(event->steps, 11);
        assert_int_equal(event->epoch, event->step <= 8 ? 1 : 2);
        assert_int_equal(event->epochs, 2);
        assert_true(event->seconds > 0.0);
    }
    if (event->kind == BERT_EVENT_EVALUATED) {
        assert_int_equal(event->epoch, (*evaluations)++);
        assert_int_equal(event->epochs, 2);
        assert_true(event->seconds > 0.0);
    }
}

static void a_run_tells_the_epochs_that_its_steps_reach_and_the_time_of_each_part(void **state)
{
    heard unused;
    size_t evaluations = 0;
    const char *train = toy_data(state, "train.tsv", same_labels);
    bert_train_options o = toy_options(state, &train, &unused);
    o.dev = train;
    o.max_steps = 11; /* of 8 an epoch, where three epochs would have 24 */
    bert_observer observer = bert_observer_default();
    observer.tell = hear_the_pace;
    observer.context = &evaluations;
    o.observer = &observer;
    assert_done(bert_train(&o));
    assert_int_equal(evaluations, 3);
}

static void a_stopped_run_leaves_a_model_that_loads(void **state)
{
    heard h = { .stop_after = 2 };
    const char *train = toy_data(state, "train.tsv", other_labels);
    bert_train_options o = toy_options(state, &train, &h);
    assert_done(bert_train(&o));
    assert_int_equal(h.steps, 2);
    bert_model *m;
    assert_done(bert_model_open(o.output, &m));
    assert_true(bert_model_get_info(m).has_classifier);
    assert_string_equal(bert_model_label(m, 2), "z");
    bert_model_free(m);
}

static void an_output_that_is_there_is_refused_and_kept(void **state)
{
    heard h = { 0 };
    const char *train = toy_data(state, "train.tsv", other_labels);
    bert_train_options o = toy_options(state, &train, &h);
    o.max_steps = 1;
    assert_done(bert_train(&o));
    assert_failed(bert_train(&o), BERT_ARGUMENT, "overwrite replaces it");
    o.overwrite = true;
    assert_done(bert_train(&o));
    scratch_text(state, "out/diary.txt", "mine");
    assert_failed(bert_train(&o), BERT_ARGUMENT, "diary.txt");
    assert_true(is_there(in_folder(state, "out", "diary.txt")));
    assert_true(is_there(in_folder(state, "out", "model.safetensors")));
    assert_false(is_there(scratch_path(state, "out.partial")));
}

static void a_run_that_fails_leaves_nothing(void **state)
{
    heard h = { 0 };
    const char *train = toy_data(state, "train.tsv", other_labels);
    bert_train_options o = toy_options(state, &train, &h);
    o.learning_rate = 10.0;
    o.warmup = 0.0;
    o.clip = 0.0;
    o.epochs = 1000;
    o.weight_decay = 10.0; /* 1 - 10 * 10 < -1: the weights swing and grow without bound */
    o.schedule = "constant";
    assert_failed(bert_train(&o), BERT_NUMERIC, "not finite");
    assert_false(is_there(o.output));
    assert_false(is_there(scratch_path(state, "out.partial")));
}

static void a_failure_leaves_the_best_epoch_that_was_saved(void **state)
{
    heard h = { 0 };
    const char *train = toy_data(state, "train.tsv", other_labels);
    bert_train_options o = toy_options(state, &train, &h);
    o.dev = train;
    o.keep_best = true;
    o.learning_rate = 10.0;
    o.warmup = 0.0;
    o.clip = 0.0;
    o.epochs = 1000;
    o.weight_decay = 10.0;
    o.schedule = "constant";
    assert_failed(bert_train(&o), BERT_NUMERIC, "the best epoch before it is saved in");
    bert_model *m;
    assert_done(bert_model_open(o.output, &m));
    bert_model_free(m);
}

static void a_run_stopped_before_its_first_step_saves_nothing(void **state)
{
    heard h = { .steps = 1, .stop_after = 1 };
    const char *train = toy_data(state, "train.tsv", other_labels);
    bert_train_options o = toy_options(state, &train, &h);
    assert_failed(bert_train(&o), BERT_ARGUMENT, "before the first step");
    assert_false(is_there(o.output));
}

static void a_label_unseen_in_training_is_named_with_its_line(void **state)
{
    heard h = { 0 };
    const char *train = toy_data(state, "train.tsv", other_labels);
    const char *dev = scratch_text(state, "dev.tsv", "text\tlabel\na film\tx\na film\tworse\n");
    bert_train_options o = toy_options(state, &train, &h);
    o.dev = dev;
    assert_failed(bert_train(&o), BERT_DATA, "dev.tsv:3: the label 'worse'");
    assert_false(is_there(o.output));
}

static void the_labels_decide_the_task_and_it_is_said(void **state)
{
    static const struct {
        const char *rows, *said;
    } cases[] = {
        { "text\tscore\na film\t1.5\na film\t2\n", "task: regress (the label 'score' is a number" },
        { "text\tscore\na film\t1\na film\t2\n", "task: classify" },
        { "text\tscore\na film\t1.5\na film\tn.a.\n", "task: classify" },
        { "text\tlabels\na film\tx\na film\ty,x\n", "task: multilabel (the column 'labels'" },
        { "text\tlabels\na film\t[]\na film\t[\"y\"]\n", "task: multilabel" },
        { "text\tlabels\na film\tx\na film\ty\n", "task: classify" },
        { "text\tlabel\na film\tx\na film\ty,x\n", "task: classify" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        heard h = { 0 };
        const char *train = scratch_text(state, "train.tsv", cases[i].rows);
        bert_train_options o = toy_options(state, &train, &h);
        o.max_steps = 1;
        o.overwrite = true;
        assert_done(bert_train(&o));
        if (!strstr(h.text, cases[i].said)) fail_msg("no '%s' in: %s", cases[i].said, h.text);
    }
}

static void labels_that_tell_nothing_apart_are_refused(void **state)
{
    heard h = { 0 };
    const char *train = scratch_text(state, "train.tsv", "text\tlabel\na film\tx\na plot\tx\n");
    bert_train_options o = toy_options(state, &train, &h);
    assert_failed(bert_train(&o), BERT_DATA, "all 2 examples have the label 'x'");
    train = scratch_text(state, "train.tsv", "text\tlabels\na film\t\na plot\t[]\n");
    o.task = "multilabel";
    assert_failed(bert_train(&o), BERT_DATA, "no example has a label (column 'labels')");
    o.task = NULL;
    train = scratch_text(state, "train.tsv", "text\tlabels\na film\tx\na plot\t\n");
    assert_failed(bert_train(&o), BERT_DATA, "train.tsv:3: the label (column 'labels') is empty");
}

static void imbalance_truncation_and_one_answer_are_said(void **state)
{
    heard h = { 0 };
    char text[4096] = "text\tlabel\n";
    for (size_t i = 0; i < 40; i++)
        strcat(text, i ? "the film was good and long and good and long\tyes\n" : "bad\tno\n");
    const char *train = scratch_text(state, "train.tsv", text);
    bert_train_options o = toy_options(state, &train, &h);
    o.max_length = 6;
    o.dev = train;
    assert_done(bert_train(&o));
    assert_non_null(strstr(
        h.text, "warning: the classes are unbalanced: the largest of 2 has 39 examples (97.5 %)"));
    assert_non_null(strstr(h.text, "39 of 40 texts (97.5 %) are longer than 6 tokens"));
    assert_non_null(strstr(h.text, "warning: the model answers 'yes' for all 40 examples"));
}

static void keep_best_saves_the_epoch_with_the_best_score(void **state)
{
    heard h = { 0 };
    const char *train = toy_data(state, "train.tsv", same_labels);
    bert_train_options o = toy_options(state, &train, &h);
    o.keep_best = true;
    assert_failed(bert_train(&o), BERT_ARGUMENT, "dev data");
    o.dev = train;
    o.epochs = 6;
    o.learning_rate = 3e-3;
    assert_done(bert_train(&o));
    size_t count;
    char *text = file_text(in_folder(state, "out", "eval_results.json"), &count), *again;
    json_t *kept = json_loads(text, 0, NULL);
    free(text);
    bert_evaluate_options e = bert_evaluate_options_default();
    e.model = o.output;
    e.data = &train;
    e.data_count = 1;
    assert_done(bert_evaluate(&e, &again));
    json_t *now = json_loads(again, 0, NULL);
    bert_free(again);
    assert_true(json_equal(json_object_get(kept, "confusion"), json_object_get(now, "confusion")));
    assert_true(fabs(json_real_value(json_object_get(kept, "eval_loss")) -
                     json_real_value(json_object_get(now, "eval_loss"))) < 1e-5);
    json_decref(kept);
    json_decref(now);
}

static void options_out_of_bounds_are_refused(void **state)
{
    heard h = { 0 };
    const char *train = toy_data(state, "train.tsv", other_labels);
    bert_train_options o = toy_options(state, &train, &h);
    o.max_length = 41;
    assert_failed(bert_train(&o), BERT_ARGUMENT, "40 positions");
    o.max_length = 32;
    o.learning_rate = NAN;
    assert_failed(bert_train(&o), BERT_ARGUMENT, "learning_rate is");
    o.learning_rate = 1e-3;
    o.freeze = "4";
    assert_failed(bert_train(&o), BERT_ARGUMENT, "up to 3");
    o.freeze = NULL;
    o.task = "sing";
    assert_failed(bert_train(&o), BERT_ARGUMENT, "classify");
    o.task = NULL;
    o.schedule = "wavy";
    assert_failed(bert_train(&o), BERT_ARGUMENT, "cosine");
    o.schedule = "linear";
    const char *output = o.output;
    o.output = "";
    assert_failed(bert_train(&o), BERT_ARGUMENT, "output is empty: it needs DIR");
    o.output = output;
    assert_false(is_there(o.output));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(the_loss_falls_and_the_answers_are_right),
        CASE(threads_do_not_change_a_byte),
        CASE(a_run_that_must_fit_writes_the_same_bytes_as_long_as_it_can),
        CASE(evaluations_on_the_way_do_not_change_a_byte),
        CASE(another_seed_gives_other_weights),
        CASE(a_split_step_equals_a_whole_one),
        CASE(frozen_layers_do_not_move_and_the_others_do),
        CASE(a_head_is_kept_for_the_same_labels_only),
        CASE(a_run_tells_the_epochs_that_its_steps_reach_and_the_time_of_each_part),
        CASE(a_stopped_run_leaves_a_model_that_loads),
        CASE(an_output_that_is_there_is_refused_and_kept),
        CASE(a_run_that_fails_leaves_nothing),
        CASE(a_failure_leaves_the_best_epoch_that_was_saved),
        CASE(a_run_stopped_before_its_first_step_saves_nothing),
        CASE(a_label_unseen_in_training_is_named_with_its_line),
        CASE(the_labels_decide_the_task_and_it_is_said),
        CASE(labels_that_tell_nothing_apart_are_refused),
        CASE(imbalance_truncation_and_one_answer_are_said),
        CASE(keep_best_saves_the_epoch_with_the_best_score),
        CASE(options_out_of_bounds_are_refused),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
