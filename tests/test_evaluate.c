/* test_evaluate.c: what an evaluation makes of a head's outputs, wherever they lie. */
#include "evaluate/evaluate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bert.h"
#include "json/json.h"
#include "model/pretrained.h"
#include "scratch.h"
#include "tasks/tasks.h"

#include <cmocka.h>

static const bert_observer nobody = { 0 };

/* A device whose memory the program cannot read. */
static const float *view_of_nothing(compute *on, const float *x)
{
    (void)on;
    (void)x;
    return NULL;
}

/* Answers as lines of JSON, one after the other. */
typedef struct lines {
    const examples *e;
    char text[1 << 16];
} lines;

static bert_status line_take(void *context, size_t row, const void *answer)
{
    lines *l = context;
    json_t *object = json_object();
    char *line;
    assert_done(l->e->task->answers->describe(l->e, row, answer, object));
    assert_done(json_text(object, &line));
    assert_true(strlen(l->text) + strlen(line) + 2 < sizeof l->text);
    strcat(strcat(l->text, line), "\n");
    free(line);
    json_decref(object);
    return BERT_OK;
}

typedef struct opened {
    compute *on;
    pretrained model;
    tokenizer *tokenizer;
    dataset data;
    bert_task_options options;
    examples e;
    eval_room room;
} opened;

static void opened_open(opened *o, const char *folder, const char *file, bool labelled)
{
    char path[256];
    const char *paths = path;
    *o = (opened){ .options = bert_task_options_default() };
    snprintf(path, sizeof path, "%s/%s", folder, file);
    assert_done(compute_cpu_open(1, &o->on));
    assert_done(pretrained_open(folder, o->on, &o->model));
    assert_done(tokenizer_open(folder, &o->tokenizer));
    const task *kind;
    assert_done(task_by_name(strrchr(folder, '/') + 1, &kind));
    dataset_request request = { .form = kind->form, .unlabelled = !labelled };
    assert_done(dataset_open(&paths, 1, &request, &o->data));
    examples given = { .task = kind,
                       .options = &o->options,
                       .config = &o->model.config,
                       .tokenizer = o->tokenizer,
                       .max_length = 24,
                       .rows = o->data.rows,
                       .row_count = o->data.count,
                       .labelled = labelled };
    assert_done(examples_open(&given, NULL, &nobody, &o->e));
    assert_done(eval_room_open(o->on, &o->e, 60, &o->room));
}

static void opened_close(opened *o)
{
    eval_room_release(&o->room);
    examples_release(&o->e);
    dataset_release(&o->data);
    tokenizer_free(o->tokenizer);
    pretrained_release(&o->model);
    compute_free(o->on);
}

static pass pass_of(opened *o)
{
    return (pass){ .on = o->on,
                   .config = &o->model.config,
                   .params = &o->model.params,
                   .batch = &o->room.batch,
                   .tape = &o->room.tape };
}

static const struct {
    const char *folder, *file;
} cases[] = {
    { "tests/data/heads/regress", "texts.tsv" }, { "tests/data/heads/multilabel", "texts.tsv" },
    { "tests/data/heads/tag", "texts.conll" },   { "tests/data/heads/answer", "texts.json" },
    { "tests/data/heads/choose", "texts.csv" },
};

static void answers_are_the_same_wherever_the_outputs_lie(void **state)
{
    (void)state;
    static lines own, copied;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        opened o;
        double loss = 0.0, divisor = 0.0;
        opened_open(&o, cases[i].folder, cases[i].file, true);
        pass p = pass_of(&o);
        own = copied = (lines){ .e = &o.e };
        assert_done(examples_run(&p, &o.room.batch, &o.e, NULL, &(answer_taker){ line_take, &own },
                                 &loss, &divisor));
        o.on->view = view_of_nothing;
        assert_done(examples_run(&p, &o.room.batch, &o.e, NULL,
                                 &(answer_taker){ line_take, &copied }, &loss, &divisor));
        assert_true(strlen(own.text) > 0);
        assert_string_equal(own.text, copied.text);
        opened_close(&o);
    }
}

/* Masked words: the rows' own losses add up to that of the whole. */
static void rows_have_their_own_losses(void **state)
{
    (void)state;
    const evaluation_wish wish = { 0 };
    opened o;
    evaluation made[2];
    opened_open(&o, "tests/data/heads/fill", "texts.txt", true);
    pass p = pass_of(&o);
    assert_done(evaluate(&p, &o.room.batch, &o.e, &nobody, &wish, &made[0]));
    o.on->view = view_of_nothing;
    assert_done(evaluate(&p, &o.room.batch, &o.e, &nobody, &wish, &made[1]));
    double loss = json_number_value(json_object_get(made[0].metrics, "eval_loss"));
    double perplexity = json_number_value(json_object_get(made[0].metrics, "eval_perplexity"));
    assert_true(loss > 0.0 && fabs(perplexity / exp(loss) - 1.0) < 1e-9);
    assert_true(json_equal(made[0].metrics, made[1].metrics));
    for (size_t i = 0; i < 2; i++) evaluation_release(&made[i]);
    opened_close(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_the_same_wherever_the_outputs_lie),
        cmocka_unit_test(rows_have_their_own_losses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
