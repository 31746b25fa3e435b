/* test_attention.c: attention equals its formula in double, forward and backward, for sequences of
 * one and of many blocks, local attention, a relative bias, and few queries; and its bits do not
 * depend on the number of threads. test_compute.c compares it with finite differences. */
#include "compute/cpu/kernels/variants.h"
#include "device.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HEADS = 2, WIDTH = 8, HIDDEN = HEADS * WIDTH, BUCKETS = 6, KEYS_MOST = 600 };

/* Sequences shorter, as long as and longer than a block, of local attention and of the other. */
static const uint32_t all[] = { 0, 1, 4, 68, 133, 645, 1245 };
enum { SEQUENCES = sizeof all / sizeof *all - 1, KEYS = 1245 };

static uint32_t few_starts[SEQUENCES + 1], few_rows[KEYS], units[KEYS], tokens[KEYS];
static uint16_t buckets[2 * KEYS_MOST];

typedef struct result {
    float y[KEYS * HIDDEN], dq[KEYS * HIDDEN], dk[KEYS * HIDDEN], dv[KEYS * HIDDEN];
    float dbias[BUCKETS * HEADS];
} result;

typedef struct inputs {
    float *q, *k, *v, *dy, *table;
} inputs;

/* ---- the formula */

typedef struct oracle {
    double y[KEYS * HIDDEN], dq[KEYS * HIDDEN], dk[KEYS * HIDDEN], dv[KEYS * HIDDEN];
    double dbias[BUCKETS * HEADS];
} oracle;

static double product(const float *a, const float *b)
{
    double sum = 0.0;
    for (size_t i = 0; i < WIDTH; i++) sum += (double)a[i] * b[i];
    return sum;
}

/* What dropout multiplies a query's probabilities with. */
static void factors_of(const dropout *d, size_t query, size_t head, float *factors)
{
    for (size_t i = 0; i < KEYS_MOST; i++) factors[i] = 1.0f;
    if (d->rate == 0.0f) return;
    dropout_row row = { .key = d->key,
                        .column = (uint32_t)head << 16,
                        .token = d->token[query],
                        .unit = d->unit[query],
                        .place = d->place,
                        .threshold = (uint32_t)lrint((double)d->rate * 0x1p32),
                        .scale = 1.0f / (1.0f - d->rate) };
    dropout_apply_ref(&row, KEYS_MOST, factors, factors);
}

/* at: where the query stands among the n keys, whose first row is `first`. */
static void query_apply(const attention_shape *s, const dropout *d, const inputs *in, size_t head,
                        size_t query, size_t at, size_t first, size_t n, oracle *o)
{
    static double p[KEYS_MOST], dp[KEYS_MOST];
    static float factors[KEYS_MOST];
    const float *q = in->q + query * HIDDEN + head * WIDTH,
                *dy = in->dy + query * HIDDEN + head * WIDTH;
    size_t begin = 0, end = n;
    if (s->reach) {
        begin = at > s->reach ? at - s->reach : 0;
        end = at + s->reach < n ? at + s->reach + 1 : n;
    }
    double largest = -INFINITY, sum = 0.0, scale = 1.0 / sqrt(WIDTH), average = 0.0;
    factors_of(d, query, head, factors);
    for (size_t j = begin; j < end; j++) {
        p[j] = scale * product(q, in->k + (first + j) * HIDDEN + head * WIDTH);
        if (s->bias) p[j] += in->table[buckets[KEYS_MOST + at - j] * HEADS + head];
        largest = fmax(largest, p[j]);
    }
    for (size_t j = begin; j < end; j++) sum += p[j] = exp(p[j] - largest);
    for (size_t j = begin; j < end; j++) {
        size_t row = (first + j) * HIDDEN + head * WIDTH;
        p[j] /= sum;
        dp[j] = factors[j] * product(dy, in->v + row);
        average += p[j] * dp[j];
        for (size_t i = 0; i < WIDTH; i++) {
            o->y[query * HIDDEN + head * WIDTH + i] += p[j] * factors[j] * in->v[row + i];
            o->dv[row + i] += p[j] * factors[j] * dy[i];
        }
    }
    for (size_t j = begin; j < end; j++) {
        size_t row = (first + j) * HIDDEN + head * WIDTH;
        double ds = p[j] * (dp[j] - average);
        if (s->bias) o->dbias[buckets[KEYS_MOST + at - j] * HEADS + head] += ds;
        for (size_t i = 0; i < WIDTH; i++) {
            o->dq[query * HIDDEN + head * WIDTH + i] += scale * ds * in->k[row + i];
            o->dk[row + i] += scale * ds * q[i];
        }
    }
}

