/* test_options.c: each line of bert_options.def: the library and the program refuse what is out of
 * its bounds in the same words, a run records it, and resume compares it where the line says so. */
#include "toy.h"

#include "base/file.h"
#include "json/json.h"
#include "options/options.h"

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the program */

enum {
#define COMMAND(name, BIT, ...) INDEX_##BIT,
#include "../cli/commands.def"
#undef COMMAND
};
enum {
#define COMMAND(name, BIT, ...) BIT = 1 << INDEX_##BIT,
#include "../cli/commands.def"
#undef COMMAND
};

static const char *const command_names[] = {
#define COMMAND(name, BIT, ...) #name,
#include "../cli/commands.def"
#undef COMMAND
};

/* Of option_list, line by line. */
static const unsigned option_commands[] = {
#define OPTION(owner, kind, field, name, value, bounds, usual, absent, record, commands, help)     \
    commands,
#include "bert_options.def"
};

static const char *first_command(const option *o)
{
    unsigned bits = option_commands[o - option_list];
    size_t index = 0;
    while (!(bits & 1u << index)) index++;
    return command_names[index];
}

/* Beside this test's folder. */
static void program_path(char path[PATH_MAX])
{
    ssize_t count = readlink("/proc/self/exe", path, PATH_MAX - 8);
    assert_true(count > 0);
    path[count] = '\0';
    for (int up = 0; up < 2; up++) *strrchr(path, '/') = '\0';
    strcat(path, "/bert");
}

