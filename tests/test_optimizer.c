/* test_optimizer.c: the word table is updated where the tokens are, and has the bits of a table
 * that is updated everywhere. */
#include "scratch.h"
#include "train/optimizer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* How a run goes. Rows are met by chance, the first ones often, the last tenth never. */
typedef struct plan {
    size_t rows, width, steps;
    size_t parts, tokens;        /* parts a step, tokens a part */
    size_t settle_every;         /* as an evaluation does; 0: never before the end */
    size_t pause_from, pause_to; /* steps in which only the first rows are met */
    double rate, decay, clip, beta1, epsilon;
    double factors[3]; /* of the spans on the rate */
} plan;

static const plan usual = { .rows = 199,
                            .width = 20, /* so that a gap follows the table */
                            .steps = 700,
                            .parts = 1,
                            .tokens = 30,
                            .rate = 2e-3,
                            .decay = 0.01,
                            .clip = 1.0,
                            .beta1 = 0.9,
                            .epsilon = 1e-8,
                            .factors = { 1.0, 1.0, 1.0 } };

enum { REST_DECAY = 48, REST = 80 }; /* weights beside the table */

typedef struct side {
    optimizer o;
    param_layout layout;
    param_span spans[3];
    size_t words_end; /* floats of the table's span */
    float *weights;
} side;

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static float draw_float(uint32_t *state, float most)
{
    return most * ((float)draw(state) / 8388608.0f - 1.0f);
}

/* The table, if it has rows; other weights with decay; and such without. */
static void layout_make(side *s, const plan *p)
{
    size_t words = (p->rows * p->width + 15) / 16 * 16;
    const param_span spans[] = {
        { .count = words,
          .decay = true,
          .rate = p->factors[0],
          .gradient = SPAN_ROWS,
          .rows = p->rows,
          .width = p->width },
        { .begin = words,
          .count = REST_DECAY,
          .decay = true,
          .rate = p->factors[1],
          .gradient = SPAN_ADDED },
        { .begin = words + REST_DECAY,
          .count = REST - REST_DECAY,
          .rate = p->factors[2],
          .gradient = SPAN_ADDED },
    };
    memcpy(s->spans, spans, sizeof spans);
    size_t without = words ? 0 : 1;
    s->words_end = words;
    s->layout = (param_layout){ .spans = s->spans + without,
                                .span_count = 3 - without,
                                .count = words + REST };
}

static void side_open(side *s, compute *on, const plan *p, word_gradient words)
{
    uint32_t chance = 7;
    bert_train_options options = { .weight_decay = p->decay,
                                   .clip = p->clip,
                                   .adam_beta1 = p->beta1,
                                   .adam_beta2 = 0.999,
                                   .adam_epsilon = p->epsilon };
    layout_make(s, p);
    s->weights = calloc(s->layout.count, sizeof(float));
    for (size_t i = 0; i < s->layout.count; i++)
        if (i < p->rows * p->width || i >= s->words_end)
            s->weights[i] = draw(&chance) % 50 ? draw_float(&chance, 0.05f) : 0.0f;
    assert_done(optimizer_open(on, &s->layout, s->weights, words, &options, &s->o));
}

static void side_close(side *s)
{
    optimizer_release(&s->o);
    free(s->weights);
}

/* Rates rise from 0, fall, and are 0 now and then. */
static double rate_of(const plan *p, size_t step)
{
    if (step % 97 == 50) return 0.0;
    double all = (double)p->steps, at = (double)(step - 1);
    return p->rate * fmin(at / (0.1 * all), (all - at) / all);
}

static int32_t id_of(const plan *p, size_t step, uint32_t *chance)
{
    uint32_t common = draw(chance) % 20, rare = draw(chance) % (uint32_t)(p->rows * 9 / 10);
    bool pause = step >= p->pause_from && step < p->pause_to;
    return (int32_t)(pause || draw(chance) % 4 ? common : rare);
}

static void assert_row_same(const side *a, const side *b, size_t row, size_t width, size_t step)
{
    if (memcmp(a->weights + row * width, b->weights + row * width, width * sizeof(float)) != 0)
        fail_msg("step %zu: row %zu is read before it has taken every step", step, row);
}

