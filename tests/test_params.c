/* test_params.c: where the trainable weights lie in their block, and that frozen ones and those
 * that are only passed on to the saved model lie nowhere. */
#include "model/config.h"
#include "model/params.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* Weights of a tiny model: the head reads tokens, a pooler is passed on beside it. */
typedef struct listed {
    config config;
    param_entry *all, *used; /* with and without the pooler */
    size_t count, used_count;
} listed;

static listed listed_open(void)
{
    enum { USED = PARAMS_ENCODER | PARAMS_SPANS };
    listed l;
    assert_done(config_read("tests/data/golden/gelu", &l.config));
    assert_done(params_list(&l.config, USED | PARAMS_POOLER, &l.all, &l.count));
    assert_done(params_list(&l.config, USED, &l.used, &l.used_count));
    assert_int_equal(l.count, l.used_count + 2);
    return l;
}

static void listed_release(listed *l)
{
    free(l->all);
    free(l->used);
    config_release(&l->config);
}

static void a_layout_leaves_no_room_for_parts_that_are_passed_on(void **state)
{
    (void)state;
    listed l = listed_open();
    for (size_t frozen = 0; frozen <= 1 + l.config.layers; frozen++) {
        param_layout with, without;
        size_t next = 0;
        assert_done(param_layout_init(l.all, l.count, frozen, PARAMS_POOLER, &with));
        assert_done(param_layout_init(l.used, l.used_count, frozen, 0, &without));
        assert_int_equal(with.count, without.count);
        assert_int_equal(with.span_count, without.span_count);
        assert_memory_equal(with.spans, without.spans, with.span_count * sizeof *with.spans);
        for (size_t i = 0; i < l.count; i++)
            if (l.all[i].part == PARAM_POOLER)
                assert_int_equal(with.at[i], SIZE_MAX);
            else
                assert_int_equal(with.at[i], without.at[next++]);
        assert_int_equal(next, l.used_count);
        param_layout_release(&with);
        param_layout_release(&without);
    }
    listed_release(&l);
}

static void frozen_parts_and_frozen_layers_add_up(void **state)
{
    (void)state;
    listed l = listed_open();
    for (size_t frozen = 0; frozen <= 1 + l.config.layers; frozen++) {
        param_layout layout;
        assert_done(
            param_layout_init(l.all, l.count, frozen, PARAMS_POOLER | PARAMS_SPANS, &layout));
        for (size_t i = 0; i < l.count; i++) {
            param_part part = l.all[i].part;
            bool trained = (part == PARAM_EMBEDDING && frozen == 0) ||
                           (part == PARAM_LAYER && l.all[i].layer + 1 >= frozen);
            assert_int_equal(layout.at[i] != SIZE_MAX, trained);
        }
        assert_int_equal(layout.count == 0, frozen == 1 + l.config.layers);
        param_layout_release(&layout);
    }
    listed_release(&l);
}

/* The weights keep the data that they were given; of gradients there are none. */
static void weights_without_a_place_keep_their_data_and_have_no_gradient(void **state)
{
    (void)state;
    listed l = listed_open();
    params p;
    param_layout layout;
    float given = 0.0f;
    assert_done(params_init(&l.config, &p));
    assert_done(param_layout_init(l.all, l.count, 0, PARAMS_POOLER, &layout));
    float *block = calloc(layout.count, sizeof *block);
    for (int only = 0; only < 2; only++) {
        p.pooler.weight.data = p.pooler.bias.data = &given;
        params_point(&p, l.all, l.count, &layout, block, only);
        for (size_t i = 0; i < l.count; i++) {
            const float *data = params_weight(&p, &l.all[i])->data;
            if (l.all[i].part != PARAM_POOLER)
                assert_ptr_equal(data, block + layout.at[i]);
            else
                assert_ptr_equal(data, only ? NULL : &given);
        }
    }
    free(block);
    param_layout_release(&layout);
    params_release(&p);
    listed_release(&l);
}

/* The spans lie end to end, and each weight in one that treats it as its entry says. */
static void assert_spans_fit(const listed *l, const param_layout *layout)
{
    size_t end = 0;
    for (size_t i = 0; i < layout->span_count; i++) {
        const param_span *s = &layout->spans[i];
        assert_int_equal(s->begin, end);
        assert_true(s->count > 0);
        end += s->count;
    }
    assert_int_equal(end, layout->count);
    for (size_t i = 0; i < l->count; i++) {
        const param_span *s = layout->spans;
        const param_entry *e = &l->all[i];
        size_t floats = e->rows * (e->cols ? e->cols : 1);
        if (layout->at[i] == SIZE_MAX) continue;
        while (layout->at[i] >= s->begin + s->count) s++;
        assert_true(layout->at[i] + floats <= s->begin + s->count);
        assert_true(s->decay == e->decay && s->rate == e->rate);
        assert_true((s->gradient == SPAN_PRODUCTS) == (e->products > 0));
    }
}

static void neighbours_that_are_treated_alike_are_one_span(void **state)
{
    (void)state;
    static const span_gradient made[] = { SPAN_ROWS, SPAN_ADDED, SPAN_PRODUCTS, SPAN_ADDED };
    listed l = listed_open();
    for (size_t frozen = 0; frozen < 1 + l.config.layers; frozen++) {
        param_layout layout;
        size_t first = frozen ? 2 : 0; /* without the embeddings, the matrices */
        assert_done(param_layout_init(l.all, l.count, frozen, 0, &layout));
        assert_spans_fit(&l, &layout);
        assert_int_equal(layout.span_count, 4 - first);
        for (size_t i = 0; i < layout.span_count; i++)
            assert_int_equal(layout.spans[i].gradient, made[first + i]);
        if (!frozen) {
            assert_int_equal(layout.spans->rows, l.config.vocabulary);
            assert_int_equal(layout.spans->width, l.config.hidden);
        }
        param_layout_release(&layout);
    }
    listed_release(&l);
}

/* One layer in the middle: the spans before and after it end there, with decay and without. */
static void weights_with_another_rate_are_spans_of_their_own(void **state)
{
    (void)state;
    listed l = listed_open();
    param_layout layout;
    assert_true(l.config.layers > 2);
    for (size_t i = 0; i < l.count; i++)
        if (l.all[i].part == PARAM_LAYER && l.all[i].layer == 1) l.all[i].rate = 0.5;
    assert_done(param_layout_init(l.all, l.count, 0, 0, &layout));
    assert_spans_fit(&l, &layout);
    assert_int_equal(layout.span_count, 8);
    param_layout_release(&layout);
    listed_release(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layout_leaves_no_room_for_parts_that_are_passed_on),
        cmocka_unit_test(frozen_parts_and_frozen_layers_add_up),
        cmocka_unit_test(weights_without_a_place_keep_their_data_and_have_no_gradient),
        cmocka_unit_test(neighbours_that_are_treated_alike_are_one_span),
        cmocka_unit_test(weights_with_another_rate_are_spans_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
