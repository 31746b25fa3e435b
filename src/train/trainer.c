#include "train/trainer.h"

#include "base/rng.h"
#include "task/observe.h"

#include <math.h>
#include <stdlib.h>

/* ---- order and rates of the steps */

static bert_status steps_open(trainer *t)
{
    const bert_train_options *o = t->of.options;
    TRY(sampler_init(t->of.train->features.count, o->batch_size, o->shuffle, o->seed, &t->sampler));
    size_t steps = o->epochs * sampler_steps(&t->sampler);
    if (o->max_steps && o->max_steps < steps) steps = o->max_steps;
    t->progress.losses.steps = steps;
    t->schedule = schedule_of(o->schedule, o->learning_rate, o->warmup, steps);
    return BERT_OK;
}

/* ---- weights */

static bert_status layout_open(trainer *t)
{
    const head *h = t->of.task->head;
    unsigned passed_on = h->passed_on & t->of.start->parts;
    TRY(param_frozen_parse(t->of.options->freeze, t->of.config, &t->frozen));
    unsigned parts = PARAMS_ENCODER | head_parts(h, t->of.config) | passed_on;
    TRY(params_list(t->of.config, parts, &t->entries, &t->entry_count));
    TRY(params_init(t->of.config, &t->params));
    TRY(params_init(t->of.config, &t->gradients));
    return param_layout_init(t->entries, t->entry_count, t->frozen, passed_on, &t->layout);
}

/* Of a normal distribution; with a bound, what is beyond is drawn again. */
static bert_status fresh_numbers(const trainer *t, size_t entry, size_t count, float *numbers)
{
    const config *c = t->of.config;
    uint64_t seed = t->of.options->seed;
    double cut = 0.0, deviation = c->initializer_range;
    if (c->family->fresh) deviation = c->family->fresh(c, t->entries[entry].part, &cut);
    rng_normal(rng_key(seed, 0), (uint32_t)entry, (float)deviation, count, numbers);
    if (cut == 0.0) return BERT_OK;
    float *again = malloc(count * sizeof *again), most = (float)(cut * deviation);
    if (!again) return fail(BERT_MEMORY, "out of memory for a fresh head");
    bool beyond = true;
    for (uint64_t round = 1; beyond; round++) {
        beyond = false;
        rng_normal(rng_key(seed, round), (uint32_t)entry, (float)deviation, count, again);
        for (size_t i = 0; i < count; i++) {
            if (fabsf(numbers[i]) > most) numbers[i] = again[i];
            beyond = beyond || fabsf(numbers[i]) > most;
        }
    }
    free(again);
    return BERT_OK;
}

static bert_status fresh_draw(trainer *t, size_t entry, float *data)
{
    const param_entry *e = &t->entries[entry];
    const bert_train_options *o = t->of.options;
    if (PARAMS_ENCODER & 1u << e->part)
        return fail(BERT_FORMAT, "%s: the checkpoint has no '%s'", o->model, e->name);
    if (e->part == PARAM_POOLER && e->cols)
        observe_warning(&o->observer, "%s has no pooler; a fresh one is drawn", o->model);
    if (!e->cols && !e->gain) return BERT_OK; /* a bias begins at zero, as the block does */
    size_t count = e->rows * (e->cols ? e->cols : 1);
    float *numbers = malloc(count * sizeof *numbers);
    if (!numbers) return fail(BERT_MEMORY, "out of memory for a fresh head");
    for (size_t i = 0; e->gain && i < count; i++) numbers[i] = 1.0f;
    bert_status status = e->gain ? BERT_OK : fresh_numbers(t, entry, count, numbers);
    if (status == BERT_OK) t->of.on->write(t->of.on, count, numbers, data);
    free(numbers);
    return status;
}

static bert_status weights_fill(trainer *t, pretrained *start)
{
    compute *on = t->of.on;
    bool frozen = false;
    on->zero(on, t->layout.count, t->weight_data);
    for (size_t i = 0; i < t->entry_count; i++) {
        const weight *source = pretrained_find(start, &t->entries[i]);
        weight *target = params_weight(&t->params, &t->entries[i]);
        if (!target->data) {
            frozen = true;
            target->data = source->data;
        } else if (source)
            on->write(on, weight_count(source), source->data, target->data);
        else
            TRY(fresh_draw(t, i, target->data));
    }
    pretrained_forget(start, frozen);
    return BERT_OK;
}

