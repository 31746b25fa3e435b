/* train.c: bert.h's training: arguments are checked here, the task is picked, the
 * layers do the work. */
#include "api/api.h"
#include "base/locale.h"
#include "run/checkpointing.h"
#include "run/run_series.h"

#include "options/options.h"
#include "task/observe.h"
#include "task/strata.h"
#include "tasks/task_options.h"
#include "tasks/tasks.h"

#include <inttypes.h>

/* Several runs at once: what they are measured by. */
static bert_status many_check(const bert_train_options *o, bool has_dev)
{
    if (o->folds && (has_dev || o->seeds))
        return fail_field(BERT_ARGUMENT, "folds",
                          "take turns as dev data, so %s, %s and %s do not go with it", FIELD(dev),
                          FIELD(dev_share), FIELD(seeds));
    if (o->seeds && !has_dev)
        return fail_field(BERT_ARGUMENT, "seeds", "keeps the best by dev data: give %s or %s",
                          FIELD(dev), FIELD(dev_share));
    return BERT_OK;
}

/* With --seeds the last seed is within the bound too. */
static bert_status seed_check(const bert_train_options *o)
{
    uint64_t most = (uint64_t)BERT_SEED_MAX - (o->seeds ? o->seeds - 1 : 0);
    if (o->seed <= most) return BERT_OK;
    return fail_field(BERT_ARGUMENT, "seed", "is %" PRIu64 "; it must be up to %" PRIu64, o->seed,
                      most);
}

/* The columns that are named, where the task is. */
static bert_status task_columns_check(const bert_train_options *o, const task *kind)
{
    const dataset_columns columns = columns_of(&o->columns);
    TRY(labels_check(&o->columns, kind));
    return dataset_form_check(o->train[0], kind->form, &columns);
}

static bert_status task_takes_check(const bert_train_options *o, const task *kind)
{
    const bert_task_options *own = &o->task_options;
    TRY(task_options_check(kind, own, o->task ? NULL : "found from the data"));
    return task_stride_check(kind, own->stride, own->windows);
}

bert_status bert_train_check(const bert_train_options *o)
{
    LOCALE_PLAIN;
    const bool has_dev = o->dev || o->dev_share > 0.0;
    const task *kind;
    checkpoint_period period;
    TRY(options_check(OWNER_train, o));
    TRY(options_check(OWNER_columns, &o->columns));
    TRY(task_options_bounds(&o->task_options));
    if (!o->model || (!o->output && !o->dry_run))
        return fail(BERT_ARGUMENT, "a model and an output folder must be given");
    if (!o->train || !o->train_count) return fail(BERT_ARGUMENT, "training data must be given");
    if (o->keep_best && !has_dev)
        return fail_field(BERT_ARGUMENT, "keep_best", "goes by dev data: give %s or %s", FIELD(dev),
                          FIELD(dev_share));
    if ((o->metric || o->patience) && !has_dev)
        return fail_field(BERT_ARGUMENT, o->metric ? "metric" : "patience",
                          "goes by dev data: give %s or %s", FIELD(dev), FIELD(dev_share));
    if (o->task_options.tune_thresholds && !has_dev)
        return fail_field(BERT_ARGUMENT, "tune_thresholds",
                          "wants dev data to tune on: give %s or %s", FIELD(dev), FIELD(dev_share));
    if (o->dev && o->dev_share > 0.0)
        return fail_field(BERT_ARGUMENT, "dev",
                          "names dev data, %s takes some of the training data: give one of them",
                          FIELD(dev_share));
    TRY(columns_check(&o->columns, o->train, o->train_count, o->dev));
    TRY(many_check(o, has_dev));
    TRY(checkpoint_period_parse(o->checkpoint_every, &period));
    if (o->task) TRY(task_by_name(o->task, &kind));
    if (o->task) TRY(task_takes_check(o, kind));
    if (o->task) TRY(task_columns_check(o, kind));
    return seed_check(o);
}

