/* test_answer_best.c: the best spans of a question, what is told of them, and the files of an
 * evaluation. */
#include "questions.h"

#include "bert.h"
#include "evaluate/evaluate.h"
#include "model/pretrained.h"
#include "scratch.h"
#include "tensors/tensors.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LENGTH = 28, STRIDE = 6 }; /* of the golden numbers */

static size_t code_points_to(slice text, size_t byte)
{
    size_t count = 0;
    for (size_t i = 0; i < byte; i++) count += ((unsigned char)text.bytes[i] & 0xC0) != 0x80;
    return count;
}

/* ---- the golden model's answers */

typedef struct golden_check {
    const questions *q;
    const float *want; /* begin, end, score, null of each question */
    size_t taken;
} golden_check;

static bert_status golden_take(void *context, size_t row, const void *answer)
{
    golden_check *g = context;
    const answer_found *f = answer;
    const float *want = g->want + 4 * row;
    slice text = g->q->data.rows[row].pair;
    assert_int_equal(row, g->taken++);
    assert_true(f->count > 0 && f->count <= ANSWER_BEST);
    assert_int_equal(code_points_to(text, f->best[0].range.begin), (int)want[0]);
    assert_int_equal(code_points_to(text, f->best[0].range.end), (int)want[1]);
    assert_true(fabs(answer_score(&f->best[0]) - want[2]) < 1e-4);
    assert_true(fabs(f->null - want[3]) < 1e-4);
    for (size_t i = 1; i < f->count; i++)
        assert_true(answer_score(&f->best[i - 1]) >= answer_score(&f->best[i]));
    return BERT_OK;
}

static void the_best_spans_are_the_reference_s_in_batches_of_any_size(void **state)
{
    (void)state;
    questions q;
    compute *on;
    pretrained model;
    tensor_file *f;
    assert_done(tensor_file_open(ANSWER_FOLDER "/numbers", &f));
    assert_done(compute_cpu_open(2, &on));
    assert_done(pretrained_open(ANSWER_FOLDER, on, &model));
    questions_open(&q, ANSWER_FOLDER "/texts.json", true);
    q.options.stride = STRIDE;
    assert_done(questions_encode(&q, LENGTH));
    const size_t tokens[] = { 1, 60, 4096 };
    double loss[3] = { 0.0 };
    for (size_t i = 0; i < 3; i++) {
        double divisor = 0.0;
        eval_room room;
        assert_done(eval_room_open(on, &q.e, tokens[i], &room));
        golden_check g = { .q = &q, .want = tensor_file_find(f, "texts.answers")->data };
        pass p = { .on = on,
                   .config = &model.config,
                   .params = &model.params,
                   .batch = &room.batch,
                   .tape = &room.tape };
        assert_done(examples_run(&p, &room.batch, &q.e, NULL, &(answer_taker){ golden_take, &g },
                                 &loss[i], &divisor));
        assert_int_equal(g.taken, 12);
        assert_true(divisor == 2.0 * (double)q.e.features.count);
        assert_true(fabs(loss[i] - loss[0]) <= 1e-6 * fabs(loss[0]));
        eval_room_release(&room);
    }
    questions_close(&q);
    pretrained_release(&model);
    compute_free(on);
    tensor_file_free(f);
}

/* ---- logits made by hand */

/* Four words and two windows: [CLS] q [SEP] a b c [SEP], [CLS] q [SEP] c d [SEP]. */
typedef struct bench {
    questions q;
    float logits[13][2];
    answer_found found;
    json_t *told;
} bench;

static bert_status bench_take(void *context, size_t row, const void *answer)
{
    bench *b = context;
    b->found = *(const answer_found *)answer;
    b->told = json_object();
    return task_answer.answers->describe(&b->q.e, row, answer, b->told);
}

static void bench_open(void **state, bench *b, bool unanswerable)
{
    *b = (bench){ 0 };
    const char *path = scratch_text(
        state, "b.jsonl",
        "{\"id\": \"x\", \"question\": \"q\", \"context\": \"a b c d\", \"answers\": []}\n");
    questions_open(&b->q, path, true);
    b->q.config.unanswerable = unanswerable;
    b->q.options.stride = 1;
    assert_done(questions_encode(&b->q, 7));
    assert_int_equal(b->q.e.features.count, 2);
    for (size_t i = 0; i < 13; i++) b->logits[i][0] = b->logits[i][1] = -9.0f;
    b->logits[0][0] = b->logits[0][1] = 2.0f; /* null 4, and 1 of the second window */
    b->logits[7][0] = b->logits[7][1] = 0.5f;
}

