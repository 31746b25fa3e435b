/* test_losses.c: losses, and what lies between a sequence's rows and them, equal PyTorch's in
 * double (tests/data/losses, made by tools/golden/losses.py), for the reference and for the
 * best instruction set; and no bit depends on the number of threads. */
#include "base/rng.h"
#include "compute/compute.h"
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

static const float scale = 0.375f; /* of the golden gradients */

static compute *device_open(const char *isa, size_t threads)
{
    compute *on;
    if (isa)
        setenv("BERT_ISA", isa, 1);
    else
        unsetenv("BERT_ISA");
    assert_done(compute_cpu_open(threads, &on));
    assert_done(on->reserve(
        on, &(compute_limits){ .rows = 64, .width = 64, .keys = 1, .units = 300, .members = 3 }));
    return on;
}

/* ---- golden numbers */

/* One case of one operation: its tensors, converted once asked for. */
typedef struct golden_case {
    compute *on;
    const tensor_file *numbers;
    const char *operation;
    size_t index;
    float *converted[8];
    size_t conversions;
} golden_case;

static const tensor_info *info_of(const golden_case *g, const char *name)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%zu.%s", g->operation, g->index, name);
    return tensor_file_find(g->numbers, full);
}

/* NULL where the case has no such tensor. */
static const float *tensor(golden_case *g, const char *name)
{
    const tensor_info *info = info_of(g, name);
    if (!info) return NULL;
    assert_in_range(g->conversions, 0, 7);
    float *out = malloc(info->count * sizeof *out);
    tensor_to_float(info, out);
    return g->converted[g->conversions++] = out;
}

static size_t size_of(const golden_case *g, const char *name, size_t dimension)
{
    return info_of(g, name)->shape[dimension];
}

/* The tensor's numbers are whole. The caller frees. */
static int32_t *integers(const golden_case *g, const char *name)
{
    const tensor_info *info = info_of(g, name);
    float *from = malloc(info->count * sizeof *from);
    int32_t *out = malloc(info->count * sizeof *out);
    tensor_to_float(info, from);
    for (size_t i = 0; i < info->count; i++) out[i] = (int32_t)from[i];
    free(from);
    return out;
}

/* Within `bound` of the tensor's largest, or of 1 where that is smaller. Frees `have`. */
static void assert_tensor(golden_case *g, const char *name, float *have, double bound)
{
    const float *want = tensor(g, name);
    double largest = 1.0;
    for (size_t i = 0; i < info_of(g, name)->count; i++)
        largest = fmax(largest, fabs((double)want[i]));
    for (size_t i = 0; i < info_of(g, name)->count; i++)
        if (!(fabs((double)have[i] - want[i]) <= bound * largest))
            fail_msg("%s.%zu.%s: element %zu is %.9g, not %.9g", g->operation, g->index, name, i,
                     (double)have[i], (double)want[i]);
    free(have);
}

/* `loss` was added to 1. */
static void assert_loss(golden_case *g, double loss, double bound)
{
    const float *parts = tensor(g, "loss");
    double want = 1.0 + ((double)parts[0] + (double)parts[1]);
    if (!(fabs(loss - want) <= bound * want))
        fail_msg("%s.%zu: the loss is %.15g, not %.15g", g->operation, g->index, loss, want);
}

static float *floats(size_t count)
{
    float *x = malloc((count ? count : 1) * sizeof *x);
    for (size_t i = 0; i < count; i++) x[i] = NAN; /* all of it must be written */
    return x;
}

/* Every case of the operation on the reference and on the best instruction set. */
static void each_case(const char *operation, size_t cases, void (*run)(golden_case *g))
{
    static const char *const sets[] = { "ref", NULL };
    tensor_file *numbers;
    assert_done(tensor_file_open("tests/data/losses", &numbers));
    for (size_t set = 0; set < 2; set++) {
        compute *on = device_open(sets[set], 2);
        for (size_t i = 0; i < cases; i++) {
            golden_case g = { .on = on, .numbers = numbers, .operation = operation, .index = i };
            run(&g);
            for (size_t c = 0; c < g.conversions; c++) free(g.converted[c]);
        }
        golden_case beyond = { .numbers = numbers, .operation = operation, .index = cases };
        assert_null(info_of(&beyond, "x"));
        assert_null(info_of(&beyond, "logits"));
        assert_done(on->status(on));
        compute_free(on);
    }
    tensor_file_free(numbers);
}

/* ---- cross entropy */

