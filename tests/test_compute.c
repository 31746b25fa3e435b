/* test_compute.c: every operation's backward equals the finite differences of its forward, for the
 * reference and for the best instruction set; and results do not depend on the number of threads,
 * bit for bit. */
#include "base/rng.h"
#include "device.h"
#include "differences.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- linear */

static const linear_shape linear = { .rows = 5, .in = 7, .out = 3 };

static void linear_run_forward(trial *t)
{
    t->on->linear_forward(t->on, &linear, t->input[0], t->input[1], NULL, t->input[2], t->y);
}

static void linear_run_backward(trial *t)
{
    t->on->linear_backward_input(t->on, &linear, t->dy, t->input[1], false, t->gradient[0]);
    t->on->linear_backward_weight(t->on, &linear, t->dy, t->input[0], true, t->gradient[1],
                                  t->gradient[2], NULL);
}

static void linear_trial(compute *on)
{
    trial t = { .on = on, .forward = linear_run_forward, .backward = linear_run_backward };
    trial_input(&t, 0, linear.rows * linear.in);
    trial_input(&t, 1, linear.out * linear.in);
    trial_input(&t, 2, linear.out);
    trial_output(&t, linear.rows * linear.out);
    trial_run(&t);
}

static void linear_backward_equals_differences(void **state)
{
    (void)state;
    each_device(linear_trial);
}

static void gradients_of_inputs_accumulate_when_asked(void **state)
{
    (void)state;
    compute *on = device_open(NULL, 2);
    float *dy = random_floats(15, 1), *w = random_floats(21, 2), *once = zero_floats(35),
          *twice = zero_floats(35);
    on->linear_backward_input(on, &linear, dy, w, false, once);
    on->linear_backward_input(on, &linear, dy, w, false, twice);
    on->linear_backward_input(on, &linear, dy, w, true, twice);
    for (size_t i = 0; i < 35; i++) assert_true(fabsf(twice[i] - 2.0f * once[i]) < 1e-5f);
    free(dy);
    free(w);
    free(once);
    free(twice);
    compute_free(on);
}

/* ---- norm and residual norm */

static const norm_shape norm = { .rows = 37, .width = 5, .epsilon = 1e-5f };
static float norm_mean[37], norm_rstd[37];

static void norm_run_forward(trial *t)
{
    t->on->norm_forward(t->on, &norm, t->input[0], t->input[1], t->input[2], t->y, norm_mean,
                        norm_rstd);
}

static void norm_run_backward(trial *t)
{
    t->on->norm_backward(t->on, &norm, t->dy, t->input[0], t->input[1], norm_mean, norm_rstd,
                         t->gradient[0], t->gradient[1], t->gradient[2]);
}

static void norm_trial(compute *on)
{
    trial t = { .on = on, .forward = norm_run_forward, .backward = norm_run_backward };
    trial_input(&t, 0, norm.rows * norm.width);
    trial_input(&t, 1, norm.width);
    trial_input(&t, 2, norm.width);
    trial_output(&t, norm.rows * norm.width);
    trial_run(&t);
}

static void norm_backward_equals_differences(void **state)
{
    (void)state;
    each_device(norm_trial);
}

static uint32_t row_unit[64], row_token[64];
static const dropout drops = {
    .rate = 0.3f, .key = 12345, .place = 6, .unit = row_unit, .token = row_token
};

/* inputs: x, residual, gain, shift, bias */
static float residual_sum[37 * 5];

static void residual_run_forward(trial *t)
{
    memcpy(residual_sum, t->input[0], sizeof residual_sum);
    t->on->residual_norm_forward(t->on, &norm, &drops, t->input[4], t->input[1], t->input[2],
                                 t->input[3], residual_sum, t->y, norm_mean, norm_rstd);
}

/* As the model does it: norm, then dropout on the branch, then the bias as a sum over rows. */
static void residual_run_backward(trial *t)
{
    t->on->norm_backward(t->on, &norm, t->dy, residual_sum, t->input[2], norm_mean, norm_rstd,
                         t->gradient[1], t->gradient[2], t->gradient[3]);
    t->on->dropout_apply(t->on, norm.rows, norm.width, &drops, t->gradient[1], t->gradient[0]);
    for (size_t row = 0; row < norm.rows; row++)
        for (size_t i = 0; i < norm.width; i++)
            t->gradient[4][i] += t->gradient[0][row * norm.width + i];
}

