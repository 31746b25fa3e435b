/* test_frame.c: special tokens around texts: BERT's frame, and frames of other shapes, in which the
 * tasks find the texts' tokens all the same. */
#include "text/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bert.h"
#include "scratch.h"
#include "task/examples.h"
#include "tasks/answer.h"
#include "tasks/tag.h"
#include "tasks/tasks.h"
#include "text/tokenizer_parts.h"

#include <cmocka.h>

static const char folder[] = "tests/data/golden/gelu";
static const slice no_pair = { NULL, 0 };
static const bert_observer nobody = { 0 };

enum { CLS = 2, SEP = 3 };

/* BERT's; RoBERTa's, with two tokens between the texts; XLNet's, with nothing before them and two
 * tokens behind. */
static void frame_take(size_t kind, frame *single, frame *pair)
{
    const frame_run nothing = { .count = 0 }, cls = { .ids = { CLS }, .count = 1 },
                    sep = { .ids = { SEP }, .count = 1 }, two = { .ids = { SEP, SEP }, .count = 2 },
                    end = { .ids = { SEP, CLS }, .count = 2 };
    if (kind == 0) frames_bert(CLS, SEP, single, pair);
    if (kind == 1) {
        *single = (frame){ .before = cls, .after = sep };
        *pair = (frame){ .pair = true, .before = cls, .between = two, .after = sep };
    }
    if (kind == 2) {
        *single = (frame){ .before = nothing, .after = end };
        *pair = (frame){ .pair = true, .before = nothing, .between = sep, .after = end };
    }
}

enum { FRAMES = 3 };

static tokenizer *tokenizer_of(size_t kind)
{
    tokenizer *t;
    assert_done(tokenizer_open(folder, &t));
    frame_take(kind, &t->post.single, &t->post.pair);
    return t;
}

static void run_check(const frame_run *run, const int32_t *ids)
{
    for (size_t i = 0; i < run->count; i++) assert_int_equal(ids[i], run->ids[i]);
}

/* ---- the frame alone */

static void berts_frames_are_cls_and_seps(void **state)
{
    (void)state;
    frame single, pair;
    frame_take(0, &single, &pair);
    const int32_t a[] = { 10, 11 }, b[] = { 20 };
    const token_slice first = { a, 2 }, second = { b, 1 }, none = { NULL, 0 };
    const int32_t want[] = { CLS, 10, 11, SEP }, want_pair[] = { CLS, 10, 11, SEP, 20, SEP };
    int32_t have[6];
    frame_put(&single, first, none, have);
    assert_memory_equal(have, want, sizeof want);
    frame_put(&pair, first, second, have);
    assert_memory_equal(have, want_pair, sizeof want_pair);
    assert_int_equal(frame_length(&single, 2, 0), 4);
    assert_int_equal(frame_length(&pair, 2, 1), 6);
    assert_int_equal(frame_first_count(&single, 2), 4);
    assert_int_equal(frame_first_count(&pair, 2), 4);
    assert_int_equal(frame_second_at(&pair, 2), 4);
    assert_int_equal(frame_room(&pair, 3), 0);
    assert_int_equal(frame_room(&pair, 8), 5);
    assert_int_equal(frame_sequences(&single, 9), 4);
    assert_true(frame_holds(&single, CLS) && frame_holds(&single, SEP) && !frame_holds(&pair, 10));
}

/* ---- encodings */

