/* NaNs and infinities: none is hidden, whatever the instruction set, lane or place in the row. */
#include "compute/cpu/kernels/kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 45 }; /* two full turns of 16 lanes and a rest; five of 8 and a rest */

static const dropout_row dropping = { .key = 3, .threshold = 0x80000000u, .scale = 2.0f };
static const dropout_row keeping = { .scale = 1.0f };

typedef struct buffers {
    float a[COUNT], b[COUNT], c[COUNT], d[COUNT], e[COUNT], f[COUNT];
} buffers;

/* Ordinary numbers, but a NaN at `at` of array number `which`. */
static buffers buffers_with_nan(int which, size_t at)
{
    buffers b;
    float *arrays[] = { b.a, b.b, b.c, b.d, b.e, b.f };
    for (int k = 0; k < 6; k++)
        for (size_t i = 0; i < COUNT; i++)
            arrays[k][i] = 0.25f + (float)((i * 7 + (size_t)k * 3) % 11) / 11;
    arrays[which][at] = NAN;
    return b;
}

static void assert_nan_at(const char *what, const float *y, size_t at)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (i == at && !isnan(y[i])) fail_msg("%s: the NaN at %zu became %g", what, at, y[i]);
        if (i != at && isnan(y[i])) fail_msg("%s: the NaN at %zu reached %zu", what, at, i);
    }
}

static void assert_all_nan(const char *what, const float *y)
{
    for (size_t i = 0; i < COUNT; i++)
        if (!isnan(y[i])) fail_msg("%s: element %zu is %g, wanted NaN", what, i, y[i]);
}

static void each_isa_and_place(void (*claim)(const kernel_table *k, size_t at))
{
    for (isa which = ISA_REF; which <= isa_detect(); which++) {
        kernel_table table;
        kernels_select(which, &table);
        print_message("  %s\n", isa_name(which));
        for (size_t at = 0; at < COUNT; at++) claim(&table, at);
    }
}

static void elementwise_nan(const kernel_table *k, size_t at)
{
    for (int which = 0; which < 3; which++) {
        buffers b = buffers_with_nan(which, at);
        k->residual_add(&dropping, COUNT, b.a, b.b, b.c, b.d);
        assert_nan_at("residual_add, dropping", b.d, at);
        k->residual_add(&keeping, COUNT, b.a, b.b, b.c, b.d);
        assert_nan_at("residual_add", b.d, at);
    }
    buffers b = buffers_with_nan(0, at);
    k->dropout_apply(&dropping, COUNT, b.a, b.b);
    assert_nan_at("dropout_apply", b.b, at);
    k->add(COUNT, b.a, b.c);
    assert_nan_at("add, x", b.c, at);
    k->add(COUNT, b.d, b.a);
    assert_nan_at("add, y", b.a, at);
    b = buffers_with_nan(0, at);
    assert_true(isnan(k->sum_squares(COUNT, b.a)));
}

static void a_nan_stays_through_sums_and_dropout(void **state)
{
    (void)state;
    each_isa_and_place(elementwise_nan);
}

static void activation_nan(const kernel_table *k, size_t at)
{
    for (int kind = ACTIVATION_GELU; kind <= ACTIVATION_TANH; kind++) {
        for (int which = 0; which < 2; which++) {
            buffers b = buffers_with_nan(which, at);
            k->activation_forward((activation_kind)kind, COUNT, b.a, b.b, b.c, b.d);
            assert_nan_at("activation u", b.c, at);
            assert_nan_at("activation y", b.d, at);
            k->activation_backward((activation_kind)kind, COUNT, b.a, b.b, b.c);
            assert_nan_at("activation dx", b.c, at);
            b = buffers_with_nan(which, at);
            k->gated_forward((activation_kind)kind, COUNT, b.a, b.b, b.c);
            assert_nan_at("gated y", b.c, at);
            k->gated_backward((activation_kind)kind, COUNT, b.a, b.b, b.c);
            assert_nan_at("gated du", b.a, at);
        }
    }
}

static void a_nan_stays_through_activations_both_ways(void **state)
{
    (void)state;
    each_isa_and_place(activation_nan);
}

static void row_nan(const kernel_table *k, size_t at)
{
    float mean, rstd;
    buffers b = buffers_with_nan(0, at);
    k->norm_forward(COUNT, 1e-5f, b.a, b.b, b.c, b.d, &mean, &rstd);
    assert_all_nan("norm_forward", b.d);
    assert_true(isnan(mean) && isnan(rstd));
    for (int which = 0; which < 3; which++) {
        b = buffers_with_nan(which, at);
        k->norm_backward(COUNT, b.a, b.b, b.c, 0.1f, 0.9f, b.d, b.e, b.f);
        assert_all_nan("norm_backward", b.d);
    }
    b = buffers_with_nan(0, at);
    k->softmax_forward(COUNT, 0.5f, b.a);
    assert_all_nan("softmax_forward", b.a);
    b = buffers_with_nan(0, at);
    float largest;
    assert_true(isnan(k->exp_sum(COUNT, b.a, b.b, &largest)));
    assert_true(isnan(b.b[at]));
    for (int which = 0; which < 2; which++) {
        b = buffers_with_nan(which, at);
        k->softmax_backward(COUNT, 0.5f, b.a, b.b);
        assert_all_nan("softmax_backward", b.b);
    }
}

static void a_nan_reaches_its_whole_row(void **state)
{
    (void)state;
    each_isa_and_place(row_nan);
}

