/* test_disentangled.c: disentangled attention equals transformers' in double (tests/data/
 * disentangled, made by tools/golden/disentangled.py), for the reference and for the best
 * instruction set; backward equals finite differences, fewer queries give some of the rows, and
 * no bit depends on the number of threads. */
#include "device.h"
#include "scratch.h"
#include "tensors/tensors.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST = 300, TOKENS = 2100, WIDTH = 24, ROWS = 64 };

static compute *disentangled_open(const char *isa, size_t threads)
{
    compute *on = device_open(isa, threads);
    assert_done(on->reserve(
        on,
        &(compute_limits){ .rows = TOKENS, .width = WIDTH, .keys = LONGEST, .distances = ROWS }));
    return on;
}

static float *floats(size_t count)
{
    float *x = malloc((count ? count : 1) * sizeof *x);
    for (size_t i = 0; i < count; i++) x[i] = NAN; /* all of it must be written */
    return x;
}

/* What goes in and what comes out. */
typedef struct attending {
    disentangled_shape shape;
    dropout dropout;
    float *q, *k, *v, *dy, *y, *dq, *dk, *dv;
    disentangled_tables tables, dtables;
} attending;

static size_t queries_of(const attending *a)
{
    return a->shape.attention.query_starts[a->shape.attention.sequences];
}

static size_t keys_of(const attending *a)
{
    return a->shape.attention.key_starts[a->shape.attention.sequences];
}

static size_t width_of(const attending *a)
{
    return a->shape.attention.heads * a->shape.attention.head_width;
}

static void attend(compute *on, attending *a)
{
    on->disentangled_forward(on, &a->shape, &a->dropout, a->q, a->k, a->v, &a->tables, a->y);
}

/* Rows of distances that no sequence has are not written: as they are (NaN, or 0 from before). */
static void rest_zero(const attending *a, float *gradient)
{
    size_t first, count = disentangled_rows(&a->shape, &first), width = width_of(a);
    for (size_t i = 0; gradient && i < a->shape.rows * width; i++) {
        bool met = i / width >= first && i / width < first + count;
        assert_true(met ? isfinite(gradient[i]) : isnan(gradient[i]) || gradient[i] == 0.0f);
        if (!met) gradient[i] = 0.0f;
    }
}

static void attend_backward(compute *on, attending *a)
{
    on->disentangled_backward(on, &a->shape, &a->dropout, a->dy, a->q, a->k, a->v, &a->tables,
                              a->dq, a->dk, a->dv, &a->dtables);
    rest_zero(a, a->dtables.key);
    rest_zero(a, a->dtables.query);
}

static void outputs_open(attending *a)
{
    size_t queries = queries_of(a) * width_of(a), keys = keys_of(a) * width_of(a);
    size_t rows = a->shape.rows * width_of(a);
    a->y = floats(queries);
    a->dq = floats(queries);
    a->dk = floats(keys);
    a->dv = floats(keys);
    a->dtables.key = a->tables.key ? floats(rows) : NULL;
    a->dtables.query = a->tables.query ? floats(rows) : NULL;
}

static void inputs_open(attending *a, bool key, bool query)
{
    size_t rows = a->shape.rows * width_of(a);
    a->q = random_floats(queries_of(a) * width_of(a), 1);
    a->dy = random_floats(queries_of(a) * width_of(a), 2);
    a->k = random_floats(keys_of(a) * width_of(a), 3);
    a->v = random_floats(keys_of(a) * width_of(a), 4);
    a->tables.key = key ? random_floats(rows, 5) : NULL;
    a->tables.query = query ? random_floats(rows, 6) : NULL;
}

static void outputs_free(attending *a)
{
    free(a->y);
    free(a->dq);
    free(a->dk);
    free(a->dv);
    free(a->dtables.key);
    free(a->dtables.query);
}

static void inputs_free(attending *a)
{
    free(a->q);
    free(a->k);
    free(a->v);
    free(a->dy);
    free(a->tables.key);
    free(a->tables.query);
}

/* ---- transformers' numbers */

static float *tensor(const tensor_file *numbers, size_t which, const char *name, size_t *count)
{
    char full[64];
    snprintf(full, sizeof full, "%zu.%s", which, name);
    const tensor_info *info = tensor_file_find(numbers, full);
    if (count) *count = info ? info->count : 0;
    if (!info) return NULL;
    float *out = malloc(info->count * sizeof *out);
    tensor_to_float(info, out);
    return out;
}

static uint32_t *integers(const tensor_file *numbers, size_t which, const char *name, size_t *count)
{
    float *from = tensor(numbers, which, name, count);
    uint32_t *out = malloc(*count * sizeof *out);
    for (size_t i = 0; i < *count; i++) out[i] = (uint32_t)from[i];
    free(from);
    return out;
}