static void cross_entropy_case(golden_case *g)
{
    size_t rows = size_of(g, "logits", 0), classes = size_of(g, "logits", 1);
    const float *logits = tensor(g, "logits"), *smoothing = tensor(g, "smoothing");
    class_loss how = { .weights = tensor(g, "weights"), .smoothing = *smoothing };
    const class_loss *how_or_none = how.weights || how.smoothing > 0.0f ? &how : NULL;
    int32_t *labels = integers(g, "labels");
    float *dlogits = floats(rows * classes), *same = floats(rows * classes);
    double loss = 1.0, alone = 1.0, placed = 1.0;
    memcpy(same, logits, rows * classes * sizeof *same);

    g->on->cross_entropy(g->on, rows, classes, logits, labels, how_or_none, scale, dlogits, &loss);
    g->on->cross_entropy(g->on, rows, classes, logits, labels, how_or_none, 0.0f, NULL, &alone);
    g->on->cross_entropy(g->on, rows, classes, same, labels, how_or_none, scale, same, &placed);
    assert_loss(g, loss, classes > 512 ? 2e-8 : 1e-13);
    assert_true(loss == alone);
    assert_true(loss == placed);
    assert_memory_equal(same, dlogits, rows * classes * sizeof *same);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; labels[row] < 0 && i < classes; i++)
            assert_true(dlogits[row * classes + i] == 0.0f);
    assert_tensor(g, "gradient", dlogits, 1e-7);
    free(same);
    free(labels);
}

static void cross_entropy_equals_pytorch(void **state)
{
    (void)state;
    each_case("cross_entropy", 12, cross_entropy_case);
}

static void weights_of_one_are_none(void **state)
{
    (void)state;
    static const float logits[] = { 0.3f, -2.5f, 1.7f, 4.0f, 0.1f, 0.2f }, ones[] = { 1, 1, 1 };
    static const int32_t labels[] = { 2, 0 };
    const class_loss weighted = { .weights = ones }, plain = { 0 };
    compute *on = device_open(NULL, 1);
    float want[6], have[6];
    double wanted = 0.0, loss = 0.0, loss_plain = 0.0;
    on->cross_entropy(on, 2, 3, logits, labels, NULL, scale, want, &wanted);
    on->cross_entropy(on, 2, 3, logits, labels, &weighted, scale, have, &loss);
    assert_memory_equal(have, want, sizeof have);
    on->cross_entropy(on, 2, 3, logits, labels, &plain, scale, have, &loss_plain);
    assert_memory_equal(have, want, sizeof have);
    assert_true(loss == wanted);
    assert_true(loss_plain == wanted);
    compute_free(on);
}

/* count numbers ~ normal(0, deviation), another stream for each `stream`. The caller frees. */
static float *random_floats(size_t count, uint32_t stream, float deviation)
{
    float *x = malloc(count * sizeof *x);
    rng_normal(rng_key(7, stream), stream, deviation, count, x);
    return x;
}

/* Labels below `count`, every ninth -100. */
static int32_t *some_labels(size_t rows, size_t count)
{
    int32_t *labels = malloc(rows * sizeof *labels);
    for (size_t i = 0; i < rows; i++)
        labels[i] = i % 9 == 4 ? -100 : (int32_t)((i * 7919 + 3) % count);
    return labels;
}

enum { WORDS = 30522 }; /* classes of a masked word */

/* exp(logits - lse) and its loss, in double. */
static double row_in_double(const float *logits, size_t label, double *p)
{
    double most = -INFINITY, sum = 0.0;
    for (size_t i = 0; i < WORDS; i++) most = fmax(most, logits[i]);
    for (size_t i = 0; i < WORDS; i++) sum += p[i] = exp(logits[i] - most);
    for (size_t i = 0; i < WORDS; i++) p[i] /= sum;
    return log(sum) - (logits[label] - most);
}

/* Spreads from nearly even to one class that has it all, the label that class or another. */
static void many_classes_are_near_double(void **state)
{
    (void)state;
    static const char *const sets[] = { "ref", NULL };
    static const float spreads[] = { 0.1f, 3.0f, 30.0f };
    double *p = malloc(WORDS * sizeof *p);
    for (size_t trial = 0; trial < 12; trial++) {
        compute *on = device_open(sets[trial % 2], 1);
        float *logits = random_floats(WORDS, 1, spreads[trial / 2 % 3]), *dlogits = floats(WORDS);
        int32_t label = 12345;
        if (trial >= 6) logits[label] = 4.5f * spreads[trial / 2 % 3];
        double want = row_in_double(logits, (size_t)label, p), loss = 0.0;
        on->cross_entropy(on, 1, WORDS, logits, &label, NULL, 2.0f, dlogits, &loss);
        if (!(fabs(loss - want) <= 1e-7 * want)) fail_msg("%.12g is not %.12g", loss, want);
        for (size_t i = 0; i < WORDS; i++) {
            double slope = 2.0 * (p[i] - (i == (size_t)label ? 1.0 : 0.0));
            assert_true(fabs(dlogits[i] - slope) <= 1e-6 * fabs(slope) + 1e-12);
        }
        free(logits);
        free(dlogits);
        compute_free(on);
    }
    free(p);
}