static void adamw_nan(const kernel_table *k, size_t at)
{
    const adamw_step s = { .learning_rate = 1e-3,
                           .beta1 = 0.9,
                           .beta2 = 0.999,
                           .epsilon = 1e-8,
                           .correction1 = 0.1,
                           .correction2_root = 0.03,
                           .gradient_scale = 1.0f };
    for (int which = 0; which < 4; which++) {
        buffers b = buffers_with_nan(which, at);
        k->adamw(&s, COUNT, b.a, b.b, b.c, b.d);
        assert_nan_at("adamw", b.b, at);
    }
}

static void a_nan_reaches_the_weight_it_belongs_to(void **state)
{
    (void)state;
    each_isa_and_place(adamw_nan);
}

static void matmul_nan(const kernel_table *k, size_t at)
{
    for (int b_transposed = 0; b_transposed < 2; b_transposed++) {
        buffers b = buffers_with_nan(0, at);
        for (size_t i = 0; i < COUNT; i++) b.b[i] = 0; /* 0 * NaN is NaN: zeros are not skipped */
        const matmul_shape s = { .b_transposed = b_transposed,
                                 .rows = 1,
                                 .cols = 1,
                                 .inner = COUNT,
                                 .lda = COUNT,
                                 .ldb = b_transposed ? COUNT : 1,
                                 .ldc = 1 };
        k->matmul(&s, 1.0f, b.a, b.b, 0.0f, b.c);
        assert_true(isnan(b.c[0]));
    }
}

static void a_nan_is_not_hidden_by_a_product_with_zero(void **state)
{
    (void)state;
    each_isa_and_place(matmul_nan);
}

/* Where a limit exists the limit; at -infinity x times 0 is a NaN, as it is in PyTorch. */
static void activation_limits(const kernel_table *k, size_t at)
{
    static const struct limit {
        activation_kind kind;
        float u, y, slope;
    } limits[] = {
        { ACTIVATION_GELU, INFINITY, INFINITY, NAN },
        { ACTIVATION_GELU, -INFINITY, NAN, NAN },
        { ACTIVATION_GELU, 1e30f, 1e30f, 1 },
        { ACTIVATION_GELU, -1e30f, 0, 0 },
        { ACTIVATION_GELU_NEW, INFINITY, INFINITY, NAN },
        { ACTIVATION_GELU_NEW, 1e9f, 1e9f, 1 },
        { ACTIVATION_GELU_NEW, -1e9f, 0, 0 },
        { ACTIVATION_RELU, INFINITY, INFINITY, 1 },
        { ACTIVATION_RELU, -INFINITY, 0, 0 },
        { ACTIVATION_SILU, INFINITY, INFINITY, NAN },
        { ACTIVATION_SILU, 1e30f, 1e30f, 1 },
        { ACTIVATION_SILU, -1e30f, 0, 0 },
        { ACTIVATION_TANH, INFINITY, 1, 0 },
        { ACTIVATION_TANH, -INFINITY, -1, 0 },
        { ACTIVATION_TANH, 1e-40f, 1e-40f, 1 },
        { ACTIVATION_GELU, 1e-40f, 0.5e-40f, 0.5f },
    };
    for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
        buffers b = buffers_with_nan(5, 0);
        b.a[at] = limits[l].u;
        for (size_t i = 0; i < COUNT; i++) b.b[i] = 1;
        k->activation_forward(limits[l].kind, COUNT, b.a, NULL, b.c, b.d);
        k->activation_backward(limits[l].kind, COUNT, b.a, b.b, b.e);
        bool same = isnan(limits[l].y) ? isnan(b.d[at]) : fabsf(b.d[at] - limits[l].y) <= 1e-43f;
        if (isinf(limits[l].y)) same = b.d[at] == limits[l].y;
        if (!same) fail_msg("limit %zu: y is %g, wanted %g", l, b.d[at], limits[l].y);
        same = isnan(limits[l].slope) ? isnan(b.e[at]) : b.e[at] == limits[l].slope;
        if (!same) fail_msg("limit %zu: slope is %g, wanted %g", l, b.e[at], limits[l].slope);
    }
}

static void activations_have_their_limits(void **state)
{
    (void)state;
    each_isa_and_place(activation_limits);
}

/* A masked key, -infinity, gets nothing; a row of them has no softmax. */
static void softmax_masks(const kernel_table *k, size_t at)
{
    buffers b = buffers_with_nan(5, 0);
    for (size_t i = 0; i < COUNT; i++)
        if (i != at) b.a[i] = -INFINITY;
    k->softmax_forward(COUNT, 0.125f, b.a);
    for (size_t i = 0; i < COUNT; i++) assert_true(b.a[i] == (i == at ? 1.0f : 0.0f));
    for (size_t i = 0; i < COUNT; i++) b.b[i] = -INFINITY;
    k->softmax_forward(COUNT, 0.125f, b.b);
    assert_all_nan("softmax of -infinity alone", b.b);
    b.c[at] = INFINITY;
    k->softmax_forward(COUNT, 0.125f, b.c);
    assert_all_nan("softmax with an infinity", b.c);
}

static void softmax_gives_masked_keys_nothing(void **state)
{
    (void)state;
    each_isa_and_place(softmax_masks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nan_stays_through_sums_and_dropout),
        cmocka_unit_test(a_nan_stays_through_activations_both_ways),
        cmocka_unit_test(a_nan_reaches_its_whole_row),
        cmocka_unit_test(a_nan_reaches_the_weight_it_belongs_to),
        cmocka_unit_test(a_nan_is_not_hidden_by_a_product_with_zero),
        cmocka_unit_test(activations_have_their_limits),
        cmocka_unit_test(softmax_gives_masked_keys_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
