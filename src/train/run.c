#include "train/run.h"

#include "base/memory.h"
#include "base/rng.h"
#include "train/observe.h"
#include "train/record.h"

#include <stdlib.h>
#include <string.h>

/* ---- labels and configuration */

static bool labels_same(const config *c, const label_names *labels)
{
    if (c->labels != labels->count) return false;
    for (size_t i = 0; i < labels->count; i++) {
        bool found = false;
        for (size_t k = 0; k < c->labels && !found; k++)
            found = strcmp(labels->names[i], c->label_names[k]) == 0;
        if (!found) return false;
    }
    return true;
}

/* The checkpoint's rates, or the run's one for all places. The saved configuration keeps the
 * checkpoint's. */
static dropout_run dropout_choose(const config *c, double rate)
{
    if (rate >= 0.0)
        return (dropout_run){ .hidden = (float)rate,
                              .attention = (float)rate,
                              .classifier = (float)rate };
    return (dropout_run){ .hidden = (float)c->hidden_dropout,
                          .attention = (float)c->attention_dropout,
                          .classifier = (float)c->classifier_dropout };
}

/* Is the head in the checkpoint one for this task? One of an unnamed class is taken by its weights.
 */
static bool head_fits(const run *r)
{
    const config *c = &r->start.config;
    const head *wanted = r->task->head, *found = head_of_class(c->architecture);
    bool there = (r->start.groups & wanted->groups) == wanted->groups;
    bool problem =
        !c->problem || !r->task->problem_type || strcmp(c->problem, r->task->problem_type) == 0;
    return there && problem && (!found || found == wanted);
}

static void head_tell(const run *r, bool kept, size_t labels)
{
    const bert_train_options *o = r->options;
    if (!r->task->head->groups) return;
    if (kept && labels > 1)
        observe_note(&o->observer, "head: kept from %s, for the same %zu labels", o->model, labels);
    else if (kept)
        observe_note(&o->observer, "head: kept from %s", o->model);
    else if (labels > 1)
        observe_note(&o->observer, "head: drawn fresh (seed %llu) for %zu labels%s",
                     (unsigned long long)o->seed, labels,
                     r->start.groups & GROUP_CLASSIFIER ? "; the checkpoint's is for others" : "");
    else
        observe_note(&o->observer, "head: drawn fresh (seed %llu)", (unsigned long long)o->seed);
}

/* A head that is not kept must not be found by its shape. */
static void heads_forget(pretrained *m)
{
    m->params.classifier = (classifier_params){ 0 };
    m->params.spans = (spans_params){ 0 };
    m->params.masked = (masked_params){ 0 };
}

static bert_status config_choose(run *r, const dataset *d)
{
    const bert_train_options *o = r->options;
    label_names labels = { 0 };
    TRY(config_read(o->model, &r->config));
    if (r->task->head->groups & GROUP_MASKED) TRY(config_check_tied(&r->config));
    r->dropout = dropout_choose(&r->config, o->dropout);
    if (r->task->labels_find) TRY(r->task->labels_find(d, &o->task_options, &o->observer, &labels));
    bool kept =
        head_fits(r) &&
        (!labels.count || (r->start.config.labels_given && labels_same(&r->config, &labels)));
    bert_status status = BERT_OK;
    if (!kept && labels.count)
        status = config_set_labels(&r->config, (const char *const *)labels.names, labels.count);
    if (r->task->head == &head_choice) r->config.outputs = 1;
    if (status == BERT_OK && r->task->head == &head_vectors)
        status = config_set_pooling(&r->config, o->task_options.pooling);
    r->config.unanswerable = d->unanswerable;
    r->config.unanswerable_given = r->task->head == &head_spans;
    if (status == BERT_OK) head_tell(r, kept, labels.count);
    if (!kept) heads_forget(&r->start);
    label_names_release(&labels);
    return status;
}

/* ---- weights */

