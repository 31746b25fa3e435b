/* kernels.h: the leaf loops, one thread each, plain numbers and pointers.
 *
 * Each has a reference in plain C that reads as its formula (NAME_ref, the oracle of the tests) and
 * siblings for instruction sets (NAME_avx2, NAME_avx512). variants.def lists them; kernels_select()
 * picks the best that the processor and the operating system permit. Pointers need no alignment
 * beyond a float's. Lengths may be 0. `x` and `y` of one call may be the same array, but must not
 * overlap otherwise. A kernel's result for one row does not depend on the other rows of the call.
 */
#ifndef COMPUTE_CPU_KERNELS_H
#define COMPUTE_CPU_KERNELS_H

#include "compute/activation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One row's dropout stream: which Philox blocks decide. See base/rng.h.
 * Column c of the row keeps its value, times 1 / (1 - rate), where word c % 4 of block (column / 4
 * + c / 4, token, unit, place) is at least `threshold`; else it becomes 0. */
typedef struct dropout_row {
    uint64_t key;
    uint32_t column; /* of the row's first element; a multiple of 4 */
    uint32_t token, unit, place;
    uint32_t threshold; /* rate * 2^32, rounded; 0: nothing is dropped and scale is 1 */
    float scale;        /* 1 / (1 - rate) */
} dropout_row;

/* y = dropout(x) */
typedef void dropout_apply_fn(const dropout_row *d, size_t count, const float *x, float *y);

/* sum = residual + dropout(x + bias); bias NULL: none. sum may be x. */
typedef void residual_add_fn(const dropout_row *d, size_t count, const float *x, const float *bias,
                             const float *residual, float *sum);

/* y = gain * (x - mean) * rstd + shift with rstd = 1 / sqrt(variance + epsilon), variance of the
 * population. Two passes over the row (mean first), as PyTorch's result asks for. mean and rstd:
 * one number each, out. shift NULL: none. */
typedef void norm_forward_fn(size_t count, float epsilon, const float *x, const float *gain,
                             const float *shift, float *y, float *mean, float *rstd);

/* dx = rstd * (g - avg(g) - n * avg(g * n))   with g = gain * dy, n = (x - mean) * rstd
 * dgain += dy * n,  dshift += dy   (over calls, row after row). dshift NULL: none. dx may be dy. */
typedef void norm_backward_fn(size_t count, const float *dy, const float *x, const float *gain,
                              float mean, float rstd, float *dx, float *dgain, float *dshift);

/* u = x + bias (bias NULL: none), y = f(u). u may be x; y may not be u. */
typedef void activation_forward_fn(activation_kind kind, size_t count, const float *x,
                                   const float *bias, float *u, float *y);

/* dx = dy * f'(u), then u = f(u), the bits that forward gave. dx may be dy. */
typedef void activation_backward_fn(activation_kind kind, size_t count, float *u, const float *dy,
                                    float *dx);

/* y = f(u) * gate. y may be u. */
typedef void gated_forward_fn(activation_kind kind, size_t count, const float *u, const float *gate,
                              float *y);

/* In place: u becomes dy * gate * f'(u), its gradient; gate becomes dy * f(u), its; and dy becomes
 * f(u) * gate, the bits that forward gave. No two may overlap. */
typedef void gated_backward_fn(activation_kind kind, size_t count, float *u, float *gate,
                               float *dy);

/* Turns each pair (x, y) by an angle, or with sign -1 back:
 *   x' = x * cosine - y * sign * sine,  y' = y * cosine + x * sign * sine
 * x and y must not overlap. All variants give the same bits. */
typedef void rotate_fn(size_t count, const float *cosine, const float *sine, float sign, float *x,
                       float *y);

/* x = softmax(scale * x), shifted by the largest. */
typedef void softmax_forward_fn(size_t count, float scale, float *x);

/* dx = scale * p * (dp - sum(p * dp)); in place: dp becomes dx. */
typedef void softmax_backward_fn(size_t count, float scale, const float *p, float *dp);

/* y = exp(x - largest), y NULL: not wanted. Returns their sum, in double: what a loss over many
 * classes wants of a softmax. largest: one number, out; where it is infinite the sum is a NaN. */
typedef double exp_sum_fn(size_t count, const float *x, float *y, float *largest);

/* y += x */
typedef void add_fn(size_t count, const float *x, float *y);

/* The sum of the squares, in double. */
typedef double sum_squares_fn(size_t count, const float *x);

/* One AdamW step as torch.optim.AdamW takes it (Loshchilov and Hutter 2019, decoupled decay; Kingma
 * and Ba 2015, algorithm 1). With g = gradient_scale * gradient and correction_i = 1 - beta_i^step:
 *
 *   w *= 1 - learning_rate * decay
 *   m += (1 - beta1) * (g - m)
 *   v  = beta2 * v + (1 - beta2) * g * g
 *   w -= learning_rate / correction1 * m / (sqrt(v) / sqrt(correction2) + epsilon)
 *
 * The gradient is left as it was. The numbers of a step are doubles because PyTorch's are: it
 * rounds 1 - beta2 to float, not beta2 before the subtraction, which would move v by 1e-5. All
 * variants give the same bits. */