static void compare(const tensor_file *numbers, size_t which, const char *name, const float *have)
{
    size_t count;
    float *want = tensor(numbers, which, name, &count);
    double largest = 1.0;
    for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs((double)want[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)have[i] - want[i]) <= 3e-6 * largest))
            fail_msg("%zu.%s: element %zu is %.9g, not %.9g", which, name, i, (double)have[i],
                     (double)want[i]);
    free(want);
}

static void golden_case(compute *on, const tensor_file *numbers, size_t which)
{
    size_t sequences, count, rows;
    uint32_t starts[8] = { 0 }, *sizes = integers(numbers, which, "sizes", &sequences);
    uint32_t *heads = integers(numbers, which, "heads", &count);
    uint32_t *terms = integers(numbers, which, "terms", &count);
    uint32_t *distances = integers(numbers, which, "distances", &count);
    for (size_t i = 0; i < sequences; i++) starts[i + 1] = starts[i] + sizes[i];

    attending a = { .q = tensor(numbers, which, "q", &rows),
                    .k = tensor(numbers, which, "k", NULL),
                    .v = tensor(numbers, which, "v", NULL),
                    .dy = tensor(numbers, which, "dy", NULL) };
    size_t width = rows / starts[sequences];
    a.tables.key = tensor(numbers, which, "table_key", &rows);
    if (a.tables.key) a.shape.rows = rows / width;
    a.tables.query = tensor(numbers, which, "table_query", &rows);
    if (a.tables.query) a.shape.rows = rows / width;
    a.shape.attention = (attention_shape){ .heads = *heads,
                                           .head_width = width / *heads,
                                           .sequences = sequences,
                                           .query_starts = starts,
                                           .key_starts = starts };
    a.shape.scale = 1.0f / sqrtf((float)(width / *heads) * (float)(*terms + 1));
    uint16_t *distance_rows = malloc(count * sizeof *distance_rows);
    for (size_t i = 0; i < count; i++) distance_rows[i] = (uint16_t)distances[i];
    a.shape.row = distance_rows + count / 2;
    outputs_open(&a);
    attend(on, &a);
    attend_backward(on, &a);
    compare(numbers, which, "y", a.y);
    compare(numbers, which, "dq", a.dq);
    compare(numbers, which, "dk", a.dk);
    compare(numbers, which, "dv", a.dv);
    if (a.tables.key) compare(numbers, which, "dtable_key", a.dtables.key);
    if (a.tables.query) compare(numbers, which, "dtable_query", a.dtables.query);
    outputs_free(&a);
    inputs_free(&a);
    free(sizes);
    free(heads);
    free(terms);
    free(distances);
    free(distance_rows);
}

static const char *const sets[] = { "ref", "avx2", NULL };

static void attention_and_its_gradients_equal_transformers(void **state)
{
    (void)state;
    tensor_file *numbers;
    assert_done(tensor_file_open("tests/data/disentangled", &numbers));
    for (size_t set = 0; set < sizeof sets / sizeof *sets; set++) {
        compute *on = disentangled_open(sets[set], 2);
        for (size_t i = 0; i < 4; i++) golden_case(on, numbers, i);
        assert_done(on->status(on));
        compute_free(on);
    }
    assert_null(tensor(numbers, 4, "q", NULL));
    tensor_file_free(numbers);
}

/* ---- sequences of our own: buckets that grow with the distance */

static uint16_t distance_rows[2 * LONGEST - 1];

static int bucket(size_t distance)
{
    return (int)(distance <= 8 ? distance : 8 + sqrt((double)(distance - 8)));
}

static int distances_open(void **state)
{
    (void)state;
    for (size_t d = 0; d < LONGEST; d++) {
        distance_rows[LONGEST - 1 + d] = (uint16_t)(ROWS / 2 + bucket(d));
        distance_rows[LONGEST - 1 - d] = (uint16_t)(ROWS / 2 - bucket(d));
    }
    return 0;
}

static disentangled_shape shape_of(size_t heads, size_t head_width, size_t sequences,
                                   const uint32_t *starts)
{
    return (disentangled_shape){ .attention = { .heads = heads,
                                                .head_width = head_width,
                                                .sequences = sequences,
                                                .query_starts = starts,
                                                .key_starts = starts },
                                 .scale = 0.4f,
                                 .rows = ROWS,
                                 .row = distance_rows + LONGEST - 1 };
}

static uint32_t row_unit[TOKENS], row_token[TOKENS];