static bert_status fresh_draw(run *r, size_t entry, float *data)
{
    const param_entry *e = &r->entries[entry];
    if (GROUP_ENCODER & 1u << e->group)
        return fail(BERT_FORMAT, "%s: the checkpoint has no '%s'", r->options->model, e->name);
    if (e->group == PARAM_POOLER && e->cols)
        observe_warning(&r->options->observer, "%s has no pooler; a fresh one is drawn",
                        r->options->model);
    if (!e->cols && !e->gain) return BERT_OK; /* a bias begins at zero, as the block does */
    size_t count = e->rows * (e->cols ? e->cols : 1);
    float *numbers = malloc(count * sizeof *numbers);
    if (!numbers) return fail(BERT_MEMORY, "out of memory for a fresh head");
    for (size_t i = 0; e->gain && i < count; i++) numbers[i] = 1.0f;
    if (!e->gain) rng_normal(rng_key(r->options->seed, 0), (uint32_t)entry, 0.02f, count, numbers);
    r->on->write(r->on, count, numbers, data);
    free(numbers);
    return BERT_OK;
}

static bert_status weights_fill(run *r)
{
    r->on->zero(r->on, r->layout.count, r->weight_data);
    for (size_t i = 0; i < r->entry_count; i++) {
        const weight *source = pretrained_find(&r->start, &r->entries[i]);
        weight *target = params_weight(&r->params, &r->entries[i]);
        if (!target->data) /* frozen */
            target->data = source->data;
        else if (source)
            r->on->write(r->on, weight_count(source), source->data, target->data);
        else
            TRY(fresh_draw(r, i, target->data));
    }
    return BERT_OK;
}

static bert_status weights_open(run *r)
{
    const head *h = r->task->head;
    unsigned passed_on = h->passed_on & r->start.groups;
    size_t frozen;
    TRY(param_frozen_parse(r->options->freeze, r->config.layers, &frozen));
    TRY(params_list(&r->config, GROUP_ENCODER | h->groups | passed_on, &r->entries,
                    &r->entry_count));
    TRY(params_init(&r->config, &r->params));
    TRY(params_init(&r->config, &r->gradients));
    TRY(param_layout_init(r->entries, r->entry_count, frozen, passed_on, &r->layout));
    TRY(r->on->memory_open(r->on, r->layout.count * sizeof(float), &r->weights));
    r->on->memory_large_pages(r->on, &r->weights);
    r->weight_data = arena_take(&r->weights, r->layout.count, sizeof(float));
    params_point(&r->params, r->entries, r->entry_count, &r->layout, r->weight_data, false);
    TRY(weights_fill(r));
    word_gradient words = h->groups & GROUP_MASKED ? WORDS_ALL : WORDS_MET;
    TRY(optimizer_open(r->on, &r->layout, r->weight_data, words, r->options, &r->optimizer));
    params_point(&r->gradients, r->entries, r->entry_count, &r->layout, r->optimizer.gradient,
                 true);

    size_t bytes = 0;
    for (size_t i = 0; i < r->entry_count; i++)
        bytes += sizeof(float) * weight_count(params_weight(&r->params, &r->entries[i]));
    return output_room(&r->output, bytes);
}

/* ---- data */

/* What all examples of the run have in common. */
static examples examples_of(const run *r, const dataset *d)
{
    return (examples){ .task = r->task,
                       .options = &r->options->task_options,
                       .config = &r->config,
                       .tokenizer = r->tokenizer,
                       .max_length = r->max_length,
                       .rows = d->rows,
                       .row_count = d->count,
                       .labelled = true };
}

static bert_status dev_open(run *r)
{
    const bert_train_options *o = r->options;
    if (!o->dev) return BERT_OK;
    dataset_request request = { .columns = columns_of(&o->columns),
                                .form = r->task->form,
                                .empty_labels = r->task->empty_labels };
    TRY(dataset_open(&o->dev, 1, &request, &r->dev_data));
    examples dev = examples_of(r, &r->dev_data);
    r->dev_options = o->task_options;
    r->dev_options.class_weights = r->dev_options.positive_weights = NULL;
    r->dev_options.label_smoothing = 0.0;
    dev.options = &r->dev_options;
    dev.training = &r->train;
    return examples_open(&dev, o->dev, &o->observer, &r->dev);
}