/* A part's tokens add their gradients, of all sizes from one step to another. */
static void part_run(side *sides, size_t count, const plan *p, size_t step, uint32_t *chance)
{
    int32_t *ids = malloc(p->tokens * sizeof *ids);
    float size = ldexpf(1.0f, -(int)(draw(chance) % 20));
    for (size_t i = 0; i < p->tokens; i++) ids[i] = id_of(p, step, chance);
    for (size_t k = 0; k < count; k++) optimizer_meet(&sides[k].o, ids, p->tokens);
    for (size_t i = 0; i < p->tokens; i++) {
        size_t row = (size_t)ids[i];
        if (count > 1) assert_row_same(&sides[0], &sides[1], row, p->width, step);
        for (size_t j = 0; j < p->width; j++) {
            float g = draw_float(chance, size);
            for (size_t k = 0; k < count; k++) sides[k].o.gradient[row * p->width + j] += g;
        }
    }
    free(ids);
}

static void step_run(side *sides, size_t count, const plan *p, size_t step, uint32_t *chance)
{
    double norms[2];
    for (size_t k = 0; k < count; k++) optimizer_zero(&sides[k].o);
    for (size_t part = 0; part < p->parts; part++) part_run(sides, count, p, step, chance);
    for (size_t i = sides->words_end; i < sides->layout.count; i++) {
        float g = draw_float(chance, 0.1f);
        for (size_t k = 0; k < count; k++) sides[k].o.gradient[i] = g;
    }
    for (size_t k = 0; k < count; k++) {
        norms[k] = optimizer_norm(&sides[k].o, 0.0);
        assert_true(norms[k] > 0.0 && norms[k] == norms[0]);
        optimizer_step(&sides[k].o, step, rate_of(p, step), norms[k]);
    }
}

static void run(side *sides, size_t count, const plan *p)
{
    uint32_t chance = 42;
    for (size_t step = 1; step <= p->steps; step++) {
        step_run(sides, count, p, step, &chance);
        if (p->settle_every && step % p->settle_every == 0) optimizer_settle(&sides[0].o);
    }
    for (size_t k = 0; k < count; k++) optimizer_settle(&sides[k].o);
}

static void assert_sides_same(const side *a, const side *b)
{
    size_t bytes = a->layout.count * sizeof(float);
    assert_memory_equal(a->weights, b->weights, bytes);
    assert_memory_equal(a->o.first_moment, b->o.first_moment, bytes);
    assert_memory_equal(a->o.second_moment, b->o.second_moment, bytes);
    assert_memory_equal(a->o.gradient, b->o.gradient, bytes);
}

/* sides[0] by the rows met, sides[1] everywhere. */
static void check_plan(const plan *p)
{
    compute *on;
    side sides[2];
    assert_done(compute_cpu_open(1, &on));
    side_open(&sides[0], on, p, WORDS_MET);
    side_open(&sides[1], on, p, WORDS_ALL);
    run(sides, 2, p);
    assert_sides_same(&sides[0], &sides[1]);
    side_close(&sides[0]);
    side_close(&sides[1]);
    compute_free(on);
}

static void rows_that_are_met_have_the_bits_of_a_dense_update(void **state)
{
    (void)state;
    check_plan(&usual);
}

static void so_they_have_without_decay_or_clipping_and_with_other_constants(void **state)
{
    (void)state;
    static const double decays[] = { 0.0, 0.3, 700.0 }, clips[] = { 0.0, 1e-3 },
                        betas[] = { 0.0, 0.5, 0.99 }, epsilons[] = { 1e-30, 1.0 };
    plan p = usual;
    p.steps = 300;
    for (size_t i = 0; i < 3; i++, p = usual, p.steps = 300) p.decay = decays[i], check_plan(&p);
    for (size_t i = 0; i < 2; i++, p = usual, p.steps = 300) p.clip = clips[i], check_plan(&p);
    for (size_t i = 0; i < 3; i++, p = usual, p.steps = 300) p.beta1 = betas[i], check_plan(&p);
    for (size_t i = 0; i < 2; i++, p = usual, p.steps = 300)
        p.epsilon = epsilons[i], check_plan(&p);
}

static void so_they_have_where_a_step_is_split(void **state)
{
    (void)state;
    plan p = usual;
    p.parts = 3;
    p.tokens = 11;
    check_plan(&p);
}

/* Moments go down to denormals, and stay at the smallest. */
static void so_they_have_after_a_pause_of_a_thousand_steps(void **state)
{
    (void)state;
    plan p = usual;
    p.steps = 1400;
    p.pause_from = 150;
    p.pause_to = 1300;
    check_plan(&p);
}

static void an_evaluation_on_the_way_changes_no_bit(void **state)
{
    (void)state;
    static const size_t every[] = { 1, 17, 256, 300 };
    plan p = usual;
    for (size_t i = 0; i < 4; i++) p.settle_every = every[i], check_plan(&p);
}

