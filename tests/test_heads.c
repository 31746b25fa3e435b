/* test_heads.c: hidden states, outputs, loss, every gradient and twenty optimizer steps under every
 * head and in every family equal PyTorch's (tests/data/golden, tests/data/heads,
 * tests/data/families); and a step may be split. */
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

#include "base/rng.h"
#include "scratch.h"
#include "train/optimizer.h"
#include "train/schedule.h"

typedef struct heads_case {
    const char *folder;
    const golden_task *task;
    const char *second;   /* before the names of a second loss and its gradients, of no steps */
    const char *blind[2]; /* ends of names whose weights the loss does not feel */
} heads_case;

#define FAMILY_CASES(family)                                                                       \
    { .folder = "tests/data/families/" family "_classes", .task = &golden_weighted_classes },      \
        { .folder = "tests/data/families/" family "_tag", .task = &golden_tags },                  \
        { .folder = "tests/data/families/" family "_fill", .task = &golden_words },                \
        { .folder = "tests/data/families/" family "_answer",                                       \
          .task = &golden_answers,                                                                 \
          .blind = { "qa_outputs.bias", LAST_SHIFT } },                                            \
        { .folder = "tests/data/families/" family "_choose",                                       \
          .task = &golden_choices,                                                                 \
          .blind = { "classifier.bias" } },                                                        \
    {                                                                                              \
        .folder = "tests/data/families/" family "_similar", .task = &golden_similar                \
    }

static const heads_case cases[] = {
    { .folder = "tests/data/golden/gelu", .task = &golden_classes },
    { .folder = "tests/data/golden/gelu_new", .task = &golden_classes },
    { .folder = "tests/data/golden/relu", .task = &golden_classes },
    { .folder = "tests/data/heads/weighted", .task = &golden_weighted_classes },
    { .folder = "tests/data/heads/regress", .task = &golden_numbers },
    { .folder = "tests/data/heads/multilabel", .task = &golden_labels },
    { .folder = "tests/data/heads/multilabel",
      .task = &golden_weighted_labels,
      .second = "pos_weight." },
    { .folder = "tests/data/heads/tag", .task = &golden_tags },
    { .folder = "tests/data/heads/fill", .task = &golden_words },
    { .folder = "tests/data/heads/answer",
      .task = &golden_answers,
      .blind = { "qa_outputs.bias", "layer.1.output.LayerNorm.bias" } },
    { .folder = "tests/data/heads/choose",
      .task = &golden_choices,
      .blind = { "classifier.bias" } },
    { .folder = "tests/data/heads/similar_score", .task = &golden_similar },
    { .folder = "tests/data/heads/similar_cls", .task = &golden_similar_cls },
    { .folder = "tests/data/heads/similar_pairs", .task = &golden_partners },
    { .folder = "tests/data/heads/similar_triples", .task = &golden_partners },
#define LAST_SHIFT "layer.1.output.LayerNorm.bias"
    FAMILY_CASES("roberta"),
    FAMILY_CASES("electra"),
    FAMILY_CASES("mpnet"),
    FAMILY_CASES("deberta_v2"),
#undef LAST_SHIFT
#define LAST_SHIFT "layer.1.output_layer_norm.bias"
    FAMILY_CASES("distilbert"),
#undef LAST_SHIFT
#define LAST_SHIFT NULL
    FAMILY_CASES("albert"), /* its last layer shares its weights with others */
#undef LAST_SHIFT
#define LAST_SHIFT "classifier.bias"
    FAMILY_CASES("modernbert"),
#undef LAST_SHIFT
    { .folder = "tests/data/families/modernbert_mean_classes", .task = &golden_weighted_classes },
    { .folder = "tests/data/families/modernbert_mean_choose",
      .task = &golden_choices,
      .blind = { "classifier.bias" } },
    { .folder = "tests/data/families/modernbert_mean_fill", .task = &golden_words },
    { .folder = "tests/data/families/xlm_roberta_classes", .task = &golden_weighted_classes },
    { .folder = "tests/data/families/xlm_roberta_fill", .task = &golden_words },
    { .folder = "tests/data/families/camembert_classes", .task = &golden_weighted_classes },
    { .folder = "tests/data/families/camembert_similar", .task = &golden_similar },
    { .folder = "tests/data/families/electra_same_classes", .task = &golden_weighted_classes },
    { .folder = "tests/data/families/electra_same_fill", .task = &golden_words },
    { .folder = "tests/data/families/deberta_v2_own_classes",
      .task = &golden_weighted_classes,
      .blind = { "pos_key_proj.bias" } },
    { .folder = "tests/data/families/deberta_v2_own_similar",
      .task = &golden_similar,
      .blind = { "pos_key_proj.bias" } },
    { .folder = "tests/data/families/deberta_v2_c2p_tag",
      .task = &golden_tags,
      .blind = { "key_proj.bias" } },
    { .folder = "tests/data/families/deberta_v2_p2c_fill", .task = &golden_words },
    { .folder = "tests/data/families/deberta_v2_embedded_classes",
      .task = &golden_weighted_classes },
    { .folder = "tests/data/families/deberta_v2_embedded_fill", .task = &golden_words },
    { .folder = "tests/data/families/deberta_v2_absolute_classes",
      .task = &golden_weighted_classes,
      .blind = { "key_proj.bias" } },
};