static void residual_trial(compute *on)
{
    trial t = { .on = on, .forward = residual_run_forward, .backward = residual_run_backward };
    trial_input(&t, 0, norm.rows * norm.width);
    trial_input(&t, 1, norm.rows * norm.width);
    trial_input(&t, 2, norm.width);
    trial_input(&t, 3, norm.width);
    trial_input(&t, 4, norm.width);
    trial_output(&t, norm.rows * norm.width);
    trial_run(&t);
}

static void residual_norm_backward_equals_differences(void **state)
{
    (void)state;
    each_device(residual_trial);
}

/* ---- activations */

static activation_kind kind_tried;
static float activation_sum[66];

static void activation_run_forward(trial *t)
{
    memcpy(activation_sum, t->input[0], sizeof activation_sum);
    t->on->activation_forward(t->on, kind_tried, 6, 11, t->input[1], activation_sum, t->y);
}

static void activation_run_backward(trial *t)
{
    memcpy(t->gradient[0], t->dy, 66 * sizeof(float));
    t->on->activation_backward(t->on, kind_tried, 6, 11, activation_sum, t->gradient[0]);
    for (size_t i = 0; i < 66; i++) t->gradient[1][i % 11] += t->gradient[0][i];
}

static void activation_trial(compute *on)
{
    const activation_kind kinds[] = { ACTIVATION_GELU, ACTIVATION_GELU_NEW, ACTIVATION_SILU,
                                      ACTIVATION_TANH };
    for (size_t i = 0; i < 4; i++) {
        trial t = { .on = on,
                    .forward = activation_run_forward,
                    .backward = activation_run_backward };
        kind_tried = kinds[i];
        trial_input(&t, 0, 66);
        trial_input(&t, 1, 11);
        trial_output(&t, 66);
        trial_run(&t);
    }
}

/* relu's kink is left to the kernel tests, which keep away from it. */
static void activation_backward_equals_differences(void **state)
{
    (void)state;
    each_device(activation_trial);
}

/* ---- attention: sequences of 1, 6 and 3 tokens; all queries, or the first of each alone; all
 * keys, or those beside the query; without and with a relative bias */

static const uint32_t key_starts[] = { 0, 1, 7, 10 }, first_starts[] = { 0, 1, 2, 3 };
static const uint16_t buckets_from_left[] = { 3, 3, 3, 2, 2, 0, 1, 1, 1, 4, 4 };
static attention_bias relative = { .buckets = 5, .bucket = buckets_from_left + 5 };
static attention_shape attention = { .heads = 2,
                                     .head_width = 3,
                                     .sequences = 3,
                                     .query_starts = key_starts,
                                     .key_starts = key_starts };
static dropout attention_drops;

static void attention_run_forward(trial *t)
{
    relative.table = t->input[3];
    t->on->attention_forward(t->on, &attention, &attention_drops, t->input[0], t->input[1],
                             t->input[2], t->y);
}

static void attention_run_backward(trial *t)
{
    t->on->attention_backward(t->on, &attention, &attention_drops, t->dy, t->input[0], t->input[1],
                              t->input[2], t->gradient[0], t->gradient[1], t->gradient[2],
                              t->gradient[3]);
}

static void attention_trial(compute *on)
{
    for (int variant = 0; variant < 16; variant++) {
        attention.query_starts = variant & 1 ? first_starts : key_starts;
        attention.query_rows = variant & 1 ? key_starts : NULL;
        attention_drops = variant & 2 ? drops : (dropout){ 0 };
        attention.reach = variant & 4 ? 1 : 0;
        attention.bias = variant & 8 ? &relative : NULL;
        trial t = { .on = on,
                    .forward = attention_run_forward,
                    .backward = attention_run_backward };
        size_t queries = attention.query_starts[3];
        trial_input(&t, 0, queries * 6);
        trial_input(&t, 1, 10 * 6);
        trial_input(&t, 2, 10 * 6);
        if (attention.bias) trial_input(&t, 3, 5 * 2);
        trial_output(&t, queries * 6);
        trial_run(&t);
    }
    attention.query_rows = NULL;
    attention.reach = 0;
    attention.bias = NULL;
}

static void attention_backward_equals_differences(void **state)
{
    (void)state;
    each_device(attention_trial);
}