/* One operation over the whole span, as for other weights. */
static void a_row_at_a_time_equals_a_span(void **state)
{
    (void)state;
    compute *on;
    side s;
    assert_done(compute_cpu_open(1, &on));
    side_open(&s, on, &usual, WORDS_ALL);
    size_t count = usual.rows * usual.width;
    float *w = malloc(count * sizeof *w), *m = calloc(count, sizeof *m),
          *v = calloc(count, sizeof *v);
    memcpy(w, s.weights, count * sizeof *w);
    for (size_t i = 0; i < count; i++) s.o.gradient[i] = sinf((float)i);
    double norm = optimizer_norm(&s.o, 0.0), want = sqrt(on->sum_squares(on, count, s.o.gradient));
    assert_float_equal(norm / want, 1.0, 1e-14);
    adamw step = s.o.settings;
    step.learning_rate = 0.01;
    step.decay = usual.decay;
    step.step = 1;
    step.gradient_scale = usual.clip / (norm + 1e-6);
    on->adamw_update(on, &step, count, s.o.gradient, w, m, v);
    optimizer_step(&s.o, 1, 0.01, norm);
    assert_memory_equal(s.weights, w, count * sizeof *w);
    assert_memory_equal(s.o.first_moment, m, count * sizeof *m);
    assert_memory_equal(s.o.second_moment, v, count * sizeof *v);
    free(w), free(m), free(v);
    side_close(&s);
    compute_free(on);
}

/* So large that every operation on rows is worth a team. */
static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    static const size_t teams[] = { 2, 3, 7 };
    compute *alone, *on;
    side one, many;
    plan p = usual;
    p.rows = 5000;
    p.width = 512;
    p.steps = 6;
    p.tokens = 40000;
    assert_done(compute_cpu_open(1, &alone));
    side_open(&one, alone, &p, WORDS_MET);
    run(&one, 1, &p);
    for (size_t i = 0; i < 3; i++) {
        assert_done(compute_cpu_open(teams[i], &on));
        side_open(&many, on, &p, WORDS_MET);
        run(&many, 1, &p);
        assert_sides_same(&one, &many);
        side_close(&many);
        compute_free(on);
    }
    side_close(&one);
    compute_free(alone);
}

static void without_a_table_the_other_weights_take_their_steps(void **state)
{
    (void)state;
    plan p = usual;
    p.rows = 0;
    p.steps = 3;
    p.tokens = 0;
    check_plan(&p);
}

static void side_run(side *s, compute *on, const plan *p, word_gradient words)
{
    side_open(s, on, p, words);
    run(s, 1, p);
}

static void assert_span_same(const side *a, const side *b, size_t span)
{
    const param_span *s = &a->spans[span];
    size_t bytes = s->count * sizeof(float);
    assert_memory_equal(a->weights + s->begin, b->weights + s->begin, bytes);
}

/* A span at half the rate moves as all do where the rate itself is half; its neighbours keep
 * theirs. */
static void a_span_moves_at_its_own_rate(void **state)
{
    (void)state;
    plan whole = usual, half = usual, mixed = usual;
    compute *on;
    half.rate = usual.rate / 2.0;
    assert_done(compute_cpu_open(1, &on));
    for (int words = WORDS_MET; words <= WORDS_ALL; words++) {
        side one, two, three;
        side_run(&one, on, &whole, words);
        side_run(&two, on, &half, words);
        for (size_t slow = 0; slow < 3; slow++) {
            for (size_t i = 0; i < 3; i++) mixed.factors[i] = i == slow ? 0.5 : 1.0;
            side_run(&three, on, &mixed, words);
            for (size_t i = 0; i < 3; i++) assert_span_same(&three, i == slow ? &two : &one, i);
            side_close(&three);
        }
        assert_memory_not_equal(one.weights, two.weights, one.layout.count * sizeof(float));
        side_close(&one);
        side_close(&two);
    }
    compute_free(on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_are_met_have_the_bits_of_a_dense_update),
        cmocka_unit_test(so_they_have_without_decay_or_clipping_and_with_other_constants),
        cmocka_unit_test(so_they_have_where_a_step_is_split),
        cmocka_unit_test(so_they_have_after_a_pause_of_a_thousand_steps),
        cmocka_unit_test(an_evaluation_on_the_way_changes_no_bit),
        cmocka_unit_test(a_row_at_a_time_equals_a_span),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(without_a_table_the_other_weights_take_their_steps),
        cmocka_unit_test(a_span_moves_at_its_own_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
