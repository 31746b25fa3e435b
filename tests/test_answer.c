/* test_answer.c: questions and contexts as windows, and where in them the answers stand. */
#include "questions.h"

#include "base/utf8.h"
#include "scratch.h"
#include "tensors/tensors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LENGTH = 28, STRIDE = 6 }; /* of the golden numbers */

static const answer_targets *targets_of(const questions *q)
{
    return q->e.targets;
}

static size_t code_point_of(slice text, size_t byte)
{
    for (size_t point = 0;; point++)
        if (utf8_byte_of(text, point) >= byte) return point;
}

/* Bytes of the context that a window's span covers. */
static text_range answer_of(const questions *q, size_t unit)
{
    const answer_window *w = &targets_of(q)->windows[unit];
    const text_range *offsets = targets_of(q)->offsets + w->offsets;
    if (!w->span[1]) return (text_range){ 0, 0 };
    return (text_range){ offsets[(size_t)w->span[0] - w->first].begin,
                         offsets[(size_t)w->span[1] - w->first].end };
}

static void assert_answer(const questions *q, size_t unit, size_t begin, size_t end)
{
    text_range have = answer_of(q, unit);
    assert_int_equal(have.begin, begin);
    assert_int_equal(have.end, end);
}

/* ---- golden numbers */

static const float *number(const tensor_file *f, const char *name, size_t *count)
{
    const tensor_info *info = tensor_file_find(f, name);
    if (!info) fail_msg("the numbers have no '%s'", name);
    if (count) *count = info->count;
    return info->data;
}

/* The window's tokens against those from `begin` on of the numbers. */
static void assert_window(const questions *q, size_t unit, const tensor_file *f, size_t begin)
{
    const features *have = &q->e.features;
    const answer_window *w = &targets_of(q)->windows[unit];
    const text_range *offsets = targets_of(q)->offsets + w->offsets;
    slice context = q->data.rows[features_row(have, unit)].pair;
    const float *ids = number(f, "texts.ids", NULL), *types = number(f, "texts.types", NULL),
                *parts = number(f, "texts.parts", NULL), *at = number(f, "texts.offsets", NULL);
    for (size_t i = 0; i < features_length(have, unit); i++) {
        assert_int_equal(have->ids[have->starts[unit] + i], (int)ids[begin + i]);
        assert_int_equal(i >= have->first_counts[unit], (int)types[begin + i]);
        bool in_context = i >= w->first && i < w->first + w->count;
        assert_int_equal(in_context, parts[begin + i] == 1.0f);
        if (!in_context) continue;
        text_range here = offsets[i - w->first];
        assert_int_equal(code_point_of(context, here.begin), (int)at[2 * (begin + i)]);
        assert_int_equal(code_point_of(context, here.end), (int)at[2 * (begin + i) + 1]);
    }
}

static void windows_and_spans_are_the_reference_s(void **state)
{
    (void)state;
    questions q;
    tensor_file *f;
    size_t starts;
    assert_done(tensor_file_open(ANSWER_FOLDER "/numbers", &f));
    questions_open(&q, ANSWER_FOLDER "/texts.json", true);
    q.options.stride = STRIDE;
    assert_done(questions_encode(&q, LENGTH));
    const float *start = number(f, "texts.starts", &starts),
                *row = number(f, "texts.question", NULL), *span = number(f, "texts.spans", NULL);
    assert_int_equal(q.e.features.count, starts - 1);
    for (size_t i = 0; i + 1 < starts; i++) {
        assert_int_equal(features_length(&q.e.features, i), (int)(start[i + 1] - start[i]));
        assert_int_equal(features_row(&q.e.features, i), (int)row[i]);
        assert_window(&q, i, f, (size_t)start[i]);
        assert_int_equal(targets_of(&q)->windows[i].span[0], (int)span[2 * i]);
        assert_int_equal(targets_of(&q)->windows[i].span[1], (int)span[2 * i + 1]);
    }
    assert_non_null(strstr(q.heard.notes, "data: 12 questions in "));
    assert_string_equal(q.heard.warnings, "");
    questions_close(&q);
    tensor_file_free(f);
}

/* ---- forms */

