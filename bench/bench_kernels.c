/* bench_kernels.c: nanoseconds an element for each leaf kernel and instruction set, one thread, the
 * fastest of many runs.
 *
 *     bench_kernels [ELEMENTS] [ROW]       (defaults: 98304 and 768: in cache, base-size rows)
 *
 * Say 16777216 to see what memory allows. */
#include "compute/cpu/kernels/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 25 };

typedef struct workspace {
    size_t count, row;
    float *a, *b, *c, *d, *e, *f; /* [count] each */
} workspace;

static const dropout_row dropping = {
    .key = 7, .token = 1, .unit = 2, .place = 3, .threshold = 429496730, .scale = 1.0f / 0.9f
};
static const dropout_row keeping = { .scale = 1.0f };

static void run_dropout_apply(const kernel_table *t, const workspace *w)
{
    for (size_t i = 0; i < w->count; i += w->row)
        t->dropout_apply(&dropping, w->row, w->a + i, w->b + i);
}

static void run_residual_add(const kernel_table *t, const workspace *w)
{
    for (size_t i = 0; i < w->count; i += w->row)
        t->residual_add(&dropping, w->row, w->a + i, w->c, w->b + i, w->d + i);
}

static void run_residual_add_plain(const kernel_table *t, const workspace *w)
{
    for (size_t i = 0; i < w->count; i += w->row)
        t->residual_add(&keeping, w->row, w->a + i, w->c, w->b + i, w->d + i);
}

static void run_norm_forward(const kernel_table *t, const workspace *w)
{
    float mean, rstd;
    for (size_t i = 0; i < w->count; i += w->row)
        t->norm_forward(w->row, 1e-12f, w->a + i, w->c, w->d, w->b + i, &mean, &rstd);
}

static void run_norm_backward(const kernel_table *t, const workspace *w)
{
    for (size_t i = 0; i < w->count; i += w->row)
        t->norm_backward(w->row, w->a + i, w->b + i, w->c, 0.1f, 0.9f, w->d + i, w->e, w->f);
}

static void run_gelu_forward(const kernel_table *t, const workspace *w)
{
    for (size_t i = 0; i < w->count; i += w->row)
        t->activation_forward(ACTIVATION_GELU, w->row, w->a + i, w->c, w->b + i, w->d + i);
}

/* Each run wants what the one before overwrote. */
static void run_gelu_backward(const kernel_table *t, const workspace *w)
{
    memcpy(w->e, w->a, w->count * sizeof *w->e);
    t->activation_backward(ACTIVATION_GELU, w->count, w->e, w->b, w->d);
}

static void run_gelu_new_forward(const kernel_table *t, const workspace *w)
{
    t->activation_forward(ACTIVATION_GELU_NEW, w->count, w->a, w->c, w->b, w->d);
}

static void run_gelu_new_backward(const kernel_table *t, const workspace *w)
{
    memcpy(w->e, w->a, w->count * sizeof *w->e);
    t->activation_backward(ACTIVATION_GELU_NEW, w->count, w->e, w->b, w->d);
}

/* Rows of attention scores are as long as a sequence, 64 here. */
static void run_softmax_forward(const kernel_table *t, const workspace *w)
{
    for (size_t i = 0; i < w->count; i += 64) t->softmax_forward(64, 0.125f, w->e + i);
}

static void run_softmax_backward(const kernel_table *t, const workspace *w)
{
    for (size_t i = 0; i < w->count; i += 64) t->softmax_backward(64, 1.0f, w->a + i, w->f + i);
}

static void run_add(const kernel_table *t, const workspace *w)
{
    t->add(w->count, w->a, w->f);
}

static volatile double sink;

static void run_exp_sum(const kernel_table *t, const workspace *w)
{
    float largest;
    sink = t->exp_sum(w->count, w->a, w->f, &largest);
}

static void run_sum_squares(const kernel_table *t, const workspace *w)
{
    sink = t->sum_squares(w->count, w->a);
}

static void run_adamw(const kernel_table *t, const workspace *w)
{
    const adamw_step step = { .learning_rate = 1e-5,
                              .beta1 = 0.9,
                              .beta2 = 0.999,
                              .epsilon = 1e-8,
                              .decay = 0.01,
                              .correction1 = 0.1,
                              .correction2_root = 0.03,
                              .gradient_scale = 1.0f };
    t->adamw(&step, w->count, w->a, w->b, w->c, w->d);
}