/* What is allowed. README.md of tests/data/heads tells how far PyTorch's own float32 is. */
enum {
    ROWS,
    LOSS,
    GRADIENT,
    BLIND,
    STEP_LOSS,
    STEP_NORM,
    STEP_RATE,
    FINAL,
    SPLIT,
    ALONE,
    SLOPE,
    KINDS
};
static const distance allowed[KINDS] = {
    [ROWS] = { .what = "output", .bound = 1e-5 },       /* of the largest */
    [LOSS] = { .what = "loss", .bound = 1e-5 },         /* relative */
    [GRADIENT] = { .what = "gradient", .bound = 2e-5 }, /* of the largest */
    [BLIND] = { .what = "no gradient", .bound = 1e-6 }, /* absolute: truly 0 */
    [STEP_LOSS] = { .what = "step's loss", .bound = 1e-4 },
    [STEP_NORM] = { .what = "step's norm", .bound = 1e-3 },
    [STEP_RATE] = { .what = "step's rate", .bound = 1e-6 }, /* of the peak */
    [FINAL] = { .what = "final", .bound = 1e-4 },           /* of the norm */
    [SPLIT] = { .what = "split", .bound = 1e-5 },           /* of the norm */
    [ALONE] = { .what = "alone", .bound = 1e-5 },           /* of the largest */
    [SLOPE] = { .what = "slope", .bound = 2e-3 },           /* relative */
};

typedef void heads_check(golden *g, const heads_case *c, distance *d);

/* Runs a check for the cases of this task, NULL: for all, with the reference kernels and with the
 * machine's best; says how far from `what` they were. */
static void each_case(const char *what, const golden_task *task, heads_check *check)
{
    static const char *const instruction_sets[] = { "ref", NULL };
    distance d[KINDS];
    memcpy(d, allowed, sizeof d);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t k = 0; k < 2; k++) {
            golden g;
            if (task && task != cases[i].task) continue;
            golden_open(&g, cases[i].folder, NULL, cases[i].task, instruction_sets[k]);
            check(&g, &cases[i], d);
            golden_close(&g);
        }
    }
    distances_print(what, d, KINDS);
}

static void check_value(const golden *g, distance *d, const char *name, double value)
{
    char where[192];
    snprintf(where, sizeof where, "%s (%s): %s", g->folder, compute_cpu_instruction_set(), name);
    distance_check(d, where, value);
}

/* A head that is saved bare has its weights' names so among the numbers too. */
static const char *entry_name(const golden *g, size_t entry)
{
    const char *name = g->entries[entry].name;
    return g->task->head->bare ? name + strlen(g->model.config.family->prefix) + 1 : name;
}

