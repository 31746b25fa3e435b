/* The kernels of every permitted instruction set against their formulas in double: values, and
 * gradients by central differences. A difference over 2e-4 of a formula in double is good to 1e-7
 * here, so what is allowed is float's own rounding. */
#include "array.h"
#include "base/rng.h"
#include "compute/cpu/kernels/adamw_numbers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 37 };
static const double difference = 1e-4;

/* Runs a claim once for each permitted instruction set. */
static void each_isa(void (*claim)(const kernel_table *k))
{
    for (isa which = ISA_REF; which <= isa_detect(); which++) {
        kernel_table table;
        kernels_select(which, &table);
        print_message("  %s\n", isa_name(which));
        claim(&table);
    }
}

static double activation_formula(activation_kind kind, double u)
{
    switch (kind) {
    case ACTIVATION_GELU:
        return u / 2 * (1 + erf(u / sqrt(2)));
    case ACTIVATION_GELU_NEW:
        return u / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (u + 0.044715 * u * u * u)));
    case ACTIVATION_RELU:
        return u > 0 ? u : 0;
    case ACTIVATION_SILU:
        return u / (1 + exp(-u));
    case ACTIVATION_TANH:
        return tanh(u);
    }
    return NAN;
}

/* A step that is no power of two, so that floats of all kinds are met. */
enum { SWEEP = 60001 };
static float sweep_at(size_t i)
{
    return -15.0f + (float)i * 0.0005f;
}

static void activations_follow(const kernel_table *k)
{
    static float x[SWEEP], u[SWEEP], y[SWEEP];
    for (size_t i = 0; i < SWEEP; i++) x[i] = sweep_at(i);
    for (int kind = ACTIVATION_GELU; kind <= ACTIVATION_TANH; kind++) {
        k->activation_forward((activation_kind)kind, SWEEP, x, NULL, u, y);
        for (size_t i = 0; i < SWEEP; i++) {
            assert_true(u[i] == x[i]);
            assert_close("y", i, y[i], activation_formula((activation_kind)kind, x[i]), 1.5e-7);
        }
    }
}

static void activations_follow_their_formulas(void **state)
{
    (void)state;
    each_isa(activations_follow);
}

/* The tolerance is gelu_new's, in the tail: 1 - tanh^2 cancels, and about 4 u multiplies it. */
static void activation_slopes(const kernel_table *k)
{
    static float u[SWEEP], dy[SWEEP], dx[SWEEP];
    for (int kind = ACTIVATION_GELU; kind <= ACTIVATION_TANH; kind++) {
        for (size_t i = 0; i < SWEEP; i++) u[i] = sweep_at(i), dy[i] = i % 2 ? 1.0f : -2.0f;
        k->activation_backward((activation_kind)kind, SWEEP, u, dy, dx);
        for (size_t i = 0; i < SWEEP; i++) {
            float x = sweep_at(i);
            if (kind == ACTIVATION_RELU && fabs(x) < 2 * difference) continue; /* the corner */
            double slope = (activation_formula((activation_kind)kind, x + difference) -
                            activation_formula((activation_kind)kind, x - difference)) /
                           (2 * difference);
            assert_close("dx", i, dx[i], dy[i] * slope, 2e-6);
        }
    }
}

static void activation_gradients_are_the_slopes(void **state)
{
    (void)state;
    each_isa(activation_slopes);
}

/* What backward computes again is what forward gave, bit for bit: training may keep one alone. */
static void activation_values_return(const kernel_table *k)
{
    static float x[SWEEP], u[SWEEP], y[SWEEP], dx[SWEEP];
    for (size_t i = 0; i < SWEEP; i++) x[i] = sweep_at(i);
    for (int kind = ACTIVATION_GELU; kind <= ACTIVATION_TANH; kind++) {
        k->activation_forward((activation_kind)kind, SWEEP, x, NULL, u, y);
        k->activation_backward((activation_kind)kind, SWEEP, u, x, dx);
        assert_memory_equal(u, y, sizeof y);
        k->gated_forward((activation_kind)kind, SWEEP, x, dx, y);
        memcpy(u, x, sizeof u);
        k->gated_backward((activation_kind)kind, SWEEP, u, dx, x);
        assert_memory_equal(x, y, sizeof y);
        for (size_t i = 0; i < SWEEP; i++) x[i] = sweep_at(i);
    }
}

