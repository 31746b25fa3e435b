/* peak.c: what this machine can do at most: additions and multiplications a second, and bytes.
 *
 *     peak [SECONDS]        (default 0.2: what each measurement may take)
 *
 * Prints one JSON object:
 *   fma         GFLOP/s of loops that multiply and add in registers, for each instruction set that
 *               is here, on one core and on all; an operation is an addition or a multiplication.
 *               "plain" is what C gives without asking for more
 *   product     GFLOP/s of oneDNN's fastest large matrix product, on all cores, and its shape
 *   bandwidth   GB/s of a pass with Adam's mix over four arrays: it reads g, w, m, v and writes w,
 *               m, v. A byte counts once when it is read and once when it is written: 28 a
 *               parameter. The arrays have 105 million numbers in all, 419 MB: far more than the
 *               caches of a processor's cores hold
 * Each figure is the best of its runs: other programs can only lower it. */
#include "base/clock.h"

#include <dnnl.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

static volatile float sink; /* results go here, so that no loop can be left out */

/* ---- multiply and add in registers */

enum { CHAINS = 12 }; /* independent sums: more than latency times units, less than registers */

#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)

typedef float four_floats __attribute__((vector_size(16)));

static float loop_plain(size_t rounds)
{
    const four_floats x = { 0.999f, 0.998f, 0.997f, 0.996f }, y = { 0.1f, 0.2f, 0.3f, 0.4f };
#define START(i) four_floats a##i = x + (float)i;
    EACH(START)
#undef START
    for (size_t round = 0; round < rounds; round++) {
#define STEP(i) a##i = a##i * x + y;
        EACH(STEP)
#undef STEP
    }
    four_floats sum = { 0 };
#define ADD(i) sum += a##i;
    EACH(ADD)
#undef ADD
    return sum[0] + sum[1] + sum[2] + sum[3];
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static float loop_avx2(size_t rounds)
{
    const __m256 x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(0.1f);
#define START(i) __m256 a##i = _mm256_set1_ps((float)i);
    EACH(START)
#undef START
    for (size_t round = 0; round < rounds; round++) {
#define STEP(i) a##i = _mm256_fmadd_ps(a##i, x, y);
        EACH(STEP)
#undef STEP
    }
    __m256 sum = y;
#define ADD(i) sum = _mm256_add_ps(sum, a##i);
    EACH(ADD)
#undef ADD
    return _mm256_cvtss_f32(sum);
}

__attribute__((target("avx512f"))) static float loop_avx512(size_t rounds)
{
    const __m512 x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(0.1f);
#define START(i) __m512 a##i = _mm512_set1_ps((float)i);
    EACH(START)
#undef START
    for (size_t round = 0; round < rounds; round++) {
#define STEP(i) a##i = _mm512_fmadd_ps(a##i, x, y);
        EACH(STEP)
#undef STEP
    }
    __m512 sum = y;
#define ADD(i) sum = _mm512_add_ps(sum, a##i);
    EACH(ADD)
#undef ADD
    return _mm512_cvtss_f32(sum);
}
#endif

typedef struct fma_loop {
    const char *name;
    float (*run)(size_t rounds);
    size_t width; /* floats in a register */
    bool here;
} fma_loop;

/* Seconds of `rounds` on each of `threads`. */
static double loop_seconds(const fma_loop *loop, size_t rounds, int threads)
{
    double begin = clock_seconds();
#pragma omp parallel num_threads(threads)
    sink = loop->run(rounds);
    return clock_seconds() - begin;
}

static double loop_gflops(const fma_loop *loop, int threads, double seconds)
{
    enum { RUNS = 5 };
    size_t rounds = 100000;
    double best = loop_seconds(loop, rounds, 1); /* the processor's clock rises */
    best = loop_seconds(loop, rounds, 1);
    rounds = (size_t)((double)rounds * fmax(1.0, seconds / RUNS / best));
    best = INFINITY;
    for (int run = 0; run < RUNS; run++) best = fmin(best, loop_seconds(loop, rounds, threads));
    double operations = 2.0 * CHAINS * (double)loop->width * (double)rounds * threads;
    return 1e-9 * operations / best;
}

static void fma_print(int threads, double seconds)
{
    const fma_loop loops[] = {
        { "plain", loop_plain, 4, true },
#if defined(__x86_64__)
        { "avx2", loop_avx2, 8, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") },
        { "avx512", loop_avx512, 16, __builtin_cpu_supports("avx512f") },
#endif
    };
    const char *separator = "";
    printf("\"fma\":{");
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        if (!loops[i].here) continue;
        printf("%s\"%s\":{\"one\":%.1f,\"all\":%.1f}", separator, loops[i].name,
               loop_gflops(&loops[i], 1, seconds), loop_gflops(&loops[i], threads, seconds));
        separator = ",";
    }
    printf("}");
}

/* ---- matrix products */

typedef struct product {
    size_t rows, cols, inner;
} product;

static float *numbers_new(size_t count)
{
    enum { PAGE = 2 << 20 }; /* large pages, as the library's own large blocks */
    size_t bytes = (count * sizeof(float) + PAGE - 1) / PAGE * PAGE;
    float *x = aligned_alloc(PAGE, bytes);
#if defined(MADV_HUGEPAGE)
    if (x) madvise(x, bytes, MADV_HUGEPAGE);
#endif
    if (!x) {
        fputs("peak: no memory\n", stderr);
        exit(1);
    }
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < count; i++) x[i] = (float)(i % 64) / 64.0f - 0.5f;
    return x;
}