static void oracle_run(const attention_shape *s, const dropout *d, const inputs *in, oracle *o)
{
    memset(o, 0, sizeof *o);
    for (size_t sequence = 0; sequence < s->sequences; sequence++) {
        size_t first = s->key_starts[sequence], n = s->key_starts[sequence + 1] - first;
        for (size_t q = s->query_starts[sequence]; q < s->query_starts[sequence + 1]; q++)
            for (size_t head = 0; head < HEADS; head++)
                query_apply(s, d, in, head, q, (s->query_rows ? s->query_rows[q] : q) - first,
                            first, n, o);
    }
}

/* ---- cases */

static compute *attention_device(const char *set, size_t threads)
{
    compute *on = device_open(set, threads);
    assert_done(on->reserve(
        on, &(compute_limits){
                .rows = KEYS, .width = HIDDEN, .keys = KEYS_MOST, .biases = BUCKETS * HEADS }));
    return on;
}

static void operation_run(compute *on, const attention_shape *s, const dropout *d, const inputs *in,
                          result *r)
{
    memset(r, 0xFF, sizeof *r); /* NaN: what is not written shows */
    memset(r->dbias, 0, sizeof r->dbias);
    on->attention_forward(on, s, d, in->q, in->k, in->v, r->y);
    on->attention_backward(on, s, d, in->dy, in->q, in->k, in->v, r->dq, r->dk, r->dv,
                           s->bias ? r->dbias : NULL);
    assert_done(on->status(on));
}

static void assert_near(const char *what, const attention_shape *s, const float *got,
                        const double *want, size_t count)
{
    double largest = 0.0, error = 0.0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(want[i]));
        error = fmax(error, isnan(got[i]) ? INFINITY : fabs(got[i] - want[i]));
    }
    if (!(error <= 3e-6 * fmax(largest, 1.0)))
        fail_msg("%s is wrong by %.2e (largest %.2e) with reach %zu, %s bias, %s queries", what,
                 error, largest, s->reach, s->bias ? "a" : "no", s->query_rows ? "few" : "all");
}

static const dropout drops = {
    .rate = 0.2f, .key = 99, .place = 3, .unit = units, .token = tokens
};

static inputs inputs_make(void)
{
    return (inputs){ random_floats(KEYS * HIDDEN, 1), random_floats(KEYS * HIDDEN, 2),
                     random_floats(KEYS * HIDDEN, 3), random_floats(KEYS * HIDDEN, 4),
                     random_floats(BUCKETS * HEADS, 5) };
}

static void inputs_release(inputs *in)
{
    free(in->q);
    free(in->k);
    free(in->v);
    free(in->dy);
    free(in->table);
}

/* Calls `check` for every mixture of reach, bias, few queries and dropout. */
typedef void shape_check(compute *on, const attention_shape *s, const dropout *d, const inputs *in);
static void each_shape(compute *on, shape_check *check)
{
    static const size_t reaches[] = { 0, 1, 6, 64, 550 };
    inputs in = inputs_make();
    attention_bias bias = { .buckets = BUCKETS, .table = in.table, .bucket = buckets + KEYS_MOST };
    for (size_t variant = 0; variant < 8 * 5; variant++) {
        attention_shape s = { .heads = HEADS,
                              .head_width = WIDTH,
                              .sequences = SEQUENCES,
                              .query_starts = variant & 1 ? few_starts : all,
                              .key_starts = all,
                              .query_rows = variant & 1 ? few_rows : NULL,
                              .reach = reaches[variant / 8],
                              .bias = variant & 2 ? &bias : NULL };
        check(on, &s, variant & 4 ? &drops : &(dropout){ 0 }, &in);
    }
    inputs_release(&in);
}

