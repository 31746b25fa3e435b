/* test_linear.c: a weight that is used several times in a pass, and in several passes of a step,
 * has the gradient of all its uses, and the squares that are summed up are those of the whole. */
#include "device.h"
#include "model/linear.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { USES = 3, ROWS = 24, WIDTH = 70, SQUARE = WIDTH * WIDTH };

/* x[k + 1] = W x[k] + b with one W and b for all k; the loss is the sum of dx[USES] * x[USES]. */
typedef struct chain {
    compute *on;
    params weights, gradients;         /* W and b stand where the pooler's are */
    float *x[USES + 1], *dx[USES + 1]; /* [ROWS, WIDTH] */
    double squares;                    /* of W's gradient */
} chain;

enum { ENTRIES = 2 };
static const param_entry entries[ENTRIES] = {
    { .offset = offsetof(params, pooler.weight), .part = PARAM_POOLER, .products = USES },
    { .offset = offsetof(params, pooler.bias), .part = PARAM_POOLER },
};

static pooler_params layer_of(float *w, float *b)
{
    return (pooler_params){ .weight = { .rows = WIDTH, .cols = WIDTH, .data = w },
                            .bias = { .rows = WIDTH, .data = b } };
}

/* W's gradient is not a number until something writes it; b's is 0, as the optimizer leaves it. */
static void chain_open(chain *c, const char *isa)
{
    float *w = random_floats(SQUARE, 1), *dw = zero_floats(SQUARE);
    *c = (chain){ .on = device_open(isa, 2) };
    for (size_t i = 0; i < SQUARE; i++) w[i] *= 0.1f, dw[i] = NAN;
    c->weights.pooler = layer_of(w, random_floats(WIDTH, 2));
    c->gradients.pooler = layer_of(dw, zero_floats(WIDTH));
    for (uint32_t k = 0; k <= USES; k++) {
        c->x[k] = random_floats(ROWS * WIDTH, 3 + k);
        c->dx[k] = random_floats(ROWS * WIDTH, 13 + k);
    }
}

static void chain_close(chain *c)
{
    assert_done(c->on->status(c->on));
    free(c->weights.pooler.weight.data), free(c->weights.pooler.bias.data);
    free(c->gradients.pooler.weight.data), free(c->gradients.pooler.bias.data);
    for (size_t k = 0; k <= USES; k++) free(c->x[k]), free(c->dx[k]);
    compute_free(c->on);
}

static pass chain_pass(chain *c)
{
    return (pass){ .on = c->on, .params = &c->weights, .squares = &c->squares };
}

static void chain_forward(chain *c, size_t begin, size_t rows)
{
    pass p = chain_pass(c);
    const pooler_params *l = &c->weights.pooler;
    for (size_t k = 0; k < USES; k++)
        linear_forward(&p, &l->weight, &l->bias, rows, c->x[k] + begin * WIDTH,
                       c->x[k + 1] + begin * WIDTH);
}

static void chain_backward(chain *c, size_t begin, size_t rows)
{
    pass p = chain_pass(c);
    const pooler_params *l = &c->weights.pooler;
    pooler_params *d = &c->gradients.pooler;
    for (size_t k = USES; k-- > 0;) {
        const float *dy = c->dx[k + 1] + begin * WIDTH;
        assert_false(gradients_complete(&c->gradients, entries, ENTRIES));
        linear_backward_weight(&p, &l->weight, rows, dy, c->x[k] + begin * WIDTH, &d->weight,
                               &d->bias);
        linear_backward_input(&p, &l->weight, rows, dy, LINEAR_WRITE, c->dx[k] + begin * WIDTH);
    }
}

/* A step in so many parts of as many rows. */
static void chain_step(chain *c, size_t parts)
{
    gradients_begin(&c->gradients, entries, ENTRIES, parts);
    memset(c->gradients.pooler.bias.data, 0, WIDTH * sizeof(float));
    c->squares = 0.0;
    for (size_t part = 0; part < parts; part++) {
        chain_forward(c, part * (ROWS / parts), ROWS / parts);
        chain_backward(c, part * (ROWS / parts), ROWS / parts);
    }
    assert_true(gradients_complete(&c->gradients, entries, ENTRIES));
}

/* The same products one after another, each added to zeros by the device itself. */
static void assert_gradient_is_the_sum(const chain *c, size_t parts)
{
    compute *on = c->on;
    float *dw = zero_floats(SQUARE), *db = zero_floats(WIDTH);
    linear_shape s = { .rows = ROWS / parts, .in = WIDTH, .out = WIDTH };
    for (size_t part = 0; part < parts; part++)
        for (size_t k = USES; k-- > 0;)
            on->linear_backward_weight(on, &s, c->dx[k + 1] + part * s.rows * WIDTH,
                                       c->x[k] + part * s.rows * WIDTH, part > 0 || k + 1 < USES,
                                       dw, db, NULL);
    assert_memory_equal(c->gradients.pooler.weight.data, dw, SQUARE * sizeof *dw);
    assert_memory_equal(c->gradients.pooler.bias.data, db, WIDTH * sizeof *db);
    free(dw), free(db);
}

