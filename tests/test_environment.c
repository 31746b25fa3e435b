/* test_environment.c: the program around the library changes none of its bytes: OpenMP regions and
 * settings of its own, its threads, its locale. What the environment's variables do is seen in
 * cli/environment.test. */
#include "bert_program.h"
#include "toy.h"

#include <locale.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEAM = 3, TEXTS = 40, WIDTH = 24 };

/* Batches whose products oneDNN would share out, were it allowed to. */
static const char *data_write(void **state)
{
    enum { ROWS = 64, WORDS = 30 };
    static const char *const words[] = { "the", "film", "was", "good", "bad", "not", "so", "dull" };
    static char text[ROWS * WORDS * 8];
    size_t used = (size_t)sprintf(text, "text\tlabel\n");
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t i = 0; i < WORDS; i++)
            used += (size_t)sprintf(text + used, "%s ", words[(row * 7 + i * i + row * i) % 8]);
        used += (size_t)sprintf(text + used, "\t%s\n", same_labels[row % 3]);
    }
    return scratch_text(state, "data.tsv", text);
}

static bert_status train_into(const char *folder, const char *data, size_t threads)
{
    bert_train_options o = bert_train_options_default();
    o.model = toy_model;
    o.train = &data;
    o.train_count = 1;
    o.dev = data;
    o.output = folder;
    o.epochs = 2;
    o.max_length = 32;
    o.threads = threads;
    return bert_train(&o);
}