/* ---- other losses */

static uint32_t *starts_of(const golden_case *g)
{
    return (uint32_t *)integers(g, "starts"); /* not negative */
}

static void segment_case(golden_case *g)
{
    size_t segments = size_of(g, "labels", 0), columns = size_of(g, "labels", 1);
    size_t count = size_of(g, "logits", 0) * columns;
    const float *logits = tensor(g, "logits");
    int32_t *labels = integers(g, "labels");
    uint32_t *starts = starts_of(g);
    float *dlogits = floats(count), *same = floats(count);
    double loss = 1.0, alone = 1.0;
    memcpy(same, logits, count * sizeof *same);
    g->on->segment_cross_entropy(g->on, segments, columns, starts, logits, labels, scale, dlogits,
                                 &loss);
    g->on->segment_cross_entropy(g->on, segments, columns, starts, logits, labels, 0.0f, NULL,
                                 &alone);
    assert_loss(g, loss, 1e-13);
    assert_true(loss == alone);
    g->on->segment_cross_entropy(g->on, segments, columns, starts, same, labels, scale, same,
                                 &alone);
    assert_memory_equal(same, dlogits, count * sizeof *same);
    assert_tensor(g, "gradient", dlogits, 1e-7);
    free(same);
    free(starts);
    free(labels);
}

static void segment_cross_entropy_equals_pytorch(void **state)
{
    (void)state;
    each_case("segment_cross_entropy", 5, segment_case);
}

static void sigmoid_case(golden_case *g)
{
    size_t rows = size_of(g, "logits", 0), classes = size_of(g, "logits", 1);
    const float *logits = tensor(g, "logits"), *targets = tensor(g, "targets");
    const float *weights = tensor(g, "weights");
    float *dlogits = floats(rows * classes), *same = floats(rows * classes);
    double loss = 1.0, alone = 1.0;
    memcpy(same, logits, rows * classes * sizeof *same);
    g->on->sigmoid_cross_entropy(g->on, rows, classes, logits, targets, weights, scale, dlogits,
                                 &loss);
    g->on->sigmoid_cross_entropy(g->on, rows, classes, logits, targets, weights, 0.0f, NULL,
                                 &alone);
    assert_loss(g, loss, 1e-13);
    assert_true(loss == alone);
    g->on->sigmoid_cross_entropy(g->on, rows, classes, same, targets, weights, scale, same, &alone);
    assert_memory_equal(same, dlogits, rows * classes * sizeof *same);
    assert_tensor(g, "gradient", dlogits, 1e-7);
    free(same);
}

static void sigmoid_cross_entropy_equals_pytorch(void **state)
{
    (void)state;
    each_case("sigmoid_cross_entropy", 5, sigmoid_case);
}

static void squared_case(golden_case *g)
{
    size_t count = size_of(g, "x", 0);
    const float *x = tensor(g, "x"), *targets = tensor(g, "targets");
    float *dx = floats(count);
    double loss = 1.0, alone = 1.0;
    g->on->squared_error(g->on, count, x, targets, scale, dx, &loss);
    g->on->squared_error(g->on, count, x, targets, 0.0f, NULL, &alone);
    assert_loss(g, loss, 1e-13);
    assert_true(loss == alone);
    assert_tensor(g, "gradient", dx, 1e-7);
}

static void squared_error_equals_pytorch(void **state)
{
    (void)state;
    each_case("squared_error", 3, squared_case);
}

/* ---- pooling */

static void mean_case(golden_case *g)
{
    size_t sequences = size_of(g, "y", 0), width = size_of(g, "y", 1);
    uint32_t *starts = starts_of(g);
    float *y = floats(sequences * width), *dx = floats(starts[sequences] * width);
    g->on->mean_rows(g->on, sequences, width, 0, starts, tensor(g, "x"), y);
    g->on->mean_rows_backward(g->on, sequences, width, 0, starts, tensor(g, "dy"), dx);
    assert_tensor(g, "y", y, 2e-7);
    assert_tensor(g, "dx", dx, 1e-7);
    free(starts);
}

