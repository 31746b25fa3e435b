/* test_hostile_state.c: what lies in an output folder is nobody's word. One who means harm has put
 * it there with its digests right: each member of a checkpoint's state, of run.json and of
 * eval_results.json is replaced by values of all kinds, and the run is to go on from that. It ends,
 * or it is refused with a sentence that names the file; nothing appears outside of the folder.
 *
 * `make test` takes some of the replacements, BERT_TORTURE=1 every one. */
#include "toy.h"

#include "base/file.h"
#include "json/json.h"
#include "run/checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What stands in a member's place; NULL: nothing does. */
static const char *const hostile[] = {
    NULL,    "null", "true",     "-1", "0",    "1",  "4611686018427387904", "-9223372036854775808",
    "1e300", "\"\"", "\"../x\"", "[]", "[[]]", "{}", "{\"a\":1}",           "{\"../escaped\":{}}",
};
enum { HOSTILE = sizeof hostile / sizeof *hostile, TRIAL_SECONDS = 60 };

/* ---- members */

/* The members of a value, their members included. */
static size_t members_count(const json_t *value)
{
    size_t count = 0, index;
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)value, key, member) count += 1 + members_count(member);
    json_array_foreach(value, index, member) count += 1 + members_count(member);
    return count;
}

/* Puts `other` in the place of member *left, or removes the member where it is NULL. false: there
 * are fewer; *left is less by all there are. */
static bool member_replace(json_t *value, size_t *left, json_t *other)
{
    size_t index;
    const char *key;
    json_t *member;
    void *next;
    json_object_foreach_safe(value, next, key, member)
    {
        if ((*left)-- == 0)
            return (other ? json_object_set(value, key, other) : json_object_del(value, key)) == 0;
        if (member_replace(member, left, other)) return true;
    }
    json_array_foreach(value, index, member)
    {
        if ((*left)-- == 0)
            return (other ? json_array_set(value, index, other)
                          : json_array_remove(value, index)) == 0;
        if (member_replace(member, left, other)) return true;
    }
    return false;
}

/* A copy of `value` with the change of this number; released by the caller. */
static json_t *changed(const json_t *value, size_t number)
{
    json_t *copy = json_deep_copy(value);
    const char *text = hostile[number % HOSTILE];
    json_t *other = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    size_t left = number / HOSTILE;
    assert_true(member_replace(copy, &left, other));
    json_decref(other);
    return copy;
}

/* ---- the run that goes on */

typedef struct victim {
    bert_train_options options;
    const char *train;
    heard heard;
    json_t *value;    /* that is changed */
    const char *path; /* of the file that holds it, which a refusal names */
    size_t done, refused;
} victim;

static void victim_open(void **state, victim *v)
{
    *v = (victim){ .train = toy_data(state, "train.tsv", same_labels) };
    v->options = toy_options(state, &v->train, &v->heard);
    v->options.dev = v->train;
    v->options.keep_best = true;
    v->options.learning_rate = 5e-3; /* all is right after two epochs, and nothing better comes */
}

/* The run goes on from what lies there now. */
static void trial_run(void **state, victim *v, size_t number)
{
    v->heard = (heard){ .observer = v->heard.observer };
    v->options.resume = true;
    alarm(TRIAL_SECONDS); /* a run that does not end is killed */
    bert_status status = bert_train(&v->options);
    alarm(0);
    if (status == BERT_OK) {
        bert_model *model;
        assert_done(bert_model_open(v->options.output, &model));
        bert_model_free(model);
        v->done++;
    } else {
        bool told = (status == BERT_FORMAT || status == BERT_ARGUMENT || status == BERT_SHAPE) &&
                    strstr(bert_error(), v->options.output);
        if (!told) fail_msg("change %zu of %s: %s", number, v->path, bert_error());
        v->refused++;
    }
    assert_int_equal(folder_entries(scratch_folder(state)), 2); /* the data, the output */
}

static size_t stride(void)
{
    enum { SOME = 23 }; /* shares no factor with HOSTILE: all kinds have their turn */
    return torture_wanted() ? 1 : SOME;
}

