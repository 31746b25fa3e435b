/* test_checkpoint.c: a checkpoint is what was written, or it is refused. */
#include "run/checkpointing.h"
#include "toy.h"

#include "run/checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const checkpoint_part written[] = {
    { "state", { "{\"step\":7}", 10 } },
    { "weights", { "0123456789abcdef", 16 } },
    { "nothing", { "", 0 } },
    { "log", { "a\nb\n", 4 } },
};
enum { PARTS = sizeof written / sizeof *written };

static const char *checkpoint_make(void **state)
{
    const char *path = scratch_path(state, "checkpoint-7.ckpt");
    assert_done(checkpoint_write(NULL, path, 7, written, PARTS));
    return path;
}

static void what_is_read_is_what_was_written(void **state)
{
    checkpoint c;
    assert_done(checkpoint_open(checkpoint_make(state), &c));
    assert_int_equal(c.step, 7);
    assert_int_equal(c.count, PARTS);
    for (size_t i = 0; i < PARTS; i++) {
        slice found = checkpoint_find(&c, written[i].name);
        assert_non_null(found.bytes);
        assert_true(slice_equal(found, written[i].bytes));
        assert_int_equal((size_t)(found.bytes - c.map.bytes) % 64, 0);
    }
    assert_null(checkpoint_find(&c, "other").bytes);
    checkpoint_close(&c);
}

static void its_size_is_known_before_it_is_written(void **state)
{
    size_t sizes[PARTS], count;
    for (size_t i = 0; i < PARTS; i++) sizes[i] = written[i].bytes.count;
    free(file_text(checkpoint_make(state), &count));
    assert_int_equal(count, checkpoint_bytes(sizes, PARTS));
}

/* Bytes between the parts are nobody's: a change of them is not seen and does no harm. */
static bool is_gap(const checkpoint *c, size_t at)
{
    size_t table = 32 + 64 * PARTS + 32;
    if (at < table) return false;
    for (size_t i = 0; i < c->count; i++) {
        size_t begin = (size_t)(c->parts[i].bytes.bytes - c->map.bytes);
        if (at >= begin && at < begin + c->parts[i].bytes.count) return false;
    }
    return true;
}

static void a_change_of_any_byte_is_refused(void **state)
{
    size_t count;
    const char *path = checkpoint_make(state);
    char *bytes = file_text(path, &count);
    checkpoint whole, broken;
    assert_done(checkpoint_open(path, &whole));
    for (size_t at = 0; at < count; at++) {
        bytes[at] ^= 0x20;
        const char *other = scratch_write(state, "other.ckpt", (slice){ bytes, count });
        bytes[at] ^= 0x20;
        bert_status status = checkpoint_open(other, &broken);
        if (status == BERT_OK) checkpoint_close(&broken);
        if ((status == BERT_OK) != is_gap(&whole, at)) fail_msg("byte %zu: status %d", at, status);
    }
    checkpoint_close(&whole);
    free(bytes);
}

static void a_file_that_was_cut_short_or_goes_on_is_refused(void **state)
{
    size_t count;
    char *bytes = file_text(checkpoint_make(state), &count);
    checkpoint c;
    for (size_t length = 0; length < count; length++) {
        const char *path = scratch_write(state, "short.ckpt", (slice){ bytes, length });
        if (checkpoint_open(path, &c) == BERT_OK) fail_msg("%zu of %zu bytes", length, count);
    }
    const char *path = scratch_write(state, "long.ckpt", (slice){ bytes, count + 1 });
    assert_failed(checkpoint_open(path, &c), BERT_FORMAT, "its end is missing");
    free(bytes);
}

static void a_period_is_steps_or_a_time(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t steps;
        double seconds;
    } good[] = { { "500", 500, 0 }, { "90s", 0, 90 },  { "30min", 0, 1800 },
                 { "2h", 0, 7200 }, { "never", 0, 0 }, { NULL, 0, 0 } };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        checkpoint_period period;
        assert_done(checkpoint_period_parse(good[i].text, &period));
        assert_int_equal(period.steps, good[i].steps);
        assert_true(period.seconds == good[i].seconds);
    }
    static const char *const bad[] = {
        "", "0", "-5", "5 min", "min", "1.5h", "99999999999999999999", "0s"
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        checkpoint_period period;
        assert_failed(checkpoint_period_parse(bad[i], &period), BERT_ARGUMENT, "30min or 2h");
    }
}

/* Stops a run at its `at`-th word of progress, which evaluations give. */
typedef struct evaluation_stop {
    size_t heard, at, evaluations;
} evaluation_stop;

static void evaluation_hear(void *context, const bert_event *event)
{
    evaluation_stop *s = context;
    s->heard += event->kind == BERT_EVENT_PROGRESS;
    s->evaluations += event->kind == BERT_EVENT_EVALUATED;
}

static bool evaluation_stops(void *context)
{
    const evaluation_stop *s = context;
    return s->at && s->heard >= s->at;
}

static void a_run_stopped_within_an_evaluation_goes_on_with_it(void **state)
{
    heard h = { 0 };
    evaluation_stop whole = { 0 };
    const char *train = toy_data(state, "train.tsv", same_labels);
    bert_train_options o = toy_options(state, &train, &h);
    o.dev = train;
    o.keep_best = true;
    bert_observer observer = bert_observer_default();
    observer.tell = evaluation_hear;
    observer.stop = evaluation_stops;
    observer.context = &whole;
    o.observer = &observer;
    assert_done(bert_train(&o));
    size_t each = whole.heard / whole.evaluations;
    assert_true(each >= 3); /* else nothing can be within one */

    evaluation_stop within = { .at = 2 * each + 2 }; /* the one after epoch 2 */
    o.output = scratch_path(state, "stopped");
    observer.context = &within;
    assert_done(bert_train(&o));
    assert_int_equal(within.evaluations, 2);
    within.at = 0;
    o.resume = true;
    assert_done(bert_train(&o));
    static const char *const same[] = { "model.safetensors", "train_log.jsonl",
                                        "eval_results.json" };
    for (size_t i = 0; i < 3; i++)
        assert_same_file(in_folder(state, "out", same[i]), in_folder(state, "stopped", same[i]));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(what_is_read_is_what_was_written),
        CASE(its_size_is_known_before_it_is_written),
        CASE(a_change_of_any_byte_is_refused),
        CASE(a_file_that_was_cut_short_or_goes_on_is_refused),
        CASE(a_run_stopped_within_an_evaluation_goes_on_with_it),
        cmocka_unit_test(a_period_is_steps_or_a_time),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
