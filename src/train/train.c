/* train.c: the loop. */
#include "train/train.h"

#include "base/clock.h"
#include "base/rng.h"
#include "train/diagnose.h"

#include <assert.h>
#include <math.h>

/* Forward and backward of a step's units, a part at a time. Each part adds its share of the step's
 * sums: the mean is over the step, so a split step has the gradient of a whole one. */
static bert_status gradient_compute(trainer *t, const uint32_t *index, size_t count,
                                    bert_event *event)
{
    size_t part = t->plan.units, passes = (count + part - 1) / part;
    double loss = 0.0, squares = 0.0,
           divisor = examples_weigh(t->of.train, index, count, 0, t->dropout.key);
    if (!(divisor > 0.0)) divisor = 1.0; /* nothing is asked in this step */
    trainer_begin_step(t, passes);
    for (size_t done = 0; done < count; done += part) {
        size_t fit = count - done < part ? count - done : part;
        pass p = trainer_pass(t, true);
        p.squares = &squares;
        trainer_forward(t, &p, index + done, fit, done, 1.0 / divisor, &loss);
        t->of.task->head->backward(&p, &t->gradients);
        event->tokens += t->batch.tokens;
        event->token_pairs += batch_token_pairs(&t->batch);
        event->sequences += t->batch.sequences;
    }
    assert(gradients_complete(&t->gradients, t->entries, t->entry_count));
    event->loss = loss / divisor;
    event->gradient_norm = optimizer_norm(&t->optimizer, squares);
    TRY(t->of.on->status(t->of.on));
    if (isfinite(event->loss) && isfinite(event->gradient_norm)) return BERT_OK;
    return step_diagnose(t, index, count, event);
}

bert_status train_step(trainer *t, const uint32_t *index, size_t count, bert_event *event)
{
    profile_begin(t->of.profile);
    double begin = clock_seconds();
    t->dropout.key = rng_key(t->of.options->seed, event->step);
    event->learning_rate = schedule_rate(&t->schedule, event->step);
    TRY(gradient_compute(t, index, count, event));
    optimizer_step(&t->optimizer, event->step, event->learning_rate, event->gradient_norm);
    event->seconds = clock_seconds() - begin;
    profile_end(t->of.profile, event->seconds);
    return BERT_OK;
}

static void progress_add(trainer *t, size_t count, const bert_event *step)
{
    train_progress *p = &t->progress;
    p->steps_done = step->step;
    p->loss_sum += step->loss;
    loss_watch_step(&p->losses, step->step, step->loss, t->of.options->observer);
    p->seconds += step->seconds;
    p->tokens += step->tokens;
    p->examples_seen += count;
}

/* The rest of the epoch that the trainer stands in. */
static bert_status epoch_run(trainer *t, size_t epoch, const train_hooks *hooks)
{
    sampler_epoch(&t->sampler, epoch);
    size_t steps = sampler_steps(&t->sampler);
    for (size_t step = t->progress.steps_done - (epoch - 1) * steps;
         step < steps && t->progress.steps_done < t->schedule.steps && !hooks->stop(hooks->context);
         step++) {
        const uint32_t *index;
        size_t count;
        bert_event event = { .kind = BERT_EVENT_STEP,
                             .step = t->progress.steps_done + 1,
                             .steps = t->schedule.steps,
                             .epoch = epoch,
                             .epochs = trainer_epochs(t) };
        sampler_step(&t->sampler, step, &index, &count);
        TRY(train_step(t, index, count, &event));
        progress_add(t, count, &event);
        TRY(hooks->step_done(hooks->context, &event));
    }
    return BERT_OK;
}

bert_status train(trainer *t, const train_hooks *hooks)
{
    train_progress *p = &t->progress;
    while (p->epochs_done < trainer_epochs(t) && !hooks->stop(hooks->context)) {
        bool over;
        TRY(epoch_run(t, p->epochs_done + 1, hooks));
        if (hooks->stop(hooks->context)) break;
        TRY(hooks->epoch_done(hooks->context, p->epochs_done + 1, &over));
        p->epochs_done += over;
    }
    return BERT_OK;
}