static void run_transpose(const kernel_table *t, const workspace *w)
{
    size_t rows = w->count / w->row;
    t->transpose(rows, w->row, w->a, w->row, w->b, rows);
}

static band band_of(const workspace *w)
{
    size_t keys = w->row / 2, queries = w->count / w->row;
    return (band){
        .queries = queries, .keys = keys, .apart = keys, .query_apart = w->row, .key_apart = queries
    };
}

static void run_band_spread(const kernel_table *t, const workspace *w)
{
    const band b = band_of(w);
    t->band_spread(&b, w->a + b.keys, w->b, w->f);
}

static void run_band_gather(const kernel_table *t, const workspace *w)
{
    const band b = band_of(w);
    t->band_gather(&b, w->a, w->b + b.keys, w->f);
}

/* Eight rows down a panel; an element is one of the panel. */
static void run_panel(const kernel_table *t, const workspace *w)
{
    size_t inner = w->count / PANEL_COLS;
    t->panel(8, inner, PANEL_COLS, w->a, inner, w->b, NULL, w->f, PANEL_COLS);
}

#define CASES(CASE)                                                                                \
    CASE(dropout_apply)                                                                            \
    CASE(residual_add)                                                                             \
    CASE(residual_add_plain)                                                                       \
    CASE(norm_forward)                                                                             \
    CASE(norm_backward)                                                                            \
    CASE(gelu_forward)                                                                             \
    CASE(gelu_backward)                                                                            \
    CASE(gelu_new_forward)                                                                         \
    CASE(gelu_new_backward)                                                                        \
    CASE(softmax_forward)                                                                          \
    CASE(softmax_backward)                                                                         \
    CASE(exp_sum)                                                                                  \
    CASE(add)                                                                                      \
    CASE(sum_squares)                                                                              \
    CASE(adamw)                                                                                    \
    CASE(transpose)                                                                                \
    CASE(band_spread)                                                                              \
    CASE(band_gather)                                                                              \
    CASE(panel)

typedef struct benchmark {
    const char *name;
    void (*run)(const kernel_table *t, const workspace *w);
} benchmark;

static const benchmark benchmarks[] = {
#define CASE(name) { #name, run_##name },
    CASES(CASE)
#undef CASE
};

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void fill(float *to, size_t count, float low, float high)
{
    for (size_t i = 0; i < count; i++)
        to[i] = low + (high - low) * (float)(i * 2654435761u % 65536) / 65536.0f;
}

static double fastest_ns(const benchmark *b, const kernel_table *t, const workspace *w)
{
    double best = INFINITY;
    for (int run = 0; run < RUNS; run++) {
        fill(w->c, w->row, 0.5f, 1.5f);
        double start = now_ns();
        b->run(t, w);
        best = fmin(best, now_ns() - start);
    }
    return best / (double)w->count;
}

static void refill(const workspace *w)
{
    fill(w->a, w->count, -3.0f, 3.0f);
    fill(w->b, w->count, -1.0f, 1.0f);
    fill(w->c, w->count, 0.5f, 1.5f);
    fill(w->d, w->count, 0.01f, 0.02f);
    fill(w->e, w->count, -4.0f, 4.0f);
    fill(w->f, w->count, -1.0f, 1.0f);
}

int main(int argc, char **argv)
{
    workspace w = { .row = argc > 2 ? strtoul(argv[2], NULL, 10) : 768 };
    w.count = argc > 1 ? strtoul(argv[1], NULL, 10) : 98304;
    if (w.row == 0) w.row = 1;
    size_t step = w.row * 64;
    w.count = (w.count + step - 1) / step * step; /* whole rows of both lengths */
    float **arrays[] = { &w.a, &w.b, &w.c, &w.d, &w.e, &w.f };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = malloc(w.count * sizeof(float));
        if (!*arrays[i]) return fputs("bench_kernels: no memory for so many\n", stderr), 1;
    }

    printf("%-20s", "ns/element");
    for (isa which = ISA_REF; which <= isa_detect(); which++) printf("%10s", isa_name(which));
    printf("\n");
    for (size_t i = 0; i < sizeof benchmarks / sizeof *benchmarks; i++) {
        printf("%-20s", benchmarks[i].name);
        for (isa which = ISA_REF; which <= isa_detect(); which++) {
            kernel_table table;
            kernels_select(which, &table);
            refill(&w);
            printf("%10.3f", fastest_ns(&benchmarks[i], &table, &w));
        }
        printf("\n");
    }
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) free(*arrays[i]);
    return 0;
}
