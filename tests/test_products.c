/* The products of a linear layer equal the reference's, whichever way they are made. */
#include "device.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct products {
    float *y, *panels_y, *dx, *dw, *dw_alone;
    double squares; /* of dw */
} products;

/* The three products of a linear layer, and the forward one by its weight in panels. */
static products products_run(const char *isa, const linear_shape *s)
{
    compute *on = device_open(isa, 2);
    size_t weights = s->in * s->out;
    float *x = random_floats(s->rows * s->in, 1), *w = random_floats(weights, 2);
    float *b = random_floats(s->out, 3), *dy = random_floats(s->rows * s->out, 4);
    float *panels = zero_floats(weights);
    products p = { .y = zero_floats(s->rows * s->out),
                   .panels_y = zero_floats(s->rows * s->out),
                   .dx = random_floats(s->rows * s->in, 5),
                   .dw = random_floats(weights, 6),
                   .dw_alone = random_floats(weights, 7) };
    on->linear_forward(on, s, x, w, NULL, b, p.y);
    on->linear_to_panels(on, s->in, s->out, w, panels);
    on->linear_forward(on, s, x, w, panels, b, p.panels_y);
    on->linear_backward_input(on, s, dy, w, true, p.dx);
    on->linear_backward_weight(on, s, dy, x, true, p.dw, NULL, &p.squares);
    on->linear_backward_weight(on, s, dy, x, false, p.dw_alone, NULL, NULL);
    assert_done(on->status(on));
    compute_free(on);
    free(x), free(w), free(b), free(dy), free(panels);
    return p;
}

static void products_release(products *p)
{
    free(p->y), free(p->panels_y), free(p->dx), free(p->dw), free(p->dw_alone);
}

static void assert_near(const char *what, const float *got, const float *want, size_t count)
{
    double largest = 0.0, error = 0.0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(want[i]));
        error = fmax(error, fabs((double)got[i] - want[i]));
    }
    if (error > 4e-6 * largest || isnan(error)) fail_msg("%s: %.2e of %.2e", what, error, largest);
}

/* Rows enough for strips; a weight with more columns than there is room for at once; rows of it
 * far apart; more rows than are summed up in one part; and none of all this. */
static void products_of_any_shape_equal_the_references(void **state)
{
    (void)state;
    static const linear_shape shapes[] = {
        { .rows = 401, .in = 300, .out = 2500 }, { .rows = 333, .in = 2501, .out = 45 },
        { .rows = 2300, .in = 2100, .out = 3 },  { .rows = 350, .in = 1, .out = 1 },
        { .rows = 0, .in = 70, .out = 30 },      { .rows = 27, .in = 768, .out = 390 }
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const linear_shape *s = &shapes[i];
        products got = products_run(NULL, s), want = products_run("ref", s);
        assert_near("y", got.y, want.y, s->rows * s->out);
        assert_near("y, panels", got.panels_y, want.y, s->rows * s->out);
        assert_near("dx", got.dx, want.dx, s->rows * s->in);
        assert_near("dw", got.dw, want.dw, s->in * s->out);
        double squares = 0.0;
        for (size_t k = 0; k < s->in * s->out; k++) squares += (double)got.dw[k] * got.dw[k];
        assert_true(fabs(got.squares - squares) <= 1e-12 * squares);
        assert_near("dw, written", got.dw_alone, want.dw_alone, s->in * s->out);
        products_release(&got), products_release(&want);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_of_any_shape_equal_the_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