static dropout drops_of(void)
{
    for (uint32_t i = 0; i < TOKENS; i++) {
        row_unit[i] = i / 50;
        row_token[i] = i % 50;
    }
    return (
        dropout){ .rate = 0.3f, .key = 12345, .place = 6, .unit = row_unit, .token = row_token };
}

static double objective(compute *on, attending *a)
{
    double sum = 0.0;
    attend(on, a);
    for (size_t i = 0; i < queries_of(a) * width_of(a); i++) sum += (double)a->y[i] * a->dy[i];
    return sum;
}

static void compare_differences(compute *on, attending *a, const char *what, float *x,
                                const float *gradient, size_t count)
{
    const float step = 1e-2f;
    double largest = 0.0, error = 0.0;
    for (size_t i = 0; i < count; i++) {
        float before = x[i];
        x[i] = before + step;
        double above = objective(on, a);
        x[i] = before - step;
        double slope = (above - objective(on, a)) / (2.0 * (double)step);
        x[i] = before;
        largest = fmax(largest, fabs(slope));
        error = fmax(error, fabs(slope - gradient[i]));
    }
    assert_true(largest > 1e-3);
    if (!(error <= 3e-3 * fmax(largest, 1.0)))
        fail_msg("%s: finite differences differ by %.2e where the largest is %.2e", what, error,
                 largest);
}

/* Sequences of 1, 6, none, and 20 tokens; all queries, or these rows alone. */
static const uint32_t starts[] = { 0, 1, 7, 7, 27 }, few_starts[] = { 0, 0, 3, 3, 5 },
                      few_rows[] = { 1, 3, 6, 19, 26 };

static void compare_all_differences(compute *on, int variant)
{
    attending a = { .shape = shape_of(2, 3, 4, starts),
                    .dropout = variant & 1 ? drops_of() : (dropout){ 0 } };
    if (variant & 2) {
        a.shape.attention.query_starts = few_starts;
        a.shape.attention.query_rows = few_rows;
    }
    inputs_open(&a, variant & 4, variant & 8);
    outputs_open(&a);
    attend(on, &a);
    attend_backward(on, &a);
    size_t queries = queries_of(&a) * 6, keys = keys_of(&a) * 6;
    compare_differences(on, &a, "q", a.q, a.dq, queries);
    compare_differences(on, &a, "k", a.k, a.dk, keys);
    compare_differences(on, &a, "v", a.v, a.dv, keys);
    if (a.tables.key)
        compare_differences(on, &a, "key", a.tables.key, a.dtables.key, (size_t)ROWS * 6);
    if (a.tables.query)
        compare_differences(on, &a, "query", a.tables.query, a.dtables.query, (size_t)ROWS * 6);
    outputs_free(&a);
    inputs_free(&a);
}

static void backward_equals_differences(void **state)
{
    (void)state;
    for (size_t set = 0; set < sizeof sets / sizeof *sets; set++) {
        compute *on = disentangled_open(sets[set], 2);
        for (int variant = 0; variant < 16; variant++) compare_all_differences(on, variant);
        compute_free(on);
    }
}

static void without_tables_it_is_attention(void **state)
{
    (void)state;
    compute *on = disentangled_open(NULL, 2);
    attending a = { .shape = shape_of(2, 4, 4, starts) };
    a.shape.scale = 0.5f;
    inputs_open(&a, false, false);
    outputs_open(&a);
    attend(on, &a);
    attend_backward(on, &a);
    float *y = floats(27 * 8), *dq = floats(27 * 8), *dk = floats(27 * 8), *dv = floats(27 * 8);
    on->attention_forward(on, &a.shape.attention, &a.dropout, a.q, a.k, a.v, y);
    on->attention_backward(on, &a.shape.attention, &a.dropout, a.dy, a.q, a.k, a.v, dq, dk, dv,
                           NULL);
    for (size_t i = 0; i < (size_t)27 * 8; i++) {
        assert_float_equal(a.y[i], y[i], 1e-6f);
        assert_float_equal(a.dq[i], dq[i], 1e-5f);
        assert_float_equal(a.dk[i], dk[i], 1e-5f);
        assert_float_equal(a.dv[i], dv[i], 1e-5f);
    }
    free(y);
    free(dq);
    free(dk);
    free(dv);
    outputs_free(&a);
    inputs_free(&a);
    compute_free(on);
}