static result got, other;
static oracle want;

static void check_formula(compute *on, const attention_shape *s, const dropout *d, const inputs *in)
{
    size_t queries = s->query_starts[SEQUENCES] * HIDDEN;
    oracle_run(s, d, in, &want);
    operation_run(on, s, d, in, &got);
    assert_near("y", s, got.y, want.y, queries);
    assert_near("dq", s, got.dq, want.dq, queries);
    assert_near("dk", s, got.dk, want.dk, KEYS * HIDDEN);
    assert_near("dv", s, got.dv, want.dv, KEYS * HIDDEN);
    assert_near("dbias", s, got.dbias, want.dbias, BUCKETS * HEADS);
}

static void attention_equals_its_formula(void **state)
{
    (void)state;
    const char *const sets[] = { "ref", "avx2", NULL };
    for (size_t i = 0; i < 3; i++) {
        compute *on = attention_device(sets[i], 2);
        each_shape(on, check_formula);
        compute_free(on);
    }
}

static void check_teams(compute *on, const attention_shape *s, const dropout *d, const inputs *in)
{
    static const size_t teams[] = { 2, 3, 7 };
    operation_run(on, s, d, in, &got);
    for (size_t i = 0; i < 3; i++) {
        compute *many = attention_device(NULL, teams[i]);
        operation_run(many, s, d, in, &other);
        assert_memory_equal(&got, &other, sizeof got);
        compute_free(many);
    }
}

static void results_do_not_depend_on_threads(void **state)
{
    (void)state;
    compute *on = attention_device(NULL, 1);
    each_shape(on, check_teams);
    compute_free(on);
}

/* What lies beyond the reach, were it not a number. */
static void local_attention_does_not_read_keys_beyond_its_reach_into_sums(void **state)
{
    (void)state;
    enum { N = 300, REACH = 20, AT = 150 };
    const uint32_t starts[] = { 0, N };
    attention_shape s = { .heads = HEADS,
                          .head_width = WIDTH,
                          .sequences = 1,
                          .query_starts = starts,
                          .key_starts = starts,
                          .reach = REACH };
    inputs in = inputs_make();
    compute *on = attention_device(NULL, 2);
    operation_run(on, &s, &drops, &in, &got);
    for (size_t i = 0; i < HIDDEN; i++) in.k[AT * HIDDEN + i] = in.v[AT * HIDDEN + i] = 1e4f;
    operation_run(on, &s, &drops, &in, &other);
    for (size_t query = 0; query < N; query++) {
        bool same =
            memcmp(got.y + query * HIDDEN, other.y + query * HIDDEN, HIDDEN * sizeof(float)) == 0;
        assert_true(same == (query + REACH < AT || query > AT + REACH));
    }
    compute_free(on);
    inputs_release(&in);
}

/* Queries, keys and values in one matrix, as one product with the weights of all three makes it. */
static void rows_may_lie_apart(void **state)
{
    (void)state;
    enum { ROW = 3 * HIDDEN };
    inputs in = inputs_make();
    attention_bias bias = { .buckets = BUCKETS, .table = in.table, .bucket = buckets + KEYS_MOST };
    float *x = zero_floats(KEYS * ROW), *dx = zero_floats(KEYS * ROW);
    for (size_t row = 0; row < KEYS; row++) {
        memcpy(x + row * ROW, in.q + row * HIDDEN, HIDDEN * sizeof *x);
        memcpy(x + row * ROW + HIDDEN, in.k + row * HIDDEN, HIDDEN * sizeof *x);
        memcpy(x + row * ROW + 2 * HIDDEN, in.v + row * HIDDEN, HIDDEN * sizeof *x);
    }
    compute *on = attention_device(NULL, 3);
    for (size_t reach = 0; reach < 10; reach += 9) {
        attention_shape s = { .heads = HEADS,
                              .head_width = WIDTH,
                              .sequences = SEQUENCES,
                              .query_starts = all,
                              .key_starts = all,
                              .reach = reach,
                              .bias = &bias };
        operation_run(on, &s, &drops, &in, &got);
        s.query_stride = s.key_stride = ROW;
        const float *k = x + HIDDEN, *v = k + HIDDEN;
        on->attention_forward(on, &s, &drops, x, k, v, other.y);
        memset(other.dbias, 0, sizeof other.dbias);
        on->attention_backward(on, &s, &drops, in.dy, x, k, v, dx, dx + HIDDEN, dx + 2 * HIDDEN,
                               other.dbias);
        assert_memory_equal(other.y, got.y, sizeof got.y);
        assert_memory_equal(other.dbias, got.dbias, sizeof got.dbias);
        for (size_t row = 0; row < KEYS; row++) {
            size_t at = row * HIDDEN;
            assert_memory_equal(dx + row * ROW, got.dq + at, HIDDEN * sizeof *dx);
            assert_memory_equal(dx + row * ROW + HIDDEN, got.dk + at, HIDDEN * sizeof *dx);
            assert_memory_equal(dx + row * ROW + 2 * HIDDEN, got.dv + at, HIDDEN * sizeof *dx);
        }
    }
    compute_free(on);
    inputs_release(&in);
    free(x);
    free(dx);
}

