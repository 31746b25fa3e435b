#include "run/run.h"

#include "base/memory.h"
#include "base/rng.h"
#include "run/dry_run.h"
#include "run/record.h"
#include "run/resume.h"
#include "task/observe.h"

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

/* What of the folder the run does not read, and what it takes for granted. */
static void start_tell(const run *r)
{
    const bert_train_options *o = r->options;
    size_t ignored = r->start.ignored;
    if (ignored)
        observe_note(&o->observer, "%zu tensor%s of %s %s of no use here (%s%s)", ignored,
                     ignored == 1 ? "" : "s", o->model, ignored == 1 ? "is" : "are",
                     r->start.ignored_names[0], ignored == 1 ? "" : ", ...");
    if (tokenizer_cased_by_vocabulary(r->tokenizer))
        observe_note(&o->observer,
                     "tokenizer: keeps upper case, as the vocabulary of %s has it; no file says so",
                     o->model);
}

/* A head that is not kept must not be found by its shape. */
static void heads_forget(pretrained *m)
{
    m->params.classifier = (classifier_params){ 0 };
    m->params.spans = (spans_params){ 0 };
    m->params.masked = (masked_params){ 0 };
}

/* They were tuned for weights that will change. */
static void thresholds_drop(run *r)
{
    const bert_train_options *o = r->options;
    if (r->config.thresholds && !o->task_options.tune_thresholds)
        observe_note(&o->observer,
                     "thresholds: those of %s were tuned for its weights and are not kept; a label "
                     "is given above 0.5 (--tune-thresholds chooses anew)",
                     o->model);
    free(r->config.thresholds);
    r->config.thresholds = NULL;
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
        (!labels.count || (r->start.config.labels_given && labels_same(&r->start.config, &labels)));
    bert_status status = BERT_OK;
    if (!kept && labels.count)
        status = config_set_labels(&r->config, (const char *const *)labels.names, labels.count);
    if (kept && labels.count && r->config.headless) /* its labels are told by the weights */
        status = config_set_labels(&r->config, (const char *const *)r->start.config.label_names,
                                   r->start.config.labels);
    thresholds_drop(r);
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
    bool frozen = false;
    r->on->zero(r->on, r->layout.count, r->weight_data);
    for (size_t i = 0; i < r->entry_count; i++) {
        const weight *source = pretrained_find(&r->start, &r->entries[i]);
        weight *target = params_weight(&r->params, &r->entries[i]);
        if (!target->data) {
            frozen = true;
            target->data = source->data;
        } else if (source)
            r->on->write(r->on, weight_count(source), source->data, target->data);
        else
            TRY(fresh_draw(r, i, target->data));
    }
    pretrained_forget(&r->start, frozen);
    return BERT_OK;
}

static bert_status layout_open(run *r)
{
    const head *h = r->task->head;
    unsigned passed_on = h->passed_on & r->start.groups;
    TRY(param_frozen_parse(r->options->freeze, r->config.layers, &r->frozen));
    TRY(params_list(&r->config, GROUP_ENCODER | h->groups | passed_on, &r->entries,
                    &r->entry_count));
    TRY(params_init(&r->config, &r->params));
    TRY(params_init(&r->config, &r->gradients));
    return param_layout_init(r->entries, r->entry_count, r->frozen, passed_on, &r->layout);
}

static bert_status weights_open(run *r)
{
    TRY(r->on->memory_open(r->on, r->layout.count * sizeof(float), &r->weights));
    r->on->memory_large_pages(r->on, &r->weights);
    r->weight_data = arena_take(&r->weights, r->layout.count, sizeof(float));
    params_point(&r->params, r->entries, r->entry_count, &r->layout, r->weight_data, false);
    TRY(weights_fill(r));
    word_gradient words = r->task->head->groups & GROUP_MASKED ? WORDS_ALL : WORDS_MET;
    TRY(optimizer_open(r->on, &r->layout, r->weight_data, words, r->options, &r->optimizer));
    params_point(&r->gradients, r->entries, r->entry_count, &r->layout, r->optimizer.gradient,
                 true);

    size_t bytes = 0;
    for (size_t i = 0; i < r->entry_count; i++)
        bytes += sizeof(float) * weight_count(params_weight(&r->params, &r->entries[i]));
    if (r->options->dry_run) return BERT_OK;
    TRY(output_room(&r->output, bytes));
    checkpoints_plan(r, bytes);
    return BERT_OK;
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
    if (!r->dev_data) return BERT_OK;
    examples dev = examples_of(r, r->dev_data);
    r->dev_options = o->task_options;
    r->dev_options.class_weights = r->dev_options.positive_weights = NULL;
    r->dev_options.label_smoothing = 0.0;
    dev.options = &r->dev_options;
    dev.training = &r->train;
    return examples_open(&dev, o->dev ? o->dev : "dev data", &o->observer, &r->dev);
}

/* What is told of the data before they are trained on; the rivals are fit and gone before the run
 * takes its memory. */
