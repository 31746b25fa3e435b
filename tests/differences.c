#include "differences.h"

#include "device.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Central differences of a float32 function: the rounding of a sum of some hundred terms over 2h,
 * and h^2 of curvature. */
static const float step = 1e-2f;
static const double bound = 3e-3;

/* sum of y * weights: a number whose gradient by y is `weights`. */
static double weighted(const float *y, const float *weights, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) sum += (double)y[i] * weights[i];
    return sum;
}

static double objective(trial *t)
{
    t->forward(t);
    return weighted(t->y, t->dy, t->outputs);
}

static void compare_gradient(trial *t, size_t which)
{
    double largest = 0.0, error = 0.0;
    float *x = t->input[which];
    for (size_t i = 0; i < t->count[which]; i++) {
        float before = x[i];
        x[i] = before + step;
        double above = objective(t);
        float high = x[i];
        x[i] = before - step;
        double below = objective(t);
        double numeric = (above - below) / ((double)high - (double)x[i]);
        x[i] = before;
        largest = fmax(largest, fabs(numeric));
        error = fmax(error, fabs(numeric - t->gradient[which][i]));
    }
    assert_true(largest > 1e-3); /* a gradient of nothing would prove nothing */
    if (!(error <= bound * fmax(largest, 1.0)))
        fail_msg("input %zu: finite differences differ by %.2e where the largest gradient is %.2e",
                 which, error, largest);
}

void trial_run(trial *t)
{
    t->forward(t);
    t->backward(t);
    for (size_t i = 0; i < 6; i++)
        if (t->gradient[i]) compare_gradient(t, i);
    for (size_t i = 0; i < 6; i++) {
        free(t->input[i]);
        free(t->gradient[i]);
    }
    free(t->y);
    free(t->dy);
}

void trial_input(trial *t, size_t which, size_t count)
{
    t->input[which] = random_floats(count, (uint32_t)which + 1);
    t->gradient[which] = zero_floats(count);
    t->count[which] = count;
}

void trial_output(trial *t, size_t count)
{
    t->y = zero_floats(count);
    t->dy = random_floats(count, 99);
    t->outputs = count;
}

void each_device(void (*run)(compute *on))
{
    const char *const sets[] = { "ref", NULL };
    for (size_t i = 0; i < 2; i++) {
        compute *on = device_open(sets[i], 2);
        run(on);
        compute_free(on);
    }
}