/* ---- a checkpoint's state */

/* A run that was stopped, and the checkpoint that it has left, which stays in its map alone. */
static void victim_stop(void **state, victim *v, checkpoint *good)
{
    victim_open(state, v);
    v->heard.stop_after = 18; /* within the third epoch: what the state holds will be written */
    assert_done(bert_train(&v->options));
    const char *aside = scratch_path(state, "good.ckpt");
    assert_int_equal(rename(in_folder(state, "out", "checkpoint-18.ckpt"), aside), 0);
    assert_done(checkpoint_open(aside, good));
    assert_int_equal(unlink(aside), 0);
    assert_done(json_parse_object(checkpoint_find(good, "state"), aside, &v->value));
    v->path = in_folder(state, "out.partial", "checkpoint-18.ckpt");
}

/* Nothing but this checkpoint lies there, its part of that name replaced. */
static void victim_put(void **state, const victim *v, const checkpoint *good, const char *name,
                       slice bytes)
{
    checkpoint_part parts[CHECKPOINT_PARTS_MAX];
    for (size_t i = 0; i < good->count; i++) {
        parts[i] = good->parts[i];
        if (strcmp(parts[i].name, name) == 0) parts[i].bytes = bytes;
    }
    assert_done(folder_remove(v->options.output));
    assert_done(folder_remove(scratch_path(state, "out.partial")));
    assert_done(folder_make(scratch_path(state, "out.partial")));
    assert_done(checkpoint_write(NULL, v->path, good->step, parts, good->count));
}

static void victim_put_state(void **state, const victim *v, const checkpoint *good,
                             const json_t *value)
{
    char *text;
    assert_done(json_text(value, &text));
    victim_put(state, v, good, "state", slice_of(text));
    free(text);
}

static void victim_close(victim *v, checkpoint *good)
{
    json_decref(v->value);
    checkpoint_close(good);
}

static void a_state_of_no_run_is_refused(void **state)
{
    static const struct {
        const char *key, *text, *words;
    } cases[] = {
        { "files", "{\"../escaped\":{}}", "would write a file '../escaped'" },
        { "files", "{\"out/escaped\":{}}", "would write a file 'out/escaped'" },
        { "files", "{\"..\":{}}", "would write a file '..'" },
        { "step", "17", "names no place" },
        { "step", "0", "names no place" },
        { "epochs_done", "0", "names no place" },
        { "epochs_done", "3", "names no place" },
        { "epochs_done", "4611686018427387904", "names no place" },
        { "evaluated_step", "19", "names no place" },
        { "stale", "3", "names no place" },
        { "examples_at_once", "7", "micro_batch 7" },
    };
    victim v;
    checkpoint good;
    victim_stop(state, &v, &good);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *other = json_deep_copy(v.value);
        json_object_set_new(other, cases[i].key, json_loads(cases[i].text, JSON_DECODE_ANY, NULL));
        victim_put_state(state, &v, &good, other);
        json_decref(other);
        trial_run(state, &v, i);
        if (v.refused != i + 1 || !strstr(bert_error(), cases[i].words))
            fail_msg("%s %s: %s", cases[i].key, cases[i].text, bert_error());
    }
    assert_string_equal(good.parts[good.count - 1].name, "best");
    good.count--;
    victim_put_state(state, &v, &good, v.value);
    trial_run(state, &v, 0);
    assert_non_null(strstr(bert_error(), "lacks the best epoch's weights"));
    victim_close(&v, &good);
}