static void texts_are_cut_to_what_their_frame_leaves(void **state)
{
    (void)state;
    const slice text = slice_of("the film was good"), other = slice_of("it is long");
    for (size_t kind = 0; kind < FRAMES; kind++) {
        tokenizer *t = tokenizer_of(kind);
        tokenizer_encoding e = { 0 };
        for (size_t pair = 0; pair < 2; pair++) {
            const frame *f = tokenizer_frame(t, pair);
            size_t special = frame_count(f), all = special + (pair ? 7 : 4);
            for (size_t length = special; length <= all + 1; length++) {
                assert_done(tokenizer_encode(t, text, pair ? other : no_pair, length,
                                             TRUNCATE_LONGEST_FIRST, &e));
                assert_int_equal(e.whole_count, all);
                assert_int_equal(e.count, length < all ? length : all);
                assert_int_equal(e.texts[0].count + e.texts[1].count + special, e.count);
                run_check(&f->before, e.ids);
                run_check(&f->after, e.ids + e.count - f->after.count);
                if (pair) run_check(&f->between, e.ids + e.texts[1].begin - f->between.count);
                assert_int_equal(e.first_count, pair ? e.texts[1].begin : e.count);
                if (e.texts[0].count)
                    assert_int_equal(e.ids[e.texts[0].begin],
                                     vocabulary_find(&t->vocabulary, slice_of("the")));
                if (e.texts[1].count)
                    assert_int_equal(e.ids[e.texts[1].begin],
                                     vocabulary_find(&t->vocabulary, slice_of("it")));
            }
            assert_failed(tokenizer_encode(t, text, pair ? other : no_pair, special - 1,
                                           TRUNCATE_LONGEST_FIRST, &e),
                          BERT_ARGUMENT, "no room");
        }
        tokenizer_encoding_release(&e);
        tokenizer_free(t);
    }
}

static void a_token_continues_a_word_by_its_mark(void **state)
{
    (void)state;
    tokenizer *t = tokenizer_of(0);
    joined_text text = { 0 };
    assert_true(tokenizer_continues(t, vocabulary_find(&t->vocabulary, slice_of("##a"))));
    assert_false(tokenizer_continues(t, vocabulary_find(&t->vocabulary, slice_of("a"))));
    assert_false(tokenizer_continues(t, vocabulary_find(&t->vocabulary, slice_of("#"))));
    assert_done(tokenizer_join(t, slice_of("##a"), true, &text));
    assert_done(tokenizer_join(t, slice_of("##ing"), false, &text));
    assert_done(tokenizer_join(t, slice_of("#ing"), false, &text));
    assert_string_equal(text.bytes, "##aing #ing");
    free(text.bytes);
    tokenizer_free(t);
}

/* ---- the tasks */

typedef struct opened {
    tokenizer *tokenizer;
    config config;
    bert_task_options options;
    examples e;
    tokenizer_encoding whole; /* of the row */
} opened;

enum { LENGTH = 12, STRIDE = 3 };

/* One row in windows. */
static void opened_open(opened *o, size_t kind, const task *asked, const dataset_row *row,
                        bool labelled)
{
    *o = (opened){ .options = bert_task_options_default(), .tokenizer = tokenizer_of(kind) };
    o->options.windows = true;
    o->options.stride = STRIDE;
    assert_done(config_read(folder, &o->config));
    examples given = { .task = asked,
                       .options = &o->options,
                       .config = &o->config,
                       .tokenizer = o->tokenizer,
                       .max_length = LENGTH,
                       .rows = row,
                       .row_count = 1,
                       .labelled = labelled };
    assert_done(examples_open(&given, NULL, &nobody, &o->e));
    assert_done(tokenizer_encode(o->tokenizer, row->text, row->pair, SIZE_MAX,
                                 TRUNCATE_LONGEST_FIRST, &o->whole));
    assert_true(o->e.features.count > 2);
    assert_int_equal(o->e.truncated, 0);
}

static void opened_close(opened *o)
{
    tokenizer_encoding_release(&o->whole);
    examples_release(&o->e);
    config_release(&o->config);
    tokenizer_free(o->tokenizer);
}

/* Each unit is framed, full but for the last, and goes on with the text where the one before it
 * ended, `stride` tokens back; the last one ends it. */
static void windows_check(const opened *o, bool pair)
{
    const features *f = &o->e.features;
    const frame *around = tokenizer_frame(o->tokenizer, pair);
    token_slice first = encoding_tokens(&o->whole, 0), text = encoding_tokens(&o->whole, pair);
    size_t at = 0;
    for (size_t unit = 0; unit < f->count; unit++) {
        const int32_t *ids = f->ids + f->starts[unit];
        size_t length = features_length(f, unit);
        size_t begin = pair ? frame_second_at(around, first.count) : frame_first_at(around);
        size_t count = length - begin - around->after.count;
        run_check(&around->before, ids);
        run_check(&around->after, ids + length - around->after.count);
        if (pair) run_check(&around->between, ids + begin - around->between.count);
        if (pair)
            assert_memory_equal(ids + around->before.count, first.ids,
                                first.count * sizeof *first.ids);
        assert_int_equal(f->first_counts[unit], pair ? begin : length);
        if (unit) at -= STRIDE;
        assert_true(at + count <= text.count);
        assert_memory_equal(ids + begin, text.ids + at, count * sizeof *ids);
        if (unit + 1 < f->count) assert_int_equal(length, LENGTH);
        at += count;
    }
    assert_int_equal(at, text.count);
}