/* `have` against the tensor of that name, after what it has before it. */
static void check_tensor(const golden *g, distance *d, const char *before, const char *name,
                         const float *have)
{
    char whole[128];
    size_t count;
    snprintf(whole, sizeof whole, "%s%s", before ? before : "", name);
    const float *want = golden_tensor(g, whole, &count);
    check_value(g, d, whole, largest_error(have, want, count));
}

/* ---- one batch */

/* Once as a head that reads every row has them, once as one that wants few, here all. */
static void check_hidden(golden *g, const heads_case *c, distance *d)
{
    (void)c;
    golden_forward(g, g->every, g->features.count, 0);
    batch_want_none(&g->batch);
    for (size_t i = 0; i < g->batch.tokens; i++) batch_want(&g->batch, i);
    batch_want_end(&g->batch);
    for (int few = 0; few < 2; few++) {
        g->tape.shape.wanted = few ? g->batch.tokens : 0;
        pass p = golden_pass(g);
        const float *hidden = encoder_forward(&p);
        check_tensor(g, &d[ROWS], NULL, "hidden", hidden);
        pooler_forward(&p, g->model.config.family->sequence, hidden);
        check_tensor(g, &d[ROWS], NULL, "pooled", g->tape.pooled);
    }
}

static void hidden_states_equal_pytorch(void **state)
{
    (void)state;
    each_case("PyTorch", &golden_classes, check_hidden);
}

static void check_outputs_and_loss(golden *g, const heads_case *c, distance *d)
{
    size_t units = g->features.count;
    golden_forward(g, g->every, units, 0);
    if (g->task->head == &head_vectors)
        check_tensor(g, &d[ROWS], NULL, "embeddings", g->tape.first);
    else
        check_tensor(g, &d[ROWS], NULL, "logits", g->tape.logits);
    float loss = (float)golden_learn(g, g->every, units, units);
    check_tensor(g, &d[LOSS], c->second, "loss", &loss);
}

static void outputs_and_loss_equal_pytorch(void **state)
{
    (void)state;
    each_case("PyTorch", NULL, check_outputs_and_loss);
}

/* Is `end` the last of the name's parts, between dots? */
static bool name_ends(const char *name, const char *end)
{
    size_t length = strlen(name), count = strlen(end);
    if (length < count || strcmp(name + length - count, end) != 0) return false;
    return length == count || name[length - count - 1] == '.';
}

/* The true gradient is 0 (softmax does not feel what is added to all), so what is computed is
 * noise of rounding, and Adam turns it into steps of full size. */
static bool is_blind(const heads_case *c, const char *name)
{
    static const char *const keys[] = { "key.bias", "k_lin.bias", "attn.k.bias" };
    bool blind = false;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        blind = blind || name_ends(name, keys[i]);
    for (size_t i = 0; i < 2 && c->blind[i]; i++) blind = blind || name_ends(name, c->blind[i]);
    return blind;
}

static double largest_value(const float *x, size_t count)
{
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(x[i]) <= largest)) largest = fabsf(x[i]);
    return largest;
}

static size_t tensors_named(const golden *g, const char *start)
{
    size_t found = 0;
    for (size_t i = 0; i < tensor_file_count(g->numbers); i++)
        found += strncmp(tensor_file_at(g->numbers, i)->name, start, strlen(start)) == 0;
    return found;
}

static void check_gradients(golden *g, const heads_case *c, distance *d)
{
    char start[32], name[128];
    snprintf(start, sizeof start, "%sgrad.", c->second ? c->second : "");
    golden_learn(g, g->every, g->features.count, g->features.count);
    assert_int_equal(tensors_named(g, start), g->entry_count);
    for (size_t i = 0; i < g->entry_count; i++) {
        const weight *have = params_weight(&g->gradients, &g->entries[i]);
        size_t count = weight_count(have);
        snprintf(name, sizeof name, "%s%s", start, entry_name(g, i));
        if (!is_blind(c, name)) {
            check_tensor(g, &d[GRADIENT], NULL, name, have->data);
            continue;
        }
        check_value(g, &d[BLIND], name, largest_value(have->data, count));
        check_value(g, &d[BLIND], name, largest_value(golden_tensor(g, name, NULL), count));
    }
}

