/* trainer_plan.c: what passes over the trainer's data need, and how steps are cut so that they fit.
 */
#include "train/trainer.h"

#include "base/memory.h"
#include "task/observe.h"

#include <stdlib.h>

/* What passes over the data need, for plan_make(). */
typedef struct data_sizes {
    const trainer *trainer;
    size_t *tokens; /* [units + 1] the most tokens that so many units can have: the longest's */
} data_sizes;

static int longer_first(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x < y) - (x > y);
}

static bert_status data_sizes_open(const trainer *t, data_sizes *out)
{
    const features *f = &t->of.train->features;
    void *memory;
    TRY(memory_zeroed(f->count + 1, sizeof(size_t), &memory));
    size_t *tokens = memory;
    for (size_t i = 0; i < f->count; i++) tokens[i + 1] = features_length(f, i);
    qsort(tokens + 1, f->count, sizeof *tokens, longer_first);
    for (size_t i = 0; i < f->count; i++) tokens[i + 1] += tokens[i];
    *out = (data_sizes){ .trainer = t, .tokens = tokens };
    return BERT_OK;
}

/* Does the loss compare the units of a batch with each other? */
static bool units_compared(const trainer *t)
{
    const task *kind = t->of.task;
    return kind->loss->compares && kind->loss->compares(t->of.train);
}

/* The dev data are batched by what there is room for, one unit at least. */
static void data_sizes_of(const void *context, size_t units, pass_sizes *out)
{
    const data_sizes *sizes = context;
    const trainer *t = sizes->trainer;
    const features *train = &t->of.train->features, *dev = &t->of.dev->features;
    batch_limits *b = &out->batch;
    *b = (batch_limits){
        .tokens = size_larger(sizes->tokens[units], features_longest_unit(dev)),
        .sequences = size_larger(units * features_group(train), features_group(dev)),
    };
    b->wanted =
        size_larger(examples_wanted(t->of.train, b->tokens), examples_wanted(t->of.dev, b->tokens));
    out->compute = limits_of(t->of.config, b->tokens, size_larger(train->longest, dev->longest));
    if (!units_compared(t)) return;
    out->compute.units = units;
    out->compute.members = features_group(train);
}

static void plan_tell(const trainer *t)
{
    const bert_train_options *o = t->of.options;
    const bert_memory *m = &t->plan.memory;
    size_t step = size_smaller(o->batch_size, t->of.train->features.count);
    if (o->memory_limit)
        observe_note(&o->observer,
                     "memory: %.2f GB asked for, %.2f GB needed; %zu of %zu layers are computed "
                     "again in backward, %zu of a step's %zu examples at once",
                     (double)o->memory_limit / 1e9, (double)m->total / 1e9, m->layers_again,
                     t->of.config->layers, t->plan.units, step);
    if (units_compared(t) && t->plan.units < step)
        observe_note(&o->observer,
                     "with %s or %s, a text is compared with those of its %zu examples, not with "
                     "all of the batch's",
                     FIELD(micro_batch), FIELD(memory_limit), t->plan.units);
}

bert_status trainer_plan(trainer *t)
{
    const bert_train_options *o = t->of.options;
    size_t step = size_smaller(o->batch_size, t->of.train->features.count);
    size_t most = o->micro_batch ? size_smaller(o->micro_batch, step) : step;
    data_sizes sizes;
    TRY(data_sizes_open(t, &sizes));
    plan_request request = {
        .config = t->of.config,
        .head = t->of.task->head,
        .entries = t->entries,
        .entry_count = t->entry_count,
        .layout = &t->layout,
        .frozen_layers = t->frozen ? t->frozen - 1 : 0,
        .converted = t->of.start->converted.capacity,
        .data = t->of.data_bytes,
        .threads = o->threads,
        .step = step,
        .most = most,
        .least = units_compared(t) ? size_smaller(2, most) : 1,
        .limit = o->memory_limit,
        .sizes = data_sizes_of,
        .context = &sizes,
    };
    bert_status status = plan_make(&request, &t->plan);
    if (status == BERT_OK) data_sizes_of(&sizes, t->plan.units, &t->sizes);
    free(sizes.tokens);
    TRY(status);
    plan_tell(t);
    return BERT_OK;
}
