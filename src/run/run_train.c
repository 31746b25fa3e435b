#include "run/run_train.h"

#include "base/memory.h"
#include "evaluate/score.h"
#include "json/json.h"
#include "run/checkpointing.h"
#include "run/profile_tell.h"
#include "run/record.h"
#include "task/observe.h"
#include "train/train.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what a run leaves */

/* Writes the weights as they are now into the output folder. */
static bert_status run_save_weights(run *r)
{
    optimizer_settle(&r->trainer.optimizer);
    TRY(weights_write(&r->output.staging, &r->trainer.params, r->trainer.entries,
                      r->trainer.entry_count, r->task->head->bare ? r->config.family->prefix : NULL,
                      TENSOR_F32, NULL, 0));
    r->saved = true;
    return BERT_OK;
}

/* What was tuned on the dev data belongs to the model. */
static bert_status thresholds_take(run *r)
{
    const json_t *list = json_object_get(r->results.kept.metrics, "thresholds");
    if (!json_is_array(list) || json_array_size(list) != r->config.labels) return BERT_OK;
    void *memory;
    TRY(memory_zeroed(r->config.labels, sizeof *r->config.thresholds, &memory));
    free(r->config.thresholds);
    r->config.thresholds = memory;
    for (size_t i = 0; i < r->config.labels; i++)
        r->config.thresholds[i] = json_number_value(json_array_get(list, i));
    return BERT_OK;
}

/* Writes what else belongs to the folder and puts it in its place. */
static bert_status run_finish(run *r)
{
    const head *h = r->task->head;
    const folder_handle *folder = &r->output.staging;
    TRY(journal_close(&r->journal));
    TRY(thresholds_take(r));
    r->config.trained = record_trained_as(r);
    named_class made = head_class_name(h, &r->config);
    TRY(config_write(&r->config, folder, made.name, h->labelled, r->task->problem_type,
                     TENSOR_F32));
    TRY(tokenizer_copy_files(r->options->model, folder, r->task->info.tags));
    if (r->task->save)
        TRY(r->task->save(&r->config, head_parts(h, &r->config) | (h->passed_on & r->start.parts),
                          r->max_length, folder));
    TRY(record_write(r));
    if (r->place.folds) TRY(output_json(&r->output, "folds.json", r->place.folds));
    return output_publish(&r->output, !run_unfinished(r));
}

/* ---- evaluation */

static bert_status evaluation_tell(const run *r, size_t epoch, const evaluation *made)
{
    char *text;
    TRY(json_text(made->metrics, &text));
    observe(&r->options->observer, &(bert_event){ .kind = BERT_EVENT_EVALUATED,
                                                  .text = text,
                                                  .epoch = epoch,
                                                  .epochs = trainer_epochs(&r->trainer),
                                                  .step = r->trainer.progress.steps_done,
                                                  .seconds = made->seconds,
                                                  .score = made->score });
    free(text);
    return BERT_OK;
}

