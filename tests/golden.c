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
    size_t tokens, starts;
    const float *ids = golden_tensor(g, "ids", &tokens), *types = golden_tensor(g, "types", NULL);
    const float *start = golden_tensor(g, "starts", &starts),
                *labels = golden_tensor(g, "labels", NULL);
    features *f = &g->features;
    f->count = f->sequences = starts - 1;
    f->rows = calloc(f->count, sizeof *f->rows);
    f->starts = calloc(starts, sizeof *f->starts);
    f->ids = calloc(tokens, sizeof *f->ids);
    f->first_counts = calloc(f->count, sizeof *f->first_counts);
    g->labels = calloc(f->count, sizeof *g->labels);
    for (size_t i = 0; i < tokens; i++) f->ids[i] = (int32_t)ids[i];
    for (size_t i = 0; i < starts; i++) f->starts[i] = (size_t)start[i];
    for (size_t i = 0; i < f->count; i++) {
        size_t length = features_length(f, i);
        for (size_t k = 0; k < length && types[f->starts[i] + k] == 0.0f; k++) f->first_counts[i]++;
        if (length > f->longest) f->longest = length;
        g->labels[i] = (int32_t)labels[i];
    }
}

static void weights_copy(golden *g)
{
    pretrained *m = &g->model;
    assert_done(params_init(&m->config, &g->params));
    assert_done(params_init(&m->config, &g->gradients));
    assert_done(params_list(&m->config, GROUP_ENCODER | head_classifier.groups, &g->entries,
                            &g->entry_count));
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

void golden_open(golden *g, const char *folder, const char *numbers, const char *isa,
                 bool first_only)
{
    *g = (golden){ .folder = folder };
    if (isa)
        setenv("BERT_ISA", isa, 1);
    else
        unsetenv("BERT_ISA");
    assert_done(compute_cpu_open(2, &g->on));
    assert_done(pretrained_open(folder, g->on, &g->model));
    assert_done(tensor_file_open(numbers, &g->numbers));
    features_read(g);
    weights_copy(g);

    size_t tokens = g->features.starts[g->features.count];
    batch_limits limits = { .tokens = tokens, .sequences = g->features.count };
    assert_done(batch_open(&g->batch, &limits, &g->batch_block));
    tape_shape shape = head_tape_shape(&head_classifier, &g->model.config, &limits, true);
    if (!first_only) shape.wanted = 0;
    assert_done(tape_open(g->on, &g->model.config, &shape, &g->tape));
    assert_done(g->on->reserve(
        g->on, &(compute_limits){ .rows = tokens,
                                  .width = g->model.config.intermediate + g->model.config.hidden,
                                  .keys = g->features.longest }));
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
    free(g->labels);
    tensor_file_free(g->numbers);
    pretrained_release(&g->model);
    compute_free(g->on);
}

pass golden_pass(golden *g)
{
    return (pass){ .on = g->on,
                   .config = &g->model.config,
                   .params = &g->params,
                   .batch = &g->batch,
                   .tape = &g->tape };
}

double largest_error(const float *have, const float *want, size_t count)
{
    double largest = 0.0, error = 0.0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)want[i]));
        double distance = fabs((double)have[i] - (double)want[i]);
        if (!(distance <= error)) error = distance; /* not a number counts as an error */
    }
    return largest > 0.0 ? error / largest : error;
}