static void activation_backward_leaves_the_bits_of_forward(void **state)
{
    (void)state;
    each_isa(activation_values_return);
}

static void relu_at_zero_passes_nothing_back_in(const kernel_table *k)
{
    const float dy[3] = { 5, 5, 5 };
    float u[3] = { 0.0f, -0.0f, 1e-38f }, dx[3];
    k->activation_backward(ACTIVATION_RELU, 3, u, dy, dx);
    assert_true(dx[0] == 0 && dx[1] == 0 && dx[2] == 5);
}

static void relu_at_zero_passes_nothing_back(void **state)
{
    (void)state;
    each_isa(relu_at_zero_passes_nothing_back_in);
}

static void norm_formula(size_t count, double epsilon, const double *x, const float *gain,
                         const float *shift, double *y)
{
    double mean = 0, variance = 0;
    for (size_t i = 0; i < count; i++) mean += x[i] / (double)count;
    for (size_t i = 0; i < count; i++) variance += (x[i] - mean) * (x[i] - mean) / (double)count;
    for (size_t i = 0; i < count; i++)
        y[i] = gain[i] * (x[i] - mean) / sqrt(variance + epsilon) + shift[i];
}

/* Rows far from 0 too, where a variance by one pass would have no digit left. */
static void norm_follows(const kernel_table *k)
{
    static const float centers[] = { 0, 3, -1000 };
    for (size_t c = 0; c < 3; c++) {
        array x = array_random(768, 0, 1, centers[c] - 2, centers[c] + 2);
        array gain = array_random(768, 0, 2, -1, 1), shift = array_random(768, 0, 3, -1, 1);
        array y = array_copy(&x);
        double wide[768], want[768];
        float mean, rstd;
        for (size_t i = 0; i < 768; i++) wide[i] = x.at[i];
        norm_formula(768, 1e-12, wide, gain.at, shift.at, want);
        k->norm_forward(768, 1e-12f, x.at, gain.at, shift.at, y.at, &mean, &rstd);
        double tolerance = fabs(centers[c]) > 100 ? 2e-4 : 2e-6; /* an ulp of 1000 is 6e-5 */
        for (size_t i = 0; i < 768; i++) assert_close("y", i, y.at[i], want[i], tolerance);
        array_release(&x), array_release(&gain), array_release(&shift), array_release(&y);
    }
}

static void norm_follows_its_formula(void **state)
{
    (void)state;
    each_isa(norm_follows);
}

static void norm_of_equal_numbers_is(const kernel_table *k)
{
    float x[COUNT], gain[COUNT], shift[COUNT], y[COUNT], mean, rstd;
    for (size_t i = 0; i < COUNT; i++) x[i] = 4.0f, gain[i] = 2.0f, shift[i] = (float)i;
    k->norm_forward(COUNT, 1e-12f, x, gain, shift, y, &mean, &rstd);
    assert_true(mean == 4.0f);
    assert_close("rstd", 0, rstd, 1e6, 1e-6);
    for (size_t i = 0; i < COUNT; i++) assert_true(y[i] == shift[i]);
}

static void norm_of_equal_numbers_is_the_shift(void **state)
{
    (void)state;
    each_isa(norm_of_equal_numbers_is);
}

/* What dy, the weights of a sum over y, make of a change of x. */
static double norm_loss(const double *x, const float *gain, const float *shift, const float *dy)
{
    double y[COUNT], loss = 0;
    norm_formula(COUNT, 1e-5, x, gain, shift, y);
    for (size_t i = 0; i < COUNT; i++) loss += dy[i] * y[i];
    return loss;
}

