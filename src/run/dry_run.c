#include "run/dry_run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"
#include "json/json.h"
#include "run/record.h"
#include "train/train.h"

#include <stdlib.h>

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
    sampler_epoch(&r->trainer.sampler, 1);
    for (size_t step = 0; step < 2 || out->seconds < (step < STEPS ? enough : least); step++) {
        bert_event event = { .kind = BERT_EVENT_STEP, .step = step + 1 };
        const uint32_t *index;
        size_t count;
        sampler_step(&r->trainer.sampler, step % sampler_steps(&r->trainer.sampler), &index,
                     &count);
        TRY(train_step(&r->trainer, index, count, &event));
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
    pass p = trainer_pass(&r->trainer, false);
    uint32_t *order;
    if (dev->features.count == 0) return BERT_OK;
    TRY(examples_order(dev->features.count, &order));
    size_t count = batch_fit(&r->trainer.batch.limits, &dev->features, order, dev->features.count);
    for (size_t i = 0; i < 2; i++) {
        double begin = clock_seconds();
        batch_fill(&r->trainer.batch, &dev->features, order, count, 0);
        if (kind->encoding->prepare)
            kind->encoding->prepare(dev, &r->trainer.batch, order, count, rng_key(0, 0));
        kind->head->forward(&p);
        *out = (pace){ .seconds = clock_seconds() - begin, .tokens = r->trainer.batch.tokens };
    }
    free(order);
    return r->on->status(r->on);
}

bert_status dry_run(run *r)
{
    pace steps_pace = { 0 }, dev_pace = { 0 };
    TRY(training_time(r, &steps_pace));
    TRY(evaluation_time(r, &dev_pace));
    size_t steps = r->trainer.schedule.steps, epoch_steps = sampler_steps(&r->trainer.sampler);
    double epochs = (double)steps / (double)epoch_steps;
    size_t evaluations = r->dev_data ? 1 + trainer_epochs(&r->trainer) : 0;
    double train_seconds =
        pace_seconds(&steps_pace, epochs * (double)features_tokens(&r->train.features));
    double dev_seconds =
        pace_seconds(&dev_pace, (double)evaluations * (double)features_tokens(&r->dev.features));
    size_t trainings =
        r->options->folds ? r->options->folds + 1 : size_larger(1, r->options->seeds);
    return record_data_tell(r, json_pack("{s:f, s:f, s:f, s:I, s:I, s:I}", "seconds",
                                         train_seconds + dev_seconds, "training", train_seconds,
                                         "evaluation", dev_seconds, "steps", (json_int_t)steps,
                                         "evaluations", (json_int_t)evaluations, "trainings",
                                         (json_int_t)trainings));
}
