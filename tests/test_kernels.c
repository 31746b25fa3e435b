/* Each line of variants.def equals its operation's reference: at awkward sizes, off alignment, in
 * place where the header permits it, without touching a float beside its arrays. */
#include "array.h"
#include "compute/cpu/kernels/adamw_numbers.h"
#include "compute/cpu/kernels/variants.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const size_t sizes[] = { 0,  1,  2,  3,  4,  7,  8,  9,   15,  16,  17,  24,  31,  32,
                                33, 47, 48, 63, 64, 65, 96, 100, 127, 128, 384, 768, 1000 };

/* Rounding in another order, on sums of numbers near 1. */
static const double rounding = 3e-6;

static const dropout_row rows[] = {
    { .key = 0x123456789ABCDEFu,
      .column = 0,
      .token = 3,
      .unit = 5,
      .place = 7,
      .threshold = 429496730,
      .scale = 1.0f / 0.9f },
    { .key = 42,
      .column = 4 * 193,
      .token = 0xFFFFFFFFu,
      .place = 0x3FFFFFFF,
      .threshold = 0x80000000u,
      .scale = 2.0f },
    { .key = ~0ull, .column = 0xFFFFFFF0u, .threshold = 0xFFFFFFFFu, .scale = 4294967296.0f },
    { .key = 1, .threshold = 0, .scale = 1.0f },
};
enum { ROWS = sizeof rows / sizeof *rows };

static void check_dropout_apply(dropout_apply_fn *tested, size_t count, size_t shift)
{
    for (int r = 0; r < ROWS; r++) {
        array x = array_random(count, shift, 1, -2, 2), y = array_copy(&x), want = array_copy(&x);
        dropout_apply_ref(&rows[r], count, x.at, want.at);
        tested(&rows[r], count, x.at, y.at);
        assert_arrays_same("dropout", &y, &want);
        tested(&rows[r], count, x.at, x.at);
        assert_arrays_same("dropout in place", &x, &want);
        array_release(&x), array_release(&y), array_release(&want);
    }
}

static void check_residual_add(residual_add_fn *tested, size_t count, size_t shift)
{
    for (int r = 0; r < 2 * ROWS; r++) {
        const dropout_row *d = &rows[r / 2];
        array x = array_random(count, shift, 1, -2, 2), bias = array_random(count, 0, 2, -1, 1);
        array residual = array_random(count, shift, 3, -2, 2);
        array sum = array_copy(&x), want = array_copy(&x);
        const float *bias_or_none = r % 2 ? bias.at : NULL;
        residual_add_ref(d, count, x.at, bias_or_none, residual.at, want.at);
        tested(d, count, x.at, bias_or_none, residual.at, sum.at);
        assert_arrays_same("sum", &sum, &want);
        tested(d, count, x.at, bias_or_none, residual.at, x.at);
        assert_arrays_same("sum in place", &x, &want);
        array_release(&x), array_release(&bias), array_release(&residual);
        array_release(&sum), array_release(&want);
    }
}

/* ModernBERT's has no shift. */
static void check_norm_without_shift(norm_forward_fn *tested, size_t count, size_t shift)
{
    array x = array_random(count, shift, 1, 3, 7), gain = array_random(count, shift, 2, 0.5f, 1.5f);
    array y = array_copy(&x), want = array_copy(&x);
    float mean, rstd, want_mean, want_rstd;
    norm_forward_ref(count, 1e-5f, x.at, gain.at, NULL, want.at, &want_mean, &want_rstd);
    tested(count, 1e-5f, x.at, gain.at, NULL, y.at, &mean, &rstd);
    assert_arrays_close("y without shift", &y, &want, rounding);
    array_release(&x), array_release(&gain), array_release(&y), array_release(&want);
}