static const char flat[] =
    "{\"id\": 7, \"question\": \"Who sat?\", \"context\": \"The cat sat.\","
    " \"answers\": {\"text\": [\"cat\"], \"answer_start\": [4]}}\n"
    "{\"question\": \"Where?\", \"context\": \"The cat sat.\","
    " \"answers\": [{\"text\": \"sat\", \"answer_start\": 8}, {\"text\": \"cat\", "
    "\"answer_start\": "
    "4}]}\n"
    "{\"question\": \"Why?\", \"context\": \"The cat sat.\", \"answers\": {\"text\": [], "
    "\"answer_start\": []}}\n";

static void lines_hold_answers_in_either_shape(void **state)
{
    questions q;
    questions_open(&q, scratch_text(state, "a.jsonl", flat), true);
    assert_int_equal(q.data.count, 3);
    assert_true(q.data.unanswerable);
    assert_true(slice_equal(q.data.rows[0].id, slice_of("7")));
    assert_null(q.data.rows[1].id.bytes);
    assert_int_equal(q.data.rows[1].answer_count, 2);
    assert_ptr_equal(q.data.rows[0].pair.bytes, q.data.rows[2].pair.bytes);
    assert_done(questions_encode(&q, 64));
    assert_int_equal(q.e.features.count, 3);
    assert_answer(&q, 0, 4, 7);
    assert_answer(&q, 1, 8, 11); /* the first of the two counts */
    assert_answer(&q, 2, 0, 0);
    questions_close(&q);
}

static void unlabelled_rows_need_no_answers_and_ask_nothing(void **state)
{
    questions q;
    questions_open(&q,
                   scratch_text(state, "a.jsonl",
                                "{\"question\": \"Who?\", \"context\": \"A cat.\"}\n"
                                "{\"question\": \"Who?\", \"context\": \"\"}\n"),
                   false);
    assert_done(questions_encode(&q, 32));
    assert_int_equal(q.e.features.count, 2);
    assert_int_equal(targets_of(&q)->windows[0].span[0], 0);
    questions_close(&q);

    questions_open(&q, ANSWER_FOLDER "/texts.json", false);
    assert_int_equal(q.data.rows[0].answer_count, 0);
    assert_false(q.data.unanswerable);
    questions_close(&q);
}

static void assert_data_refused(const char *path, bert_status status, const char *words)
{
    dataset d = { 0 };
    dataset_request request = { .form = FORM_QUESTIONS };
    assert_failed(dataset_open(&path, 1, &request, &d), status, words);
}

static void rows_without_their_parts_are_refused_with_the_line(void **state)
{
    const char *path = scratch_text(state, "a.jsonl", "{\"question\": \"Who?\"}\n");
    assert_data_refused(path, BERT_DATA, "context");
    path = scratch_text(state, "b.jsonl",
                        "{\"question\": \"Who?\", \"context\": \"x\", \"answers\": []}\n"
                        "{\"question\": \"Who?\", \"context\": \"x\"}\n");
    assert_data_refused(path, BERT_FORMAT, "b.jsonl:2: ");
    path = scratch_text(state, "c.jsonl",
                        "{\"question\": \"Who?\", \"context\": \"x\", \"answers\": \"x\"}\n");
    assert_data_refused(path, BERT_FORMAT, "c.jsonl:1: ");
    path =
        scratch_text(state, "d.json",
                     "{\"data\": [{\"id\": \"a\", \"question\": \"Who?\", \"context\": \"x\"}]}");
    assert_data_refused(path, BERT_DATA, "row 1 (id a): the question has no 'answers'");
}

/* ---- windows */

/* Words of the alphabet, which the golden vocabulary cuts into pieces or not. */
static void words_put(char *to, size_t words, char letter)
{
    for (size_t i = 0; i < words; i++) to += sprintf(to, "%s%c", i ? " " : "", letter);
    *to = '\0';
}

static const char *question_write(void **state, size_t question_words, size_t context_words)
{
    char question[512], context[512], line[1200];
    words_put(question, question_words, 'q');
    words_put(context, context_words, 'c');
    snprintf(line, sizeof line, "{\"question\": \"%s\", \"context\": \"%s\", \"answers\": []}\n",
             question, context);
    return scratch_text(state, "q.jsonl", line);
}