static void bench_decode(bench *b)
{
    uint32_t starts[] = { 0, 7, 13 };
    batch made = { .tokens = 13, .sequences = 2, .starts = starts };
    head_outputs o = { .batch = &made, .logits = b->logits[0], .width = 2 };
    void *decoder;
    json_decref(b->told);
    b->told = NULL;
    assert_done(answer_decoding.open(&b->q.e, &decoder));
    assert_done(answer_decoding.take(decoder, &b->q.e, &o, 0, 2, &(answer_taker){ bench_take, b }));
    answer_decoding.free(decoder);
    assert_non_null(b->told);
}

static void bench_close(bench *b)
{
    json_decref(b->told);
    questions_close(&b->q);
}

static void assert_text(const json_t *object, const char *member, const char *want)
{
    assert_string_equal(json_string_value(json_object_get(object, member)), want);
}

static double real_of(const json_t *object, const char *member)
{
    assert_true(json_is_number(json_object_get(object, member)));
    return json_number_value(json_object_get(object, member));
}

static void spans_come_sorted_from_all_windows_and_shares_are_a_softmax(void **state)
{
    bench b;
    bench_open(state, &b, false);
    b.logits[3][0] = 3.0f, b.logits[4][1] = 1.0f;   /* a b: 4 */
    b.logits[10][0] = 2.0f, b.logits[11][1] = 4.0f; /* c d: 6 */
    b.logits[5][0] = 8.0f, b.logits[2][1] = 8.0f;   /* ends before it begins, and in the question */
    b.q.options.answers = 3;
    bench_decode(&b);
    double sum = 0.0;
    for (size_t i = 0; i < b.found.count; i++) {
        sum += b.found.share[i];
        if (i) assert_true(b.found.share[i - 1] >= b.found.share[i]);
    }
    assert_true(fabs(sum - 1.0) < 1e-12);
    assert_int_equal(b.found.count, 6 + 3);
    assert_text(b.told, "id", "x");
    assert_text(b.told, "answer", "c d");
    assert_int_equal((int)real_of(b.told, "start"), 4);
    assert_int_equal((int)real_of(b.told, "end"), 7);
    assert_null(json_object_get(b.told, "null_odds"));
    const json_t *list = json_object_get(b.told, "answers");
    assert_int_equal(json_array_size(list), 3);
    assert_text(json_array_get(list, 0), "answer", "c d");
    assert_text(json_array_get(list, 1), "answer", "a b");
    double odds =
        real_of(json_array_get(list, 0), "score") / real_of(json_array_get(list, 1), "score");
    assert_true(fabs(odds - exp(2.0)) < 1e-6);
    bench_close(&b);
}

static void an_answer_is_no_longer_than_it_may_be(void **state)
{
    bench b;
    bench_open(state, &b, false);
    b.logits[3][0] = 9.0f, b.logits[5][1] = 9.0f; /* a b c */
    bench_decode(&b);
    assert_text(b.told, "answer", "a b c");
    b.logits[4][1] = 1.0f;
    b.q.options.answer_tokens = 2;
    bench_decode(&b);
    assert_text(b.told, "answer", "a b");
    bench_close(&b);
}

static void no_answer_is_the_answer_above_the_threshold(void **state)
{
    bench b;
    bench_open(state, &b, true);
    b.logits[3][0] = b.logits[3][1] = 0.25f; /* a: 0.5; no answer: 1, the least over the windows */
    bench_decode(&b);
    assert_true(b.found.empty);
    assert_text(b.told, "answer", "");
    assert_int_equal((int)real_of(b.told, "start"), -1);
    assert_int_equal((int)real_of(b.told, "end"), -1);
    assert_true(fabs(real_of(b.told, "null_odds") - 0.5) < 1e-6);
    assert_true(real_of(b.told, "score") > 0.6);
    double share = b.found.share[0];
    b.q.options.null_threshold = 0.5; /* not above it */
    bench_decode(&b);
    assert_text(b.told, "answer", "a");
    assert_true(real_of(b.told, "score") == share);
    bench_close(&b);

    bench_open(state, &b, false); /* a model that never learned it always answers */
    b.logits[3][0] = b.logits[3][1] = 0.25f;
    bench_decode(&b);
    assert_text(b.told, "answer", "a");
    bench_close(&b);
}

/* ---- metrics and files */