static void check_norm_forward(norm_forward_fn *tested, size_t count, size_t shift)
{
    array x = array_random(count, shift, 1, 3, 7), gain = array_random(count, shift, 2, 0.5f, 1.5f);
    array bias = array_random(count, 0, 3, -1, 1), y = array_copy(&x), want = array_copy(&x);
    float mean, rstd, want_mean, want_rstd;
    norm_forward_ref(count, 1e-5f, x.at, gain.at, bias.at, want.at, &want_mean, &want_rstd);
    tested(count, 1e-5f, x.at, gain.at, bias.at, y.at, &mean, &rstd);
    assert_close("mean", 0, mean, want_mean, 2e-7);
    assert_close("rstd", 0, rstd, want_rstd, rounding);
    assert_arrays_close("y", &y, &want, rounding);
    tested(count, 1e-5f, x.at, gain.at, bias.at, x.at, &mean, &rstd);
    assert_arrays_same("y in place", &x, &y);
    array_release(&x), array_release(&gain), array_release(&bias);
    array_release(&y), array_release(&want);
    check_norm_without_shift(tested, count, shift);
}

static void check_norm_backward(norm_backward_fn *tested, size_t count, size_t shift)
{
    array dy = array_random(count, shift, 1, -1, 1), x = array_random(count, 0, 2, -2, 2);
    array gain = array_random(count, shift, 3, 0.5f, 1.5f), dx = array_copy(&x);
    array dgain = array_random(count, shift, 4, -1, 1), dshift = array_random(count, 0, 5, -1, 1);
    array want = array_copy(&x), want_dgain = array_copy(&dgain), want_dshift = array_copy(&dshift);
    array again_dgain = array_copy(&dgain), again_dshift = array_copy(&dshift);
    array third_dgain = array_copy(&dgain), third_dx = array_copy(&x);
    norm_backward_ref(count, dy.at, x.at, gain.at, 0.1f, 0.8f, want.at, want_dgain.at,
                      want_dshift.at);
    tested(count, dy.at, x.at, gain.at, 0.1f, 0.8f, dx.at, dgain.at, dshift.at);
    assert_arrays_close("dx", &dx, &want, rounding);
    assert_arrays_close("dgain", &dgain, &want_dgain, rounding);
    assert_arrays_same("dshift", &dshift, &want_dshift);
    tested(count, dy.at, x.at, gain.at, 0.1f, 0.8f, third_dx.at, third_dgain.at, NULL);
    assert_arrays_same("dx without shift", &third_dx, &dx);
    assert_arrays_same("dgain without shift", &third_dgain, &dgain);
    tested(count, dy.at, x.at, gain.at, 0.1f, 0.8f, dy.at, again_dgain.at, again_dshift.at);
    assert_arrays_same("dx in place", &dy, &dx);
    array_release(&third_dgain), array_release(&third_dx);
    array_release(&dy), array_release(&x), array_release(&gain), array_release(&dx);
    array_release(&dgain), array_release(&dshift), array_release(&want);
    array_release(&want_dgain), array_release(&want_dshift);
    array_release(&again_dgain), array_release(&again_dshift);
}

static void check_activation_forward(activation_forward_fn *tested, size_t count, size_t shift)
{
    for (int kind = ACTIVATION_GELU; kind <= ACTIVATION_TANH; kind++) {
        for (int biased = 0; biased < 2; biased++) {
            array x = array_random(count, shift, 1, -6, 6), bias = array_random(count, 0, 2, -1, 1);
            array u = array_copy(&x), y = array_copy(&x);
            array want_u = array_copy(&x), want_y = array_copy(&x);
            const float *bias_or_none = biased ? bias.at : NULL;
            activation_forward_ref((activation_kind)kind, count, x.at, bias_or_none, want_u.at,
                                   want_y.at);
            tested((activation_kind)kind, count, x.at, bias_or_none, u.at, y.at);
            assert_arrays_same("u", &u, &want_u);
            assert_arrays_close("y", &y, &want_y, 5e-7);
            tested((activation_kind)kind, count, x.at, bias_or_none, x.at, y.at);
            assert_arrays_same("u in place", &x, &want_u);
            assert_arrays_close("y", &y, &want_y, 5e-7);
            array_release(&x), array_release(&bias), array_release(&u), array_release(&y);
            array_release(&want_u), array_release(&want_y);
        }
    }
}