/* What was no option of a run's record, or no option at all, was as it is by default. */
static void a_state_of_an_older_version_goes_on(void **state)
{
    static const char *const later[] = { "dev_share", "folds", "seeds", "memory_limit" };
    static const char *const later_of_tasks[] = { "aggregate",      "answers",  "answer_tokens",
                                                  "null_threshold", "fillings", "logits" };
    victim v;
    checkpoint good;
    victim_stop(state, &v, &good);
    json_t *options = json_object_get(v.value, "options");
    json_t *of_tasks = json_object_get(options, "task_options");
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        assert_int_equal(json_object_del(options, later[i]), 0);
    for (size_t i = 0; i < sizeof later_of_tasks / sizeof *later_of_tasks; i++)
        assert_int_equal(json_object_del(of_tasks, later_of_tasks[i]), 0);
    victim_put_state(state, &v, &good, v.value);
    trial_run(state, &v, 0);
    assert_int_equal(v.done, 1);
    assert_non_null(strstr(v.heard.text, "resumed: "));

    assert_int_equal(json_object_del(v.value, "options"), 0);
    victim_put_state(state, &v, &good, v.value);
    trial_run(state, &v, 0);
    assert_int_equal(v.refused, 1);
    assert_non_null(strstr(bert_error(), "does not say which options"));
    victim_close(&v, &good);
}

static void no_state_of_a_checkpoint_does_harm(void **state)
{
    victim v;
    checkpoint good;
    victim_stop(state, &v, &good);
    size_t changes = members_count(v.value) * HOSTILE;
    for (size_t number = 0; number < changes; number += stride()) {
        json_t *other = changed(v.value, number);
        victim_put_state(state, &v, &good, other);
        json_decref(other);
        trial_run(state, &v, number);
    }
    print_message("%zu changes of a state: %zu runs done, %zu refused\n", v.done + v.refused,
                  v.done, v.refused);
    assert_true(v.done > 0 && v.refused > 0);
    victim_close(&v, &good);
}

static void no_part_of_a_checkpoint_does_harm(void **state)
{
#define LINE(number)                                                                               \
    "{\"step\":" number ",\"loss\":" number ",\"learning_rate\":" number ",\"grad_norm\":" number  \
    "}\n"
    static const char *const texts[] = {
        "",
        "{}",
        "\n\n",
        "[1]\n",
        "\xff\xfe\x1b[31m",
        LINE("1e308") LINE("-1e308") LINE("0"),
        LINE("-1"),
        LINE("4611686018427387904"),
        LINE("1e-320") LINE("1e-320"),
        "{\"step\":\"1\"}",
    };
#undef LINE
    victim v;
    checkpoint good;
    victim_stop(state, &v, &good);
    for (size_t part = 0; part < good.count; part++)
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            /* other weights are another model, which whoever opens it judges */
            if (strcmp(good.parts[part].name, "best") == 0 && *texts[i]) continue;
            victim_put(state, &v, &good, good.parts[part].name, slice_of(texts[i]));
            trial_run(state, &v, i);
        }
    print_message("%zu parts replaced: %zu runs done, %zu refused\n", v.done + v.refused, v.done,
                  v.refused);
    victim_close(&v, &good);
}

/* ---- files beside a model */

static void no_file_of_an_ended_run_does_harm(void **state)
{
    static const char *const names[] = { "run.json", "eval_results.json" };
    victim v;
    victim_open(state, &v);
    assert_done(bert_train(&v.options));
    for (size_t i = 0; i < 2; i++) {
        v.path = in_folder(state, "out", names[i]);
        assert_done(json_read_object(v.path, &v.value));
        size_t changes = members_count(v.value) * HOSTILE;
        for (size_t number = 0; number < changes; number += stride()) {
            json_t *other = changed(v.value, number);
            assert_done(json_write(NULL, v.path, other));
            json_decref(other);
            trial_run(state, &v, number);
        }
        assert_done(json_write(NULL, v.path, v.value));
        json_decref(v.value);
    }
    print_message("%zu changes of files: %zu runs done, %zu refused\n", v.done + v.refused, v.done,
                  v.refused);
    assert_true(v.done > 0 && v.refused > 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(a_state_of_no_run_is_refused),       CASE(a_state_of_an_older_version_goes_on),
        CASE(no_state_of_a_checkpoint_does_harm), CASE(no_part_of_a_checkpoint_does_harm),
        CASE(no_file_of_an_ended_run_does_harm),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