static bert_status weights_open(trainer *t, pretrained *start)
{
    compute *on = t->of.on;
    TRY(on->memory_open(on, t->layout.count * sizeof(float), &t->weights));
    on->memory_large_pages(on, &t->weights);
    t->weight_data = arena_take(&t->weights, t->layout.count, sizeof(float));
    params_point(&t->params, t->entries, t->entry_count, &t->layout, t->weight_data, false);
    TRY(weights_fill(t, start));
    word_gradient words = t->of.task->head->words_dense ? WORDS_ALL : WORDS_MET;
    TRY(optimizer_open(on, &t->layout, t->weight_data, words, t->of.options, &t->optimizer));
    params_point(&t->gradients, t->entries, t->entry_count, &t->layout, t->optimizer.gradient,
                 true);
    return BERT_OK;
}

size_t trainer_weight_bytes(const trainer *t)
{
    size_t bytes = 0;
    for (size_t i = 0; i < t->entry_count; i++) {
        weight shape = { .rows = t->entries[i].rows, .cols = t->entries[i].cols };
        bytes += sizeof(float) * weight_count(&shape);
    }
    return bytes;
}

/* ---- life */

bert_status trainer_open(const trainer_request *request, trainer *out)
{
    /* The saved configuration keeps the checkpoint's rates. */
    *out = (trainer){ .of = *request,
                      .dropout = head_dropout(request->task->head, request->config,
                                              request->options->dropout) };
    TRY(steps_open(out));
    TRY(layout_open(out));
    return trainer_plan(out);
}

bert_status trainer_fill(trainer *t, pretrained *start)
{
    compute *on = t->of.on;
    TRY(weights_open(t, start));
    TRY(batch_open(&t->batch, &t->sizes.batch, &t->batch_block));
    tape_shape shape = head_tape_shape(t->of.task->head, t->of.config, &t->sizes.batch, true);
    shape.again = t->plan.again;
    TRY(tape_open(on, t->of.config, &shape, &t->tape));
    return on->reserve(on, &t->sizes.compute);
}

void trainer_release(trainer *t)
{
    compute *on = t->of.on;
    sampler_release(&t->sampler);
    arena_release(&t->batch_block);
    if (on) {
        tape_release(on, &t->tape);
        on->memory_release(on, &t->weights);
    }
    optimizer_release(&t->optimizer);
    param_layout_release(&t->layout);
    params_release(&t->params);
    params_release(&t->gradients);
    free(t->entries);
    *t = (trainer){ 0 };
}

/* ---- passes */

size_t trainer_epochs(const trainer *t)
{
    size_t steps = sampler_steps(&t->sampler);
    return (t->schedule.steps + steps - 1) / steps;
}

void trainer_begin_step(trainer *t, size_t passes)
{
    optimizer_zero(&t->optimizer);
    gradients_begin(&t->gradients, t->entries, t->entry_count, passes);
}

pass trainer_pass(trainer *t, bool with_dropout)
{
    pass p = { .on = t->of.on,
               .config = t->of.config,
               .params = &t->params,
               .batch = &t->batch,
               .tape = &t->tape };
    if (with_dropout) p.dropout = t->dropout;
    return p;
}

void trainer_forward(trainer *t, const pass *p, const uint32_t *index, size_t count, size_t first,
                     double scale, double *loss)
{
    const task *kind = t->of.task;
    const examples *train = t->of.train;
    batch_fill(&t->batch, &train->features, index, count, first);
    if (kind->encoding->prepare)
        kind->encoding->prepare(train, &t->batch, index, count, t->dropout.key);
    optimizer_meet(&t->optimizer, t->batch.ids, t->batch.tokens);
    kind->head->forward(p);
    kind->loss->add(p, train, index, count, scale, loss);
}