static void check_activation_backward(activation_backward_fn *tested, size_t count, size_t shift)
{
    for (int kind = ACTIVATION_GELU; kind <= ACTIVATION_TANH; kind++) {
        array u = array_random(count, shift, 1, -6, 6), dy = array_random(count, 0, 2, -1, 1);
        array want_u = array_copy(&u), again = array_copy(&u);
        array dx = array_copy(&u), want = array_copy(&u);
        activation_backward_ref((activation_kind)kind, count, want_u.at, dy.at, want.at);
        tested((activation_kind)kind, count, u.at, dy.at, dx.at);
        assert_arrays_close("dx", &dx, &want, 1e-6);
        assert_arrays_close("f(u)", &u, &want_u, 5e-7);
        tested((activation_kind)kind, count, again.at, dy.at, dy.at);
        assert_arrays_same("dx in place", &dy, &dx);
        assert_arrays_same("f(u) again", &again, &u);
        array_release(&u), array_release(&dy), array_release(&dx), array_release(&want);
        array_release(&want_u), array_release(&again);
    }
}

static void check_gated_forward(gated_forward_fn *tested, size_t count, size_t shift)
{
    for (int kind = ACTIVATION_GELU; kind <= ACTIVATION_TANH; kind++) {
        array u = array_random(count, shift, 1, -6, 6), gate = array_random(count, 0, 2, -2, 2);
        array y = array_copy(&u), want = array_copy(&u);
        gated_forward_ref((activation_kind)kind, count, u.at, gate.at, want.at);
        tested((activation_kind)kind, count, u.at, gate.at, y.at);
        assert_arrays_close("y", &y, &want, 1e-6);
        tested((activation_kind)kind, count, u.at, gate.at, u.at);
        assert_arrays_same("y in place", &u, &y);
        array_release(&u), array_release(&gate), array_release(&y), array_release(&want);
    }
}

static void check_gated_backward(gated_backward_fn *tested, size_t count, size_t shift)
{
    for (int kind = ACTIVATION_GELU; kind <= ACTIVATION_TANH; kind++) {
        array u = array_random(count, shift, 1, -6, 6), gate = array_random(count, 0, 2, -2, 2);
        array dy = array_random(count, shift, 3, -1, 1);
        array want_u = array_copy(&u), want_gate = array_copy(&gate), want_dy = array_copy(&dy);
        gated_backward_ref((activation_kind)kind, count, want_u.at, want_gate.at, want_dy.at);
        tested((activation_kind)kind, count, u.at, gate.at, dy.at);
        assert_arrays_close("du", &u, &want_u, 2e-6);
        assert_arrays_close("dgate", &gate, &want_gate, 1e-6);
        assert_arrays_close("y", &dy, &want_dy, 1e-6);
        array_release(&u), array_release(&gate), array_release(&dy);
        array_release(&want_u), array_release(&want_gate), array_release(&want_dy);
    }
}

/* Forward and back again, too. */
static void check_rotate(rotate_fn *tested, size_t count, size_t shift)
{
    array c = array_random(count, shift, 1, -1, 1), s = array_copy(&c);
    for (size_t i = 0; i < count; i++)
        s.at[i] = (i % 2 ? 1.0f : -1.0f) * sqrtf(1.0f - c.at[i] * c.at[i]);
    array x = array_random(count, shift, 2, -2, 2), y = array_random(count, 0, 3, -2, 2);
    array begin_x = array_copy(&x), begin_y = array_copy(&y);
    array want_x = array_copy(&x), want_y = array_copy(&y);
    rotate_ref(count, c.at, s.at, 1.0f, want_x.at, want_y.at);
    tested(count, c.at, s.at, 1.0f, x.at, y.at);
    assert_arrays_same("x", &x, &want_x);
    assert_arrays_same("y", &y, &want_y);
    tested(count, c.at, s.at, -1.0f, x.at, y.at);
    assert_arrays_close("x back", &x, &begin_x, 1e-6);
    assert_arrays_close("y back", &y, &begin_y, 1e-6);
    array_release(&c), array_release(&s), array_release(&x), array_release(&y);
    array_release(&begin_x), array_release(&begin_y), array_release(&want_x);
    array_release(&want_y);
}

static void check_softmax_forward(softmax_forward_fn *tested, size_t count, size_t shift)
{
    static const float scales[] = { 1.0f, 0.125f, -0.5f };
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        array x = array_random(count, shift, 1, -30, 30), want = array_copy(&x);
        softmax_forward_ref(count, scales[s], want.at);
        tested(count, scales[s], x.at);
        for (size_t i = 0; i < count; i++)
            assert_close("p", i, x.at[i] / want.at[i], 1.0, rounding);
        array_release(&x), array_release(&want);
    }
}