static void a_sequence_does_not_see_its_neighbours(void **state)
{
    (void)state;
    compute *on = device_open(NULL, 2);
    float *q = random_floats(60, 1), *k = random_floats(60, 2), *v = random_floats(60, 3),
          before[60], after[60];
    attention.query_starts = key_starts;
    dropout none = { 0 };
    on->attention_forward(on, &attention, &none, q, k, v, before);
    for (size_t i = 0; i < 6; i++)
        k[i] = v[i] = q[i] = 100.0f; /* the first sequence's only token */
    for (size_t i = 42; i < 60; i++) k[i] = v[i] = q[i] = -100.0f; /* the third's */
    on->attention_forward(on, &attention, &none, q, k, v, after);
    assert_memory_equal(before + 6, after + 6, 36 * sizeof(float));
    free(q);
    free(k);
    free(v);
    compute_free(on);
}

/* ---- embeddings */

static const int32_t ids[] = { 3, 1, 3, 0, 2 }, positions[] = { 0, 1, 2, 3, 4 },
                     types[] = { 0, 0, 1, 1, 1 };
static const embedding_shape embedding = {
    .tokens = 5, .width = 70, .ids = ids, .positions = positions, .types = types, .pad = 4
};

static void embedding_run_forward(trial *t)
{
    t->on->embedding_forward(t->on, &embedding, t->input[0], t->input[1], t->input[2], t->y);
}

static void embedding_run_backward(trial *t)
{
    t->on->embedding_backward(t->on, &embedding, t->dy, t->gradient[0], t->gradient[1],
                              t->gradient[2]);
}

static void embedding_trial(compute *on)
{
    trial t = { .on = on, .forward = embedding_run_forward, .backward = embedding_run_backward };
    trial_input(&t, 0, 4 * 70);
    trial_input(&t, 1, 5 * 70);
    trial_input(&t, 2, 2 * 70);
    trial_output(&t, 5 * 70);
    trial_run(&t);
}

static void embedding_backward_equals_differences(void **state)
{
    (void)state;
    each_device(embedding_trial);
}

static void the_pad_row_gets_no_gradient(void **state)
{
    (void)state;
    compute *on = device_open(NULL, 2);
    embedding_shape shape = embedding;
    shape.pad = 3;
    float *dsum = random_floats(5 * 70, 1), *dword = zero_floats(4 * 70);
    on->embedding_backward(on, &shape, dsum, dword, NULL, NULL);
    for (size_t i = 0; i < 70; i++) {
        assert_true(dword[3 * 70 + i] == 0.0f);
        assert_true(dword[1 * 70 + i] == dsum[1 * 70 + i]);
    }
    free(dsum);
    free(dword);
    compute_free(on);
}

/* ---- gathering, loss */

static const uint32_t rows_wanted[] = { 4, 0, 2 };

static void gather_run_forward(trial *t)
{
    t->on->gather_rows(t->on, 3, 6, rows_wanted, t->input[0], t->y);
}

static void gather_run_backward(trial *t)
{
    t->on->scatter_add_rows(t->on, 3, 6, rows_wanted, t->dy, t->gradient[0]);
}

static void gather_trial(compute *on)
{
    trial t = { .on = on, .forward = gather_run_forward, .backward = gather_run_backward };
    trial_input(&t, 0, 5 * 6);
    trial_output(&t, 3 * 6);
    trial_run(&t);
}

static void gather_backward_equals_differences(void **state)
{
    (void)state;
    each_device(gather_trial);
}

static const int32_t loss_labels[] = { 2, 0, 1, 1 };

static void loss_run_forward(trial *t)
{
    double loss = 0.0;
    t->on->cross_entropy(t->on, 4, 3, t->input[0], loss_labels, NULL, 0.0f, NULL, &loss);
    t->y[0] = (float)loss;
}

static void loss_run_backward(trial *t)
{
    double loss = 0.0;
    t->on->cross_entropy(t->on, 4, 3, t->input[0], loss_labels, NULL, t->dy[0], t->gradient[0],
                         &loss);
}

static void loss_trial(compute *on)
{
    trial t = { .on = on, .forward = loss_run_forward, .backward = loss_run_backward };
    trial_input(&t, 0, 4 * 3);
    trial_output(&t, 1);
    trial_run(&t);
}

static void cross_entropy_gradient_equals_differences(void **state)
{
    (void)state;
    each_device(loss_trial);
}

static void mean_of_rows_is_the_mean(void **state)
{
    (void)state;
    compute *on = device_open(NULL, 2);
    float *x = random_floats(10 * 3, 1), y[9];
    on->mean_rows(on, 3, 3, 0, key_starts, x, y);
    for (size_t i = 0; i < 3; i++) {
        assert_true(y[i] == x[i]);
        assert_true(fabsf(y[6 + i] - (x[21 + i] + x[24 + i] + x[27 + i]) / 3.0f) < 1e-6f);
    }
    free(x);
    compute_free(on);
}