typedef struct adamw_step {
    double learning_rate, beta1, beta2, epsilon, decay;
    double correction1, correction2_root; /* 1 - beta1^step, sqrt(1 - beta2^step) */
    float gradient_scale;
} adamw_step;
typedef void adamw_fn(const adamw_step *s, size_t count, const float *g, float *w, float *m,
                      float *v);

/* y = x^T      x [rows, cols] with rows ldx apart, y [cols, rows] with rows ldy apart */
typedef void transpose_fn(size_t rows, size_t cols, const float *x, size_t ldx, float *y,
                          size_t ldy);

/* Numbers that pairs of a query and a key have by their distance alone, for queries that follow
 * each other and keys that do, where each distance has a number of its own: those of a query's row
 * fall with the key, those of a key's row rise with the query. y[i, j] += query[i, -j] + key[j, i]
 * query[i, -j] += y[i, j], key[j, i] += y[i, j] y [queries, keys], rows of it, of query and of key
 * `apart`, query_apart and key_apart apart query  its row 0's number for key 0; the others lie
 * before it      query or key NULL: none */
typedef struct band {
    size_t queries, keys;
    size_t apart, query_apart, key_apart;
} band;
typedef void band_spread_fn(const band *b, const float *query, const float *key, float *y);
typedef void band_gather_fn(const band *b, const float *y, float *query, float *key);

/* c = a b for a panel b of at most PANEL_COLS columns without gaps. A number of c is one sum, taken
 * in the order of b's rows: it does not depend on how many rows or columns there are.
 *   a [rows, inner], c [rows, cols]; rows of them lda and ldc apart      b [inner, cols]
 *   next  inner * PANEL_COLS numbers that will be read next and are asked for meanwhile, or NULL */
enum { PANEL_COLS = 48 };
typedef void panel_fn(size_t rows, size_t inner, size_t cols, const float *a, size_t lda,
                      const float *b, const float *next, float *c, size_t ldc);

/* What a step multiplies with, as adamw_numbers.h rounds it. */
typedef struct adamw_numbers {
    float decay_factor;        /* 1 - learning_rate * decay */
    float rate1, beta2, rate2; /* rate_i = 1 - beta_i */
    float correction2_root, epsilon;
    float step; /* -learning_rate / correction1 */
} adamw_numbers;

/* Steps of one run, in their order, whose gradients were 0: the bits are those of adamw with zeros,
 * step by step. `faint` is adamw_faint()'s for these steps, or for more of which they are some. No
 * m is -0, which no step makes of numbers that are not. */
typedef struct adamw_idle_steps {
    size_t count;
    const adamw_numbers *numbers; /* [count] */
    float faint;
} adamw_idle_steps;
typedef void adamw_idle_fn(const adamw_idle_steps *s, size_t count, float *w, float *m, float *v);

/* c = alpha * a b + beta * c on row-major matrices with leading dimensions; a transposed matrix is
 * stored [columns, rows]. c [rows, cols], a [rows, inner], b [inner, cols]. beta == 0: c is not
 * read. The plain triple loop, for BERT_ISA=ref and as the oracle; the fast way is oneDNN's. */
typedef struct matmul_shape {
    int a_transposed, b_transposed;
    size_t rows, cols, inner;
    size_t lda, ldb, ldc;
} matmul_shape;
typedef void matmul_fn(const matmul_shape *s, float alpha, const float *a, const float *b,
                       float beta, float *c);

/* The operations: function type, name. */
#define KERNEL_LIST(KERNEL)                                                                        \
    KERNEL(dropout_apply)                                                                          \
    KERNEL(residual_add)                                                                           \
    KERNEL(norm_forward)                                                                           \
    KERNEL(norm_backward)                                                                          \
    KERNEL(activation_forward)                                                                     \
    KERNEL(activation_backward)                                                                    \
    KERNEL(gated_forward)                                                                          \
    KERNEL(gated_backward)                                                                         \
    KERNEL(rotate)                                                                                 \
    KERNEL(softmax_forward)                                                                        \
    KERNEL(softmax_backward)                                                                       \
    KERNEL(exp_sum)                                                                                \
    KERNEL(add)                                                                                    \
    KERNEL(sum_squares)                                                                            \
    KERNEL(adamw)                                                                                  \
    KERNEL(transpose)                                                                              \
    KERNEL(band_spread)                                                                            \
    KERNEL(band_gather)                                                                            \
    KERNEL(panel)                                                                                  \
    KERNEL(adamw_idle)                                                                             \
    KERNEL(matmul)

typedef struct kernel_table {
#define KERNEL_FIELD(operation) operation##_fn *operation;
    KERNEL_LIST(KERNEL_FIELD)
#undef KERNEL_FIELD
} kernel_table;

/* Instruction sets, each containing the ones before it. */
typedef enum isa { ISA_REF, ISA_AVX2, ISA_AVX512 } isa;

/* The best one that processor and operating system permit, capped by the environment's BERT_ISA
 * (ref, avx2, avx512). A value that isa_parse refuses caps nothing here: it is for the caller who
 * can report to refuse it first. */
isa isa_detect(void);

const char *isa_name(isa which);
/* The set of that name in *out; false, and *out untouched, where there is none. */
bool isa_parse(const char *name, isa *out);

/* The table for an instruction set: the best variant of each operation that it permits. */
void kernels_select(isa which, kernel_table *out);

#endif
