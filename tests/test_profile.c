/* test_profile.c: what a profile counts, and that it changes nothing. */
#include "bert.h"
#include "compute/profile.h"
#include "scratch.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char model[] = "tests/data/golden/gelu", *const texts =
                                                          "tests/data/golden/gelu/texts.tsv";

/* ---- a pass of a few operations */

static void operations_run(compute *on)
{
    float x[6] = { 1, 2, 3, 4, 5, 6 }, w[12] = { 0 }, b[4] = { 0 }, y[8], dw[12] = { 0 };
    double loss = 0.0;
    linear_shape s = { .rows = 2, .in = 3, .out = 4 };
    dropout off = { .rate = 0.0f };
    embedding_shape words = { .tokens = 2, .width = 3, .ids = (int32_t[]){ 0, 0 }, .pad = -1 };
    on->embedding_forward(on, &words, w, NULL, NULL, y);
    on->dropout_apply(on, 2, 3, &off, x, x);
    on->linear_forward(on, &s, x, w, NULL, b, y);
    on->dropout_apply(on, 2, 4, &off, y, y);
    on->cross_entropy(on, 2, 4, y, (int32_t[]){ 1, 2 }, NULL, 1.0f, y, &loss);
    on->dropout_apply(on, 2, 4, &off, y, y);
    on->linear_backward_weight(on, &s, y, x, true, dw, NULL, NULL);
    on->linear_forward(on, &s, x, w, NULL, b, y); /* again */
}

static const profile_row *row_named(const profile_summary *s, const char *phase, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->rows[i].operation, name) == 0 && strcmp(s->rows[i].phase, phase) == 0)
            return &s->rows[i];
    return NULL;
}

static void device_open(profile **out)
{
    compute *inner;
    assert_done(compute_cpu_open(1, &inner));
    assert_done(profile_open(inner, out));
    assert_done(profile_compute(*out)->reserve(
        profile_compute(*out), &(compute_limits){ .rows = 2, .width = 4, .keys = 1 }));
}

static void calls_are_counted_with_their_products_and_bytes(void **state)
{
    (void)state;
    profile *p;
    profile_summary s;
    device_open(&p);
    profile_begin(p);
    operations_run(profile_compute(p));
    operations_run(profile_compute(p));
    profile_end(p, 1.0);
    profile_summarize(p, &s);

    const profile_row *row = row_named(&s, "forward", "linear_forward");
    assert_non_null(row);
    assert_int_equal(row->calls, 2);
    assert_true(row->products == 2 * (2.0 * 2 * 3 * 4));
    assert_true(row->bytes == 2 * 4.0 * (2 * 3 + 4 * 3 + 2 * 4 + 4));
    row = row_named(&s, "backward", "linear_forward");
    assert_non_null(row);
    assert_int_equal(row->calls, 2);
    row = row_named(&s, "backward", "linear_backward_weight");
    assert_non_null(row);
    assert_true(row->bytes == 2 * 4.0 * (2 * 4 + 2 * 3 + 2 * (4 * 3)));
    assert_non_null(row_named(&s, "loss", "cross_entropy"));
    compute_free(profile_compute(p));
}

static void what_follows_the_loss_is_backward(void **state)
{
    (void)state;
    profile *p;
    profile_summary s;
    device_open(&p);
    profile_begin(p);
    operations_run(profile_compute(p));
    profile_end(p, 1.0);
    profile_summarize(p, &s);
    const profile_row *forward = row_named(&s, "forward", "dropout_apply");
    const profile_row *backward = row_named(&s, "backward", "dropout_apply");
    assert_true(forward && backward);
    assert_int_equal(forward->calls, 2);
    assert_int_equal(backward->calls, 1);
    compute_free(profile_compute(p));
}