static void assert_same_run(void **state, const char *a, const char *b)
{
    static const char *const files[] = { "model.safetensors", "train_log.jsonl", "config.json" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_same_file(in_folder(state, a, files[i]), in_folder(state, b, files[i]));
}

/* What a session says, line by line, and its vectors. */
typedef struct answers {
    char *lines[TEXTS];
    float vectors[TEXTS * WIDTH];
} answers;

static bert_status answers_of(const char *folder, size_t threads, answers *a)
{
    bert_model *model;
    bert_session *s = NULL;
    bert_input texts[TEXTS];
    static const char text[] = "so the film was not bad and the plot was good";
    for (size_t i = 0; i < TEXTS; i++)
        texts[i] = (bert_input){ .text = { text + i % 9, sizeof text - 1 - i % 9 } };
    bert_session_options options = bert_session_options_default();
    options.threads = threads;
    bert_status status = bert_model_open(folder, &model);
    if (status != BERT_OK) return status;
    status = bert_session_new(model, &options, &s);
    if (status == BERT_OK) status = bert_answers(s, texts, TEXTS, a->lines);
    if (status == BERT_OK) status = bert_embed(s, texts, TEXTS, BERT_MEAN, true, a->vectors);
    bert_session_free(s);
    bert_model_free(model);
    return status;
}

static void assert_same_answers(const answers *a, const answers *b)
{
    for (size_t i = 0; i < TEXTS; i++) assert_string_equal(a->lines[i], b->lines[i]);
    assert_memory_equal(a->vectors, b->vectors, sizeof a->vectors);
}

static void answers_release(answers *a)
{
    for (size_t i = 0; i < TEXTS; i++) bert_free(a->lines[i]);
}

static void threads_change_nothing(void **state)
{
    static const size_t threads[] = { 1, 2, 7 };
    static const char *const folders[] = { "one", "two", "seven" };
    answers made[3];
    const char *data = data_write(state);
    for (size_t i = 0; i < 3; i++) {
        assert_done(train_into(scratch_path(state, folders[i]), data, threads[i]));
        assert_done(answers_of(scratch_path(state, folders[i]), threads[i], &made[i]));
        assert_same_run(state, folders[i], "one");
        assert_same_answers(&made[i], &made[0]);
    }
    for (size_t i = 0; i < 3; i++) answers_release(&made[i]);
}

/* Trains and answers in each of so many threads of a region of the program's own. */
static void work_in_a_region(void **state, int region, size_t threads)
{
    answers alone, made[TEAM];
    bert_status status[TEAM] = { BERT_OK };
    char folders[TEAM][256];
    const char *data = data_write(state);
    assert_done(train_into(scratch_path(state, "alone"), data, 1));
    assert_done(answers_of(scratch_path(state, "alone"), 1, &alone));
    for (int i = 0; i < region; i++)
        snprintf(folders[i], sizeof folders[i], "%s/%d", scratch_folder(state), i);
#pragma omp parallel num_threads(region)
    {
        int i = omp_get_thread_num();
        status[i] = train_into(folders[i], data, threads);
        if (status[i] == BERT_OK) status[i] = answers_of(folders[i], threads, &made[i]);
    }
    for (int i = 0; i < region; i++) {
        char name[2] = { (char)('0' + i), '\0' };
        assert_int_equal(status[i], BERT_OK);
        assert_same_run(state, name, "alone");
        assert_same_answers(&made[i], &alone);
        answers_release(&made[i]);
    }
    answers_release(&alone);
}

static void calls_in_a_parallel_region_compute_what_a_call_alone_does(void **state)
{
    omp_set_num_threads(TEAM);
    omp_set_max_active_levels(2);
    work_in_a_region(state, TEAM, 2);
    omp_set_max_active_levels(1);
}

/* Each region has one thread, which does not know that it is in one. */
static void a_program_without_parallel_regions_computes_the_same(void **state)
{
    omp_set_num_threads(TEAM);
    omp_set_max_active_levels(0);
    work_in_a_region(state, 1, 2);
    omp_set_max_active_levels(1);
}

static void settings_of_the_programs_own_are_kept(void **state)
{
    answers made;
    const char *data = data_write(state);
    assert_done(train_into(scratch_path(state, "plain"), data, 2));
    omp_set_num_threads(5);
    omp_set_dynamic(1);
    assert_done(train_into(scratch_path(state, "set"), data, 2));
    assert_done(answers_of(scratch_path(state, "set"), 2, &made));
    answers_release(&made);
    assert_int_equal(omp_get_max_threads(), 5);
    assert_int_equal(omp_get_dynamic(), 1);
    omp_set_dynamic(0);
    assert_same_run(state, "plain", "set");
}

static void threads_out_of_bounds_are_refused(void **state)
{
    const size_t many = 5000;
    const char *wanted = "threads is '5000'; it must be a whole number in [1, 1024]",
               *data = data_write(state);
    answers made;
    bert_memory memory;
    bert_model *model;
    char *json;
    assert_failed(train_into(scratch_path(state, "none"), data, many), BERT_ARGUMENT, wanted);
    assert_int_not_equal(access(scratch_path(state, "none"), F_OK), 0);
    assert_failed(answers_of(toy_model, many, &made), BERT_ARGUMENT, wanted);
    bert_evaluate_options e = bert_evaluate_options_default();
    e.model = toy_model;
    e.data = &data;
    e.data_count = 1;
    e.threads = many;
    assert_failed(bert_evaluate(&e, &json), BERT_ARGUMENT, wanted);
    assert_failed(bert_compare(toy_model, toy_model, &e, &json), BERT_ARGUMENT, wanted);
    bert_train_options o = bert_train_options_default();
    o.threads = many;
    assert_done(bert_model_open(toy_model, &model));
    assert_failed(bert_training_memory(model, &o, sizeof memory, &memory), BERT_ARGUMENT, wanted);
    bert_model_free(model);
}

/* ---- a locale that writes 0,5 for 0.5, and whose small letter of I is not i */

static void note_locale(void *context, const bert_event *event)
{
    char text[8];
    snprintf(text, sizeof text, "%.1f", 0.5);
    if (event->kind == BERT_EVENT_STEP && strcmp(text, "0,5") == 0) ++*(size_t *)context;
}

static bool locale_open(void **state)
{
    char command[512];
    const char *folder = scratch_folder(state);
    snprintf(command, sizeof command, "localedef -i tr_TR -f ISO-8859-9 %s/tr_TR > %s/log 2>&1",
             folder, folder);
    if (system(command) != 0) return false;
    setenv("LOCPATH", folder, 1);
    return setlocale(LC_ALL, "tr_TR") != NULL;
}

static const char *numbers_write(void **state)
{
    return scratch_text(state, "NUMBERS.CSV",
                        "TITLE,SCORE\nthe film was good,4.5\na dull plot,0.25\nso so,2.125\n"
                        "not bad,3.5\nthe worst,0\nfine,3.75\n");
}

/* Parses and prints numbers of every kind: options, labels, JSON, logs, the report. */
static bert_status regress_into(const char *folder, const char *data, size_t *steps)
{
    bert_train_options o = bert_train_options_default();
    o.model = toy_model;
    o.train = &data;
    o.train_count = 1;
    o.dev_share = 0.34;
    bert_columns columns = bert_columns_default();
    columns.text = "TITLE";
    columns.label = "SCORE";
    o.columns = &columns;
    o.task = "regress";
    o.output = folder;
    o.max_length = 32;
    o.epochs = 3;
    o.threads = 2;
    bert_observer observer = bert_observer_default();
    observer.tell = note_locale;
    observer.context = steps;
    o.observer = &observer;
    return bert_train(&o);
}

static void a_programs_locale_changes_no_byte(void **state)
{
    answers plain, made;
    size_t steps = 0;
    const char *numbers = numbers_write(state), *data = data_write(state);
    assert_done(regress_into(scratch_path(state, "plain/r"), numbers, &steps));
    assert_done(train_into(scratch_path(state, "classes"), data, 1));
    assert_done(answers_of(scratch_path(state, "classes"), 1, &plain));
    assert_int_equal(steps, 0);
    if (!locale_open(state)) {
        answers_release(&plain);
        print_message("skipped: localedef cannot make tr_TR (Debian: package locales)\n");
        skip();
    }
    assert_done(regress_into(scratch_path(state, "turkish/r"), numbers, &steps));
    assert_true(steps > 0); /* the observer had its own locale */
    bert_status status = answers_of(scratch_path(state, "classes"), 1, &made);
    char text[8];
    size_t column;
    bert_table *table;
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_done(bert_table_open(numbers, &table));
    assert_done(bert_table_column(table, "title", &column)); /* TITLE, whose I is no Turkish one */
    assert_string_equal(bert_table_column_name(table, column), "TITLE");
    assert_failed(bert_table_column(table, "titles", &column), BERT_DATA, "is 'TITLE' meant?");
    bert_table_free(table);
    setlocale(LC_ALL, "C");
    assert_done(status);
    assert_string_equal(text, "0,5"); /* the calls have changed nothing */
    assert_same_run(state, "plain/r", "turkish/r");
    assert_same_file(in_folder(state, "plain/r", "README.md"),
                     in_folder(state, "turkish/r", "README.md"));
    assert_same_answers(&plain, &made);
    answers_release(&plain);
    answers_release(&made);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(threads_change_nothing),
        CASE(calls_in_a_parallel_region_compute_what_a_call_alone_does),
        CASE(a_program_without_parallel_regions_computes_the_same),
        CASE(settings_of_the_programs_own_are_kept),
        CASE(threads_out_of_bounds_are_refused),
        CASE(a_programs_locale_changes_no_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