/* The first line that `bert COMMAND --NAME=TEXT` says. */
static void program_says(const option *o, const char *text, char *line, size_t capacity)
{
    char path[PATH_MAX], word[256];
    int ends[2], status;
    program_path(path);
    snprintf(word, sizeof word, "--%s=%s", o->form.name, text);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        execl(path, "bert", first_command(o), word, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *stream = fdopen(ends[0], "r");
    if (!fgets(line, (int)capacity, stream)) *line = '\0';
    while (fgetc(stream) != EOF) continue;
    fclose(stream);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    line[strcspn(line, "\n")] = '\0';
}

/* ---- values out of bounds */

typedef union field_value {
    size_t size;
    uint64_t seed;
    double real;
    const char *text;
} field_value;

enum { BAD_MOST = 8 };

static size_t bad_reals(const bert_option *form, field_value bad[BAD_MOST])
{
    double least, most;
    char left, right;
    size_t count = 0;
    assert_int_equal(sscanf(form->bounds, "%c%lf, %lf%c", &left, &least, &most, &right), 4);
    bad[count++].real = NAN;
    bad[count++].real = INFINITY;
    bad[count++].real = right == ')' ? most : nextafter(most, INFINITY);
    if (right == ')') bad[count++].real = nextafter(most, 0.0);
    if (form->absent) return count; /* what is below stands for it */
    bad[count++].real = left == '(' ? least : nextafter(least, -INFINITY);
    bad[count++].real = -INFINITY;
    return count;
}

static size_t bad_values(const option *o, field_value bad[BAD_MOST])
{
    const bert_option *form = &o->form;
    bool zero_is_fine = form->absent || o->owner == OWNER_task; /* which other tasks do not read */
    unsigned long long least, most;
    size_t count = 0;
    switch (form->kind) {
    case BERT_OPTION_SIZE:
        assert_int_equal(sscanf(form->bounds, "[%llu, %llu]", &least, &most), 2);
        bad[count++].size = (size_t)most + 1;
        bad[count++].size = SIZE_MAX;
        if (least > 1 || !zero_is_fine) bad[count++].size = (size_t)least - 1;
        return count;
    case BERT_OPTION_SEED:
        bad[count++].seed = (uint64_t)BERT_SEED_MAX + 1;
        bad[count++].seed = UINT64_MAX;
        return count;
    case BERT_OPTION_REAL:
        return bad_reals(form, bad);
    case BERT_OPTION_BYTES:
        bad[count++].size = (size_t)1 << 54;
        return count;
    case BERT_OPTION_WORD:
        bad[count++].text = "wavy";
        bad[count++].text = "";
        return count;
    case BERT_OPTION_TEXT:
        bad[count++].text = "";
        return count;
    default:
        return 0;
    }
}

static size_t field_size(const bert_option *form)
{
    return form->kind == BERT_OPTION_FLAG || form->kind == BERT_OPTION_FLAG_OFF ? sizeof(bool) : 8;
}

/* What all calls are made with, but for the one field. */
typedef struct calls {
    bert_train_options train;
    bert_task_options task;
    bert_columns columns;
    bert_evaluate_options evaluate;
    bert_session_options session;
    bert_convert_options convert;
    bert_model *model;
} calls;

static void *fields_of(calls *c, option_owner owner)
{
    switch (owner) {
    case OWNER_train:
        return &c->train;
    case OWNER_task:
        return &c->task;
    case OWNER_evaluate:
        return &c->evaluate;
    case OWNER_session:
        return &c->session;
    case OWNER_convert:
        return &c->convert;
    case OWNER_columns:
        return &c->columns;
    }
    return NULL;
}

static bert_status call_make(const calls *c, option_owner owner)
{
    bert_session *session = NULL;
    char *json = NULL;
    bert_status status;
    switch (owner) {
    case OWNER_evaluate:
        status = bert_evaluate(&c->evaluate, &json);
        break;
    case OWNER_session:
        status = bert_session_new(c->model, &c->session, &session);
        break;
    case OWNER_convert:
        status = bert_convert(&c->convert, &json);
        break;
    default:
        status = bert_train(&c->train);
    }
    bert_session_free(session);
    bert_free(json);
    return status;
}

static void bad_value_try(calls c, const option *o, field_value bad)
{
    char text[64], wanted[512], said[512];
    char *field = (char *)fields_of(&c, o->owner) + o->place;
    c.train.task_options = &c.task;
    c.train.columns = &c.columns;
    memcpy(field, &bad, field_size(&o->form));
    bert_status status = call_make(&c, o->owner);
    if (status != BERT_ARGUMENT)
        fail_msg("--%s (owner %d): status %d: %s", o->form.name, o->owner, status, bert_error());
    assert_string_equal(bert_error_field(), o->form.field);
    assert_memory_equal(bert_error(), o->form.field, strlen(o->form.field));
    snprintf(wanted, sizeof wanted, "bert %s: --%s%s", first_command(o), o->form.name,
             bert_error() + strlen(o->form.field));
    bert_option_text(&o->form, field, text, sizeof text);
    program_says(o, text, said, sizeof said);
    assert_string_equal(said, wanted);
    assert_non_null(strstr(said, *text || o->form.kind == BERT_OPTION_WORD ? "it must be "
                                                                           : "is empty: it needs"));
}

static void calls_open(void **state, const char *const *train, heard *h, calls *c)
{
    *c = (calls){ .train = toy_options(state, train, h),
                  .task = bert_task_options_default(),
                  .columns = bert_columns_default(),
                  .evaluate = bert_evaluate_options_default(),
                  .session = bert_session_options_default(),
                  .convert = bert_convert_options_default() };
    c->evaluate.model = c->convert.model = toy_model;
    c->evaluate.data = train;
    c->evaluate.data_count = 1;
    c->convert.output = scratch_path(state, "converted");
    assert_done(bert_model_open(toy_model, &c->model));
}

static void what_is_out_of_bounds_is_refused_in_the_same_words(void **state)
{
    char path[PATH_MAX];
    heard h = { 0 };
    calls c;
    size_t tried = 0;
    const char *train = toy_data(state, "train.tsv", same_labels);
    program_path(path);
    if (access(path, X_OK) != 0) {
        print_message("skipped: %s is not built\n", path);
        skip();
    }
    calls_open(state, &train, &h, &c);
    for (const option *o = option_list; o < option_list + OPTION_COUNT; o++) {
        field_value bad[BAD_MOST];
        size_t count = bad_values(o, bad);
        for (size_t i = 0; i < count; i++) bad_value_try(c, o, bad[i]);
        tried += count;
    }
    print_message("%zu values of %d options\n", tried, OPTION_COUNT);
    assert_true(tried > OPTION_COUNT);
    assert_int_equal(folder_entries(scratch_folder(state)), 1); /* the data */
    bert_model_free(c.model);
}

/* Where the task takes the option, zero is as bad as any other value out of bounds. */
static void zeros_are_refused_by_the_task_that_reads_them(void **state)
{
    (void)state;
    const bert_task_options zeros = { .size = sizeof zeros };
    const bert_session_options options = { .size = sizeof options, .task_options = &zeros };
    static const struct {
        const char *folder, *words;
    } cases[] = {
        { "tests/data/heads/answer",
          "answer_tokens is '0'; it must be a whole number in [1, 65536]" },
        { "tests/data/heads/fill", "mask_share is '0'; it must be a number in [1e-6, 1]" },
        { "tests/data/heads/tag", "aggregate is ''; it must be one of none|simple" },
        { toy_model, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bert_model *model;
        bert_session *session = NULL;
        assert_done(bert_model_open(cases[i].folder, &model));
        bert_status status = bert_session_new(model, &options, &session);
        if (cases[i].words)
            assert_failed(status, BERT_ARGUMENT, cases[i].words);
        else
            assert_done(status);
        bert_session_free(session);
        bert_model_free(model);
    }
}

static void defaults_and_the_ends_of_bounds_are_good(void **state)
{
    heard h = { 0 };
    calls c;
    const char *train = "none";
    calls_open(state, &train, &h, &c);
    c.train = bert_train_options_default();
    for (const option *o = option_list; o < option_list + OPTION_COUNT; o++) {
        char left, right;
        double ends[2];
        field_value value = { 0 };
        void *fields = fields_of(&c, o->owner);
        assert_done(option_check(o, fields));
        bool real = o->form.kind == BERT_OPTION_REAL;
        if (!real && o->form.kind != BERT_OPTION_SIZE) continue;
        assert_int_equal(sscanf(o->form.bounds, "%c%lf, %lf%c", &left, ends, ends + 1, &right), 4);
        for (int end = 0; end < 2; end++) {
            if ((end ? right : left) != (end ? ']' : '[')) continue;
            if (real)
                value.real = ends[end];
            else
                value.size = (size_t)ends[end];
            memcpy((char *)fields + o->place, &value, sizeof value);
            assert_done(option_check(o, fields));
        }
    }
    bert_model_free(c.model);
}

/* ---- the record */

/* A run that has ended, and its record. */
typedef struct recorded_run {
    bert_train_options options;
    heard heard;
    const char *train, *path;
    json_t *record;
} recorded_run;

static void run_open(void **state, recorded_run *r)
{
    *r = (recorded_run){ .train = toy_data(state, "train.tsv", same_labels) };
    r->options = toy_options(state, &r->train, &r->heard);
    r->options.max_steps = 1;
    r->options.shuffle = false;
    assert_done(bert_train(&r->options));
    r->path = in_folder(state, "out", "run.json");
    assert_done(json_read_object(r->path, &r->record));
    r->options.resume = true;
}

/* Where a record has the options of an owner; NULL: nowhere. */
static json_t *owner_object(const json_t *record, option_owner owner)
{
    json_t *options = json_object_get(record, "options");
    if (owner == OWNER_task) return json_object_get(options, "task_options");
    return owner == OWNER_train || owner == OWNER_columns ? options : NULL;
}

static void every_option_that_is_to_be_recorded_is(void **state)
{
    recorded_run r;
    size_t recorded = 0, members = 0;
    run_open(state, &r);
    for (const option *o = option_list; o < option_list + OPTION_COUNT; o++) {
        char key[OPTION_KEY];
        const json_t *object = owner_object(r.record, o->owner);
        if (!object) assert_int_equal(o->record, UNRECORDED);
        bool there = json_object_get(object, option_key(o, key)) != NULL;
        if (there != (o->record != UNRECORDED)) fail_msg("--%s: %d", o->form.name, there);
        recorded += there;
        members += o->owner == OWNER_task;
    }
    /* and `model`, `train`, `task_options` */
    assert_int_equal(json_object_size(owner_object(r.record, OWNER_train)) + members, recorded + 3);
    assert_int_equal(json_object_size(owner_object(r.record, OWNER_task)), members);
    json_decref(r.record);
}

/* Another value of a member. */
static json_t *other_value(const json_t *value)
{
    if (json_is_integer(value)) return json_integer(json_integer_value(value) + 1);
    if (json_is_real(value)) return json_real(json_real_value(value) + 0.25);
    if (json_is_boolean(value)) return json_boolean(!json_is_true(value));
    return json_string("other");
}

/* The run goes on from a record in which the option's member is another, or none at all. */
static bert_status resume_try(recorded_run *r, const option *o, bool remove)
{
    char key[OPTION_KEY];
    json_t *copy = json_deep_copy(r->record), *object = owner_object(copy, o->owner);
    json_t *other = other_value(json_object_get(object, option_key(o, key)));
    if (remove)
        json_object_del(object, key);
    else
        json_object_set(object, key, other);
    json_decref(other);
    assert_done(json_write(NULL, r->path, copy));
    json_decref(copy);
    return bert_train(&r->options);
}

/* Does the run have its default in what it has recorded? */
static bool is_usual(const recorded_run *r, const option *o)
{
    const bert_train_options usual = bert_train_options_default();
    const bert_task_options own = bert_task_options_default();
    const bert_columns columns = bert_columns_default();
    const void *fields[] = {
        [OWNER_train] = &usual, [OWNER_task] = &own, [OWNER_columns] = &columns
    };
    char key[OPTION_KEY];
    json_t *record = json_object();
    assert_done(options_put(o->owner, fields[o->owner], record));
    const json_t *value = json_object_get(owner_object(r->record, o->owner), option_key(o, key));
    bool same = json_equal(json_object_get(record, key), value);
    json_decref(record);
    return same || strcmp(key, "task") == 0; /* which is found again */
}

static void resume_compares_each_option_that_the_list_says(void **state)
{
    recorded_run r;
    size_t compared = 0, given = 0;
    run_open(state, &r);
    for (const option *o = option_list; o < option_list + OPTION_COUNT; o++) {
        char words[64];
        if (o->record == UNRECORDED) continue;
        snprintf(words, sizeof words, "was begun with %s ", o->form.field);
        if (o->record == COMPARED) {
            assert_failed(resume_try(&r, o, false), BERT_ARGUMENT, words);
            compared++;
        } else {
            assert_done(resume_try(&r, o, false));
        }
        if (o->record == COMPARED && !is_usual(&r, o)) {
            snprintf(words, sizeof words, "which did not record %s; ", o->form.field);
            assert_failed(resume_try(&r, o, true), BERT_ARGUMENT, words);
            given++;
        } else {
            assert_done(resume_try(&r, o, true)); /* as an older version would have left it */
        }
    }
    print_message("%zu options compared, %zu of them given\n", compared, given);
    assert_int_equal(given, 5); /* of toy_options() and run_open() */
    json_decref(r.record);
}

static void a_flag_is_told_as_the_struct_has_it(void **state)
{
    recorded_run r;
    run_open(state, &r);
    r.options.shuffle = true;
    assert_failed(bert_train(&r.options), BERT_ARGUMENT,
                  "was begun with shuffle false, which is true now");
    json_decref(r.record);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(what_is_out_of_bounds_is_refused_in_the_same_words),
        CASE(zeros_are_refused_by_the_task_that_reads_them),
        CASE(defaults_and_the_ends_of_bounds_are_good),
        CASE(every_option_that_is_to_be_recorded_is),
        CASE(resume_compares_each_option_that_the_list_says),
        CASE(a_flag_is_told_as_the_struct_has_it),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