static bert_status data_open(run *r, const dataset *d)
{
    const bert_train_options *o = r->options;
    examples train = examples_of(r, d);
    TRY(examples_open(&train, o->train[0], &o->observer, &r->train));
    TRY(dev_open(r));
    TRY(sampler_init(r->train.features.count, o->batch_size, o->shuffle, o->seed, &r->sampler));
    size_t steps = o->epochs * sampler_steps(&r->sampler);
    if (o->max_steps && o->max_steps < steps) steps = o->max_steps;
    return schedule_init(o->schedule, o->learning_rate, o->warmup, steps, &r->schedule);
}

/* ---- room for a step */

static int longer_first(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x < y) - (x > y);
}

/* The most tokens that `count` units can have: those of the longest. */
static bert_status tokens_most(const features *f, size_t count, size_t *out)
{
    void *memory;
    TRY(memory_zeroed(f->count, sizeof(size_t), &memory));
    size_t *lengths = memory;
    for (size_t i = 0; i < f->count; i++) lengths[i] = features_length(f, i);
    qsort(lengths, f->count, sizeof *lengths, longer_first);
    *out = 0;
    for (size_t i = 0; i < count && i < f->count; i++) *out += lengths[i];
    free(lengths);
    return BERT_OK;
}

static bert_status room_open(run *r)
{
    const bert_train_options *o = r->options;
    size_t together =
        o->micro_batch && o->micro_batch < o->batch_size ? o->micro_batch : o->batch_size;
    if (together > r->train.features.count) together = r->train.features.count;
    const head *h = r->task->head;
    size_t group = features_group(&r->train.features);
    size_t dev_most = features_longest_unit(&r->dev.features);
    size_t dev_group = features_group(&r->dev.features);
    size_t keys = r->train.features.longest > r->dev.features.longest ? r->train.features.longest
                                                                      : r->dev.features.longest;
    batch_limits limits = { .sequences = together * group };
    TRY(tokens_most(&r->train.features, together, &limits.tokens));
    if (limits.tokens < dev_most) limits.tokens = dev_most;
    if (limits.sequences < dev_group) limits.sequences = dev_group;
    size_t train_wanted = examples_wanted(&r->train, limits.tokens);
    size_t dev_wanted = examples_wanted(&r->dev, limits.tokens);
    limits.wanted = train_wanted > dev_wanted ? train_wanted : dev_wanted;
    TRY(batch_open(&r->batch, &limits, &r->batch_block));
    tape_shape shape = head_tape_shape(h, &r->config, &limits, true);
    TRY(tape_open(r->on, &r->config, &shape, &r->tape));
    size_t width =
        r->config.hidden > r->config.intermediate ? r->config.hidden : r->config.intermediate;
    compute_limits needs = { .rows = limits.tokens, .width = width, .keys = keys };
    if (r->task->compares && r->task->compares(&r->train)) {
        needs.units = together;
        needs.members = group;
        if (together < o->batch_size && together == o->micro_batch)
            observe_note(&o->observer,
                         "with --micro-batch, a text is compared with those of its %zu examples, "
                         "not with all of the batch's",
                         together);
    }
    return r->on->reserve(r->on, &needs);
}

pass run_pass(run *r, bool with_dropout)
{
    pass p = { .on = r->on,
               .config = &r->config,
               .params = &r->params,
               .batch = &r->batch,
               .tape = &r->tape };
    if (with_dropout) p.dropout = r->dropout;
    return p;
}

/* ---- life */