static void norm_slopes(const kernel_table *k)
{
    array x = array_random(COUNT, 0, 1, -1, 4), gain = array_random(COUNT, 0, 2, -1, 1);
    array shift = array_random(COUNT, 0, 3, -1, 1), dy = array_random(COUNT, 0, 4, -1, 1);
    array y = array_copy(&x), dx = array_copy(&x);
    array dgain = array_random(COUNT, 0, 5, 0, 0), dshift = array_copy(&dgain);
    float mean, rstd;
    k->norm_forward(COUNT, 1e-5f, x.at, gain.at, shift.at, y.at, &mean, &rstd);
    for (int twice = 0; twice < 2; twice++)
        k->norm_backward(COUNT, dy.at, x.at, gain.at, mean, rstd, dx.at, dgain.at, dshift.at);

    double wide[COUNT];
    for (size_t i = 0; i < COUNT; i++) wide[i] = x.at[i];
    for (size_t i = 0; i < COUNT; i++) {
        wide[i] = x.at[i] + difference;
        double above = norm_loss(wide, gain.at, shift.at, dy.at);
        wide[i] = x.at[i] - difference;
        double below = norm_loss(wide, gain.at, shift.at, dy.at);
        wide[i] = x.at[i];
        assert_close("dx", i, dx.at[i], (above - below) / (2 * difference), 1e-6);
        double normal = ((double)x.at[i] - mean) * rstd;
        assert_close("dgain", i, dgain.at[i], 2 * dy.at[i] * normal, 1e-6);
        assert_close("dshift", i, dshift.at[i], 2 * dy.at[i], 1e-7);
    }
    array_release(&x), array_release(&gain), array_release(&shift), array_release(&dy);
    array_release(&y), array_release(&dx), array_release(&dgain), array_release(&dshift);
}

static void norm_gradients_are_the_slopes_and_add_up(void **state)
{
    (void)state;
    each_isa(norm_slopes);
}

static void softmax_formula(size_t count, double scale, const double *x, double *p)
{
    double largest = -INFINITY, sum = 0;
    for (size_t i = 0; i < count; i++) largest = fmax(largest, scale * x[i]);
    for (size_t i = 0; i < count; i++) sum += p[i] = exp(scale * x[i] - largest);
    for (size_t i = 0; i < count; i++) p[i] /= sum;
}

/* Also where the exponentials alone would overflow. */
static void softmax_follows(const kernel_table *k)
{
    static const float centers[] = { 0, 500, -1e4f };
    for (size_t c = 0; c < 3; c++) {
        array x = array_random(COUNT, 0, 1, centers[c] - 8, centers[c] + 8);
        double wide[COUNT], want[COUNT];
        for (size_t i = 0; i < COUNT; i++) wide[i] = x.at[i];
        softmax_formula(COUNT, 0.5, wide, want);
        k->softmax_forward(COUNT, 0.5f, x.at);
        for (size_t i = 0; i < COUNT; i++) assert_close("p / want", i, x.at[i] / want[i], 1, 1e-6);
        array_release(&x);
    }
}

static void softmax_follows_its_formula(void **state)
{
    (void)state;
    each_isa(softmax_follows);
}

static void softmax_slopes(const kernel_table *k)
{
    array x = array_random(COUNT, 0, 1, -3, 3), dp = array_random(COUNT, 0, 2, -1, 1);
    array p = array_copy(&x), dx = array_copy(&dp);
    const float scale = 0.125f;
    k->softmax_forward(COUNT, scale, p.at);
    k->softmax_backward(COUNT, scale, p.at, dx.at);
    double wide[COUNT], above[COUNT], below[COUNT];
    for (size_t i = 0; i < COUNT; i++) wide[i] = x.at[i];
    for (size_t i = 0; i < COUNT; i++) {
        wide[i] = x.at[i] + difference;
        softmax_formula(COUNT, scale, wide, above);
        wide[i] = x.at[i] - difference;
        softmax_formula(COUNT, scale, wide, below);
        wide[i] = x.at[i];
        double slope = 0;
        for (size_t j = 0; j < COUNT; j++)
            slope += dp.at[j] * (above[j] - below[j]) / (2 * difference);
        assert_close("dx", i, dx.at[i], slope, 1e-8);
    }
    array_release(&x), array_release(&dp), array_release(&p), array_release(&dx);
}

