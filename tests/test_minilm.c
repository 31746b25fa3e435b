/* test_minilm.c: a real model, the demo's 6-layer MiniLM, on real reviews: one batch's loss and
 * gradients are PyTorch's, threads change no byte, neighbours change no answer.
 *
 * Skipped where demo/ is not there (`make demo` fetches it). The environment's BERT_TORTURE=1 makes
 * the comparison of threads 50 steps long. */
#include "golden.h"
#include "golden_tasks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "bert.h"
#include "data/dataset.h"
#include "scratch.h"

static const char numbers[] = "tests/data/minilm", reviews[] = "demo/train.tsv";
static const char all_numbers[] = "demo/golden/numbers";

static void demo_wanted(void)
{
    if (file_exists("demo/model/model.safetensors") && file_exists(reviews)) return;
    print_message("skipped: there is no demo/model and demo/train.tsv; `make demo` fetches them\n");
    skip();
}

/* ---- the model with the head of the numbers: scratch/model, made once */

static void head_take(pretrained *m, const tensor_file *file)
{
    static const char *const names[] = { "head.weight", "head.bias" };
    for (size_t i = 0; i < 2; i++) {
        const tensor_info *info = tensor_file_find(file, names[i]);
        assert_non_null(info);
        weight *w = i == 0 ? &m->params.classifier.weight : &m->params.classifier.bias;
        assert_int_equal(info->count, weight_count(w));
        w->data = (float *)info->data; /* only read */
    }
}

static void model_make(const char *folder)
{
    compute *on;
    pretrained m;
    tensor_file *file;
    char *config_path;
    assert_done(compute_cpu_open(0, &on));
    assert_done(pretrained_open("demo/model", on, &m));
    assert_done(tensor_file_open(numbers, &file));
    head_take(&m, file);
    folder_handle to;
    assert_done(folder_make(folder));
    assert_done(folder_hold(folder, &to));
    assert_done(
        weights_write(&to, &m.params, m.entries, m.entry_count, false, TENSOR_F32, NULL, 0));
    assert_done(tokenizer_copy_files("demo/model", &to, false));
    folder_release(&to);
    assert_done(path_join(folder, "config.json", &config_path));
    assert_done(file_copy("demo/model/config.json", NULL, config_path));
    free(config_path);
    tensor_file_free(file);
    pretrained_release(&m);
    compute_free(on);
}

static const char *model_folder(void **state)
{
    const char *folder = scratch_path(state, "model");
    if (!folder_exists(folder)) model_make(folder);
    return folder;
}

/* ---- one batch against PyTorch */

/* Loss and, in g->gradients, the gradients of all sequences together. */
static double batch_learn(golden *g)
{
    size_t count = g->features.count;
    assert_in_range(count, 32, 64);
    return golden_learn(g, g->every, count, count);
}

/* Distances allowed from PyTorch in float64: two to ten times those of PyTorch's own float32,
 * which tests/data/minilm/README.md has. */
enum { LOSS, LOGIT, ELEMENT, NORM, DOT, KEY_BIAS, DISTANCES };
static const distance allowed[DISTANCES] = {
    [LOSS] = { .what = "loss", .bound = 5e-7 },        /* relative */
    [LOGIT] = { .what = "logit", .bound = 2e-6 },      /* of the largest */
    [ELEMENT] = { .what = "element", .bound = 1e-5 },  /* of its gradient's largest */
    [NORM] = { .what = "norm", .bound = 2e-6 },        /* relative */
    [DOT] = { .what = "dot", .bound = 1e-5 },          /* with signs; of the norm */
    [KEY_BIAS] = { .what = "key bias", .bound = 1e-9 } /* absolute: truly 0 */
};

static bool is_key_bias(const char *name)
{
    return strstr(name, "key.bias") != NULL; /* its true gradient is 0: softmax does not feel it */
}

static void tokens_are_pytorchs(void **state)
{
    demo_wanted();
    golden g;
    dataset d;
    tokenizer *t;
    features f = { 0 };
    tokenizer_encoding encoding = { 0 };
    golden_open(&g, model_folder(state), numbers, &golden_classes, NULL);
    assert_done(dataset_open((const char *[]){ reviews }, 1,
                             &(dataset_request){ .limit = g.features.count }, &d));
    assert_done(tokenizer_open("demo/model", &t));
    for (size_t i = 0; i < d.count; i++)
        assert_done(features_add(&f, t, i, d.rows[i].text, d.rows[i].pair, 128, &encoding));
    assert_int_equal(f.count, g.features.count);
    size_t tokens = f.starts[f.count];
    assert_memory_equal(f.starts, g.features.starts, (f.count + 1) * sizeof *f.starts);
    assert_memory_equal(f.ids, g.features.ids, tokens * sizeof *f.ids);
    assert_true(tokens >= 800);
    tokenizer_encoding_release(&encoding);
    features_release(&f);
    tokenizer_free(t);
    dataset_release(&d);
    golden_close(&g);
}

