#include "run/dry_run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"
#include "json/json.h"
#include "run/record.h"
#include "run/train.h"
#include "task/observe.h"

#include <stdlib.h>

static bert_status data_put(const run *r, json_t *object)
{
    TRY(data_summary_put(&r->data, &r->config, object));
    TRY(json_put(object, "task", json_string(r->task->name)));
    TRY(json_put(object, "max_length", json_integer((json_int_t)r->max_length)));
    return json_put(object, "memory", record_memory(r));
}

bert_status data_tell(const run *r, json_t *time)
{
    json_t *object = json_object();
    char *text;
    bert_status status = data_put(r, object);
    if (time && status == BERT_OK)
        status = json_put(object, "time", time);
    else
        json_decref(time);
    if (status == BERT_OK) status = json_text(object, &text);
    json_decref(object);
    TRY(status);
    observe(&r->options->observer, &(bert_event){ .kind = BERT_EVENT_DATA, .text = text });
    free(text);
    return BERT_OK;
}

/* What was timed, and how many tokens went through it. */
typedef struct pace {
    double seconds;
    size_t tokens;
} pace;

static double pace_seconds(const pace *p, double tokens)
{
    return p->tokens ? p->seconds / (double)p->tokens * tokens : 0.0;
}

/* The first step meets its memory for the first time and is left out. Four more are timed; fewer
 * where they are long, and as many as half a second holds where they are short. */
static bert_status training_time(run *r, pace *out)
{
    enum { STEPS = 5 };
    const double enough = 10.0, least = 0.5;
    sampler_epoch(&r->sampler, 1);
    for (size_t step = 0; step < 2 || out->seconds < (step < STEPS ? enough : least); step++) {
        bert_event event = { .kind = BERT_EVENT_STEP, .step = step + 1 };
        const uint32_t *index;
        size_t count;
        sampler_step(&r->sampler, step % sampler_steps(&r->sampler), &index, &count);
        TRY(train_step(r, index, count, &event));
        if (step == 0) continue;
        out->seconds += event.seconds;
        out->tokens += event.tokens;
    }
    return BERT_OK;
}

/* A batch of the dev data forward, twice: the first is not counted. */
static bert_status evaluation_time(run *r, pace *out)
{
    const task *kind = r->task;
    const examples *dev = &r->dev;
    pass p = run_pass(r, false);
    uint32_t *order;
    if (dev->features.count == 0) return BERT_OK;
    TRY(examples_order(dev->features.count, &order));
    size_t count = batch_fit(&r->batch.limits, &dev->features, order, dev->features.count);
    for (size_t i = 0; i < 2; i++) {
        double begin = clock_seconds();
        batch_fill(&r->batch, &dev->features, order, count, 0);
        if (kind->prepare) kind->prepare(dev, &r->batch, order, count, rng_key(0, 0));
        kind->head->forward(&p);
        *out = (pace){ .seconds = clock_seconds() - begin, .tokens = r->batch.tokens };
    }
    free(order);
    return r->on->status(r->on);
}

bert_status dry_run(run *r)
{
    pace steps_pace = { 0 }, dev_pace = { 0 };
    TRY(training_time(r, &steps_pace));
    TRY(evaluation_time(r, &dev_pace));
    size_t steps = r->schedule.steps, epoch_steps = sampler_steps(&r->sampler);
    double epochs = (double)steps / (double)epoch_steps;
    size_t evaluations = r->dev_data ? 1 + run_epochs(r) : 0;
    double train_seconds =
        pace_seconds(&steps_pace, epochs * (double)features_tokens(&r->train.features));
    double dev_seconds =
        pace_seconds(&dev_pace, (double)evaluations * (double)features_tokens(&r->dev.features));
    size_t trainings =
        r->options->folds ? r->options->folds + 1 : size_larger(1, r->options->seeds);
    return data_tell(r,
                     json_pack("{s:f, s:f, s:f, s:I, s:I, s:I}", "seconds",
                               train_seconds + dev_seconds, "training", train_seconds, "evaluation",
                               dev_seconds, "steps", (json_int_t)steps, "evaluations",
                               (json_int_t)evaluations, "trainings", (json_int_t)trainings));
}