static void softmax_gradients_are_the_slopes(void **state)
{
    (void)state;
    each_isa(softmax_slopes);
}

/* Word by word what kernels.h promises about blocks, places and the threshold. */
static void dropout_draws(const kernel_table *k)
{
    const dropout_row d = { .key = 99,
                            .column = 40,
                            .token = 7,
                            .unit = 8,
                            .place = 9,
                            .threshold = 0x40000000u,
                            .scale = 1 / 0.75f };
    enum { UNITS = 4099 };
    static float x[UNITS], y[UNITS];
    size_t kept = 0;
    for (size_t i = 0; i < UNITS; i++) x[i] = (float)i + 1;
    k->dropout_apply(&d, UNITS, x, y);
    for (size_t i = 0; i < UNITS; i++) {
        rng_block drawn = rng_philox(99, (rng_block){ { 10 + (uint32_t)i / 4, 7, 8, 9 } });
        bool keep = drawn.word[i % 4] >= d.threshold;
        assert_true(y[i] == (keep ? x[i] * d.scale : 0.0f));
        kept += keep;
    }
    assert_in_range(kept, UNITS * 0.75 - 111, UNITS * 0.75 + 111); /* four deviations of 27.7 */
}

static void dropout_keeps_what_philox_draws(void **state)
{
    (void)state;
    each_isa(dropout_draws);
}

static void dropout_at_the_threshold(const kernel_table *k)
{
    float x[COUNT], y[COUNT];
    for (size_t i = 0; i < COUNT; i++) x[i] = 1;
    for (size_t i = 0; i < COUNT; i++) {
        rng_block drawn = rng_philox(4, (rng_block){ { (uint32_t)i / 4, 0, 0, 0 } });
        dropout_row d = { .key = 4, .threshold = drawn.word[i % 4], .scale = 3 };
        k->dropout_apply(&d, COUNT, x, y);
        assert_true(y[i] == 3);
        d.threshold++;
        k->dropout_apply(&d, COUNT, x, y);
        assert_true(y[i] == 0);
    }
}

static void dropout_keeps_a_unit_that_draws_the_threshold(void **state)
{
    (void)state;
    each_isa(dropout_at_the_threshold);
}

/* A row from unit 64 on is the rest of the row from 0. */
static void dropout_continues(const kernel_table *k)
{
    dropout_row d = { .key = 5, .threshold = 0x80000000u, .scale = 2.0f };
    array x = array_random(200, 0, 1, 1, 2), whole = array_copy(&x), rest = array_copy(&x);
    k->dropout_apply(&d, 200, x.at, whole.at);
    d.column = 64;
    k->dropout_apply(&d, 136, x.at + 64, rest.at + 64);
    assert_memory_equal(rest.at + 64, whole.at + 64, 136 * sizeof(float));
    array_release(&x), array_release(&whole), array_release(&rest);
}

static void dropout_from_a_later_unit_is_the_rest_of_the_row(void **state)
{
    (void)state;
    each_isa(dropout_continues);
}

static void residual_add_is(const kernel_table *k)
{
    const dropout_row d = { .key = 1, .threshold = 0x80000000u, .scale = 2.0f };
    array x = array_random(COUNT, 0, 1, -1, 1), bias = array_random(COUNT, 0, 2, -1, 1);
    array residual = array_random(COUNT, 0, 3, -1, 1), sum = array_copy(&x), want = array_copy(&x);
    for (size_t i = 0; i < COUNT; i++) want.at[i] = x.at[i] + bias.at[i];
    k->dropout_apply(&d, COUNT, want.at, want.at);
    for (size_t i = 0; i < COUNT; i++) want.at[i] += residual.at[i];
    k->residual_add(&d, COUNT, x.at, bias.at, residual.at, sum.at);
    assert_arrays_same("sum", &sum, &want);
    array_release(&x), array_release(&bias), array_release(&residual);
    array_release(&sum), array_release(&want);
}