enum { DOTS = 4, ELEMENTS = 64, DIGEST = 2 + DOTS + ELEMENTS };

/* tools/golden/digest.py has the rules that follow, and what they are for. */
static uint64_t mix(uint64_t number)
{
    uint64_t z = number + 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* The rows of an embedding table that the batch's tokens take; NULL for another weight. */
static const int32_t *table_rows(const golden *g, const weight *w)
{
    const embedding_params *e = &g->gradients.embeddings;
    if (w == &e->word) return g->batch.ids;
    if (w == &e->position) return g->batch.positions;
    return w == &e->type ? g->batch.types : NULL;
}

static double digest_element(const golden *g, const weight *w, size_t which)
{
    const int32_t *rows = table_rows(g, w);
    uint64_t h = mix(((uint64_t)1 << 32) + which);
    size_t high = h >> 32, low = h & UINT32_MAX, columns = w->cols ? w->cols : 1;
    size_t row = rows ? (size_t)rows[high % g->batch.tokens] : high % w->rows;
    return w->data[row * columns + low % columns];
}

/* out [DIGEST]: norm, largest, dot products, elements. */
static void digest_make(const golden *g, const weight *w, double *out)
{
    double squares = 0.0, largest = 0.0, dots[DOTS] = { 0.0 };
    for (size_t i = 0; i < weight_count(w); i++) {
        double x = w->data[i];
        uint64_t signs = mix(i);
        squares += x * x;
        largest = fmax(largest, fabs(x));
        for (size_t j = 0; j < DOTS; j++) dots[j] += signs >> j & 1 ? x : -x;
    }
    out[0] = sqrt(squares);
    out[1] = largest;
    memcpy(out + 2, dots, sizeof dots);
    for (size_t k = 0; k < ELEMENTS; k++) out[2 + DOTS + k] = digest_element(g, w, k);
}

static double furthest(const double *have, const float *want, size_t count)
{
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        if (!(fabs(have[i] - want[i]) <= largest)) largest = fabs(have[i] - want[i]);
    return largest;
}

static void digest_compare(const golden *g, const param_entry *entry, distance *d)
{
    char name[128];
    size_t count;
    double have[DIGEST];
    snprintf(name, sizeof name, "digest.%s", entry->name);
    const float *want = golden_tensor(g, name, &count);
    assert_int_equal(count, DIGEST);
    digest_make(g, params_weight((params *)&g->gradients, entry), have);
    if (is_key_bias(name)) {
        distance_check(&d[KEY_BIAS], name, have[1]);
        return;
    }
    const float *dots = want + 2, *elements = dots + DOTS;
    assert_true(want[0] > 0.0f && want[1] > 0.0f);
    distance_check(&d[NORM], name, furthest(have, want, 1) / want[0]);
    distance_check(&d[ELEMENT], name, furthest(have + 1, want + 1, 1) / want[1]);
    distance_check(&d[DOT], name, furthest(have + 2, dots, DOTS) / want[0]);
    distance_check(&d[ELEMENT], name, furthest(have + 2 + DOTS, elements, ELEMENTS) / want[1]);
}

static void one_batch_has_the_loss_and_gradients_of_pytorch_in_double(void **state)
{
    demo_wanted();
    golden g;
    golden_open(&g, model_folder(state), numbers, &golden_classes, NULL);
    size_t count;
    distance d[DISTANCES];
    memcpy(d, allowed, sizeof d);
    double loss = batch_learn(&g), want = *golden_tensor(&g, "loss", NULL);
    const float *logits = golden_tensor(&g, "logits", &count);
    distance_check(&d[LOSS], "the batch", fabs(loss - want) / want);
    distance_check(&d[LOGIT], "the batch", largest_error(g.tape.logits, logits, count));
    assert_int_equal(g.entry_count, 5 + 6 * 16 + 2 + 2);
    for (size_t i = 0; i < g.entry_count; i++) digest_compare(&g, &g.entries[i], d);
    distances_print("float64", d, DISTANCES);
    golden_close(&g);
}

static void gradient_compare(golden *g, const param_entry *entry, distance *d)
{
    const weight *w = params_weight(&g->gradients, entry);
    char name[128];
    size_t count;
    snprintf(name, sizeof name, "grad.%s", entry->name);
    const float *want = golden_tensor(g, name, &count);
    assert_int_equal(count, weight_count(w));
    if (!is_key_bias(name)) {
        distance_check(&d[ELEMENT], name, largest_error(w->data, want, count));
        return;
    }
    for (size_t i = 0; i < count; i++) distance_check(&d[KEY_BIAS], name, fabs((double)w->data[i]));
}

static void every_element_of_every_gradient_is_pytorchs(void **state)
{
    demo_wanted();
    if (!file_exists("demo/golden/numbers/model.safetensors")) {
        print_message("skipped: no %s; `python tools/golden/batch.py` makes it\n", all_numbers);
        skip();
    }
    golden g;
    golden_open(&g, model_folder(state), all_numbers, &golden_classes, NULL);
    distance d[DISTANCES];
    memcpy(d, allowed, sizeof d);
    d[ELEMENT].bound *= 2.0; /* here both sides are rounded */
    batch_learn(&g);
    for (size_t i = 0; i < g.entry_count; i++) gradient_compare(&g, &g.entries[i], d);
    distances_print("float32", &d[ELEMENT], 1);
    golden_close(&g);
}

/* ---- threads */

static void tokens_count(void *context, const bert_event *event)
{
    size_t *least = context;
    if (event->kind == BERT_EVENT_STEP && event->tokens < *least) *least = event->tokens;
}

static const char *weights_trained(void **state, size_t threads, size_t steps)
{
    char name[32];
    size_t least = SIZE_MAX;
    snprintf(name, sizeof name, "threads-%zu", threads);
    bert_train_options o = bert_train_options_default();
    o.model = "demo/model";
    o.train = (const char *[]){ reviews };
    o.train_count = 1;
    o.output = scratch_path(state, name);
    o.batch_size = 40;
    o.max_steps = steps;
    o.dropout = 0.1;
    o.threads = threads;
    o.observer = (bert_observer){ .tell = tokens_count, .context = &least };
    assert_done(bert_train(&o));
    assert_true(least >= 800);
    snprintf(name, sizeof name, "threads-%zu/model.safetensors", threads);
    return scratch_path(state, name);
}

static bool files_same(const char *a, const char *b)
{
    file_map x, y;
    assert_done(file_map_open(a, &x));
    assert_done(file_map_open(b, &y));
    bool same = x.count == y.count && memcmp(x.bytes, y.bytes, x.count) == 0;
    file_map_close(&x);
    file_map_close(&y);
    return same;
}

static void the_number_of_threads_changes_no_byte_of_the_trained_weights(void **state)
{
    demo_wanted();
    size_t steps = torture_wanted() ? 50 : 3;
    const char *one = weights_trained(state, 1, steps);
    const size_t teams[] = { 2, 3, 7 };
    for (size_t i = 0; i < sizeof teams / sizeof *teams; i++)
        if (!files_same(one, weights_trained(state, teams[i], steps)))
            fail_msg("%zu steps with %zu threads end elsewhere than with 1", steps, teams[i]);
    assert_false(files_same(one, "demo/model/model.safetensors"));
}

/* ---- neighbours */

enum { TEXTS = 500 };

/* logits [TEXTS, 2] of the texts, `together` in a call, up to `batch_tokens` computed at once. */
static void texts_predict(const bert_model *m, const dataset *d, size_t together,
                          size_t batch_tokens, float *logits)
{
    bert_session *s;
    bert_session_options o = bert_session_options_default();
    o.batch_tokens = batch_tokens;
    assert_done(bert_session_new(m, &o, &s));
    bert_input inputs[TEXTS];
    for (size_t i = 0; i < TEXTS; i++)
        inputs[i] = (bert_input){ .text = { d->rows[i].text.bytes, d->rows[i].text.count } };
    for (size_t i = 0; i < TEXTS; i += together)
        assert_done(bert_predict(s, inputs + i, together, logits + 2 * i));
    bert_session_free(s);
}

static void logits_compare(const bert_model *m, const float *alone, const float *together)
{
    float scores[2];
    for (size_t i = 0; i < TEXTS; i++) {
        const float *a = alone + 2 * i, *b = together + 2 * i;
        if (!(fabsf(a[0] - b[0]) <= 1e-5f && fabsf(a[1] - b[1]) <= 1e-5f))
            fail_msg("text %zu: [%.8g, %.8g] alone, [%.8g, %.8g] among others", i, a[0], a[1], b[0],
                     b[1]);
        assert_int_equal(bert_scores(m, a, scores), bert_scores(m, b, scores));
    }
}

static void a_texts_neighbours_do_not_change_its_answer(void **state)
{
    demo_wanted();
    static float alone[2 * TEXTS], default_batches[2 * TEXTS], one_batch[2 * TEXTS];
    dataset d;
    bert_model *m;
    assert_done(bert_model_open(model_folder(state), &m));
    assert_int_equal(bert_model_get_info(m).labels, 2);
    assert_done(
        dataset_open((const char *[]){ reviews }, 1, &(dataset_request){ .limit = TEXTS }, &d));
    texts_predict(m, &d, 1, 1, alone);
    texts_predict(m, &d, TEXTS, 4096, default_batches);
    texts_predict(m, &d, TEXTS, 16384, one_batch);
    logits_compare(m, alone, default_batches);
    logits_compare(m, alone, one_batch);
    dataset_release(&d);
    bert_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_pytorchs),
        cmocka_unit_test(one_batch_has_the_loss_and_gradients_of_pytorch_in_double),
        cmocka_unit_test(every_element_of_every_gradient_is_pytorchs),
        cmocka_unit_test(the_number_of_threads_changes_no_byte_of_the_trained_weights),
        cmocka_unit_test(a_texts_neighbours_do_not_change_its_answer),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