static double product_gflops(const product *p, double seconds)
{
    float *a = numbers_new(p->rows * p->inner), *b = numbers_new(p->inner * p->cols);
    float *c = numbers_new(p->rows * p->cols);
    dnnl_dim_t rows = (dnnl_dim_t)p->rows, cols = (dnnl_dim_t)p->cols;
    dnnl_dim_t inner = (dnnl_dim_t)p->inner;
    double best = INFINITY, begin = clock_seconds();
    for (int run = 0; run < 3 || clock_seconds() - begin < seconds; run++) {
        double start = clock_seconds();
        if (dnnl_sgemm('N', 'T', rows, cols, inner, 1.0f, a, inner, b, inner, 0.0f, c, cols) !=
            dnnl_success) {
            fputs("peak: the matrix library failed\n", stderr);
            exit(1);
        }
        best = fmin(best, clock_seconds() - start);
    }
    sink = c[0];
    free(a);
    free(b);
    free(c);
    return 2e-9 * (double)p->rows * (double)p->cols * (double)p->inner / best;
}

static void product_print(double seconds)
{
    static const product products[] = {
        { 1024, 1024, 1024 }, { 2048, 2048, 2048 }, { 4096, 3072, 768 }, { 4096, 768, 3072 }
    };
    enum { COUNT = sizeof products / sizeof *products };
    double best = 0.0;
    const product *fastest = products;
    for (size_t i = 0; i < COUNT; i++) {
        double gflops = product_gflops(&products[i], seconds / COUNT);
        if (gflops > best) fastest = &products[i];
        best = fmax(best, gflops);
    }
    printf("\"product\":{\"all\":%.1f,\"rows\":%zu,\"cols\":%zu,\"inner\":%zu}", best,
           fastest->rows, fastest->cols, fastest->inner);
}

/* ---- memory */

/* Adam's reads and writes with as little arithmetic as keeps them all. */
static double pass_seconds(size_t count, const float *g, float *w, float *m, float *v)
{
    double begin = clock_seconds();
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < count; i++) {
        m[i] = 0.9f * m[i] + g[i];
        v[i] = 0.9f * v[i] + g[i];
        w[i] = w[i] - 0.1f * m[i] * v[i];
    }
    return clock_seconds() - begin;
}

static void bandwidth_print(double seconds)
{
    enum { BYTES = 28 };
    const size_t count = 25 << 20;
    float *g = numbers_new(count), *w = numbers_new(count);
    float *m = numbers_new(count), *v = numbers_new(count);
    double best = INFINITY, begin = clock_seconds();
    for (int run = 0; run < 3 || clock_seconds() - begin < seconds; run++)
        best = fmin(best, pass_seconds(count, g, w, m, v));
    sink = w[count / 2];
    printf("\"bandwidth\":{\"all\":%.2f,\"numbers\":%zu}", 1e-9 * BYTES * (double)count / best,
           4 * count);
    free(g);
    free(w);
    free(m);
    free(v);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 0.2;
    int threads = omp_get_max_threads();
    printf("{\"threads\":%d,", threads);
    fma_print(threads, seconds);
    printf(",");
    product_print(seconds);
    printf(",");
    bandwidth_print(seconds);
    printf("}\n");
    return 0;
}