static void residual_add_drops_as_dropout_does(void **state)
{
    (void)state;
    each_isa(residual_add_is);
}

/* Three steps of torch.optim.AdamW (2.x, one tensor, single-tensor way) from these numbers. */
static void adamw_steps(const kernel_table *k)
{
    static const float gradients[3][4] = { { 0.1f, -0.2f, 0.003f, 4.0f },
                                           { 0.05f, 0.25f, -0.007f, 3.0f },
                                           { -0.3f, 0.125f, 0.011f, -2.5f } };
    static const float want_w[4] = { 0x1.fcb92ep-2f, -0x1.fdf8dap-3f, 0x1.e1d04p-6f,
                                     -0x1.c13086p+0f };
    static const float want_m[4] = { -0x1.1d14e4p-6f, 0x1.3404eap-6f, 0x1.75d13ep-11f,
                                     0x1.60418ap-2f };
    static const float want_v[4] = { 0x1.add266p-14f, 0x1.eedaccp-14f, 0x1.804178p-23f,
                                     0x1.ff541ap-6f };
    float w[4] = { 0.5f, -0.25f, 0.03125f, -1.75f }, m[4] = { 0 }, v[4] = { 0 };
    for (int step = 1; step <= 3; step++) {
        const adamw_step s = { .learning_rate = 2e-3,
                               .beta1 = 0.9,
                               .beta2 = 0.999,
                               .epsilon = 1e-8,
                               .decay = 0.01,
                               .correction1 = 1 - pow(0.9, step),
                               .correction2_root = sqrt(1 - pow(0.999, step)),
                               .gradient_scale = 1.0f };
        k->adamw(&s, 4, gradients[step - 1], w, m, v);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_close("w / torch's", i, w[i] / want_w[i], 1, 1.2e-7);
        assert_close("m / torch's", i, m[i] / want_m[i], 1, 2.4e-7);
        assert_close("v / torch's", i, v[i] / want_v[i], 1, 1.2e-7);
    }
}

static void adamw_takes_the_steps_of_pytorch(void **state)
{
    (void)state;
    each_isa(adamw_steps);
}

/* Clipping is a factor on the gradient and nothing else. */
static void adamw_scales(const kernel_table *k)
{
    adamw_step s = { .learning_rate = 1e-3,
                     .beta1 = 0.9,
                     .beta2 = 0.999,
                     .epsilon = 1e-8,
                     .correction1 = 0.1,
                     .correction2_root = 0.0316,
                     .gradient_scale = 0.25f };
    array g = array_random(COUNT, 0, 1, -1, 1), quarter = array_copy(&g);
    for (size_t i = 0; i < COUNT; i++) quarter.at[i] *= 0.25f;
    array w = array_random(COUNT, 0, 2, -1, 1), m = array_random(COUNT, 0, 3, -1, 1);
    array v = array_random(COUNT, 0, 4, 0, 1);
    array want_w = array_copy(&w), want_m = array_copy(&m), want_v = array_copy(&v);
    k->adamw(&s, COUNT, g.at, w.at, m.at, v.at);
    s.gradient_scale = 1.0f;
    k->adamw(&s, COUNT, quarter.at, want_w.at, want_m.at, want_v.at);
    assert_arrays_same("w", &w, &want_w);
    assert_arrays_same("m", &m, &want_m);
    assert_arrays_same("v", &v, &want_v);
    array_release(&g), array_release(&quarter), array_release(&w), array_release(&m);
    array_release(&v), array_release(&want_w), array_release(&want_m), array_release(&want_v);
}

static void adamw_scales_the_gradient_first(void **state)
{
    (void)state;
    each_isa(adamw_scales);
}