static void means_and_their_gradients_equal_pytorch(void **state)
{
    (void)state;
    each_case("mean_rows", 2, mean_case);
}

/* The first two rows, of zeros and of nearly that, have gradients of 1e12: they are compared by
 * themselves, each number relative to what it should be. */
static void normalize_case(golden_case *g)
{
    size_t rows = size_of(g, "x", 0), width = size_of(g, "x", 1);
    const float *x = tensor(g, "x"), *dy = tensor(g, "dy"), *want = tensor(g, "dx");
    float *y = floats(rows * width), *dx = floats(rows * width), norms[64];
    float *same = floats(rows * width);
    memcpy(same, dy, rows * width * sizeof *same);
    g->on->normalize_rows_forward(g->on, rows, width, x, y, norms);
    g->on->normalize_rows_backward(g->on, rows, width, dy, y, norms, dx);
    g->on->normalize_rows_backward(g->on, rows, width, same, y, norms, same);
    assert_memory_equal(same, dx, rows * width * sizeof *same);
    for (size_t i = 0; i < rows * width; i++)
        if (!(fabs((double)dx[i] - want[i]) <=
              (i < 2 * width ? 1e-6 * fabs((double)want[i]) : 1e-6)))
            fail_msg("case %zu: element %zu is %.9g, not %.9g", g->index, i, (double)dx[i],
                     (double)want[i]);
    memcpy(same, x, rows * width * sizeof *same);
    g->on->normalize_rows_forward(g->on, rows, width, same, same, norms);
    assert_memory_equal(same, y, rows * width * sizeof *same);
    assert_tensor(g, "y", y, 2e-7);
    free(same);
    free(dx);
}

static void unit_rows_and_their_gradients_equal_pytorch(void **state)
{
    (void)state;
    each_case("normalize_rows", 2, normalize_case);
}

/* ---- similarity */

/* From vectors to unit vectors, and back to their gradients. */
static void through_unit_rows(golden_case *g, const float *dy, double bound)
{
    size_t rows = size_of(g, "x", 0), width = size_of(g, "x", 1);
    float *y = floats(rows * width), *dx = floats(rows * width), *norms = floats(rows);
    g->on->normalize_rows_forward(g->on, rows, width, tensor(g, "x"), y, norms);
    g->on->normalize_rows_backward(g->on, rows, width, dy, y, norms, dx);
    assert_tensor(g, "y", y, 2e-7);
    assert_tensor(g, "dx", dx, bound);
    free(norms);
}

static void cosine_case(golden_case *g)
{
    size_t pairs = size_of(g, "targets", 0), width = size_of(g, "x", 1);
    const float *y = tensor(g, "y"), *targets = tensor(g, "targets");
    float *dy = floats(2 * pairs * width);
    double loss = 1.0, alone = 1.0;
    g->on->cosine_error(g->on, pairs, width, y, targets, scale, dy, &loss);
    g->on->cosine_error(g->on, pairs, width, y, targets, 0.0f, NULL, &alone);
    assert_loss(g, loss, 1e-13);
    assert_true(loss == alone);
    through_unit_rows(g, dy, 1e-6);
    assert_tensor(g, "dy", dy, 1e-7);
}

static void cosine_error_equals_sentence_transformers(void **state)
{
    (void)state;
    each_case("cosine_error", 2, cosine_case);
}

/* Products are float32's: 20 times 1e-7. */
static void negatives_case(golden_case *g)
{
    size_t members = (size_t)*tensor(g, "members"), width = size_of(g, "x", 1);
    size_t units = size_of(g, "x", 0) / members;
    const float *y = tensor(g, "y");
    float *dy = floats(units * members * width);
    double loss = 1.0, alone = 1.0;
    g->on->in_batch_negatives(g->on, units, members, width, y, 20.0f, scale, dy, &loss);
    g->on->in_batch_negatives(g->on, units, members, width, y, 20.0f, 0.0f, NULL, &alone);
    assert_loss(g, loss, 1e-6);
    assert_true(loss == alone);
    through_unit_rows(g, dy, 4e-6);
    assert_tensor(g, "dy", dy, 4e-6);
}

static void in_batch_negatives_equal_sentence_transformers(void **state)
{
    (void)state;
    each_case("in_batch_negatives", 4, negatives_case);
}

/* ---- threads */