static bert_status data_look(run *r)
{
    const bert_train_options *o = r->options;
    TRY(data_summary_make(&r->train, r->train_data, r->dev_data ? &r->dev : NULL, r->dev_data,
                          &r->data));
    data_summary_warn(&r->data, &r->config, r->max_length, &o->observer);
    if (!r->dev_data || o->dry_run) return BERT_OK;
    return baselines_measure(&r->train, &r->dev, o->seed, &o->observer, &r->baselines);
}

static bert_status data_open(run *r, const dataset *d)
{
    const bert_train_options *o = r->options;
    examples train = examples_of(r, d);
    const char *what = o->train_count > 1 ? "training data" : o->train[0];
    TRY(examples_open(&train, what, &o->observer, &r->train));
    TRY(dev_open(r));
    TRY(sampler_init(r->train.features.count, o->batch_size, o->shuffle, o->seed, &r->sampler));
    size_t steps = o->epochs * sampler_steps(&r->sampler);
    if (o->max_steps && o->max_steps < steps) steps = o->max_steps;
    r->losses.steps = steps;
    return schedule_init(o->schedule, o->learning_rate, o->warmup, steps, &r->schedule);
}

/* ---- room for a step */

static int longer_first(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x < y) - (x > y);
}

/* What passes over the run's data need, for plan_make(). */
typedef struct data_sizes {
    const run *run;
    size_t *tokens; /* [units + 1] the most tokens that so many units can have: the longest's */
} data_sizes;

static bert_status data_sizes_open(const run *r, data_sizes *out)
{
    const features *f = &r->train.features;
    void *memory;
    TRY(memory_zeroed(f->count + 1, sizeof(size_t), &memory));
    size_t *tokens = memory;
    for (size_t i = 0; i < f->count; i++) tokens[i + 1] = features_length(f, i);
    qsort(tokens + 1, f->count, sizeof *tokens, longer_first);
    for (size_t i = 0; i < f->count; i++) tokens[i + 1] += tokens[i];
    *out = (data_sizes){ .run = r, .tokens = tokens };
    return BERT_OK;
}

static bool compares(const run *r)
{
    return r->task->compares && r->task->compares(&r->train);
}

/* The dev data are batched by what there is room for, one unit at least. */
static void data_sizes_of(const void *context, size_t units, pass_sizes *out)
{
    const data_sizes *sizes = context;
    const run *r = sizes->run;
    const features *train = &r->train.features, *dev = &r->dev.features;
    batch_limits *b = &out->batch;
    *b = (batch_limits){
        .tokens = size_larger(sizes->tokens[units], features_longest_unit(dev)),
        .sequences = size_larger(units * features_group(train), features_group(dev)),
    };
    b->wanted =
        size_larger(examples_wanted(&r->train, b->tokens), examples_wanted(&r->dev, b->tokens));
    out->compute = (compute_limits){ .rows = b->tokens,
                                     .width = r->config.hidden,
                                     .keys = size_larger(train->longest, dev->longest) };
    if (!compares(r)) return;
    out->compute.units = units;
    out->compute.members = features_group(train);
}

static void plan_tell(const run *r)
{
    const bert_train_options *o = r->options;
    const bert_memory *m = &r->plan.memory;
    size_t step = size_smaller(o->batch_size, r->train.features.count);
    if (o->memory_limit)
        observe_note(&o->observer,
                     "memory: %.2f GB asked for, %.2f GB needed; %zu of %zu layers are computed "
                     "again in backward, %zu of a step's %zu examples at once",
                     (double)o->memory_limit / 1e9, (double)m->total / 1e9, m->layers_again,
                     r->config.layers, r->plan.units, step);
    if (compares(r) && r->plan.units < step)
        observe_note(&o->observer,
                     "with --micro-batch or --memory, a text is compared with those of its %zu "
                     "examples, not with all of the batch's",
                     r->plan.units);
}

/* Of the texts, their ids and what is asked of them. */
static size_t data_bytes(const run *r, const dataset *d)
{
    const features *train = &r->train.features, *dev = &r->dev.features;
    return dataset_bytes(d) + (r->dev_data ? dataset_bytes(r->dev_data) : 0) +
           features_bytes(train) + features_bytes(dev) +
           r->task->token_bytes * (features_tokens(train) + features_tokens(dev));
}

static bert_status plan_open(run *r, const dataset *d)
{
    const bert_train_options *o = r->options;
    size_t step = size_smaller(o->batch_size, r->train.features.count);
    size_t most = o->micro_batch ? size_smaller(o->micro_batch, step) : step;
    data_sizes sizes;
    TRY(data_sizes_open(r, &sizes));
    plan_request request = {
        .config = &r->config,
        .head = r->task->head,
        .entries = r->entries,
        .entry_count = r->entry_count,
        .layout = &r->layout,
        .frozen_layers = r->frozen ? r->frozen - 1 : 0,
        .converted = r->start.converted.capacity,
        .data = data_bytes(r, d),
        .threads = o->threads,
        .step = step,
        .most = most,
        .least = compares(r) ? size_smaller(2, most) : 1,
        .limit = o->memory_limit,
        .sizes = data_sizes_of,
        .context = &sizes,
    };
    bert_status status = plan_make(&request, &r->plan);
    if (status == BERT_OK) data_sizes_of(&sizes, r->plan.units, &r->sizes);
    free(sizes.tokens);
    TRY(status);
    plan_tell(r);
    return BERT_OK;
}