static json_t *files_of(bench *b, json_t **metrics)
{
    void *m;
    json_t *files = json_object();
    *metrics = json_object();
    assert_done(answer_metrics.open(&b->q.e, &m));
    for (size_t row = 0; row < b->q.data.count; row++)
        assert_done(answer_metrics.add(m, &b->q.e, row, &b->found));
    assert_done(answer_metrics.put(m, &b->q.e, *metrics));
    assert_done(answer_metrics.files(m, &b->q.e, files));
    answer_metrics.free(m);
    return files;
}

static void files_hold_answers_best_spans_and_odds_by_id(void **state)
{
    bench b;
    bench_open(state, &b, true);
    b.logits[3][0] = b.logits[3][1] = 0.25f;
    bench_decode(&b);
    json_t *metrics, *files = files_of(&b, &metrics);
    assert_text(json_object_get(files, "predictions.json"), "x", "");
    assert_true(fabs(real_of(json_object_get(files, "null_odds.json"), "x") - 0.5) < 1e-6);
    const json_t *best = json_object_get(json_object_get(files, "nbest_predictions.json"), "x");
    assert_int_equal(json_array_size(best), b.found.count + 1);
    const json_t *first = json_array_get(best, 0), *null = json_array_get(best, b.found.count);
    assert_text(first, "text", "a");
    assert_true(real_of(first, "start_logit") == 0.25 && real_of(first, "end_logit") == 0.25);
    assert_text(null, "text", "");
    assert_true(real_of(null, "probability") > real_of(first, "probability"));
    assert_true(real_of(metrics, "eval_exact_match") == 100.0);
    assert_true(real_of(metrics, "eval_NoAns_exact") == 100.0);
    assert_true(real_of(metrics, "eval_HasAns_total") == 0.0);
    json_decref(metrics);
    json_decref(files);
    bench_close(&b);
}

static void a_question_without_a_span_has_its_odds_all_the_same(void **state)
{
    questions q;
    questions_open(
        &q,
        scratch_text(state, "e.jsonl",
                     "{\"id\": \"x\", \"question\": \"q\", \"context\": \"\", \"answers\": []}\n"),
        true);
    bench b = { .q = q };
    assert_done(questions_encode(&b.q, 7));
    b.found = (answer_found){ .null = -3.0, .windows = 1, .empty = true, .share = { 1.0 } };
    json_t *metrics, *files = files_of(&b, &metrics);
    assert_true(real_of(json_object_get(files, "null_odds.json"), "x") == -3.0);
    assert_text(json_object_get(files, "predictions.json"), "x", "");
    b.told = json_object();
    assert_done(task_answer.answers->describe(&b.q.e, 0, &b.found, b.told));
    assert_true(real_of(b.told, "null_odds") == -3.0);
    json_decref(b.told);
    json_decref(metrics);
    json_decref(files);
    questions_close(&b.q);
}

static void questions_without_ids_and_with_long_ones_are_kept_apart(void **state)
{
    char lines[4096], *at = lines;
    for (size_t i = 0; i < 4; i++) {
        at += sprintf(at, "{\"question\": \"q\", \"context\": \"a b\", \"answers\": []");
        if (i >= 2) {
            at += sprintf(at, ", \"id\": \"");
            for (size_t k = 0; k < 150; k++) at += sprintf(at, "\u00e9");
            at += sprintf(at, "%zu\"", i);
        }
        at += sprintf(at, "}\n");
    }
    bench b = { 0 };
    questions_open(&b.q, scratch_text(state, "l.jsonl", lines), true);
    b.q.data.rows[1].line = b.q.data.rows[0].line; /* as the first of another file */
    assert_done(questions_encode(&b.q, 16));
    b.found = (answer_found){ .windows = 1, .empty = true, .share = { 1.0 } };
    json_t *metrics, *files = files_of(&b, &metrics);
    assert_int_equal(json_object_size(json_object_get(files, "predictions.json")), 4);
    assert_int_equal(json_object_size(json_object_get(files, "nbest_predictions.json")), 4);
    assert_text(json_object_get(files, "predictions.json"), "2", "");
    json_decref(metrics);
    json_decref(files);
    questions_close(&b.q);
}

/* ---- for a user */

typedef struct asker {
    bert_model *model;
    bert_session *session;
} asker;

static void asker_open(asker *a)
{
    bert_session_options options = bert_session_options_default();
    options.max_length = LENGTH;
    options.threads = 2;
    bert_task_options own = bert_task_options_default();
    options.task_options = &own;
    own.stride = STRIDE;
    assert_done(bert_model_open(ANSWER_FOLDER, &a->model));
    assert_done(bert_session_new(a->model, &options, &a->session));
}

