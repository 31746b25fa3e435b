/* sweep_vector_math.h: tests of the accuracy of vector_math.h, after a vocabulary (vector_avx2.h
 * explains). The programs that include this differ in the vocabulary and the compiler's flags. */
#include "compute/cpu/kernels/kernels.h"
#include "compute/cpu/kernels/vector_math.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef vector vector_function(vector x);

/* The distance in units of the last place that float has at `want`. */
static double distance_ulps(float got, double want)
{
    int exponent;
    frexp(want, &exponent);
    if (exponent < -125) exponent = -125; /* denormal numbers are evenly spaced */
    double ulps = fabs(got - want) / ldexp(1, exponent - 24);
    return isnan(ulps) ? INFINITY : ulps;
}

/* Fails where one of every `stride`-th float of magnitude low .. high, with either sign, is farther
 * than `bound` from `exact`. The strides are primes, so that all last digits are met. */
ALWAYS_INLINE void sweep(vector_function *tested, double (*exact)(double), float low, float high,
                         uint32_t stride, double bound)
{
    uint32_t first, last;
    memcpy(&first, &low, sizeof first);
    memcpy(&last, &high, sizeof last);
    double worst = 0, worst_at = 0;
    for (uint32_t bits = first; bits <= last; bits += stride * (LANES / 2)) {
        float x[LANES], y[LANES];
        for (uint32_t i = 0; i < LANES; i++) {
            uint32_t each = bits + i / 2 * stride;
            memcpy(&x[i], &each, sizeof each);
            if (i % 2) x[i] = -x[i];
        }
        vector_store(y, LANES, tested(vector_load(x, LANES)));
        for (int i = 0; i < LANES; i++) {
            double ulps = distance_ulps(y[i], exact(x[i]));
            if (ulps > worst) worst = ulps, worst_at = x[i];
        }
    }
    print_message("  %g .. %g: at most %.3f ulp, at %.9g\n", low, high, worst, worst_at);
    if (worst > bound) fail_msg("%g ulp at %.9g, wanted at most %g", worst, worst_at, bound);
}

static void exp_is_within_an_ulp(void **state)
{
    (void)state;
    sweep(vector_exp, exp, 1e-30f, 1e-3f, 1009, 1.0);
    sweep(vector_exp, exp, 1e-3f, 88.7f, 211, 1.0);
}

/* Below the normal numbers, up to the last finite one, and past both ends. */
static void exp_reaches_its_ends(void **state)
{
    (void)state;
    float x[LANES] = { 88.72283f, 88.73f, INFINITY, -87.4f, -100.0f, -103.9f, -104.1f, -INFINITY };
    float y[LANES];
    vector_store(y, LANES, vector_exp(vector_load(x, LANES)));
    for (int i = 0; i < 8; i++) {
        float want = expf(x[i]);
        if (y[i] == want || distance_ulps(y[i], exp(x[i])) <= 1) continue;
        fail_msg("exp(%.9g) is %g, wanted %g", x[i], y[i], want);
    }
}

static void erf_is_within_two_ulps(void **state)
{
    (void)state;
    sweep(vector_erf, erf, 1e-30f, 1e-3f, 1009, 1.1);
    sweep(vector_erf, erf, 1e-3f, 1e3f, 211, 1.1);
}

static void tanh_is_within_two_ulps(void **state)
{
    (void)state;
    sweep(vector_tanh, tanh, 1e-30f, 1e-3f, 1009, 1.5);
    sweep(vector_tanh, tanh, 1e-3f, 1e3f, 211, 1.5);
}

static int sweep_vector_math(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_within_an_ulp),
        cmocka_unit_test(exp_reaches_its_ends),
        cmocka_unit_test(erf_is_within_two_ulps),
        cmocka_unit_test(tanh_is_within_two_ulps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
