/* train.c: bert.h's training and evaluation: arguments are checked here, the task is picked, the
 * layers do the work. */
#include "api/api.h"

#include "formats/json.h"
#include "model/network.h"
#include "tasks/tasks.h"
#include "train/evaluate.h"
#include "train/observe.h"
#include "train/train.h"

#include <math.h>
#include <string.h>

bert_train_options bert_train_options_default(void)
{
    return (bert_train_options){
        .epochs = 3,
        .batch_size = 32,
        .learning_rate = 5e-5,
        .schedule = "linear",
        .warmup = 0.1,
        .weight_decay = 0.01,
        .clip = 1.0,
        .adam_beta1 = 0.9,
        .adam_beta2 = 0.999,
        .adam_epsilon = 1e-8,
        .dropout = -1.0,
        .max_length = 128,
        .seed = 42,
        .shuffle = true,
    };
}

/* value within [least, most]; not a number is not. */
static bert_status in_bounds(const char *name, double value, double least, double most)
{
    if (value >= least && value <= most) return BERT_OK;
    return fail(BERT_ARGUMENT, "%s is %.9g; it must be from %.9g to %.9g", name, value, least,
                most);
}

static bert_status train_options_check(const bert_train_options *o)
{
    const double many = 1e9, below_one = nextafter(1.0, 0.0);
    const double dropout_most = nextafterf(1.0f, 0.0f); /* rates are floats further down */
    if (!o->model || !o->output)
        return fail(BERT_ARGUMENT, "a model and an output folder must be given");
    if (!o->train || !o->train_count) return fail(BERT_ARGUMENT, "training data must be given");
    if (o->keep_best && !o->dev)
        return fail(BERT_ARGUMENT, "to keep the best epoch, dev data must be given to compare by");
    TRY(in_bounds("epochs", (double)o->epochs, 1, 1e6));
    TRY(in_bounds("batch_size", (double)o->batch_size, 1, 1e6));
    TRY(in_bounds("micro_batch", (double)o->micro_batch, 0, 1e6));
    TRY(in_bounds("learning_rate", o->learning_rate, 0, 10));
    TRY(in_bounds("warmup", o->warmup, 0, many));
    TRY(in_bounds("weight_decay", o->weight_decay, 0, 10));
    TRY(in_bounds("clip", o->clip, 0, many));
    TRY(in_bounds("adam_beta1", o->adam_beta1, 0, below_one));
    TRY(in_bounds("adam_beta2", o->adam_beta2, 0, below_one));
    TRY(in_bounds("adam_epsilon", o->adam_epsilon, 1e-30, 1));
    if (!(o->dropout < 0.0)) TRY(in_bounds("dropout", o->dropout, 0, dropout_most));
    TRY(in_bounds("seed", (double)o->seed, 0, 9.2e18)); /* what JSON's whole numbers hold */
    TRY(in_bounds("max_length", (double)o->max_length, 3, 1 << 16));
    schedule ignored;
    return schedule_init(o->schedule, o->learning_rate, o->warmup, 1, &ignored);
}

static bert_status data_open(const char *const *paths, size_t count, const bert_columns *columns,
                             size_t limit, dataset *out)
{
    dataset_columns names = columns_of(columns);
    return dataset_open(paths, count, &names, true, limit, out);
}

static bert_status task_pick(const bert_train_options *o, const dataset *d, const task **out)
{
    return o->task ? task_by_name(o->task, out) : task_by_data(d, &o->observer, out);
}

bert_status bert_train(const bert_train_options *options)
{
    dataset d;
    const task *kind;
    run r;
    TRY(isa_check());
    TRY(train_options_check(options));
    TRY(data_open(options->train, options->train_count, &options->columns, options->limit, &d));
    bert_status status = task_pick(options, &d, &kind);
    if (status == BERT_OK) status = run_open(options, kind, &d, &r);
    dataset_release(&d);
    TRY(status);
    status = train(&r);
    run_release(&r);
    return status;
}

/* ---- evaluation */

bert_evaluate_options bert_evaluate_options_default(void)
{
    return (bert_evaluate_options){ 0 };
}

/* Room for batches of at least 4,096 tokens. */
static bert_status examples_evaluate(const bert_evaluate_options *o, const bert_model *m,
                                     const examples *e, json_t **json)
{
    const config *c = &m->weights.config;
    size_t tokens = e->features.longest > 4096 ? e->features.longest : 4096;
    batch_limits limits = { .tokens = tokens, .sequences = tokens / 2 };
    tape_shape shape = { .tokens = limits.tokens,
                         .sequences = limits.sequences,
                         .first_only = true };
    batch b;
    arena measure = { 0 }, block = { 0 };
    tape t = { 0 };
    compute *on;
    double score;

    TRY(compute_cpu_open(o->threads, &on));
    batch_place(&b, &limits, &measure);
    bert_status status = arena_open(measure.used, &block);
    if (status == BERT_OK) {
        batch_place(&b, &limits, &block);
        status = tape_open(on, c, &shape, &t);
    }
    if (status == BERT_OK)
        status = on->reserve(
            on,
            &(compute_limits){ .rows = tokens, .width = c->hidden, .keys = e->features.longest });
    pass p = { .on = on, .config = c, .params = &m->weights.params, .batch = &b, .tape = &t };
    if (status == BERT_OK) status = evaluate(&p, &b, e, &o->observer, true, json, &score);
    tape_release(on, &t);
    arena_release(&block);
    compute_free(on);
    return status;
}

static bert_status dataset_evaluate(const bert_evaluate_options *o, const bert_model *m,
                                    const dataset *d, json_t **json)
{
    const config *c = &m->weights.config;
    size_t max_length = o->max_length ? o->max_length : m->max_length;
    if (max_length > c->positions)
        return fail(BERT_ARGUMENT, "max_length %zu is above the %zu positions that the model has",
                    max_length, c->positions);
    examples e;
    TRY(examples_open(d, &task_classify, c, m->tokenizer.tokenizer, max_length, o->data[0],
                      &o->observer, &e));
    bert_status status = examples_evaluate(o, m, &e, json);
    examples_release(&e);
    return status;
}

bert_status bert_evaluate(const bert_evaluate_options *options, char **json)
{
    if (!options->model || !options->data || !options->data_count)
        return fail(BERT_ARGUMENT, "a model and data must be given");
    bert_model *m;
    dataset d = { 0 };
    json_t *object = NULL;
    TRY(bert_model_open(options->model, &m));
    bert_status status = head_check(m);
    if (status == BERT_OK)
        status =
            data_open(options->data, options->data_count, &options->columns, options->limit, &d);
    if (status == BERT_OK) status = dataset_evaluate(options, m, &d, &object);
    if (status == BERT_OK) status = json_text(object, json);
    json_decref(object);
    dataset_release(&d);
    bert_model_free(m);
    return status;
}
