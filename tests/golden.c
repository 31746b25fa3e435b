#include "golden.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "scratch.h"

const float *golden_tensor(const golden *g, const char *name, size_t *count)
{
    const tensor_info *info = tensor_file_find(g->numbers, name);
    if (!info) fail_msg("%s: the numbers have no '%s'", g->folder, name);
    assert_int_equal(info->type, TENSOR_F32);
    if (count) *count = info->count;
    return info->data;
}

static void features_read(golden *g)
{
    enum { LONGEST = 512 };
    size_t starts;
    const float *start = golden_tensor(g, "starts", &starts), *id = golden_tensor(g, "ids", NULL),
                *type = golden_tensor(g, "types", NULL);
    const tensor_info *groups = tensor_file_find(g->numbers, "groups");
    features *f = &g->features;
    if (groups) f->group = (size_t)((const float *)groups->data)[0];
    positions_follow(&g->model.config, f);
    for (size_t i = 0; i + 1 < starts; i++) {
        int32_t ids[LONGEST];
        size_t begin = (size_t)start[i], length = (size_t)start[i + 1] - begin, first = 0;
        assert_in_range(length, 1, LONGEST);
        for (size_t k = 0; k < length; k++) ids[k] = (int32_t)id[begin + k];
        while (first < length && type[begin + first] == 0.0f) first++;
        assert_done(features_append(f, i / features_group(f), ids, length, first));
    }
    assert_int_equal(f->count * features_group(f), f->sequences);
    g->every = calloc(f->count, sizeof *g->every);
    for (size_t i = 0; i < f->count; i++) g->every[i] = (uint32_t)i;
}

static void weights_copy(golden *g)
{
    pretrained *m = &g->model;
    assert_done(params_init(&m->config, &g->params));
    assert_done(params_init(&m->config, &g->gradients));
    assert_done(params_list(&m->config, PARAMS_ENCODER | head_parts(g->task->head, &m->config),
                            &g->entries, &g->entry_count));
    assert_done(param_layout_init(g->entries, g->entry_count, 0, 0, &g->layout));
    size_t bytes = g->layout.count * sizeof(float);
    assert_done(arena_open(bytes, &g->weights));
    assert_done(arena_open(bytes, &g->gradient));
    g->weight_data = memset(arena_take(&g->weights, 1, bytes), 0, bytes);
    g->gradient_data = memset(arena_take(&g->gradient, 1, bytes), 0, bytes);
    params_point(&g->params, g->entries, g->entry_count, &g->layout, g->weight_data, true);
    params_point(&g->gradients, g->entries, g->entry_count, &g->layout, g->gradient_data, true);
    for (size_t i = 0; i < g->entry_count; i++) {
        const weight *from = params_weight(&m->params, &g->entries[i]);
        assert_non_null(from->data);
        memcpy(params_weight(&g->params, &g->entries[i])->data, from->data,
               weight_count(from) * sizeof(float));
    }
}

/* Room for all units at once, with every row of the last layer wanted. */
static void room_open(golden *g)
{
    const config *c = &g->model.config;
    const features *f = &g->features;
    size_t tokens = f->starts[f->sequences];
    batch_limits limits = { .tokens = tokens, .sequences = f->sequences, .wanted = tokens };
    tape_shape shape = head_tape_shape(g->task->head, c, &limits, true);
    compute_limits needs = limits_of(c, tokens, f->longest);
    needs.units = f->count;
    needs.members = features_group(f);
    assert_done(batch_open(&g->batch, &limits, &g->batch_block));
    assert_done(tape_open(g->on, c, &shape, &g->tape));
    assert_done(g->on->reserve(g->on, &needs));
}

void golden_open(golden *g, const char *folder, const char *numbers, const golden_task *task,
                 const char *isa)
{
    char path[128];
    snprintf(path, sizeof path, "%s/numbers", folder);
    *g = (golden){ .folder = folder, .task = task };
    if (isa)
        setenv("BERT_ISA", isa, 1);
    else
        unsetenv("BERT_ISA");
    assert_done(compute_cpu_open(2, &g->on));
    assert_done(pretrained_open(folder, g->on, &g->model));
    assert_done(tensor_file_open(numbers ? numbers : path, &g->numbers));
    features_read(g);
    weights_copy(g);
    room_open(g);
}

void golden_close(golden *g)
{
    tape_release(g->on, &g->tape);
    arena_release(&g->batch_block);
    arena_release(&g->weights);
    arena_release(&g->gradient);
    params_release(&g->params);
    params_release(&g->gradients);
    param_layout_release(&g->layout);
    features_release(&g->features);
    free(g->entries);
    free(g->every);
    tensor_file_free(g->numbers);
    pretrained_release(&g->model);
    compute_free(g->on);
}

void golden_compute_again(golden *g, size_t layers)
{
    tape_shape shape = g->tape.shape;
    shape.again = layers;
    tape_release(g->on, &g->tape);
    assert_done(tape_open(g->on, &g->model.config, &shape, &g->tape));
}

pass golden_pass(golden *g)
{
    return (pass){ .on = g->on,
                   .config = &g->model.config,
                   .params = &g->params,
                   .batch = &g->batch,
                   .tape = &g->tape,
                   .dropout = g->dropout };
}

void golden_forward(golden *g, const uint32_t *index, size_t count, size_t first_in_step)
{
    pass p = golden_pass(g);
    batch_fill(&g->batch, &g->features, index, count, first_in_step);
    if (g->task->prepare) g->task->prepare(g, index, count);
    g->task->head->forward(&p);
}

double golden_learn(golden *g, const uint32_t *index, size_t count, size_t part)
{
    pass p = golden_pass(g);
    double loss = 0.0, divisor = g->task->weigh(g, index, count);
    g->squares = 0.0;
    p.squares = &g->squares;
    gradients_begin(&g->gradients, g->entries, g->entry_count, (count + part - 1) / part);
    for (size_t done = 0; done < count; done += part) {
        size_t fit = count - done < part ? count - done : part;
        golden_forward(g, index + done, fit, done);
        g->task->loss(g, index + done, fit, (float)(1.0 / divisor), &loss);
        g->task->head->backward(&p, &g->gradients);
    }
    assert_done(g->on->status(g->on));
    assert_true(gradients_complete(&g->gradients, g->entries, g->entry_count));
    return loss / divisor;
}

double largest_error(const float *have, const float *want, size_t count)
{
    double largest = 0.0, error = 0.0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)want[i]));
        double apart = fabs((double)have[i] - (double)want[i]);
        if (!(apart <= error)) error = apart; /* not a number counts as an error */
    }
    return largest > 0.0 ? error / largest : error;
}

double norm_error(const float *have, const float *want, size_t count)
{
    double error = 0.0, size = 0.0;
    for (size_t i = 0; i < count; i++) {
        error += ((double)have[i] - want[i]) * ((double)have[i] - want[i]);
        size += (double)want[i] * want[i];
    }
    return sqrt(error / size);
}

void distance_check(distance *d, const char *where, double value)
{
    if (!(value <= d->bound))
        fail_msg("%s: %s is %.2e away; %.1e is allowed", where, d->what, value, d->bound);
    if (value < d->seen) return;
    d->seen = value;
    snprintf(d->where, sizeof d->where, "%s", where);
}

void distances_print(const char *from, const distance *d, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (*d[i].where)
            print_message("furthest from %s: %-11s %.1e (bound %.0e), %s\n", from, d[i].what,
                          d[i].seen, d[i].bound, d[i].where);
}