static void check_softmax_backward(softmax_backward_fn *tested, size_t count, size_t shift)
{
    array p = array_random(count, shift, 1, 0, 2.0f / (float)(count + 1));
    array dp = array_random(count, shift, 2, -1, 1), want = array_copy(&dp);
    softmax_backward_ref(count, 0.125f, p.at, want.at);
    tested(count, 0.125f, p.at, dp.at);
    assert_arrays_close("dx", &dp, &want, 1e-7);
    array_release(&p), array_release(&dp), array_release(&want);
}

static void check_exp_sum(exp_sum_fn *tested, size_t count, size_t shift)
{
    array x = array_random(count, shift, 1, -30, 30), y = array_copy(&x), want = array_copy(&x);
    float largest, want_largest;
    double want_sum = exp_sum_ref(count, x.at, want.at, &want_largest);
    double alone = tested(count, x.at, NULL, &largest);
    double sum = tested(count, x.at, y.at, &largest);
    assert_true(largest == want_largest);
    assert_true(sum == alone);
    assert_close("sum / want", 0, count ? sum / want_sum : 1.0, 1.0, 2e-7);
    for (size_t i = 0; i < count; i++) assert_close("y", i, y.at[i] / want.at[i], 1.0, 3e-7);
    tested(count, x.at, x.at, &largest);
    assert_arrays_same("y in place", &x, &y);
    array_release(&x), array_release(&y), array_release(&want);
}

static void check_add(add_fn *tested, size_t count, size_t shift)
{
    array x = array_random(count, shift, 1, -1, 1), y = array_random(count, 0, 2, -1, 1);
    array want = array_copy(&y);
    add_ref(count, x.at, want.at);
    tested(count, x.at, y.at);
    assert_arrays_same("y", &y, &want);
    array_release(&x), array_release(&y), array_release(&want);
}

static void check_sum_squares(sum_squares_fn *tested, size_t count, size_t shift)
{
    array x = array_random(count, shift, 1, -1, 1);
    assert_close("sum", 0, tested(count, x.at), sum_squares_ref(count, x.at), 1e-13);
    array_release(&x);
}

static void check_adamw(adamw_fn *tested, size_t count, size_t shift)
{
    const adamw_step step = { .learning_rate = 3e-2,
                              .beta1 = 0.9,
                              .beta2 = 0.999,
                              .epsilon = 1e-8,
                              .decay = 0.01,
                              .correction1 = 0.271,
                              .correction2_root = 0.0547,
                              .gradient_scale = 0.37f };
    array g = array_random(count, 0, 1, -1, 1), kept = array_copy(&g);
    array w = array_random(count, shift, 2, -1, 1), m = array_random(count, shift, 3, -1, 1);
    array v = array_random(count, 0, 4, 0, 1);
    array want_w = array_copy(&w), want_m = array_copy(&m), want_v = array_copy(&v);
    adamw_ref(&step, count, g.at, want_w.at, want_m.at, want_v.at);
    tested(&step, count, g.at, w.at, m.at, v.at);
    assert_arrays_same("w", &w, &want_w);
    assert_arrays_same("m", &m, &want_m);
    assert_arrays_same("v", &v, &want_v);
    assert_arrays_same("g", &g, &kept);
    array_release(&g), array_release(&kept), array_release(&w), array_release(&m);
    array_release(&v), array_release(&want_w), array_release(&want_m), array_release(&want_v);
}

/* With `shift`, weights shrink faster than moments. */
static void idle_steps_fill(size_t first, size_t count, size_t shift, adamw_numbers *numbers)
{
    double beta1 = shift ? 0.99 : 0.9;
    for (size_t k = 0; k < count; k++) {
        double step = (double)(first + k);
        adamw_step s = { .learning_rate = 1e-4 * (double)(k % 9),
                         .beta1 = beta1,
                         .beta2 = 0.999,
                         .epsilon = 1e-8,
                         .decay = shift ? 100.0 : 0.01,
                         .correction1 = 1.0 - pow(beta1, step),
                         .correction2_root = sqrt(1.0 - pow(0.999, step)) };
        numbers[k] = adamw_numbers_of(&s);
    }
}

/* So many steps that moments move weights, fade, and stand still; among weights of all sizes,
 * zeros, and moments that never were. */