static void asker_close(asker *a)
{
    bert_session_free(a->session);
    bert_model_free(a->model);
}

static bert_text text_of(slice s)
{
    return (bert_text){ s.bytes, s.count };
}

static json_t *parsed(char *line)
{
    json_t *object = json_loads(line, 0, NULL);
    assert_non_null(object);
    bert_free(line);
    return object;
}

static void answers_are_the_same_one_by_one_and_together_and_count_code_points(void **state)
{
    (void)state;
    asker a;
    questions q;
    tensor_file *f;
    char *lines[12], *alone;
    bert_input inputs[12];
    assert_done(tensor_file_open(ANSWER_FOLDER "/numbers", &f));
    const float *want = tensor_file_find(f, "texts.answers")->data;
    questions_open(&q, ANSWER_FOLDER "/texts.json", false);
    asker_open(&a);
    for (size_t i = 0; i < 12; i++)
        inputs[i] = (bert_input){ .text = text_of(q.data.rows[i].text),
                                  .pair = text_of(q.data.rows[i].pair),
                                  .id = text_of(q.data.rows[i].id) };
    assert_done(bert_answers(a.session, inputs, 12, lines));
    for (size_t i = 0; i < 12; i++) {
        assert_done(bert_answers(a.session, &inputs[i], 1, &alone));
        json_t *object = parsed(lines[i]), *other = parsed(alone);
        assert_text(other, "answer", json_string_value(json_object_get(object, "answer")));
        assert_true(fabs(real_of(object, "score") - real_of(other, "score")) < 1e-5);
        assert_int_equal((int)real_of(object, "start"), (int)want[4 * i]);
        assert_int_equal((int)real_of(object, "end"), (int)want[4 * i + 1]);
        assert_int_equal(strncmp(json_string_value(json_object_get(object, "id")), "q", 1), 0);
        json_decref(object);
        json_decref(other);
    }
    asker_close(&a);
    questions_close(&q);
    tensor_file_free(f);
}

static json_t *asked(asker *a, const char *question, const char *context)
{
    bert_input input = { .text = { question, strlen(question) },
                         .pair = { context, strlen(context) } };
    char *line;
    assert_done(bert_answers(a->session, &input, 1, &line));
    return parsed(line);
}

static void contexts_without_tokens_and_malformed_ones_are_answered(void **state)
{
    (void)state;
    asker a;
    asker_open(&a);
    const char *const empty[] = { "", " \n", "\u00ad", "\xff\xfe" };
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        json_t *object = asked(&a, "What?", empty[i]);
        assert_text(object, "answer", "");
        assert_int_equal((int)real_of(object, "start"), -1);
        json_decref(object);
    }
    json_t *plain = asked(&a, "What?", "film"), *broken = asked(&a, "What?",
                                                                "\xff\xc3"
                                                                "fi\x80lm\xe2");
    assert_text(plain, "answer", "film");
    assert_text(broken, "answer", "film");
    assert_int_equal((int)real_of(broken, "start"), 0);
    assert_int_equal((int)real_of(broken, "end"), 4);
    json_decref(plain);
    json_decref(broken);
    asker_close(&a);
}

static void a_question_needs_a_context_and_loses_its_end_aloud(void **state)
{
    (void)state;
    asker a;
    char *line;
    size_t truncated, inputs;
    asker_open(&a);
    bert_input input = { .text = { "What?", 5 } };
    assert_failed(bert_answers(a.session, &input, 1, &line), BERT_ARGUMENT,
                  "input:1: a question needs a context");
    json_decref(asked(&a, "q q q q q q q q q q q q q q q q q q q q q q q q q q", "a b"));
    bert_session_truncated(a.session, &truncated, &inputs);
    assert_int_equal(truncated, 1);
    asker_close(&a);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(the_best_spans_are_the_reference_s_in_batches_of_any_size),
        CASE(spans_come_sorted_from_all_windows_and_shares_are_a_softmax),
        CASE(an_answer_is_no_longer_than_it_may_be),
        CASE(no_answer_is_the_answer_above_the_threshold),
        CASE(files_hold_answers_best_spans_and_odds_by_id),
        CASE(a_question_without_a_span_has_its_odds_all_the_same),
        CASE(questions_without_ids_and_with_long_ones_are_kept_apart),
        CASE(answers_are_the_same_one_by_one_and_together_and_count_code_points),
        CASE(contexts_without_tokens_and_malformed_ones_are_answered),
        CASE(a_question_needs_a_context_and_loses_its_end_aloud),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
