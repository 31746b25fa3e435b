#include "run/run_open.h"

#include "base/memory.h"
#include "run/checkpointing.h"
#include "run/record.h"
#include "run/resume.h"
#include "run/run_start.h"

/* ---- data */

/* What all examples of the run have in common. */
static examples examples_of(const run *r, const dataset *d)
{
    return (examples){ .task = r->task,
                       .options = r->options->task_options,
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
    r->dev_options = *o->task_options;
    r->dev_options.class_weights = r->dev_options.positive_weights = NULL;
    r->dev_options.label_smoothing = 0.0;
    dev.options = &r->dev_options;
    dev.training = &r->train;
    return examples_open(&dev, o->dev ? o->dev : "dev data", o->observer, &r->dev);
}

/* What is told of the data before they are trained on; the rivals are fit and gone before the run
 * takes its memory. */
static bert_status data_look(run *r)
{
    const bert_train_options *o = r->options;
    TRY(data_summary_make(&r->train, r->train_data, r->dev_data ? &r->dev : NULL, r->dev_data,
                          &r->data));
    data_summary_warn(&r->data, &r->config, r->max_length, o->observer);
    if (!r->dev_data || o->dry_run) return BERT_OK;
    return baselines_measure(&r->train, &r->dev, o->seed, o->observer, &r->baselines);
}

static bert_status data_open(run *r)
{
    const bert_train_options *o = r->options;
    examples train = examples_of(r, r->train_data);
    const char *what = o->train_count > 1 ? "training data" : o->train[0];
    TRY(examples_open(&train, what, o->observer, &r->train));
    return dev_open(r);
}

/* Of the texts, their ids and what is asked of them. */
static size_t data_bytes(const run *r)
{
    const features *train = &r->train.features, *dev = &r->dev.features;
    return dataset_bytes(r->train_data) + (r->dev_data ? dataset_bytes(r->dev_data) : 0) +
           features_bytes(train) + features_bytes(dev) +
           r->task->encoding->token_bytes * (features_tokens(train) + features_tokens(dev));
}

/* ---- parts */

static bert_status start_open(run *r)
{
    const bert_train_options *o = r->options;
    TRY(config_choose(r));
    r->max_length = o->max_length ? o->max_length : r->task->max_length;
    if (!o->max_length) r->max_length = size_smaller(r->max_length, config_length_most(&r->config));
    TRY(config_check_length(&r->config, r->max_length));
    TRY(tokenizer_open(o->model, &r->tokenizer));
    if (tokenizer_vocabulary_count(r->tokenizer) > r->config.vocabulary)
        return fail(BERT_SHAPE, "%s: the vocabulary has %zu pieces, the weights only %zu", o->model,
                    tokenizer_vocabulary_count(r->tokenizer), r->config.vocabulary);
    start_tell(r);
    return BERT_OK;
}

static bert_status trainer_make(run *r)
{
    const trainer_request request = { .options = r->options,
                                      .task = r->task,
                                      .on = r->on,
                                      .profile = r->profile,
                                      .config = &r->config,
                                      .start = &r->start,
                                      .train = &r->train,
                                      .dev = &r->dev,
                                      .data_bytes = data_bytes(r) };
    TRY(trainer_open(&request, &r->trainer));
    if (!r->options->dry_run) {
        TRY(record_data_tell(r, NULL));
        size_t bytes = trainer_weight_bytes(&r->trainer);
        TRY(output_room(&r->output, bytes));
        checkpoints_plan(r, bytes);
    }
    return trainer_fill(&r->trainer, &r->start);
}

static bert_status device_open(run *r)
{
    TRY(compute_cpu_open(r->options->threads, &r->on));
    if (!r->options->profile) return BERT_OK;
    TRY(profile_open(r->on, &r->profile));
    r->on = profile_compute(r->profile);
    return BERT_OK;
}

static bert_status run_fill(run *r)
{
    TRY(device_open(r));
    TRY(pretrained_open(r->options->model, r->on, &r->start));
    TRY(checkpoint_period_parse(r->options->checkpoint_every, &r->checkpoints.period));
    output_use use = r->options->resume      ? OUTPUT_RESUME
                     : r->options->overwrite ? OUTPUT_REPLACE
                                             : OUTPUT_NEW;
    const char *folder = r->place.folder ? r->place.folder : r->options->output;
    if (!r->options->dry_run) TRY(output_open(folder, use, &r->output));
    TRY(start_open(r));
    TRY(data_open(r));
    TRY(data_look(r));
    TRY(trainer_make(r));
    if (r->options->dry_run) return BERT_OK;
    TRY(record_digests(r, &r->digests)); /* of what was read, before anyone changes it */
    return run_begin(r);
}

bert_status run_open(const bert_train_options *options, const task *kind, const dataset *d,
                     const dataset *dev, const run_place *place, run *r)
{
    *r = (run){
        .options = options, .place = *place, .task = kind, .train_data = d, .dev_data = dev
    };
    bert_status status = run_fill(r);
    if (status != BERT_OK) run_release(r);
    return status;
}