static void every_gradient_equals_pytorch(void **state)
{
    (void)state;
    each_case("PyTorch", NULL, check_gradients);
}

/* ---- twenty steps */

typedef struct steps {
    size_t count, size; /* units a step */
    const float *loss, *norm, *rate, *batches;
    double peak, largest; /* rate, loss */
} steps;

static steps steps_of(const golden *g)
{
    size_t units;
    steps s = { .norm = golden_tensor(g, "steps.grad_norm", NULL),
                .rate = golden_tensor(g, "steps.rate", NULL) };
    s.loss = golden_tensor(g, "steps.loss", &s.count);
    s.batches = golden_tensor(g, "steps.batch", &units);
    s.size = units / s.count;
    for (size_t i = 0; i < s.count; i++) {
        s.peak = fmax(s.peak, s.rate[i]);
        s.largest = fmax(s.largest, s.loss[i]);
    }
    assert_true(s.loss[s.count - 1] < 0.75f * s.loss[0]);
    return s;
}

static void units_meet(const golden *g, const uint32_t *index, size_t count, optimizer *o)
{
    const features *f = &g->features;
    for (size_t i = 0; i < count; i++)
        optimizer_meet(o, f->ids + f->starts[index[i] * features_group(f)],
                       features_length(f, index[i]));
}

static void step_run(golden *g, const steps *s, const schedule *plan, optimizer *o, size_t step,
                     distance *d)
{
    uint32_t index[64];
    char name[32];
    size_t at = step - 1;
    double rate = schedule_rate(plan, step), loss, norm;
    for (size_t i = 0; i < s->size; i++) index[i] = (uint32_t)s->batches[at * s->size + i];
    snprintf(name, sizeof name, "step %zu", step);
    optimizer_zero(o);
    units_meet(g, index, s->size, o);
    loss = golden_learn(g, index, s->size, s->size);
    norm = optimizer_norm(o, g->squares);
    /* Losses of cosines go down to a thousandth of the first ones and are known to fewer digits
     * there: PyTorch's own in float32 differ from those in float64 by as much
     * (tests/data/heads/README.md). */
    double of = g->task->head == &head_vectors ? s->largest : s->loss[at];
    check_value(g, &d[STEP_LOSS], name, fabs(loss - s->loss[at]) / of);
    check_value(g, &d[STEP_NORM], name, fabs(norm - s->norm[at]) / s->norm[at]);
    check_value(g, &d[STEP_RATE], name, fabs(rate - s->rate[at]) / s->peak);
    optimizer_step(o, step, rate, norm);
}

/* The weights' block stands in for a run's; the schedule must give PyTorch's rates too. */
static void steps_run(golden *g, distance *d)
{
    bert_train_options options = { .weight_decay = 0.01,
                                   .clip = 1.0,
                                   .adam_beta1 = 0.9,
                                   .adam_beta2 = 0.999,
                                   .adam_epsilon = 1e-8 };
    steps s = steps_of(g);
    optimizer o;
    schedule plan = schedule_of("linear", s.peak, 0.1, s.count);
    word_gradient words = g->task->head->words_dense ? WORDS_ALL : WORDS_MET;
    assert_done(optimizer_open(g->on, &g->layout, g->weight_data, words, &options, &o));
    params_point(&g->gradients, g->entries, g->entry_count, &g->layout, o.gradient, true);
    for (size_t step = 1; step <= s.count; step++) step_run(g, &s, &plan, &o, step, d);
    optimizer_settle(&o);
    optimizer_release(&o);
}