/* A sequence longer than the queries that are taken at a time, of which few are wanted. */
static void few_queries_give_some_of_the_rows(void **state)
{
    (void)state;
    static const uint32_t ends[] = { 0, 7, 7 + LONGEST }, few[] = { 0, 1, 4 },
                          rows[] = { 3, 7, 150, 306 };
    compute *on = disentangled_open(NULL, 2);
    attending all = { .shape = shape_of(2, 3, 2, ends) }, some = all;
    inputs_open(&all, true, true);
    outputs_open(&all);
    attend(on, &all);
    some.shape.attention.query_starts = few;
    some.shape.attention.query_rows = rows;
    some.tables = all.tables;
    some.k = all.k;
    some.v = all.v;
    some.q = floats(4 * 6);
    some.y = floats(4 * 6);
    for (size_t i = 0; i < 4; i++)
        memcpy(some.q + i * 6, all.q + (size_t)rows[i] * 6, 6 * sizeof(float));
    attend(on, &some);
    for (size_t i = 0; i < 24; i++)
        assert_float_equal(some.y[i], all.y[rows[i / 6] * 6 + i % 6], 1e-5f);
    free(some.q);
    free(some.y);
    outputs_free(&all);
    inputs_free(&all);
    compute_free(on);
}

/* 2,100 tokens: several groups. */
static void work(size_t threads, attending *a)
{
    static uint32_t many[15];
    for (uint32_t i = 0; i < 15; i++) many[i] = i * 150;
    compute *on = disentangled_open(NULL, threads);
    *a = (attending){ .shape = shape_of(3, 8, 14, many), .dropout = drops_of() };
    inputs_open(a, true, true);
    outputs_open(a);
    attend(on, a);
    attend_backward(on, a);
    inputs_free(a);
    assert_done(on->status(on));
    compute_free(on);
}

static void results_do_not_depend_on_threads(void **state)
{
    (void)state;
    const size_t teams[] = { 2, 3, 7 }, numbers = (size_t)TOKENS * WIDTH * sizeof(float);
    attending one, many;
    work(1, &one);
    for (size_t i = 0; i < 3; i++) {
        work(teams[i], &many);
        assert_memory_equal(one.y, many.y, numbers);
        assert_memory_equal(one.dq, many.dq, numbers);
        assert_memory_equal(one.dk, many.dk, numbers);
        assert_memory_equal(one.dv, many.dv, numbers);
        assert_memory_equal(one.dtables.key, many.dtables.key, (size_t)ROWS * WIDTH * 4);
        assert_memory_equal(one.dtables.query, many.dtables.query, (size_t)ROWS * WIDTH * 4);
        outputs_free(&many);
    }
    outputs_free(&one);
}

/* The tables' gradients of a batch are the sums of those of its sequences: of several groups too.
 */
static void gradients_of_tables_add_over_sequences(void **state)
{
    (void)state;
    attending whole, part;
    work(2, &whole);
    double key[ROWS * WIDTH] = { 0 }, query[ROWS * WIDTH] = { 0 };
    for (size_t sequence = 0; sequence < 14; sequence++) {
        static uint32_t alone[2] = { 0, 150 };
        compute *on = disentangled_open(NULL, 1);
        part = (attending){ .shape = shape_of(3, 8, 14, NULL), .dropout = drops_of() };
        part.shape.attention.sequences = 1;
        part.shape.attention.query_starts = part.shape.attention.key_starts = alone;
        part.dropout.unit += sequence * 150;
        part.dropout.token += sequence * 150;
        static uint32_t all[2] = { 0, TOKENS };
        attending inputs = whole;
        inputs.shape.attention.sequences = 1;
        inputs.shape.attention.query_starts = inputs.shape.attention.key_starts = all;
        inputs_open(&inputs, true, true);
        size_t at = sequence * 150 * WIDTH;
        part.q = inputs.q + at;
        part.k = inputs.k + at;
        part.v = inputs.v + at;
        part.dy = inputs.dy + at;
        part.tables = inputs.tables;
        outputs_open(&part);
        attend_backward(on, &part);
        for (size_t i = 0; i < (size_t)ROWS * WIDTH; i++) {
            key[i] += part.dtables.key[i];
            query[i] += part.dtables.query[i];
        }
        outputs_free(&part);
        inputs_free(&inputs);
        compute_free(on);
    }
    for (size_t i = 0; i < (size_t)ROWS * WIDTH; i++) {
        assert_true(fabs(key[i] - whole.dtables.key[i]) < 1e-3);
        assert_true(fabs(query[i] - whole.dtables.query[i]) < 1e-3);
    }
    outputs_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_and_its_gradients_equal_transformers),
        cmocka_unit_test(backward_equals_differences),
        cmocka_unit_test(without_tables_it_is_attention),
        cmocka_unit_test(few_queries_give_some_of_the_rows),
        cmocka_unit_test(results_do_not_depend_on_threads),
        cmocka_unit_test(gradients_of_tables_add_over_sequences),
    };
    return cmocka_run_group_tests(tests, distances_open, NULL);
}