/* Is this epoch's score the best so far? The one before training does not count. */
static bool score_note(run *r, size_t epoch, double score)
{
    bool better = epoch > 0 && (!r->results.best_known || score > r->results.best_score);
    if (better) {
        r->results.best_known = true;
        r->results.best_score = score;
        r->results.stale = 0;
    } else if (epoch > 0) {
        r->results.stale++;
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
    pass p = trainer_pass(&r->trainer, false);
    optimizer_settle(&r->trainer.optimizer);
    bool trained = epoch > 0;
    evaluation_wish wish = { .trained = trained,
                             .mistakes = trained ? DEV_MISTAKES : 0,
                             .intervals = trained };
    TRY(evaluate(&p, &r->trainer.batch, &r->dev, &r->options->observer, &wish, &made));
    *done = made.metrics != NULL;
    if (!*done) return BERT_OK;
    bert_status status = score_choose(&made, r->options->metric);
    if (status == BERT_OK) status = record_evaluation(r, epoch, made.metrics);
    if (status == BERT_OK) status = evaluation_tell(r, epoch, &made);
    bool better = status == BERT_OK && score_note(r, epoch, made.score);
    if (r->options->keep_best && better) status = run_save_weights(r);
    if (!r->options->keep_best || better) {
        evaluation_release(&r->results.kept);
        r->results.kept = made;
        r->results.kept_step = r->trainer.progress.steps_done;
    } else {
        evaluation_release(&made);
    }
    return status;
}

/* Where the run was stopped within an epoch, the last metrics are those of other weights. */
static void evaluation_drop_stale(run *r)
{
    if (r->results.kept_step == r->trainer.progress.steps_done) return;
    evaluation_release(&r->results.kept);
}

/* Where a resumed run stands, as an evaluation before the stop has found. */
static bert_status resumed_tell(const run *r)
{
    size_t steps = sampler_steps(&r->trainer.sampler);
    return r->results.kept.metrics
               ? evaluation_tell(r, (r->results.kept_step + steps - 1) / steps, &r->results.kept)
               : BERT_OK;
}

/* ---- hooks of the loop */

static bert_status step_done(void *context, const bert_event *step)
{
    run *r = context;
    TRY(journal_step(&r->journal, step));
    observe(&r->options->observer, step);
    return checkpoint_when_due(r);
}

static bert_status epoch_done(void *context, size_t epoch, bool *over)
{
    return epoch_evaluate(context, epoch, over);
}

static bool stop_asked(void *context)
{
    const run *r = context;
    return run_patience_over(r) || observe_stop(&r->options->observer);
}

/* ---- the whole */

static bert_status results_write(run *r)
{
    if (r->profile) TRY(profile_tell(r->profile, &r->options->observer));
    if (!r->saved || !r->options->keep_best) {
        TRY(run_save_weights(r));
        evaluation_drop_stale(r);
    }
    if (r->results.kept.metrics)
        baselines_compare(&r->baselines, r->results.kept.metrics, r->dev.row_count,
                          &r->options->observer);
    return run_finish(r);
}

/* What is good of a run that fails is not lost, and it is said where it is: what --keep-best saved
 * before is put in its place, checkpoints stay where they are. */
static bert_status good_keep(run *r, bert_status status, bool rescue)
{
    const failure first = failure_keep(status);
    const folder_handle *staging = &r->output.staging;
    bool rescued = rescue && r->saved && run_finish(r) == BERT_OK;
    bool gone = !rescued && r->output.kept && staging->path && folder_verify(staging) != BERT_OK;
    failure_return(&first);
    if (rescued)
        return fail_more(status, "; the best epoch before it is saved in %s", r->output.folder);
    if (!r->output.kept || !staging->path) return status;
    if (gone)
        return fail_more(status,
                         "; if you put back the folder that was there, %s goes on after step %zu",
                         FIELD(resume), r->checkpoints.step);
    return fail_more(status, "; the run up to step %zu is kept in %s, and %s goes on from there",
                     r->checkpoints.step, staging->path, FIELD(resume));
}

static bert_status epochs_run(run *r)
{
    const train_hooks hooks = {
        .step_done = step_done, .epoch_done = epoch_done, .stop = stop_asked, .context = r
    };
    bool over;
    TRY(r->trainer.progress.steps_done == 0 ? epoch_evaluate(r, 0, &over) : resumed_tell(r));
    return train(&r->trainer, &hooks);
}

bert_status run_train(run *r)
{
    if (r->finished) return BERT_OK;
    bert_status status = epochs_run(r);
    if (status == BERT_OK && r->trainer.progress.steps_done == 0)
        return fail(BERT_ARGUMENT, "stopped before the first step; nothing is saved");
    if (status == BERT_OK && run_unfinished(r)) status = checkpoint_take(r);
    if (status != BERT_OK) return good_keep(r, status, true);
    if (run_patience_over(r))
        observe_note(&r->options->observer,
                     "stopped after epoch %zu: %zu evaluations brought nothing better",
                     r->trainer.progress.epochs_done, r->results.stale);
    if (!run_unfinished(r)) loss_watch_end(&r->trainer.progress.losses, &r->options->observer);
    status = results_write(r);
    return status == BERT_OK ? BERT_OK : good_keep(r, status, false);
}