static void check_steps(golden *g, const heads_case *c, distance *d)
{
    if (c->second) return;
    steps_run(g, d);
    for (size_t i = 0; i < g->entry_count; i++) {
        char name[128];
        size_t count;
        if (is_blind(c, g->entries[i].name)) continue;
        snprintf(name, sizeof name, "final.%s", entry_name(g, i));
        const float *want = golden_tensor(g, name, &count),
                    *have = params_weight(&g->params, &g->entries[i])->data;
        check_value(g, &d[FINAL], name, norm_error(have, want, count));
    }
}

static void twenty_steps_of_adamw_equal_pytorch(void **state)
{
    (void)state;
    each_case("PyTorch", NULL, check_steps);
}

/* ---- dropout, of which PyTorch has other masks */

static const dropout_run dropped = {
    .hidden = 0.1f, .attention = 0.2f, .classifier = 0.3f, .dense = 0.25f, .intermediate = 0.15f
};

static void dropout_set(golden *g)
{
    g->dropout = dropped;
    g->dropout.key = rng_key(7, 1);
}

/* They are part of the bits of every run. */
static void the_places_of_dropout_keep_their_numbers(void **state)
{
    (void)state;
    const config c = { .family = &family_bert };
    const pass p = { .config = &c };
    const layer_rows rows = { 0 };
    assert_int_equal(DROPOUT_EMBEDDING, 0);
    assert_int_equal(DROPOUT_CLASSIFIER, 1);
    assert_int_equal(layer_dropout(&p, 0, DROPOUT_PROBABILITIES, &rows).place, 4);
    assert_int_equal(layer_dropout(&p, 0, DROPOUT_ATTENTION, &rows).place, 5);
    assert_int_equal(layer_dropout(&p, 0, DROPOUT_OUTPUT, &rows).place, 6);
    assert_int_equal(layer_dropout(&p, 0, DROPOUT_INTERMEDIATE, &rows).place, 7);
    assert_int_equal(layer_dropout(&p, 1023, DROPOUT_INTERMEDIATE, &rows).place, 4099);
    assert_int_equal(DROPOUT_DENSE, 65536);
    assert_in_range(DROPOUT_FREE, 65537, RNG_SHUFFLE - 1);
}

/* With dropout, whose draws must be the same when a layer is computed again. */
static void check_again(golden *g, const heads_case *c, distance *d)
{
    (void)c;
    (void)d;
    size_t count = g->layout.count, units = g->features.count;
    float *want = malloc(count * sizeof *want);
    assert_non_null(want);
    dropout_set(g);
    double loss = golden_learn(g, g->every, units, units);
    memcpy(want, g->gradient_data, count * sizeof *want);
    for (size_t layers = 1; layers < g->model.config.layers; layers++) {
        memset(g->gradient_data, 0, count * sizeof *want);
        golden_compute_again(g, layers);
        assert_true(golden_learn(g, g->every, units, units) == loss);
        assert_memory_equal(g->gradient_data, want, count * sizeof *want);
    }
    free(want);
}

static void layers_computed_again_give_the_same_bits(void **state)
{
    (void)state;
    each_case("again", NULL, check_again);
}

/* The loss with all weights moved along `direction`. */
static double loss_beside(golden *g, const float *direction, double by)
{
    size_t units = g->features.count;
    for (size_t i = 0; i < g->layout.count; i++) g->weight_data[i] += (float)(by * direction[i]);
    double loss = golden_learn(g, g->every, units, units);
    for (size_t i = 0; i < g->layout.count; i++) g->weight_data[i] -= (float)(by * direction[i]);
    return loss;
}

/* Along the gradient the loss rises by the gradient's norm. */
static void check_slope(golden *g, const heads_case *c, distance *d)
{
    (void)c;
    size_t units = g->features.count, bytes = g->layout.count * sizeof(float);
    float *direction = malloc(bytes);
    dropout_set(g);
    golden_learn(g, g->every, units, units);
    memcpy(direction, g->gradient_data, bytes);
    double norm = sqrt(g->on->sum_squares(g->on, g->layout.count, direction)), by = 1e-3 / norm;
    double rise = loss_beside(g, direction, by / norm) - loss_beside(g, direction, -by / norm);
    check_value(g, &d[SLOPE], "loss", fabs(rise / (2.0 * by) / norm - 1.0));
    free(direction);
}