static void check_adamw_idle(adamw_idle_fn *tested, size_t count, size_t shift)
{
    enum { STEPS = 256, ROUNDS = 8 };
    adamw_numbers numbers[STEPS];
    array w = array_random(count, shift, 2, -1, 1), m = array_random(count, shift, 3, -1, 1);
    array v = array_random(count, 0, 4, 0, 1);
    for (size_t i = 0; i < count; i++) {
        w.at[i] = i % 7 == 3 ? 0.0f : ldexpf(w.at[i], -(int)(i / 16 % 5 * 30));
        m.at[i] = i % 32 < 16 ? 0.0f : ldexpf(m.at[i], -(int)(i / 32 % 8 * 9));
        v.at[i] = i % 48 < 16 ? 0.0f : 1e-6f * v.at[i];
    }
    array want_w = array_copy(&w), want_m = array_copy(&m), want_v = array_copy(&v);
    for (size_t round = 0; round < ROUNDS; round++) {
        idle_steps_fill(1 + round * STEPS, STEPS, shift, numbers);
        adamw_idle_steps steps = { .count = round ? STEPS : count % 41, .numbers = numbers };
        steps.faint = adamw_faint(STEPS, numbers);
        adamw_idle_ref(&steps, count, want_w.at, want_m.at, want_v.at);
        tested(&steps, count, w.at, m.at, v.at);
        assert_arrays_same("w", &w, &want_w);
        assert_arrays_same("m", &m, &want_m);
        assert_arrays_same("v", &v, &want_v);
        assert_memory_equal(w.at, want_w.at, count * sizeof *w.at); /* -0 is not 0 */
    }
    array_release(&w), array_release(&m), array_release(&v);
    array_release(&want_w), array_release(&want_m), array_release(&want_v);
}

/* Every case of the shape against sums in double. `count` is the inner length. */
static void check_transpose(transpose_fn *tested, size_t count, size_t shift)
{
    enum { COLS = 37 };
    const size_t ldx = COLS + shift, ldy = count + 3 * shift;
    array x = array_random(count * ldx, 0, 1, -1, 1);
    array y = array_random(COLS * ldy, 0, 2, -1, 1), want = array_copy(&y);
    transpose_ref(count, COLS, x.at, ldx, want.at, ldy);
    tested(count, COLS, x.at, ldx, y.at, ldy);
    assert_arrays_same("y", &y, &want);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < COLS; j++) assert_true(y.at[j * ldy + i] == x.at[i * ldx + j]);
    array_release(&x), array_release(&y), array_release(&want);
}

/* `count` is the keys. */
static void check_band(band_spread_fn *spread, band_gather_fn *gather, size_t count, size_t shift)
{
    for (size_t which = 1; which < 4; which++) {
        const size_t queries = 21;
        const band b = { .queries = queries,
                         .keys = count,
                         .apart = count + 2 * shift,
                         .query_apart = queries + count + shift,
                         .key_apart = queries + 3 * shift };
        array y = array_random(queries * b.apart, 0, 1, -1, 1), want = array_copy(&y);
        array query = array_random(queries * b.query_apart + count, 0, 2, -1, 1);
        array key = array_random(count * b.key_apart, 0, 3, -1, 1);
        array want_query = array_copy(&query), want_key = array_copy(&key);
        bool queried = which & 1, keyed = which & 2;
        if (spread) {
            band_spread_ref(&b, queried ? query.at + count : NULL, keyed ? key.at : NULL, want.at);
            spread(&b, queried ? query.at + count : NULL, keyed ? key.at : NULL, y.at);
        }
        if (gather) {
            band_gather_ref(&b, y.at, queried ? want_query.at + count : NULL,
                            keyed ? want_key.at : NULL);
            gather(&b, y.at, queried ? query.at + count : NULL, keyed ? key.at : NULL);
        }
        assert_arrays_same("y", &y, &want);
        assert_arrays_same("query", &query, &want_query);
        assert_arrays_same("key", &key, &want_key);
        array_release(&y), array_release(&want), array_release(&query);
        array_release(&key), array_release(&want_query), array_release(&want_key);
    }
}

static void check_band_spread(band_spread_fn *tested, size_t count, size_t shift)
{
    check_band(tested, NULL, count, shift);
}

