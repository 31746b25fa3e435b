/* test_threads.c: what bert.h says of threads. A model is shared by sessions that work at once, the
 * first of them packing its weights; trainings and evaluations at once know nothing of each other.
 * `make test SAN=thread` looks for races in it. */
#include "bert.h"
#include "toy.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char model[] = "tests/data/golden/gelu", data[] = "tests/data/golden/gelu/texts.tsv";

enum { CALLERS = 4, TEXTS = 3, WIDTH = 64, TEAM = 2 };

/* What one thread does, and what came of it: cmocka's asserts are for the main thread. */
typedef struct caller {
    const bert_model *model;
    const char *output; /* folder */
    bert_status status;
    char message[256];
    char *lines[TEXTS], *metrics;
    float vectors[TEXTS * WIDTH];
    pthread_t thread;
} caller;

static void *caller_end(caller *c, bert_status status)
{
    c->status = status;
    if (status != BERT_OK) snprintf(c->message, sizeof c->message, "%s", bert_error());
    return NULL;
}

static void *session_use(void *argument)
{
    static const bert_input texts[TEXTS] = { { .text = { "the film was good", 17 } },
                                             { .text = { "a plot", 6 } },
                                             { .text = { "not so bad, and not so long", 27 } } };
    caller *c = argument;
    bert_session *s = NULL;
    bert_session_options options = bert_session_options_default();
    options.threads = TEAM;
    bert_status status = bert_session_new(c->model, &options, &s);
    if (status == BERT_OK) status = bert_answers(s, texts, TEXTS, c->lines);
    if (status == BERT_OK) status = bert_embed(s, texts, TEXTS, BERT_MEAN, true, c->vectors);
    bert_session_free(s);
    return caller_end(c, status);
}

static void *evaluation_run(void *argument)
{
    caller *c = argument;
    const char *file = data;
    bert_evaluate_options options = bert_evaluate_options_default();
    options.model = model;
    options.data = &file;
    options.data_count = 1;
    options.threads = TEAM;
    return caller_end(c, bert_evaluate(&options, &c->metrics));
}

static void *training_run(void *argument)
{
    caller *c = argument;
    const char *file = data;
    bert_train_options options = bert_train_options_default();
    options.model = model;
    options.train = &file;
    options.train_count = 1;
    options.dev = data;
    options.output = c->output;
    options.threads = TEAM;
    options.batch_size = 4;
    options.max_length = 32;
    options.epochs = 2;
    return caller_end(c, bert_train(&options));
}

static void at_once(void *(*work)(void *), caller *callers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_create(&callers[i].thread, NULL, work, &callers[i]), 0);
    for (size_t i = 0; i < count; i++) assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
    for (size_t i = 0; i < count; i++)
        if (callers[i].status != BERT_OK) fail_msg("caller %zu: %s", i, callers[i].message);
}

static void caller_release(caller *c)
{
    for (size_t i = 0; i < TEXTS; i++) bert_free(c->lines[i]);
    bert_free(c->metrics);
}

static void sessions_of_a_model_answer_at_once_as_one_does(void **state)
{
    (void)state;
    bert_model *alone, *shared;
    caller one = { 0 }, callers[CALLERS] = { 0 };
    assert_done(bert_model_open(model, &alone));
    assert_done(bert_model_open(model, &shared));
    one.model = alone;
    at_once(session_use, &one, 1);
    for (size_t i = 0; i < CALLERS; i++) callers[i].model = shared;
    at_once(session_use, callers, CALLERS);
    for (size_t i = 0; i < CALLERS; i++) {
        for (size_t k = 0; k < TEXTS; k++) assert_string_equal(callers[i].lines[k], one.lines[k]);
        assert_memory_equal(callers[i].vectors, one.vectors, sizeof one.vectors);
        caller_release(&callers[i]);
    }
    caller_release(&one);
    bert_model_free(alone);
    bert_model_free(shared);
}

static void evaluations_at_once_measure_what_one_does(void **state)
{
    (void)state;
    caller one = { 0 }, callers[2] = { 0 };
    at_once(evaluation_run, &one, 1);
    at_once(evaluation_run, callers, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(callers[i].metrics, one.metrics);
        caller_release(&callers[i]);
    }
    caller_release(&one);
}

static void trainings_at_once_write_what_one_does(void **state)
{
    caller one = { .output = scratch_path(state, "one") };
    caller callers[2] = { { .output = scratch_path(state, "a") },
                          { .output = scratch_path(state, "b") } };
    at_once(training_run, &one, 1);
    at_once(training_run, callers, 2);
    static const char *const files[] = { "model.safetensors", "train_log.jsonl" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_same_file(in_folder(state, "one", files[i]), in_folder(state, "a", files[i]));
        assert_same_file(in_folder(state, "one", files[i]), in_folder(state, "b", files[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_of_a_model_answer_at_once_as_one_does),
        cmocka_unit_test(evaluations_at_once_measure_what_one_does),
        cmocka_unit_test_setup_teardown(trainings_at_once_write_what_one_does, scratch_open,
                                        scratch_close),
    };
#if defined(__SANITIZE_THREAD__)
    setenv("BERT_ISA", "ref", 1); /* oneDNN's code is not instrumented */
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}