/* Sizes above what one run of items takes, and enough to be worth a team. */
enum {
    MANY = 700,
    CLASSES = 9,
    WORD_ROWS = 20,
    UNITS = 300,
    WIDTH = 101,
    GROUP = 31, /* rows of every group */
    LOSSES = 6,
    OUTPUTS = WORD_ROWS * WORDS + 2 * MANY * CLASSES + 2 * MANY * GROUP + 2 * MANY * WIDTH +
              UNITS * 3 * WIDTH + MANY * GROUP * 8 + 2 * MANY * WIDTH
};

typedef struct outcome {
    double losses[LOSSES];
    float numbers[OUTPUTS];
} outcome;

static void classes_work(compute *on, outcome *o, float **at)
{
    const class_loss how = { .smoothing = 0.1f };
    float *logits = random_floats((size_t)WORD_ROWS * WORDS, 1, 3.0f);
    int32_t *words = some_labels(WORD_ROWS, WORDS), *labels = some_labels(2 * MANY, CLASSES);
    uint32_t starts[MANY + 1];
    for (uint32_t i = 0; i <= MANY; i++) starts[i] = i * GROUP;
    on->cross_entropy(on, WORD_ROWS, WORDS, logits, words, NULL, scale, *at, &o->losses[0]);
    *at += (size_t)WORD_ROWS * WORDS;
    on->cross_entropy(on, MANY, CLASSES, logits, labels, &how, scale, *at, &o->losses[1]);
    *at += MANY * CLASSES;
    on->sigmoid_cross_entropy(on, MANY, CLASSES, logits, logits, NULL, scale, *at, &o->losses[2]);
    *at += MANY * CLASSES;
    on->segment_cross_entropy(on, MANY, 2, starts, logits, labels, scale, *at, &o->losses[3]);
    *at += 2 * MANY * GROUP;
    free(logits);
    free(words);
    free(labels);
}

static void vectors_work(compute *on, outcome *o, float **at)
{
    float *x = random_floats(2 * MANY * WIDTH, 2, 1.0f), norms[2 * MANY], *y = *at;
    uint32_t starts[MANY + 1];
    for (uint32_t i = 0; i <= MANY; i++) starts[i] = i * GROUP;
    on->normalize_rows_forward(on, 2 * MANY, WIDTH, x, y, norms);
    *at += 2 * MANY * WIDTH;
    on->in_batch_negatives(on, UNITS, 3, WIDTH, y, 20.0f, scale, *at, &o->losses[4]);
    *at += UNITS * 3 * WIDTH;
    on->mean_rows_backward(on, MANY, 8, 0, starts, x, *at);
    *at += MANY * GROUP * 8;
    on->cosine_error(on, MANY, WIDTH, y, x, scale, *at, &o->losses[5]);
    on->normalize_rows_backward(on, 2 * MANY, WIDTH, *at, y, norms, *at);
    *at += 2 * MANY * WIDTH;
    free(x);
}

static outcome *work(const char *isa, size_t threads)
{
    compute *on = device_open(isa, threads);
    outcome *o = calloc(1, sizeof *o);
    float *at = o->numbers;
    classes_work(on, o, &at);
    vectors_work(on, o, &at);
    assert_int_equal(at - o->numbers, OUTPUTS);
    assert_done(on->status(on));
    compute_free(on);
    return o;
}

static void losses_do_not_depend_on_threads(void **state)
{
    (void)state;
    static const char *const sets[] = { "ref", NULL };
    for (size_t set = 0; set < 2; set++) {
        outcome *one = work(sets[set], 1), *two = work(sets[set], 2), *seven = work(sets[set], 7);
        for (size_t i = 0; i < LOSSES; i++) assert_true(isfinite(one->losses[i]));
        assert_memory_equal(two, one, sizeof *one);
        assert_memory_equal(seven, one, sizeof *one);
        free(one);
        free(two);
        free(seven);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cross_entropy_equals_pytorch),
        cmocka_unit_test(weights_of_one_are_none),
        cmocka_unit_test(many_classes_are_near_double),
        cmocka_unit_test(segment_cross_entropy_equals_pytorch),
        cmocka_unit_test(sigmoid_cross_entropy_equals_pytorch),
        cmocka_unit_test(squared_error_equals_pytorch),
        cmocka_unit_test(means_and_their_gradients_equal_pytorch),
        cmocka_unit_test(unit_rows_and_their_gradients_equal_pytorch),
        cmocka_unit_test(cosine_error_equals_sentence_transformers),
        cmocka_unit_test(in_batch_negatives_equal_sentence_transformers),
        cmocka_unit_test(losses_do_not_depend_on_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