/* Sequences of 1, 6 and 3 rows, of which the first two are left out: nothing is left of one. */
static void a_mean_leaves_the_first_rows_out_and_gives_them_no_gradient(void **state)
{
    (void)state;
    compute *on = device_open(NULL, 2);
    float *x = random_floats(10 * 3, 1), y[9], dx[30];
    on->mean_rows(on, 3, 3, 2, key_starts, x, y);
    for (size_t i = 0; i < 3; i++) {
        assert_true(y[i] == 0.0f);
        assert_true(y[6 + i] == x[27 + i]);
    }
    for (size_t i = 0; i < 30; i++) dx[i] = NAN;
    on->mean_rows_backward(on, 3, 3, 2, key_starts, y, dx);
    for (size_t row = 0; row < 10; row++)
        for (size_t i = 0; i < 3; i++) {
            float want = row == 9 ? y[6 + i] : row >= 3 && row < 7 ? y[3 + i] / 4.0f : 0.0f;
            assert_true(dx[row * 3 + i] == want);
        }
    free(x);
    compute_free(on);
}

/* ---- threads */

enum { MANY_ROWS = 1000, MANY_IN = 300, MANY_OUT = 330 }; /* enough to be worth a team */

/* Products, sums over rows, norm and squares with a number of threads: all bytes into out. */
static void work(size_t threads, float *out)
{
    compute *on = device_open(NULL, threads);
    linear_shape s = { .rows = MANY_ROWS, .in = MANY_IN, .out = MANY_OUT };
    norm_shape n = { .rows = MANY_ROWS, .width = MANY_IN, .epsilon = 1e-5f };
    float *x = random_floats(MANY_ROWS * MANY_IN, 1), *w = random_floats(MANY_OUT * MANY_IN, 2),
          *b = random_floats(MANY_OUT, 3);
    float *y = out, *dw = y + MANY_ROWS * MANY_OUT, *db = dw + MANY_OUT * MANY_IN,
          *dx = db + MANY_OUT;
    float *dgain = dx + MANY_ROWS * MANY_IN, *dshift = dgain + MANY_IN, *squares = dshift + MANY_IN;
    float *mean = zero_floats(MANY_ROWS), *rstd = zero_floats(MANY_ROWS),
          *normed = zero_floats(MANY_ROWS * MANY_IN);
    on->linear_forward(on, &s, x, w, NULL, b, y);
    on->linear_backward_input(on, &s, y, w, false, dx);
    on->linear_backward_weight(on, &s, y, x, true, dw, db, NULL);
    on->norm_forward(on, &n, x, b, b, normed, mean, rstd);
    on->norm_backward(on, &n, dx, x, b, mean, rstd, dx, dgain, dshift);
    *squares = (float)on->sum_squares(on, MANY_ROWS * MANY_OUT, y);
    free(x);
    free(w);
    free(b);
    free(mean);
    free(rstd);
    free(normed);
    compute_free(on);
}

static void results_do_not_depend_on_threads(void **state)
{
    (void)state;
    size_t count = MANY_ROWS * (MANY_OUT + MANY_IN) + MANY_OUT * (MANY_IN + 1) + 2 * MANY_IN + 1;
    const size_t teams[] = { 2, 3, 7 };
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

static int rows_name(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 64; i++) {
        row_unit[i] = i / 5;
        row_token[i] = i % 5;
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_backward_equals_differences),
        cmocka_unit_test(gradients_of_inputs_accumulate_when_asked),
        cmocka_unit_test(norm_backward_equals_differences),
        cmocka_unit_test(residual_norm_backward_equals_differences),
        cmocka_unit_test(activation_backward_equals_differences),
        cmocka_unit_test(attention_backward_equals_differences),
        cmocka_unit_test(a_sequence_does_not_see_its_neighbours),
        cmocka_unit_test(embedding_backward_equals_differences),
        cmocka_unit_test(the_pad_row_gets_no_gradient),
        cmocka_unit_test(gather_backward_equals_differences),
        cmocka_unit_test(cross_entropy_gradient_equals_differences),
        cmocka_unit_test(mean_of_rows_is_the_mean),
        cmocka_unit_test(a_mean_leaves_the_first_rows_out_and_gives_them_no_gradient),
        cmocka_unit_test(results_do_not_depend_on_threads),
    };
    return cmocka_run_group_tests(tests, rows_name, NULL);
}