static void the_gradient_is_the_slope_of_the_loss_with_dropout_too(void **state)
{
    (void)state;
    each_case("the gradient", NULL, check_slope);
}

/* ---- a step in parts */

static size_t tokens_of(const golden *g, size_t begin, size_t end)
{
    size_t group = features_group(&g->features);
    return g->features.starts[end * group] - g->features.starts[begin * group];
}

/* In two parts of different weight, both divided by the weight of the whole. */
static void check_split(golden *g, const heads_case *c, distance *d)
{
    if (g->task == &golden_partners) return; /* other parts, other losses */
    size_t units = g->features.count, part = units - units / 3;
    size_t bytes = g->layout.count * sizeof(float);
    float *whole = malloc(bytes);
    dropout_set(g);
    assert_int_not_equal(tokens_of(g, 0, part), tokens_of(g, part, units));
    assert_true(g->task->weigh(g, g->every, part) !=
                g->task->weigh(g, g->every + part, units - part));

    double loss = golden_learn(g, g->every, units, units);
    memcpy(whole, g->gradient_data, bytes);
    memset(g->gradient_data, 0, bytes);
    for (size_t i = 0; i < g->layout.span_count; i++) {
        const param_span *s = &g->layout.spans[i];
        for (size_t k = 0; s->gradient == SPAN_PRODUCTS && k < s->count; k++)
            g->gradient_data[s->begin + k] = NAN; /* the first part writes every matrix */
    }
    check_value(g, &d[SPLIT], "loss", fabs(golden_learn(g, g->every, units, part) - loss) / loss);
    for (size_t i = 0; i < g->entry_count; i++) {
        const weight *w = params_weight(&g->gradients, &g->entries[i]);
        if (is_blind(c, g->entries[i].name)) continue;
        check_value(g, &d[SPLIT], g->entries[i].name,
                    norm_error(w->data, whole + g->layout.at[i], weight_count(w)));
    }
    free(whole);
}

static void a_split_step_equals_a_whole_one(void **state)
{
    (void)state;
    each_case("the whole step", NULL, check_split);
}

static void check_units_alone(golden *g, const heads_case *c, distance *d)
{
    (void)c;
    enum { MOST = 64 };
    float together[MOST];
    size_t units = g->features.count, group = features_group(&g->features);
    assert_true(group > 1 && units * group <= MOST);
    dropout_set(g);
    golden_forward(g, g->every, units, 0);
    memcpy(together, g->tape.logits, units * group * sizeof *together);
    for (size_t k = 0; k < units; k++) {
        golden_forward(g, g->every + k, 1, k);
        check_value(g, &d[ALONE], "logits",
                    largest_error(g->tape.logits, together + k * group, group));
        golden_forward(g, g->every + k, 1, k + 1); /* another unit's name: another dropout */
        assert_true(largest_error(g->tape.logits, together + k * group, group) > 1e-3);
    }
}

static void a_units_dropout_goes_by_its_index_in_the_step(void **state)
{
    (void)state;
    each_case("the whole batch", &golden_choices, check_units_alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_states_equal_pytorch),
        cmocka_unit_test(outputs_and_loss_equal_pytorch),
        cmocka_unit_test(every_gradient_equals_pytorch),
        cmocka_unit_test(twenty_steps_of_adamw_equal_pytorch),
        cmocka_unit_test(the_places_of_dropout_keep_their_numbers),
        cmocka_unit_test(layers_computed_again_give_the_same_bits),
        cmocka_unit_test(the_gradient_is_the_slope_of_the_loss_with_dropout_too),
        cmocka_unit_test(a_split_step_equals_a_whole_one),
        cmocka_unit_test(a_units_dropout_goes_by_its_index_in_the_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