/* A bias that is the same for all distances changes no probability. */
static void a_flat_bias_changes_nothing_but_rounding(void **state)
{
    (void)state;
    inputs in = inputs_make();
    for (size_t i = 0; i < BUCKETS * HEADS; i++) in.table[i] = 0.75f;
    attention_bias bias = { .buckets = BUCKETS, .table = in.table, .bucket = buckets + KEYS_MOST };
    attention_shape s = { .heads = HEADS,
                          .head_width = WIDTH,
                          .sequences = SEQUENCES,
                          .query_starts = all,
                          .key_starts = all };
    compute *on = attention_device(NULL, 2);
    operation_run(on, &s, &drops, &in, &got);
    s.bias = &bias;
    operation_run(on, &s, &drops, &in, &other);
    for (size_t i = 0; i < KEYS * HIDDEN; i++) {
        assert_true(fabsf(got.y[i] - other.y[i]) < 1e-5f);
        assert_true(fabsf(got.dk[i] - other.dk[i]) < 1e-5f);
    }
    compute_free(on);
    inputs_release(&in);
}

/* Scores of a block take 512 numbers a key: memory grows with a sequence's length, not its square.
 */
static void scratch_grows_with_the_longest_sequence(void **state)
{
    (void)state;
    compute_limits limits = { .rows = 16384, .width = 768, .keys = 4096 };
    size_t half = compute_cpu_scratch(&limits, 4);
    limits.keys = 8192;
    size_t whole = compute_cpu_scratch(&limits, 4);
    assert_int_equal(whole - half, 4 * 2 * 512 * 4096 * sizeof(float));
}

/* Some rows of each sequence but the second, which wants none; and distances in buckets. */
static int cases_make(void **state)
{
    (void)state;
    size_t count = 0;
    for (size_t s = 0; s < SEQUENCES; s++) {
        few_starts[s] = (uint32_t)count;
        for (uint32_t row = all[s]; row < all[s + 1] && s != 1; row += 1 + row * row % 11)
            few_rows[count++] = row;
    }
    few_starts[SEQUENCES] = (uint32_t)count;
    for (uint32_t i = 0; i < KEYS; i++) units[i] = i / 50, tokens[i] = i % 50;
    for (size_t i = 0; i < 2 * KEYS_MOST; i++)
        buckets[i] = (uint16_t)(i < KEYS_MOST - 3 ? 0 : i > KEYS_MOST + 70 ? 1 : 2 + i % 4);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_equals_its_formula),
        cmocka_unit_test(results_do_not_depend_on_threads),
        cmocka_unit_test(local_attention_does_not_read_keys_beyond_its_reach_into_sums),
        cmocka_unit_test(rows_may_lie_apart),
        cmocka_unit_test(a_flat_bias_changes_nothing_but_rounding),
        cmocka_unit_test(scratch_grows_with_the_longest_sequence),
    };
    return cmocka_run_group_tests(tests, cases_make, NULL);
}