static bert_status task_pick(const bert_train_options *o, dataset *d, const task **out)
{
    const task *kind = NULL;
    if (o->task) TRY(task_by_name(o->task, &kind));
    dataset_request request = { .columns = columns_of(&o->columns),
                                .form = kind ? kind->form : FORM_FOUND,
                                .several_labels = !kind || kind->labels->may_be_empty,
                                .limit = o->limit };
    TRY(dataset_open(o->train, o->train_count, &request, d));
    bert_status status = kind ? BERT_OK : task_by_data(d, &o->observer, &kind);
    if (status == BERT_OK) status = task_takes_check(o, kind);
    if (status == BERT_OK && d->form == FORM_TEXTS && !kind->labels->may_be_empty)
        status = dataset_check_labels(d);
    if (status == BERT_OK && kind->labels->rows_name)
        status = kind->labels->rows_name(d, &o->task_options, NULL);
    rows_tell(d, &o->observer); /* of data that are refused too: a guess may be the reason */
    if (status == BERT_OK)
        *out = kind;
    else
        dataset_release(d);
    return status;
}

/* Dev data are of the kind that is trained on, in columns of the same names where they have them.
 */
static bert_status dev_read(const bert_train_options *o, const task *kind, const dataset *train,
                            dataset *dev)
{
    const dataset_columns known = dataset_columns_of(train);
    const rows_request request = { .kind = kind,
                                   .paths = &o->dev,
                                   .count = 1,
                                   .columns = o->columns,
                                   .known = &known,
                                   .options = &o->task_options,
                                   .observer = &o->observer };
    TRY(task_rows_open(&request, dev));
    if (train->form != FORM_TEXTS || !train->pair_column == !dev->pair_column) return BERT_OK;
    bert_status status =
        fail(BERT_DATA, "%s: holds %s, and the training data %s; name the columns alike", o->dev,
             dev->pair_column ? "pairs of texts" : "single texts",
             train->pair_column ? "pairs" : "single texts");
    dataset_release(dev);
    return status;
}

/* Dev data of their own, or held out of the training data, or none, which is said. */
static bert_status dev_open(const bert_train_options *o, const task *kind, dataset *train,
                            dataset *dev)
{
    if (o->dev) return dev_read(o, kind, train, dev);
    if (o->dev_share > 0.0) {
        TRY(dev_hold_out(kind, &o->task_options, o->dev_share, o->seed, train, dev));
        observe_note(&o->observer,
                     "dev: %zu rows of %zu are held out of training to measure it (seed %llu)",
                     dev->count, dev->count + train->count, (unsigned long long)o->seed);
        return BERT_OK;
    }
    if (o->folds) return BERT_OK;
    observe_note(&o->observer,
                 "no dev data: nothing will measure the result; %s 0.1 holds out a tenth",
                 FIELD(dev_share));
    return BERT_OK;
}

static bert_status runs_train(const bert_train_options *o, const task *kind, const dataset *d,
                              const dataset *dev)
{
    trained t = { 0 };
    if (o->folds && !o->dry_run) return folds_train(o, kind, d);
    if (o->seeds && !o->dry_run) return seeds_train(o, kind, d, dev);
    bert_status status = data_train(o, kind, d, dev, &(run_place){ 0 }, &t);
    evaluation_release(&t.made);
    return status;
}

bert_status bert_train(const bert_train_options *options)
{
    LOCALE_PLAIN;
    dataset d = { 0 }, dev = { 0 };
    const task *kind;
    TRY(isa_check());
    TRY(bert_train_check(options));
    TRY(task_pick(options, &d, &kind));
    bert_status status = dev_open(options, kind, &d, &dev);
    if (status == BERT_OK) status = runs_train(options, kind, &d, &dev);
    dataset_release(&dev);
    dataset_release(&d);
    return cache_hint(status, options->model);
}