static void only_steps_count_and_the_first_only_where_it_is_alone(void **state)
{
    (void)state;
    profile *p;
    profile_summary s;
    device_open(&p);
    operations_run(profile_compute(p));
    profile_summarize(p, &s);
    assert_int_equal(s.count, 0);
    for (size_t steps = 1; steps <= 4; steps++) {
        profile_begin(p);
        operations_run(profile_compute(p));
        profile_end(p, 2.0);
        operations_run(profile_compute(p));
        profile_summarize(p, &s);
        size_t counted = steps == 1 ? 1 : steps - 1;
        assert_int_equal(s.steps, counted);
        assert_true(s.seconds == 2.0 * (double)counted);
        assert_int_equal(row_named(&s, "forward", "linear_forward")->calls, counted);
    }
    compute_free(profile_compute(p));
}

/* ---- a run */

typedef struct heard {
    json_t *profile;
    size_t profiles;
    double seconds; /* of the steps after the first */
} heard;

static void listen(void *context, const bert_event *event)
{
    heard *h = context;
    if (event->kind == BERT_EVENT_STEP && event->step > 1) h->seconds += event->seconds;
    if (event->kind != BERT_EVENT_PROFILE) return;
    h->profile = json_loads(event->text, 0, NULL);
    h->profiles++;
}

static heard train_profiled(void **state, const char *output, const char *dev, bool profiled)
{
    heard h = { 0 };
    bert_train_options o = bert_train_options_default();
    o.model = model;
    o.train = &texts;
    o.train_count = 1;
    o.dev = dev;
    o.output = scratch_path(state, output);
    o.epochs = 2;
    o.batch_size = 4;
    o.max_length = 32;
    o.dropout = 0.1;
    o.threads = 1;
    o.profile = profiled;
    bert_observer observer = bert_observer_default();
    observer.tell = listen;
    observer.context = &h;
    o.observer = &observer;
    assert_done(bert_train(&o));
    return h;
}

static void a_profile_changes_no_bit(void **state)
{
    heard with = train_profiled(state, "with", NULL, true);
    heard without = train_profiled(state, "without", NULL, false);
    assert_int_equal(with.profiles, 1);
    assert_int_equal(without.profiles, 0);
    static const char *const names[] = { "model.safetensors", "train_log.jsonl" };
    for (size_t i = 0; i < 2; i++) {
        char path[64];
        size_t counts[2];
        snprintf(path, sizeof path, "with/%s", names[i]);
        char *a = file_text(scratch_path(state, path), &counts[0]);
        snprintf(path, sizeof path, "without/%s", names[i]);
        char *b = file_text(scratch_path(state, path), &counts[1]);
        assert_int_equal(counts[0], counts[1]);
        assert_memory_equal(a, b, counts[0]);
        free(a);
        free(b);
    }
    json_decref(with.profile);
}

static void the_operations_fit_into_the_steps(void **state)
{
    heard h = train_profiled(state, "o", texts, true);
    double seconds = json_number_value(json_object_get(h.profile, "seconds")), sum = 0.0;
    size_t index;
    json_t *row, *rows = json_object_get(h.profile, "operations");
    json_array_foreach(rows, index, row) sum += json_number_value(json_object_get(row, "seconds"));
    assert_true(json_array_size(rows) > 10);
    assert_true(sum > 0.0);
    assert_true(sum <= seconds);
    assert_float_equal(seconds, h.seconds, 1e-9);
    json_decref(h.profile);
}

/* Of the passes. What the update does depends on evaluations: after one, no row of the word table
 * is behind. */
static double calls_of(const heard *h)
{
    size_t index;
    json_t *row;
    double calls = 0.0;
    json_array_foreach(json_object_get(h->profile, "operations"), index, row)
    {
        bool update = strcmp(json_string_value(json_object_get(row, "phase")), "update") == 0;
        if (!update) calls += json_number_value(json_object_get(row, "calls"));
    }
    return calls;
}

static void evaluations_are_not_counted(void **state)
{
    heard with = train_profiled(state, "with", texts, true);
    heard without = train_profiled(state, "without", NULL, true);
    assert_true(calls_of(&with) == calls_of(&without));
    json_decref(with.profile);
    json_decref(without.profile);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(calls_are_counted_with_their_products_and_bytes),
        CASE(what_follows_the_loss_is_backward),
        CASE(only_steps_count_and_the_first_only_where_it_is_alone),
        CASE(a_profile_changes_no_bit),
        CASE(the_operations_fit_into_the_steps),
        CASE(evaluations_are_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