static double squares_of(const float *x, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) sum += (double)x[i] * x[i];
    return sum;
}

typedef void chain_check(chain *c, size_t parts);

static void each_chain(chain_check *check)
{
    static const char *const instruction_sets[] = { "ref", NULL };
    static const size_t parts[] = { 1, 2, 3 };
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 3; k++) {
            chain c;
            chain_open(&c, instruction_sets[i]);
            check(&c, parts[k]);
            chain_close(&c);
        }
    }
}

static void check_sum(chain *c, size_t parts)
{
    for (int step = 0; step < 2; step++) { /* the second finds what the first has left */
        chain_step(c, parts);
        assert_gradient_is_the_sum(c, parts);
        double want = squares_of(c->gradients.pooler.weight.data, SQUARE);
        assert_true(fabs(c->squares - want) <= 1e-12 * want);
    }
}

static void every_use_adds_to_the_gradient_and_its_squares_count_once(void **state)
{
    (void)state;
    each_chain(check_sum);
}

static double chain_loss(chain *c, double by)
{
    const pooler_params *l = &c->weights.pooler, *d = &c->gradients.pooler;
    double loss = 0.0;
    for (size_t i = 0; i < SQUARE; i++) l->weight.data[i] += (float)(by * d->weight.data[i]);
    for (size_t i = 0; i < WIDTH; i++) l->bias.data[i] += (float)(by * d->bias.data[i]);
    chain_forward(c, 0, ROWS);
    for (size_t i = 0; i < ROWS * WIDTH; i++) loss += (double)c->dx[USES][i] * c->x[USES][i];
    return loss;
}

/* Along the gradient the loss rises by the gradient's norm. */
static void check_slope(chain *c, size_t parts)
{
    chain_step(c, parts);
    double square = c->squares + squares_of(c->gradients.pooler.bias.data, WIDTH);
    double by = 1e-2 / sqrt(square);
    double up = chain_loss(c, by), down = chain_loss(c, -2.0 * by);
    double slope = (up - down) / (2.0 * by);
    if (!(fabs(slope / square - 1.0) < 2e-3))
        fail_msg("the loss rises by %.6g; the gradient says %.6g", slope, square);
}

static void the_gradient_of_all_uses_is_the_slope_of_the_loss(void **state)
{
    (void)state;
    each_chain(check_slope);
}

/* A table that other operations add to, before and after the product (masked words). */
static void a_gradient_of_uncounted_products_is_written_once_and_not_measured(void **state)
{
    (void)state;
    chain c;
    chain_open(&c, NULL);
    pass p = chain_pass(&c);
    param_entry uncounted[ENTRIES];
    pooler_params *d = &c.gradients.pooler;
    float *once = zero_floats(SQUARE);
    memcpy(uncounted, entries, sizeof entries);
    uncounted[0].products = 0;
    for (int before = 0; before < 2; before++) {
        gradients_begin(&c.gradients, uncounted, ENTRIES, 1);
        if (before) {
            for (size_t i = 0; i < SQUARE; i++) d->weight.data[i] = 1.0f;
            d->weight.written = true;
        }
        linear_backward_weight(&p, &c.weights.pooler.weight, ROWS, c.dx[1], c.x[0], &d->weight,
                               &d->bias);
        for (size_t i = 0; before && i < SQUARE; i++)
            assert_float_equal(d->weight.data[i], once[i] + 1.0f, 1e-5);
        memcpy(once, d->weight.data, SQUARE * sizeof *once);
    }
    assert_true(squares_of(once, SQUARE) > 1.0);
    assert_true(c.squares == 0.0);
    free(once);
    chain_close(&c);
}

/* Of a frozen weight the bias may be trained still. */
static void a_gradient_that_is_not_wanted_is_left_out(void **state)
{
    (void)state;
    chain c;
    chain_open(&c, NULL);
    weight none = { .rows = WIDTH, .cols = WIDTH };
    pass p = chain_pass(&c);
    gradients_begin(&c.gradients, entries, ENTRIES, 1);
    linear_backward_weight(&p, &c.weights.pooler.weight, ROWS, c.dx[1], c.x[0], &none,
                           &c.gradients.pooler.bias);
    assert_true(squares_of(c.gradients.pooler.bias.data, WIDTH) > 1.0);
    assert_true(c.squares == 0.0);
    chain_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_use_adds_to_the_gradient_and_its_squares_count_once),
        cmocka_unit_test(the_gradient_of_all_uses_is_the_slope_of_the_loss),
        cmocka_unit_test(a_gradient_of_uncounted_products_is_written_once_and_not_measured),
        cmocka_unit_test(a_gradient_that_is_not_wanted_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