static bert_status room_open(run *r)
{
    TRY(batch_open(&r->batch, &r->sizes.batch, &r->batch_block));
    tape_shape shape = head_tape_shape(r->task->head, &r->config, &r->sizes.batch, true);
    shape.again = r->plan.again;
    TRY(tape_open(r->on, &r->config, &shape, &r->tape));
    return r->on->reserve(r->on, &r->sizes.compute);
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

void run_forward(run *r, const pass *p, const uint32_t *index, size_t count, size_t first,
                 double scale, double *loss)
{
    const task *kind = r->task;
    batch_fill(&r->batch, &r->train.features, index, count, first);
    if (kind->prepare) kind->prepare(&r->train, &r->batch, index, count, r->dropout.key);
    optimizer_meet(&r->optimizer, r->batch.ids, r->batch.tokens);
    kind->head->forward(p);
    kind->loss(p, &r->train, index, count, scale, loss);
}

/* ---- life */

static bert_status run_open_parts(run *r, const dataset *d)
{
    const bert_train_options *o = r->options;
    TRY(config_choose(r, d));
    r->max_length = o->max_length ? o->max_length : r->task->max_length;
    if (!o->max_length && r->max_length > r->config.positions) r->max_length = r->config.positions;
    TRY(config_check_length(&r->config, r->max_length));
    TRY(tokenizer_open(o->model, &r->tokenizer));
    if (tokenizer_vocabulary_count(r->tokenizer) > r->config.vocabulary)
        return fail(BERT_SHAPE, "%s: the vocabulary has %zu pieces, the weights only %zu", o->model,
                    tokenizer_vocabulary_count(r->tokenizer), r->config.vocabulary);
    start_tell(r);
    TRY(data_open(r, d));
    TRY(data_look(r));
    TRY(layout_open(r));
    TRY(plan_open(r, d));
    if (!o->dry_run) TRY(data_tell(r, NULL));
    TRY(weights_open(r));
    TRY(room_open(r));
    if (o->dry_run) return BERT_OK;
    TRY(record_digests(r, &r->digests)); /* of what was read, before anyone changes it */
    return run_begin(r);
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
    TRY(checkpoint_period_parse(r->options->checkpoint_every, &r->checkpoint_period));
    output_use use = r->options->resume      ? OUTPUT_RESUME
                     : r->options->overwrite ? OUTPUT_REPLACE
                                             : OUTPUT_NEW;
    const char *folder = r->place.folder ? r->place.folder : r->options->output;
    if (!r->options->dry_run) TRY(output_open(folder, use, &r->output));
    return run_open_parts(r, d);
}

bert_status run_open(const bert_train_options *options, const task *kind, const dataset *d,
                     const dataset *dev, const run_place *place, run *r)
{
    *r = (run){ .options = options,
                .place = *place,
                .task = kind,
                .train_data = d,
                .dev_data = dev,
                .output = { .lock = -1 } };
    bert_status status = run_fill(r, d);
    if (status != BERT_OK) run_release(r);
    return status;
}

void run_release(run *r)
{
    journal_release(&r->journal);
    output_release(&r->output);
    evaluation_release(&r->evaluation);
    json_decref(r->digests);
    json_decref(r->resumed);
    json_decref(r->evaluations);
    sampler_release(&r->sampler);
    examples_release(&r->train);
    examples_release(&r->dev);
    data_summary_release(&r->data);
    baselines_release(&r->baselines);
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
                      r->task->head->bare, TENSOR_F32, NULL, 0));
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

size_t run_epochs(const run *r)
{
    size_t steps = sampler_steps(&r->sampler);
    return (r->schedule.steps + steps - 1) / steps;
}

bool run_patience_over(const run *r)
{
    return r->options->patience && r->stale >= r->options->patience;
}

bool run_unfinished(const run *r)
{
    return r->epochs_done < run_epochs(r) && !run_patience_over(r);
}

bert_status run_finish(run *r)
{
    const head *h = r->task->head;
    const char *folder = r->output.staging;
    TRY(journal_close(&r->journal));
    TRY(thresholds_take(r));
    TRY(config_write(&r->config, folder, h->class_name, h->labelled, r->task->problem_type,
                     TENSOR_F32));
    TRY(tokenizer_copy_files(r->options->model, folder));
    if (r->task->save)
        TRY(r->task->save(&r->config, h->groups | (h->passed_on & r->start.groups), r->max_length,
                          folder));
    TRY(record_write(r));
    if (r->place.folds) TRY(output_json(&r->output, "folds.json", r->place.folds));
    return output_publish(&r->output, !run_unfinished(r));
}