static const char long_text[] = "the film was great and the acting was fine the plot was so dull "
                                "and cold and slow it was good";

static void windows_of_whole_texts_stand_in_the_frame(void **state)
{
    (void)state;
    const dataset_row single = { .text = slice_of(long_text) },
                      pair = { .text = slice_of("so"), .pair = slice_of(long_text) };
    for (size_t kind = 0; kind < FRAMES; kind++) {
        opened o;
        opened_open(&o, kind, &task_classify, &single, false);
        windows_check(&o, false);
        opened_close(&o);
        opened_open(&o, kind, &task_classify, &pair, false);
        windows_check(&o, true);
        opened_close(&o);
    }
}

static void every_token_of_a_text_is_answered_in_any_frame(void **state)
{
    (void)state;
    const dataset_row row = { .text = slice_of(long_text) };
    for (size_t kind = 0; kind < FRAMES; kind++) {
        opened o;
        opened_open(&o, kind, &task_tag, &row, false);
        windows_check(&o, false);
        const tag_targets *t = o.e.targets;
        token_slice text = encoding_tokens(&o.whole, 0);
        size_t answered = 0;
        for (size_t i = 0; i < features_tokens(&o.e.features); i++) {
            if (t->items[i] == NO_ITEM) continue;
            assert_int_equal(o.e.features.ids[i], text.ids[t->items[i]]);
            answered++;
        }
        assert_int_equal(answered, text.count);
        opened_close(&o);
    }
}

static void an_answer_is_found_in_any_frame(void **state)
{
    (void)state;
    const char *answer = "cold";
    dataset_answer place = { .text = slice_of(answer),
                             .start = (size_t)(strstr(long_text, answer) - long_text) };
    const dataset_row row = {
        .text = slice_of("how"), .pair = slice_of(long_text), .answers = &place, .answer_count = 1
    };
    for (size_t kind = 0; kind < FRAMES; kind++) {
        opened o;
        opened_open(&o, kind, &task_answer, &row, true);
        windows_check(&o, true);
        const answer_targets *t = o.e.targets;
        int32_t id = vocabulary_find(&o.tokenizer->vocabulary, slice_of(answer));
        size_t found = 0;
        for (size_t unit = 0; unit < o.e.features.count; unit++) {
            const answer_window *w = &t->windows[unit];
            const int32_t *ids = o.e.features.ids + o.e.features.starts[unit];
            assert_int_equal(w->first, frame_second_at(tokenizer_frame(o.tokenizer, true), 1));
            if (!w->span[1]) continue;
            assert_int_equal(w->span[0], w->span[1]);
            assert_int_equal(ids[w->span[0]], id);
            found++;
        }
        assert_true(found > 0);
        opened_close(&o);
    }
}

static void every_blank_is_asked_once_in_any_frame(void **state)
{
    (void)state;
    const dataset_row row = { .text = slice_of(
                                  "the [MASK] was great and the [MASK] [MASK] fine the plot [MASK] "
                                  "so dull and [MASK] and slow it was [MASK]") };
    for (size_t kind = 0; kind < FRAMES; kind++) {
        opened o;
        opened_open(&o, kind, &task_fill, &row, false);
        windows_check(&o, false);
        uint32_t *order;
        assert_done(examples_order(o.e.features.count, &order));
        assert_true(examples_weigh(&o.e, order, o.e.features.count, 0, 0) == 6.0);
        free(order);
        opened_close(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(berts_frames_are_cls_and_seps),
        cmocka_unit_test(texts_are_cut_to_what_their_frame_leaves),
        cmocka_unit_test(a_token_continues_a_word_by_its_mark),
        cmocka_unit_test(windows_of_whole_texts_stand_in_the_frame),
        cmocka_unit_test(every_token_of_a_text_is_answered_in_any_frame),
        cmocka_unit_test(an_answer_is_found_in_any_frame),
        cmocka_unit_test(every_blank_is_asked_once_in_any_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
