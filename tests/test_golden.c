/* test_golden.c: hidden states, logits, loss, every gradient and twenty optimizer steps equal
 * PyTorch's (tests/data/golden). */
#include "golden.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"
#include "train/optimizer.h"
#include "train/schedule.h"

static const char *const folders[] = { "tests/data/golden/gelu", "tests/data/golden/gelu_new",
                                       "tests/data/golden/relu" };
static const char *const instruction_sets[] = { "ref", NULL };

/* Runs a check for each model with the reference kernels and with the machine's best. */
static void each_model(bool first_only, void (*check)(golden *g))
{
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        for (size_t k = 0; k < 2; k++) {
            golden g;
            char numbers[128];
            snprintf(numbers, sizeof numbers, "%s/numbers", folders[i]);
            golden_open(&g, folders[i], numbers, instruction_sets[k], first_only);
            check(&g);
            golden_close(&g);
        }
    }
}

static void compare(const golden *g, const char *name, const float *have, double bound)
{
    size_t count;
    const float *want = golden_tensor(g, name, &count);
    double error = largest_error(have, want, count);
    if (!(error <= bound))
        fail_msg("%s: %s differs by %.2e of its largest value; %.0e is allowed", g->folder, name,
                 error, bound);
}

static void fill_all(golden *g, const uint32_t *index, size_t count)
{
    uint32_t all[64];
    for (uint32_t i = 0; i < 64; i++) all[i] = i;
    batch_fill(&g->batch, &g->features, index ? index : all, count ? count : g->features.count, 0);
}

static double step_loss(golden *g, const uint32_t *index)
{
    int32_t labels[64];
    size_t count = g->batch.sequences;
    pass p = golden_pass(g);
    double loss = 0.0;
    for (size_t i = 0; i < count; i++) labels[i] = g->labels[index ? index[i] : i];
    head_classifier.forward(&p);
    g->on->cross_entropy(g->on, count, p.config->labels, g->tape.logits, labels, NULL,
                         1.0f / (float)count, g->tape.dlogits, &loss);
    return loss / (double)count;
}

static void check_hidden(golden *g)
{
    fill_all(g, NULL, 0);
    pass p = golden_pass(g);
    const float *hidden = encoder_forward(&p);
    compare(g, "hidden", hidden, 1e-5);
    pooler_forward(&p, hidden);
    compare(g, "pooled", g->tape.pooled, 1e-5);
}

static void hidden_states_equal_pytorch(void **state)
{
    (void)state;
    each_model(false, check_hidden);
}

static void check_logits_and_loss(golden *g)
{
    fill_all(g, NULL, 0);
    float loss = (float)step_loss(g, NULL);
    compare(g, "logits", g->tape.logits, 1e-5);
    compare(g, "loss", &loss, 1e-5);
}

static void logits_and_loss_equal_pytorch(void **state)
{
    (void)state;
    each_model(true, check_logits_and_loss);
}

static void check_gradients(golden *g)
{
    fill_all(g, NULL, 0);
    step_loss(g, NULL);
    pass p = golden_pass(g);
    head_classifier.backward(&p, &g->gradients);
    for (size_t i = 0; i < g->entry_count; i++) {
        const param_entry *entry = &g->entries[i];
        char name[128];
        size_t count;
        snprintf(name, sizeof name, "grad.%s", entry->name);
        const float *have = params_weight(&g->gradients, entry)->data,
                    *want = golden_tensor(g, name, &count);
        if (strstr(name, "key.bias")) { /* its true gradient is 0: softmax does not feel it */
            for (size_t k = 0; k < count; k++)
                assert_true(fabsf(have[k]) < 1e-6f && fabsf(want[k]) < 1e-6f);
            continue;
        }
        compare(g, name, have, 2e-5);
    }
}

static void every_gradient_equals_pytorch(void **state)
{
    (void)state;
    each_model(true, check_gradients);
}

/* The weights' block stands in for a run's; the schedule must give PyTorch's rates too. */
static void check_steps(golden *g)
{
    size_t steps, numbers;
    const float *loss = golden_tensor(g, "steps.loss", &steps),
                *rate = golden_tensor(g, "steps.rate", NULL);
    const float *norm = golden_tensor(g, "steps.grad_norm", NULL),
                *batches = golden_tensor(g, "steps.batch", &numbers);
    size_t size = numbers / steps;
    double peak = 0.0;
    for (size_t i = 0; i < steps; i++) peak = fmax(peak, rate[i]);
    bert_train_options options = { .weight_decay = 0.01,
                                   .clip = 1.0,
                                   .adam_beta1 = 0.9,
                                   .adam_beta2 = 0.999,
                                   .adam_epsilon = 1e-8 };
    optimizer o;
    schedule plan;
    assert_done(optimizer_open(g->on, &g->layout, &options, &o));
    assert_done(schedule_init("linear", peak, 0.1, steps, &plan));
    params_point(&g->gradients, g->entries, g->entry_count, &g->layout, o.gradient, true);

    for (size_t step = 1; step <= steps; step++) {
        uint32_t index[64];
        for (size_t i = 0; i < size; i++) index[i] = (uint32_t)batches[(step - 1) * size + i];
        optimizer_zero(&o);
        fill_all(g, index, size);
        double have = step_loss(g, index);
        pass p = golden_pass(g);
        head_classifier.backward(&p, &g->gradients);
        double length = optimizer_norm(&o);
        if (fabs(have - loss[step - 1]) > 1e-4 * loss[step - 1])
            fail_msg("%s: the loss of step %zu is %.9g, PyTorch's %.9g", g->folder, step, have,
                     loss[step - 1]);
        assert_true(fabs(length - norm[step - 1]) <= 1e-3 * norm[step - 1]);
        assert_true(fabs(schedule_rate(&plan, step) - rate[step - 1]) <= 1e-6 * peak);
        optimizer_step(&o, step, schedule_rate(&plan, step), length, g->weight_data);
    }
    assert_true(loss[steps - 1] < 0.7f * loss[0]);
    optimizer_release(&o);
}

/* |have - want| over |want|, Euclidean norms. */
static double norm_error(const float *have, const float *want, size_t count)
{
    double error = 0.0, size = 0.0;
    for (size_t i = 0; i < count; i++) {
        error += ((double)have[i] - want[i]) * ((double)have[i] - want[i]);
        size += (double)want[i] * want[i];
    }
    return sqrt(error / size);
}

static void check_final_weights(golden *g)
{
    check_steps(g);
    for (size_t i = 0; i < g->entry_count; i++) {
        const param_entry *entry = &g->entries[i];
        char name[128];
        size_t count;
        if (strstr(entry->name, "key.bias"))
            continue; /* Adam turns the rounding noise of a zero gradient into steps */
        snprintf(name, sizeof name, "final.%s", entry->name);
        const float *want = golden_tensor(g, name, &count);
        double error = norm_error(params_weight(&g->params, entry)->data, want, count);
        if (!(error <= 1e-4)) fail_msg("%s: %s is %.2e of its norm away", g->folder, name, error);
    }
}

static void twenty_steps_of_adamw_equal_pytorch(void **state)
{
    (void)state;
    each_model(true, check_final_weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_states_equal_pytorch),
        cmocka_unit_test(logits_and_loss_equal_pytorch),
        cmocka_unit_test(every_gradient_equals_pytorch),
        cmocka_unit_test(twenty_steps_of_adamw_equal_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
