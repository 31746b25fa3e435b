/* train.c: the loop. */
#include "run/train.h"

#include "base/clock.h"
#include "base/rng.h"
#include "evaluate/evaluate.h"
#include "evaluate/score.h"
#include "json/json.h"
#include "run/diagnose.h"
#include "run/profile_tell.h"
#include "run/record.h"
#include "run/resume.h"
#include "task/observe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Forward and backward of a step's units, a part at a time. Each part adds its share of the step's
 * sums: the mean is over the step, so a split step has the gradient of a whole one. */
static bert_status gradient_compute(run *r, const uint32_t *index, size_t count, bert_event *event)
{
    size_t part = r->plan.units;
    double loss = 0.0, squares = 0.0,
           divisor = examples_weigh(&r->train, index, count, 0, r->dropout.key);
    if (!(divisor > 0.0)) divisor = 1.0; /* nothing is asked in this step */
    optimizer_zero(&r->optimizer);
    for (size_t done = 0; done < count; done += part) {
        size_t fit = count - done < part ? count - done : part;
        pass p = run_pass(r, true);
        p.accumulate = done > 0;
        if (done + fit == count) p.squares = &squares;
        run_forward(r, &p, index + done, fit, done, 1.0 / divisor, &loss);
        r->task->head->backward(&p, &r->gradients);
        event->tokens += r->batch.tokens;
        event->token_pairs += batch_token_pairs(&r->batch);
        event->sequences += r->batch.sequences;
    }
    event->loss = loss / divisor;
    event->gradient_norm = optimizer_norm(&r->optimizer, squares);
    TRY(r->on->status(r->on));
    if (isfinite(event->loss) && isfinite(event->gradient_norm)) return BERT_OK;
    return step_diagnose(r, index, count, event);
}

bert_status train_step(run *r, const uint32_t *index, size_t count, bert_event *event)
{
    profile_begin(r->profile);
    double begin = clock_seconds();
    r->dropout.key = rng_key(r->options->seed, event->step);
    event->learning_rate = schedule_rate(&r->schedule, event->step);
    TRY(gradient_compute(r, index, count, event));
    optimizer_step(&r->optimizer, event->step, event->learning_rate, event->gradient_norm);
    event->seconds = clock_seconds() - begin;
    profile_end(r->profile, event->seconds);
    return BERT_OK;
}

static bert_status step_run(run *r, const uint32_t *index, size_t count, bert_event *event)
{
    TRY(train_step(r, index, count, event));
    r->steps_done = event->step;
    r->loss_sum += event->loss;
    loss_watch_step(&r->losses, event->step, event->loss, &r->options->observer);
    r->seconds += event->seconds;
    r->tokens += event->tokens;
    r->examples_seen += count;
    TRY(journal_step(&r->journal, event));
    observe(&r->options->observer, event);
    return BERT_OK;
}

static bert_status evaluation_tell(const run *r, size_t epoch, const evaluation *made)
{
    char *text;
    TRY(json_text(made->metrics, &text));
    observe(&r->options->observer, &(bert_event){ .kind = BERT_EVENT_EVALUATED,
                                                  .text = text,
                                                  .epoch = epoch,
                                                  .epochs = run_epochs(r),
                                                  .step = r->steps_done,
                                                  .seconds = made->seconds,
                                                  .score = made->score });
    free(text);
    return BERT_OK;
}

/* Is this epoch's score the best so far? The one before training does not count. */
static bool score_note(run *r, size_t epoch, double score)
{
    bool better = epoch > 0 && (!r->best_known || score > r->best_score);
    if (better) {
        r->best_known = true;
        r->best_score = score;
        r->stale = 0;
    } else if (epoch > 0) {
        r->stale++;
    }
    return better;
}

enum { DEV_MISTAKES = 20 }; /* of the dev data, that are kept to be shown */

/* Metrics on the dev data; keeps them, and with --keep-best the weights too, where they are to be
 * saved. *done: it was not stopped on the way, and the epoch is over. */