static void check_band_gather(band_gather_fn *tested, size_t count, size_t shift)
{
    check_band(NULL, tested, count, shift);
}

static void check_panel(panel_fn *tested, size_t count, size_t shift)
{
    for (size_t cols = 1; cols <= PANEL_COLS; cols += cols < 15 ? 7 : 11) {
        const size_t inner = 5 + cols % 7, lda = inner + shift, ldc = cols + 2 * shift;
        if (count > 130) return;
        array a = array_random(count * lda, 0, 1, -1, 1);
        array b = array_random(inner * cols, shift, 2, -1, 1);
        array c = array_random(count * ldc, 0, 3, -1, 1), want = array_copy(&c);
        panel_ref(count, inner, cols, a.at, lda, b.at, NULL, want.at, ldc);
        tested(count, inner, cols, a.at, lda, b.at, shift ? b.at : NULL, c.at, ldc);
        assert_arrays_close("c", &c, &want, rounding);
        for (size_t row = 0; row < count; row++) { /* whatever the rows beside it */
            array alone = array_random(cols, 0, 4, -1, 1);
            tested(1, inner, cols, a.at + row * lda, lda, b.at, NULL, alone.at, cols);
            assert_memory_equal(alone.at, c.at + row * ldc, cols * sizeof(float));
            array_release(&alone);
        }
        array_release(&a), array_release(&b), array_release(&c), array_release(&want);
    }
}

static void check_matmul(matmul_fn *tested, size_t count, size_t shift)
{
    for (int which = 0; which < 8; which++) {
        matmul_shape s = { .a_transposed = which & 1,
                           .b_transposed = which >> 1 & 1,
                           .rows = 3,
                           .cols = 5 + shift,
                           .inner = count };
        s.lda = (s.a_transposed ? s.rows : s.inner) + shift;
        s.ldb = (s.b_transposed ? s.inner : s.cols) + 2 * shift;
        s.ldc = s.cols + shift;
        float alpha = 0.75f, beta = which & 4 ? 0.5f : 0.0f;
        array a = array_random(s.lda * (s.a_transposed ? s.inner : s.rows), 0, 1, -1, 1);
        array b = array_random(s.ldb * (s.b_transposed ? s.cols : s.inner), 0, 2, -1, 1);
        array c = array_random(s.ldc * s.rows, 0, 3, -1, 1), before = array_copy(&c);
        if (beta == 0.0f)
            for (size_t i = 0; i < c.count; i++) c.at[i] = NAN; /* must not be read */
        tested(&s, alpha, a.at, b.at, beta, c.at);
        for (size_t i = 0; i < s.rows; i++) {
            for (size_t j = 0; j < s.cols; j++) {
                double sum = 0;
                for (size_t k = 0; k < s.inner; k++)
                    sum += (double)a.at[s.a_transposed ? k * s.lda + i : i * s.lda + k] *
                           b.at[s.b_transposed ? j * s.ldb + k : k * s.ldb + j];
                size_t at = i * s.ldc + j;
                double want = alpha * sum + (beta == 0.0f ? 0.0 : beta * before.at[at]);
                assert_close("c", at, c.at[at], want, 3e-5);
            }
        }
        array_release(&a), array_release(&b), array_release(&c), array_release(&before);
    }
}

static int variant_is_skipped(const char *name, isa needs)
{
    if (needs <= isa_detect()) return 0;
    print_message("%s is skipped: it needs %s, and processor, system and BERT_ISA permit %s\n",
                  name, isa_name(needs), isa_name(isa_detect()));
    return 1;
}

/* A test for each line of variants.def. */
#define KERNEL(operation, needs, function)                                                         \
    static void function##_equals_its_reference(void **state)                                      \
    {                                                                                              \
        (void)state;                                                                               \
        if (variant_is_skipped(#function, needs)) skip();                                          \
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)                                  \
            for (size_t shift = 0; shift < 2; shift++)                                             \
                check_##operation(function, sizes[i], shift);                                      \
    }
#include "compute/cpu/kernels/variants.def"
#undef KERNEL

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define KERNEL(operation, needs, function) cmocka_unit_test(function##_equals_its_reference),
#include "compute/cpu/kernels/variants.def"
#undef KERNEL
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