static void check_idle(const kernel_table *k, size_t count, double beta1, double decay,
                       float moments)
{
    enum { STEPS = 256 };
    static const float zeros[COUNT];
    adamw_numbers numbers[STEPS];
    array w = array_random(COUNT, 0, 1, -1, 1), m = array_random(COUNT, 0, 2, -moments, moments);
    array v = array_random(COUNT, 0, 3, 0, moments * moments);
    array want_w = array_copy(&w), want_m = array_copy(&m), want_v = array_copy(&v);
    for (size_t i = 0; i < count; i++) {
        double step = (double)(i + 1000);
        adamw_step s = { .learning_rate = 1e-3 * (double)(i % 3),
                         .beta1 = beta1,
                         .beta2 = 0.999,
                         .epsilon = 1e-8,
                         .decay = decay,
                         .correction1 = 1.0 - pow(beta1, step),
                         .correction2_root = sqrt(1.0 - pow(0.999, step)),
                         .gradient_scale = 0.5f };
        numbers[i] = adamw_numbers_of(&s);
        k->adamw(&s, COUNT, zeros, want_w.at, want_m.at, want_v.at);
    }
    adamw_idle_steps steps = { count, numbers, adamw_faint(count, numbers) };
    k->adamw_idle(&steps, COUNT, w.at, m.at, v.at);
    assert_memory_equal(w.at, want_w.at, COUNT * sizeof *w.at);
    assert_memory_equal(m.at, want_m.at, COUNT * sizeof *m.at);
    assert_memory_equal(v.at, want_v.at, COUNT * sizeof *v.at);
    array_release(&w), array_release(&m), array_release(&v);
    array_release(&want_w), array_release(&want_m), array_release(&want_v);
}

/* Steps without a gradient are those of adamw with zeros: whatever the moments' size next to the
 * weights', down to denormals, and also where the weights shrink faster. */
static void adamw_idles(const kernel_table *k)
{
    for (int power = 0; power < 150; power++) {
        check_idle(k, 256, 0.9, 0.01, ldexpf(1.0f, -power));
        check_idle(k, 256, 0.999, 100.0, ldexpf(1.0f, -power));
        check_idle(k, 15, 0.999, 400.0, ldexpf(1.0f, -power));
    }
}

static void idle_steps_of_adamw_are_steps_with_a_gradient_of_zero(void **state)
{
    (void)state;
    each_isa(adamw_idles);
}

/* Half of these squares vanish next to the other half in float, and overflow it. */
static void sum_squares_is(const kernel_table *k)
{
    float x[COUNT];
    double want = 0;
    for (size_t i = 0; i < COUNT; i++) x[i] = i % 2 ? 3e20f : 1e13f;
    for (size_t i = 0; i < COUNT; i++) want += (double)x[i] * x[i];
    double got = k->sum_squares(COUNT, x);
    assert_close("sum", 0, got / want, 1, 1e-15);
}

static void sum_squares_is_carried_in_double(void **state)
{
    (void)state;
    each_isa(sum_squares_is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_follow_their_formulas),
        cmocka_unit_test(activation_gradients_are_the_slopes),
        cmocka_unit_test(activation_backward_leaves_the_bits_of_forward),
        cmocka_unit_test(relu_at_zero_passes_nothing_back),
        cmocka_unit_test(norm_follows_its_formula),
        cmocka_unit_test(norm_of_equal_numbers_is_the_shift),
        cmocka_unit_test(norm_gradients_are_the_slopes_and_add_up),
        cmocka_unit_test(softmax_follows_its_formula),
        cmocka_unit_test(softmax_gradients_are_the_slopes),
        cmocka_unit_test(dropout_keeps_what_philox_draws),
        cmocka_unit_test(dropout_keeps_a_unit_that_draws_the_threshold),
        cmocka_unit_test(dropout_from_a_later_unit_is_the_rest_of_the_row),
        cmocka_unit_test(residual_add_drops_as_dropout_does),
        cmocka_unit_test(adamw_takes_the_steps_of_pytorch),
        cmocka_unit_test(adamw_scales_the_gradient_first),
        cmocka_unit_test(idle_steps_of_adamw_are_steps_with_a_gradient_of_zero),
        cmocka_unit_test(sum_squares_is_carried_in_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
