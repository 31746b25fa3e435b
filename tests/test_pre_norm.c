/* test_pre_norm.c: the operations that ModernBERT's layers have beside BERT's: backward equals the
 * finite differences of forward, rotary positions equal their formula, and results do not depend
 * on the number of threads. */
#include "device.h"
#include "differences.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- a branch that begins with a norm without shift: y = x + norm(x), of which backward is that
 * of the norm added to what passes it */

static const norm_shape norm = { .rows = 37, .width = 5, .epsilon = 1e-5f };
static float norm_mean[37], norm_rstd[37], norm_dy[37 * 5];

static void branch_forward(trial *t)
{
    t->on->norm_forward(t->on, &norm, t->input[0], t->input[1], NULL, t->y, norm_mean, norm_rstd);
    for (size_t i = 0; i < t->outputs; i++) t->y[i] += t->input[0][i];
}

static void branch_backward(trial *t)
{
    memcpy(norm_dy, t->dy, sizeof norm_dy);
    memcpy(t->gradient[0], t->dy, sizeof norm_dy);
    t->on->norm_backward_add(t->on, &norm, norm_dy, t->input[0], t->input[1], norm_mean, norm_rstd,
                             t->gradient[0], t->gradient[1], NULL);
}

static void branch_trial(compute *on)
{
    trial t = { .on = on, .forward = branch_forward, .backward = branch_backward };
    trial_input(&t, 0, norm.rows * norm.width);
    trial_input(&t, 1, norm.width);
    trial_output(&t, norm.rows * norm.width);
    trial_run(&t);
}

static void a_norm_before_a_branch_adds_its_gradient_to_the_sum(void **state)
{
    (void)state;
    each_device(branch_trial);
}

/* ---- gated activations */

enum { GATED_ROWS = 6, GATED_WIDTH = 11 };
static activation_kind kind_tried;
static float gated_y[GATED_ROWS * GATED_WIDTH];

static void gated_run_forward(trial *t)
{
    t->on->gated_forward(t->on, kind_tried, GATED_ROWS, GATED_WIDTH, t->input[0], t->y);
}

static void gated_run_backward(trial *t)
{
    memcpy(t->gradient[0], t->input[0], t->count[0] * sizeof(float));
    memcpy(gated_y, t->dy, sizeof gated_y);
    t->on->gated_backward(t->on, kind_tried, GATED_ROWS, GATED_WIDTH, t->gradient[0], gated_y);
    assert_memory_equal(gated_y, t->y, sizeof gated_y);
}

static void gated_trial(compute *on)
{
    const activation_kind kinds[] = { ACTIVATION_GELU, ACTIVATION_GELU_NEW, ACTIVATION_SILU,
                                      ACTIVATION_TANH };
    for (size_t i = 0; i < 4; i++) {
        kind_tried = kinds[i];
        trial t = { .on = on, .forward = gated_run_forward, .backward = gated_run_backward };
        trial_input(&t, 0, GATED_ROWS * 2 * GATED_WIDTH);
        trial_output(&t, GATED_ROWS * GATED_WIDTH);
        trial_run(&t);
    }
}

static void gated_backward_equals_differences(void **state)
{
    (void)state;
    each_device(gated_trial);
}

/* ---- rotary positions: sequences of 1, 6 and 3 tokens, some of which have queries */

enum { HEADS = 2, WIDTH = 6, HIDDEN = HEADS * WIDTH, PLACES = 6, TOKENS = 10 };
static const uint32_t starts[] = { 0, 1, 7, 10 }, few_starts[] = { 0, 0, 2, 3 },
                      few_rows[] = { 2, 6, 8 };
static float cosine[PLACES * WIDTH / 2], sine[PLACES * WIDTH / 2];
static const rotary table = { cosine, sine };
static attention_shape shape = {
    .heads = HEADS, .head_width = WIDTH, .sequences = 3, .key_starts = starts
};

static void shape_set(bool few)
{
    shape.query_starts = few ? few_starts : starts;
    shape.query_rows = few ? few_rows : NULL;
}

static double angle(size_t place, size_t pair)
{
    return (double)place * pow(10000.0, -2.0 * (double)pair / WIDTH);
}

static int table_make(void **state)
{
    (void)state;
    for (size_t place = 0; place < PLACES; place++)
        for (size_t i = 0; i < WIDTH / 2; i++) {
            cosine[place * WIDTH / 2 + i] = (float)cos(angle(place, i));
            sine[place * WIDTH / 2 + i] = (float)sin(angle(place, i));
        }
    return 0;
}

static void assert_turned(const float *x, const float *y, size_t place)
{
    for (size_t i = 0; i < HIDDEN; i++) {
        size_t in_head = i % WIDTH, pair = in_head % (WIDTH / 2);
        double c = cos(angle(place, pair)), s = sin(angle(place, pair));
        double want =
            in_head < WIDTH / 2 ? x[i] * c - x[i + WIDTH / 2] * s : x[i] * c + x[i - WIDTH / 2] * s;
        assert_true(fabs(y[i] - want) < 1e-6);
    }
}

