/* test_signals.c: a signal that arrives in the middle of a computation changes nothing. */
#include "compute/compute.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

static volatile sig_atomic_t arrived;

static void handle(int number)
{
    (void)number;
    arrived++;
}

/* A handler on the thread's own stack, called every 300 microseconds; 0: no more. */
static void timer_set(long microseconds)
{
    struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
    struct itimerval every = { { 0, microseconds }, { 0, microseconds } };
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

enum { ROWS = 256, IN = 384, OUT = 192, SIGNALS = 500 };

/* Multiplies again and again while signals arrive; counts the results that are not the first. */
static void products_stay_the_same(size_t threads)
{
    compute *on;
    assert_int_equal(compute_cpu_open(threads, &on), BERT_OK);
    linear_shape shape = { .rows = ROWS, .in = IN, .out = OUT };
    float *x = calloc(ROWS * IN, sizeof *x), *w = calloc(OUT * IN, sizeof *w);
    float *first = calloc(ROWS * OUT, sizeof *first), *y = calloc(ROWS * OUT, sizeof *y);
    assert_true(x && w && first && y);
    for (size_t i = 0; i < ROWS * IN; i++) x[i] = (float)(i * 7 % 13) - 6;
    for (size_t i = 0; i < OUT * IN; i++) w[i] = (float)(i * 5 % 11) - 5;
    on->linear_forward(on, &shape, x, w, NULL, NULL, first);

    size_t wrong = 0;
    arrived = 0;
    timer_set(300);
    while (arrived < SIGNALS) {
        on->linear_forward(on, &shape, x, w, NULL, NULL, y);
        wrong += memcmp(first, y, ROWS * OUT * sizeof *y) != 0;
    }
    timer_set(0);
    assert_int_equal(wrong, 0);
    free(x);
    free(w);
    free(first);
    free(y);
    compute_free(on);
}

static void signals_do_not_disturb_one_thread(void **state)
{
    (void)state;
    products_stay_the_same(1);
}

static void signals_do_not_disturb_a_team(void **state)
{
    (void)state;
    products_stay_the_same(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_do_not_disturb_one_thread),
        cmocka_unit_test(signals_do_not_disturb_a_team),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