static bert_status run_open_parts(run *r, const dataset *d)
{
    const bert_train_options *o = r->options;
    TRY(config_choose(r, d));
    r->max_length = o->max_length ? o->max_length : r->task->max_length;
    if (!o->max_length && r->max_length > r->config.positions) r->max_length = r->config.positions;
    if (r->max_length > r->config.positions)
        return fail(BERT_ARGUMENT, "max_length %zu is above the %zu positions that the model has",
                    r->max_length, r->config.positions);
    TRY(tokenizer_open(o->model, &r->tokenizer));
    if (tokenizer_vocabulary_count(r->tokenizer) > r->config.vocabulary)
        return fail(BERT_SHAPE, "%s: the vocabulary has %zu pieces, the weights only %zu", o->model,
                    tokenizer_vocabulary_count(r->tokenizer), r->config.vocabulary);
    TRY(data_open(r, d));
    TRY(weights_open(r));
    TRY(room_open(r));
    return journal_open(&r->output, &r->journal);
}

static bert_status device_open(run *r)
{
    TRY(compute_cpu_open(r->options->threads, &r->on));
    if (!r->options->profile) return BERT_OK;
    TRY(profile_open(r->on, &r->profile));
    r->on = profile_compute(r->profile);
    return BERT_OK;
}

static bert_status run_fill(run *r, const dataset *d)
{
    TRY(device_open(r));
    TRY(pretrained_open(r->options->model, r->on, &r->start));
    TRY(output_open(r->options->output, r->options->overwrite, &r->output));
    return run_open_parts(r, d);
}

bert_status run_open(const bert_train_options *options, const task *kind, const dataset *d, run *r)
{
    *r = (run){ .options = options, .task = kind, .output = { .lock = -1 } };
    bert_status status = run_fill(r, d);
    if (status != BERT_OK) run_release(r);
    return status;
}

void run_release(run *r)
{
    journal_release(&r->journal);
    output_release(&r->output);
    evaluation_release(&r->evaluation);
    sampler_release(&r->sampler);
    examples_release(&r->train);
    examples_release(&r->dev);
    dataset_release(&r->dev_data);
    arena_release(&r->batch_block);
    if (r->on) {
        tape_release(r->on, &r->tape);
        r->on->memory_release(r->on, &r->weights);
    }
    optimizer_release(&r->optimizer);
    param_layout_release(&r->layout);
    params_release(&r->params);
    params_release(&r->gradients);
    free(r->entries);
    tokenizer_free(r->tokenizer);
    config_release(&r->config);
    pretrained_release(&r->start);
    compute_free(r->on);
    *r = (run){ 0 };
}

/* ---- what a run leaves */

bert_status run_save_weights(run *r)
{
    optimizer_settle(&r->optimizer);
    TRY(weights_write(r->output.staging, &r->params, r->entries, r->entry_count,
                      r->task->head->bare));
    r->saved = true;
    return BERT_OK;
}

/* What was tuned on the dev data belongs to the model. */
static bert_status thresholds_take(run *r)
{
    const json_t *list = json_object_get(r->evaluation.metrics, "thresholds");
    if (!json_is_array(list) || json_array_size(list) != r->config.labels) return BERT_OK;
    void *memory;
    TRY(memory_zeroed(r->config.labels, sizeof *r->config.thresholds, &memory));
    free(r->config.thresholds);
    r->config.thresholds = memory;
    for (size_t i = 0; i < r->config.labels; i++)
        r->config.thresholds[i] = json_number_value(json_array_get(list, i));
    return BERT_OK;
}

bert_status run_finish(run *r)
{
    const head *h = r->task->head;
    const char *folder = r->output.staging;
    TRY(journal_close(&r->journal));
    TRY(thresholds_take(r));
    TRY(config_write(&r->config, folder, h->class_name, h->labelled, r->task->problem_type));
    TRY(tokenizer_copy_files(r->options->model, folder));
    if (r->task->save)
        TRY(r->task->save(&r->config, h->groups | (h->passed_on & r->start.groups), r->max_length,
                          folder));
    TRY(record_write(r));
    return output_publish(&r->output);
}