static void rows_turn_by_their_place_in_their_sequence(void **state)
{
    (void)state;
    static const size_t places[TOKENS] = { 0, 0, 1, 2, 3, 4, 5, 0, 1, 2 };
    compute *on = device_open(NULL, 2);
    float *q = random_floats(TOKENS * HIDDEN, 1), *k = random_floats(TOKENS * HIDDEN, 2);
    float *q_before = random_floats(TOKENS * HIDDEN, 1),
          *k_before = random_floats(TOKENS * HIDDEN, 2);
    shape_set(true);
    on->rotary_forward(on, &shape, &table, q, k);
    for (size_t i = 0; i < TOKENS; i++)
        assert_turned(k_before + i * HIDDEN, k + i * HIDDEN, places[i]);
    for (size_t i = 0; i < 3; i++)
        assert_turned(q_before + i * HIDDEN, q + i * HIDDEN, places[few_rows[i]]);
    assert_memory_equal(q + 3 * HIDDEN, q_before + 3 * HIDDEN,
                        (TOKENS - 3) * HIDDEN * sizeof(float));
    free(q);
    free(k);
    free(q_before);
    free(k_before);
    compute_free(on);
}

/* Outputs: the queries, then the keys. */
static void rotary_run_forward(trial *t)
{
    float *k = t->y + t->count[0];
    memcpy(t->y, t->input[0], t->count[0] * sizeof(float));
    memcpy(k, t->input[1], t->count[1] * sizeof(float));
    t->on->rotary_forward(t->on, &shape, &table, t->y, k);
}

static void rotary_run_backward(trial *t)
{
    memcpy(t->gradient[0], t->dy, t->count[0] * sizeof(float));
    memcpy(t->gradient[1], t->dy + t->count[0], t->count[1] * sizeof(float));
    t->on->rotary_backward(t->on, &shape, &table, t->gradient[0], t->gradient[1]);
}

static void rotary_trial(compute *on)
{
    for (int few = 0; few < 2; few++) {
        shape_set(few);
        trial t = { .on = on, .forward = rotary_run_forward, .backward = rotary_run_backward };
        trial_input(&t, 0, shape.query_starts[3] * HIDDEN);
        trial_input(&t, 1, TOKENS * HIDDEN);
        trial_output(&t, t.count[0] + t.count[1]);
        trial_run(&t);
    }
}

static void rotary_backward_equals_differences(void **state)
{
    (void)state;
    each_device(rotary_trial);
}

/* ---- threads */

enum { MANY_ROWS = 700, MANY_HEADS = 5, MANY_WIDTH = 26, MANY = MANY_HEADS * MANY_WIDTH };

static void work(size_t threads, float *out)
{
    static const uint32_t many_starts[] = { 0, 3, 400, MANY_ROWS };
    compute *on = device_open(NULL, threads);
    size_t count = MANY_ROWS * MANY;
    norm_shape n = { .rows = MANY_ROWS, .width = MANY, .epsilon = 1e-5f };
    attention_shape s = { .heads = MANY_HEADS,
                          .head_width = MANY_WIDTH,
                          .sequences = 3,
                          .query_starts = many_starts,
                          .key_starts = many_starts };
    float *turns = random_floats(400 * MANY_WIDTH, 3), *gain = random_floats(MANY, 4);
    float *x = random_floats(2 * count, 1), *mean = zero_floats(MANY_ROWS),
          *rstd = zero_floats(MANY_ROWS);
    float *y = out, *dy = y + count, *u = dy + count, *dgain = u + 2 * count;
    rotary r = { turns, turns + 200 * MANY_WIDTH };
    memcpy(u, x, 2 * count * sizeof *u);
    on->gated_forward(on, ACTIVATION_GELU, MANY_ROWS, MANY, u, y);
    on->norm_forward(on, &n, x, gain, NULL, dy, mean, rstd);
    on->rotary_forward(on, &s, &r, y, dy);
    on->gated_backward(on, ACTIVATION_GELU, MANY_ROWS, MANY, u, dy);
    on->norm_backward_add(on, &n, dy, x, gain, mean, rstd, y, dgain, NULL);
    free(turns);
    free(gain);
    free(x);
    free(mean);
    free(rstd);
    compute_free(on);
}

static void results_do_not_depend_on_threads(void **state)
{
    (void)state;
    const size_t teams[] = { 2, 3, 7 }, count = MANY_ROWS * MANY * 4 + MANY;
    float *one = zero_floats(count), *many = zero_floats(count);
    work(1, one);
    for (size_t i = 0; i < 3; i++) {
        memset(many, 0, count * sizeof *many);
        work(teams[i], many);
        assert_memory_equal(one, many, count * sizeof *one);
    }
    free(one);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_norm_before_a_branch_adds_its_gradient_to_the_sum),
        cmocka_unit_test(gated_backward_equals_differences),
        cmocka_unit_test(rows_turn_by_their_place_in_their_sequence),
        cmocka_unit_test(rotary_backward_equals_differences),
        cmocka_unit_test(results_do_not_depend_on_threads),
    };
    return cmocka_run_group_tests(tests, table_make, NULL);
}