/* Every token of the context in a window, each `stride` more than the last one ended with. */
static void assert_covered(const questions *q, size_t length, size_t stride, size_t words)
{
    const answer_targets *t = targets_of(q);
    size_t count = q->e.features.count;
    for (size_t unit = 0; unit < count; unit++) {
        const answer_window *w = &t->windows[unit];
        const text_range *offsets = t->offsets + w->offsets;
        assert_true(features_length(&q->e.features, unit) <= length);
        assert_int_equal(w->first + w->count + 1, features_length(&q->e.features, unit));
        if (words == 0) continue;
        size_t first = offsets[0].begin / 2, last = offsets[w->count - 1].begin / 2;
        assert_int_equal(last - first + 1, w->count);
        if (unit == 0)
            assert_int_equal(first, 0);
        else
            assert_int_equal(first + stride, offsets[-1].begin / 2 + 1); /* the last one's end */
        if (unit + 1 == count) assert_int_equal(last, words - 1);
    }
}

static void every_token_of_a_context_is_in_a_window(void **state)
{
    const size_t questions_words[] = { 0, 1, 7, 40 }, context_words[] = { 0, 1, 9, 60 };
    for (size_t i = 0; i < 16; i++) {
        size_t words = context_words[i / 4];
        questions q;
        questions_open(&q, question_write(state, questions_words[i % 4], words), true);
        for (size_t length = 5; length < 40; length++)
            for (size_t stride = 1; stride <= length - 4; stride++) {
                q.options.stride = stride;
                assert_done(questions_encode(&q, length));
                assert_covered(&q, length, stride, words);
            }
        questions_close(&q);
    }
}

static void a_long_question_loses_its_end_and_it_is_said(void **state)
{
    questions q;
    questions_open(&q, question_write(state, 40, 30), true);
    q.options.stride = 6;
    assert_done(questions_encode(&q, 29)); /* 26 for the text, 20 to advance by: a quarter stays */
    assert_int_equal(targets_of(&q)->windows[0].first, 15 + 2);
    assert_int_equal(targets_of(&q)->windows[0].count, 11);
    assert_non_null(
        strstr(q.heard.notes, "data: 1 question is too long for its windows and loses its end"));
    questions_close(&q);
}

/* transformers takes a question whole while a window's end is beyond its stride, and where the
 * context needs no second window. */
static void a_question_is_whole_where_the_reference_takes_it_whole(void **state)
{
    static const struct {
        size_t question, context, kept, windows;
    } cases[] = {
        { 15, 30, 15, 5 },                   /* 26 for the text: windows of 11 advance by 5 */
        { 16, 30, 16, 6 }, { 19, 8, 19, 2 }, /* by 1 */
        { 20, 6, 20, 1 },                    /* no second window is asked for */
        { 26, 0, 26, 1 },  { 20, 7, 19, 1 }, /* one token too many: the question's end goes */
        { 40, 3, 23, 1 },  { 40, 0, 26, 1 },
        { 20, 30, 15, 5 }, /* the reference cannot go on; a quarter of 20 stays */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        questions q;
        questions_open(&q, question_write(state, cases[i].question, cases[i].context), true);
        q.options.stride = 6;
        assert_done(questions_encode(&q, 29));
        assert_int_equal(targets_of(&q)->windows[0].first, cases[i].kept + 2);
        assert_int_equal(q.e.features.count, cases[i].windows);
        assert_int_equal(targets_of(&q)->shortened, cases[i].kept < cases[i].question);
        assert_covered(&q, 29, 6, cases[i].context);
        questions_close(&q);
    }
}

static void a_stride_that_does_not_fit_is_told_the_one_that_does(void **state)
{
    questions q;
    questions_open(&q, question_write(state, 3, 30), true);
    q.options.stride = 17;
    assert_failed(questions_encode(&q, 20), BERT_ARGUMENT, "it can be 16 at most");
    q.options.stride = 16;
    assert_done(questions_encode(&q, 20));
    q.options.stride = 0;
    assert_done(questions_encode(&q, 5));
    assert_failed(questions_encode(&q, 4), BERT_ARGUMENT,
                  "windows of 4 tokens (max_length) leave 1 for the text: they need 5 at least");
    questions_close(&q);
}

/* ---- answers that stand elsewhere */

static const char displaced[] =
    "{\"id\": \"a\", \"question\": \"Who?\", \"context\": \"cat, dog, cat, dog, cat.\","
    " \"answers\": {\"text\": [\"cat\"], \"answer_start\": [9]}}\n"
    "{\"question\": \"Who?\", \"context\": \"caf\u00e9 \u65e5\u672c\u65e5\u672c\\nx\","
    " \"answers\": {\"text\": [\"bird\"], \"answer_start\": [1]}}\n"
    "{\"id\": \"c\", \"question\": \"Who?\", \"context\": \"A dog.\","
    " \"answers\": {\"text\": [\"dog\"], \"answer_start\": [90]}}\n"
    "{\"id\": \"d\", \"question\": \"Who?\", \"context\": \"A dog.\","
    " \"answers\": {\"text\": [\"dog.\"], \"answer_start\": [3]}}\n"
    "{\"id\": \"e\", \"question\": \"Who?\", \"context\": \"A dog.\","
    " \"answers\": {\"text\": [\"dog\"], \"answer_start\": [2]}}\n";