static bert_status epoch_evaluate(run *r, size_t epoch, bool *done)
{
    *done = true;
    if (r->dev.features.count == 0) return BERT_OK;
    evaluation made;
    pass p = run_pass(r, false);
    optimizer_settle(&r->optimizer);
    bool trained = epoch > 0;
    evaluation_wish wish = { .trained = trained,
                             .mistakes = trained ? DEV_MISTAKES : 0,
                             .intervals = trained };
    TRY(evaluate(&p, &r->batch, &r->dev, &r->options->observer, &wish, &made));
    *done = made.metrics != NULL;
    if (!*done) return BERT_OK;
    bert_status status = score_choose(&made, r->options->metric);
    if (status == BERT_OK) status = record_evaluation(r, epoch, made.metrics);
    if (status == BERT_OK) status = evaluation_tell(r, epoch, &made);
    bool better = status == BERT_OK && score_note(r, epoch, made.score);
    if (r->options->keep_best && better) status = run_save_weights(r);
    if (!r->options->keep_best || better) {
        evaluation_release(&r->evaluation);
        r->evaluation = made;
        r->evaluated_step = r->steps_done;
    } else {
        evaluation_release(&made);
    }
    return status;
}

/* Where the run was stopped within an epoch, the last metrics are those of other weights. */
static void evaluation_drop_stale(run *r)
{
    if (r->evaluated_step == r->steps_done) return;
    evaluation_release(&r->evaluation);
}

static bool stop_asked(const run *r)
{
    return observe_stop(&r->options->observer);
}

/* The rest of the epoch that the run stands in. */
static bert_status epoch_run(run *r, size_t epoch)
{
    sampler_epoch(&r->sampler, epoch);
    size_t steps = sampler_steps(&r->sampler);
    for (size_t step = r->steps_done - (epoch - 1) * steps;
         step < steps && r->steps_done < r->schedule.steps && !stop_asked(r); step++) {
        const uint32_t *index;
        size_t count;
        sampler_step(&r->sampler, step, &index, &count);
        TRY(step_run(r, index, count,
                     &(bert_event){ .kind = BERT_EVENT_STEP,
                                    .step = r->steps_done + 1,
                                    .steps = r->schedule.steps,
                                    .epoch = epoch,
                                    .epochs = run_epochs(r) }));
        TRY(checkpoint_when_due(r));
    }
    return BERT_OK;
}

/* Where a resumed run stands, as an evaluation before the stop has found. */
static bert_status resumed_tell(const run *r)
{
    size_t steps = sampler_steps(&r->sampler);
    return r->evaluation.metrics
               ? evaluation_tell(r, (r->evaluated_step + steps - 1) / steps, &r->evaluation)
               : BERT_OK;
}

static bert_status epochs_run(run *r)
{
    bool done;
    TRY(r->steps_done == 0 ? epoch_evaluate(r, 0, &done) : resumed_tell(r));
    while (run_unfinished(r) && !stop_asked(r)) {
        TRY(epoch_run(r, r->epochs_done + 1));
        if (stop_asked(r)) break;
        TRY(epoch_evaluate(r, r->epochs_done + 1, &done));
        r->epochs_done += done;
    }
    return BERT_OK;
}

static bert_status results_write(run *r)
{
    if (r->profile) TRY(profile_tell(r->profile, &r->options->observer));
    if (!r->saved || !r->options->keep_best) {
        TRY(run_save_weights(r));
        evaluation_drop_stale(r);
    }
    if (r->evaluation.metrics)
        baselines_compare(&r->baselines, r->evaluation.metrics, r->dev.row_count,
                          &r->options->observer);
    return run_finish(r);
}

/* What is good of a run that fails is not lost, and it is said where it is: what --keep-best saved
 * before is put in its place, checkpoints stay where they are. */
static bert_status good_keep(run *r, bert_status failure, bool rescue)
{
    char message[1024];
    snprintf(message, sizeof message, "%s", status_message());
    if (rescue && r->saved && run_finish(r) == BERT_OK)
        return fail(failure, "%s; the best epoch before it is saved in %s", message,
                    r->output.folder);
    if (r->output.kept && r->output.lock >= 0)
        return fail(failure,
                    "%s; the run up to step %zu is kept in %s, and --resume goes on from there",
                    message, r->checkpoint_step, r->output.staging);
    return fail(failure, "%s", message);
}

bert_status train(run *r)
{
    if (r->finished) return BERT_OK;
    bert_status status = epochs_run(r);
    if (status == BERT_OK && r->steps_done == 0)
        return fail(BERT_ARGUMENT, "stopped before the first step; nothing is saved");
    if (status == BERT_OK && run_unfinished(r)) status = checkpoint_take(r);
    if (status != BERT_OK) return good_keep(r, status, true);
    if (run_patience_over(r))
        observe_note(&r->options->observer,
                     "stopped after epoch %zu: %zu evaluations brought nothing better",
                     r->epochs_done, r->stale);
    if (!run_unfinished(r)) loss_watch_end(&r->losses, &r->options->observer);
    status = results_write(r);
    return status == BERT_OK ? BERT_OK : good_keep(r, status, false);
}