static void misplaced_answers_are_counted_and_the_first_three_are_named(void **state)
{
    questions q;
    const char *path = scratch_text(state, "a.jsonl", displaced);
    questions_open(&q, path, true);
    assert_done(questions_encode(&q, 64));
    const char *said = q.heard.warnings;
    assert_non_null(strstr(said, "data: 4 of 5 answers do not stand at their answer_start: "));
    assert_non_null(strstr(said, path));
    assert_non_null(strstr(said, "question 1 (id a) wants 'cat' at 9, where ' ca' stands"));
    assert_non_null(strstr(said, "question 2 wants 'bird' at 1, where 'af\u00e9 ' stands"));
    assert_non_null(strstr(said, "question 3 (id c) wants 'dog' at 90, past the context's end"));
    assert_null(strstr(said, "question 4"));
    assert_non_null(strstr(said, "; ...; fix_answers searches for them"));
    assert_int_equal(utf8_malformed(slice_of(said)), strlen(said));
    /* As the reference goes on: what stands there, and nothing past the context's end. */
    assert_answer(&q, 0, 8, 12); /* ", ca", whole pieces */
    assert_answer(&q, 2, 0, 0);
    assert_answer(&q, 3, 0, 0);
    assert_answer(&q, 4, 2, 5);
    questions_close(&q);
}

static void misplaced_answers_are_found_nearest_to_where_they_should_stand(void **state)
{
    questions q;
    questions_open(&q, scratch_text(state, "a.jsonl", displaced), true);
    q.options.fix_answers = true;
    assert_done(questions_encode(&q, 64));
    assert_answer(&q, 0, 10, 13);
    assert_answer(&q, 1, 0, 0);
    assert_answer(&q, 2, 2, 5);
    assert_answer(&q, 3, 2, 6);
    assert_answer(&q, 4, 2, 5);
    assert_string_equal(q.heard.warnings, "");
    assert_non_null(strstr(q.heard.notes, "data: 4 answers do not stand at their answer_start; 3 "
                                          "were found elsewhere in their context, 1 nowhere"));
    questions_close(&q);
}

static void quoted_texts_are_cut_between_characters(void **state)
{
    questions q;
    char line[1024] = "{\"id\": \"", *at = line + strlen(line);
    for (size_t i = 0; i < 30; i++) at += sprintf(at, "\u65e5");
    at += sprintf(at, "\", \"question\": \"Who?\", \"context\": \"x\\ny");
    for (size_t i = 0; i < 40; i++) at += sprintf(at, "\u672c");
    sprintf(at, "\", \"answers\": [{\"text\": \"\u00e9\u672c\u672c\u672c\u672c\u672c\u672c\u672c"
                "\u672c\u672c\u672c\u672c\u672c\", \"answer_start\": 0}]}\n");
    questions_open(&q, scratch_text(state, "a.jsonl", line), true);
    assert_done(questions_encode(&q, 64));
    const char *said = q.heard.warnings;
    assert_int_equal(utf8_malformed(slice_of(said)), strlen(said));
    assert_non_null(strstr(said, "where 'x y\u672c"));
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
    questions_close(&q);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, scratch_open, scratch_close)
    const struct CMUnitTest tests[] = {
        CASE(windows_and_spans_are_the_reference_s),
        CASE(lines_hold_answers_in_either_shape),
        CASE(unlabelled_rows_need_no_answers_and_ask_nothing),
        CASE(rows_without_their_parts_are_refused_with_the_line),
        CASE(every_token_of_a_context_is_in_a_window),
        CASE(a_long_question_loses_its_end_and_it_is_said),
        CASE(a_question_is_whole_where_the_reference_takes_it_whole),
        CASE(a_stride_that_does_not_fit_is_told_the_one_that_does),
        CASE(misplaced_answers_are_counted_and_the_first_three_are_named),
        CASE(misplaced_answers_are_found_nearest_to_where_they_should_stand),
        CASE(quoted_texts_are_cut_between_characters),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
