#include "run/resume.h"

#include "base/file.h"
#include "json/json.h"
#include "options/options.h"
#include "run/checkpoint.h"
#include "run/record.h"
#include "task/observe.h"

#include <stdlib.h>
#include <string.h>

/* ---- is it the same run? */

/* A recorded value as a message shows it: *out is for free(), and stays NULL for null. Where fields
 * are called by their options, a flag that sets false, as --no-shuffle, is true where it is given.
 */
static bert_status value_text(const option *o, const json_t *value, char **out)
{
    const char *field = o->form.field;
    bool off = o->form.kind == BERT_OPTION_FLAG_OFF && json_is_boolean(value) &&
               strcmp(bert_field_name(field), field) != 0;
    if (off) value = json_boolean(!json_is_true(value)); /* a constant */
    return json_is_null(value) ? BERT_OK : json_text(value, out);
}

static bert_status differs(const char *where, const option *o, const json_t *then,
                           const json_t *now)
{
    char *before = NULL, *after = NULL;
    bert_status status = value_text(o, then, &before);
    if (status == BERT_OK) status = value_text(o, now, &after);
    if (status == BERT_OK)
        status = fail(BERT_ARGUMENT,
                      "%s: was begun with %s %s, which is %s now; give it as before to go on, or "
                      "%s without %s to begin anew",
                      where, bert_field_name(o->form.field), before ? before : "unset",
                      after ? after : "unset", FIELD(overwrite), FIELD(resume));
    free(before);
    free(after);
    return status;
}

static bert_status not_recorded(const char *where, const option *o)
{
    return fail(BERT_ARGUMENT,
                "%s: was begun by an older version, which did not record %s; leave it out to go "
                "on, or use %s without %s to begin anew",
                where, bert_field_name(o->form.field), FIELD(overwrite), FIELD(resume));
}

/* What an older version did not record counts as the default. */
static bert_status owner_same(option_owner owner, const char *where, const json_t *then,
                              const json_t *now, const json_t *usual)
{
    char key[OPTION_KEY];
    for (const option *o = option_list; o < option_list + OPTION_COUNT; o++) {
        if (o->owner != owner || o->record != COMPARED) continue;
        const json_t *before = json_object_get(then, option_key(o, key));
        const json_t *after = json_object_get(now, key);
        if (!before && !json_equal(json_object_get(usual, key), after))
            return not_recorded(where, o);
        if (before && !json_equal(before, after)) return differs(where, o, before, after);
    }
    return BERT_OK;
}

static bert_status options_same(const char *where, const json_t *then, const json_t *now,
                                const json_t *usual)
{
    if (!json_is_object(then))
        return fail(BERT_FORMAT, "%s: does not say which options the run was begun with; remove it",
                    where);
    TRY(owner_same(OWNER_train, where, then, now, usual));
    TRY(owner_same(OWNER_columns, where, then, now, usual));
    return owner_same(OWNER_task, where, json_object_get(then, "task_options"),
                      json_object_get(now, "task_options"), json_object_get(usual, "task_options"));
}

/* The files' names may differ: their bytes count. */
static bert_status digests_same(const char *where, const json_t *then, const json_t *now)
{
    void *before = json_object_iter((json_t *)then), *after = json_object_iter((json_t *)now);
    for (; before && after; before = json_object_iter_next((json_t *)then, before),
                            after = json_object_iter_next((json_t *)now, after))
        if (!json_equal(json_object_iter_value(before), json_object_iter_value(after)))
            return fail(BERT_ARGUMENT,
                        "%s: was begun with another '%s' than '%s' holds now; put the file back to "
                        "go on, or use %s without %s to begin anew",
                        where, json_object_iter_key(before), json_object_iter_key(after),
                        FIELD(overwrite), FIELD(resume));
    if (!before && !after) return BERT_OK;
    return fail(BERT_ARGUMENT, "%s: was begun with %zu files of a model and data, not %zu", where,
                json_object_size(then), json_object_size(now));
}

/* `record`: of a checkpoint's state or of run.json. */
static bert_status run_same(run *r, const char *where, const json_t *record)
{
    json_t *now = json_object(), *usual = json_object();
    bert_status status = record_options(r, now);
    if (status == BERT_OK) status = record_usual_options(r, usual);
    if (status == BERT_OK)
        status = options_same(where, json_object_get(record, "options"), now, usual);
    json_decref(now);
    json_decref(usual);
    TRY(status);
    return digests_same(where, json_object_get(record, "sha256"), r->digests);
}

/* Another processor or library rounds differently: allowed, but not without a word. */
static bert_status machine_tell(const run *r, const json_t *then)
{
    json_t *now = json_object(), *value;
    const char *name;
    bert_status status = record_machine(now);
    json_object_foreach(now, name, value)
    {
        const json_t *before = json_object_get(then, name);
        if (json_is_string(before) && !json_equal(before, value))
            observe_warning(r->options->observer,
                            "the run was begun with %s '%s' and goes on with '%s': its last digits "
                            "may differ from those of a run that was never stopped",
                            name, json_string_value(before), json_string_value(value));
    }
    json_decref(now);
    return status;
}

/* ---- going on from one */

static bert_status floats_take(run *r, const checkpoint *c, const char *name, float *data)
{
    slice bytes = checkpoint_find(c, name);
    if (bytes.count != r->trainer.layout.count * sizeof *data)
        return fail(BERT_FORMAT, "%s: its part '%s' has %zu bytes, not %zu", c->path, name,
                    bytes.count, r->trainer.layout.count * sizeof *data);
    r->on->write(r->on, r->trainer.layout.count, (const float *)(const void *)bytes.bytes, data);
    file_map_forget(&c->map, (size_t)(bytes.bytes - c->map.bytes), bytes.count);
    return BERT_OK;
}

static bert_status numbers_take(run *r, const checkpoint *c, const json_t *state)
{
    const size_t most = SIZE_MAX / 2;
    size_t at_once = 0;
    const struct {
        const char *name;
        size_t *out;
    } sizes[] = { { "step", &r->trainer.progress.steps_done },
                  { "epochs_done", &r->trainer.progress.epochs_done },
                  { "tokens", &r->trainer.progress.tokens },
                  { "examples_seen", &r->trainer.progress.examples_seen },
                  { "stale", &r->results.stale },
                  { "evaluated_step", &r->results.kept_step },
                  { "examples_at_once", &at_once } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        TRY(json_get_size(state, c->path, sizes[i].name, 0, most, sizes[i].out));
    TRY(json_get_double(state, c->path, "loss_sum", -1e300, 1e300, &r->trainer.progress.loss_sum));
    TRY(json_get_double(state, c->path, "seconds", 0.0, 1e300, &r->trainer.progress.seconds));
    TRY(json_get_double(state, c->path, "best_score", -1e300, 1e300, &r->results.best_score));
    TRY(json_get_bool(state, c->path, "best_known", &r->results.best_known));
    TRY(json_get_bool(state, c->path, "saved", &r->saved));
    const json_t *losses = json_object_get(state, "losses");
    r->trainer.progress.losses.early = json_number_value(json_array_get(losses, 0));
    r->trainer.progress.losses.late = json_number_value(json_array_get(losses, 1));
    r->trainer.progress.losses.recent = json_number_value(json_array_get(losses, 2));
    if (at_once != r->trainer.plan.units)
        return fail(BERT_ARGUMENT,
                    "%s: was taken with %zu examples computed at once, now it would be %zu; give "
                    "%s %zu, and %s as before",
                    c->path, at_once, r->trainer.plan.units, FIELD(micro_batch), at_once,
                    FIELD(memory_limit));
    return BERT_OK;
}

/* Do the numbers name a place that a run comes by? An epoch is done when it is evaluated, which a
 * checkpoint after its last step may come before. */
static bert_status place_check(const run *r, const checkpoint *c)
{
    size_t epoch_steps = sampler_steps(&r->trainer.sampler), step = r->trainer.progress.steps_done;
    size_t begun = step / epoch_steps + (step % epoch_steps > 0);
    bool at_end = step % epoch_steps == 0 || step == r->trainer.schedule.steps;
    bool good = step > 0 && step == c->step && step <= r->trainer.schedule.steps &&
                (r->trainer.progress.epochs_done + 1 == begun ||
                 (at_end && r->trainer.progress.epochs_done == begun)) &&
                r->results.kept_step <= step && r->results.stale <= r->trainer.progress.epochs_done;
    if (good) return BERT_OK;
    return fail(BERT_FORMAT,
                "%s: its state names no place in this run (step %zu of %zu, %zu epochs done); it "
                "is no checkpoint of ours; remove it",
                c->path, step, r->trainer.schedule.steps, r->trainer.progress.epochs_done);
}

static bert_status best_take(run *r, const checkpoint *c)
{
    slice best = checkpoint_find(c, "best");
    if (!r->saved) return BERT_OK;
    if (!best.count)
        return fail(BERT_FORMAT, "%s: lacks the best epoch's weights; remove it", c->path);
    return file_replace(&r->output.staging, "model.safetensors", best.bytes, best.count);
}

/* Each becomes a file of the output folder, and of no other. */
static bert_status files_take(run *r, const checkpoint *c, json_t *files)
{
    const char *name;
    json_t *value;
    json_object_foreach(files, name, value)
    {
        if (!file_name_is_plain(name))
            return fail(BERT_FORMAT, "%s: would write a file '%s'; remove it", c->path, name);
    }
    if (json_is_object(files)) r->results.kept.files = json_incref(files);
    return BERT_OK;
}

static bert_status state_take(run *r, const checkpoint *c, const json_t *state)
{
    TRY(run_same(r, c->path, state));
    TRY(numbers_take(r, c, state));
    TRY(place_check(r, c));
    TRY(files_take(r, c, json_object_get(state, "files")));
    TRY(floats_take(r, c, "weights", r->trainer.weight_data));
    TRY(floats_take(r, c, "first_moment", r->trainer.optimizer.first_moment));
    TRY(floats_take(r, c, "second_moment", r->trainer.optimizer.second_moment));
    TRY(best_take(r, c));
    json_t *metrics = json_object_get(state, "metrics"),
           *resumed = json_object_get(state, "resumed"),
           *evaluations = json_object_get(state, "evaluations"),
           *worst = json_object_get(state, "mistakes");
    if (json_is_object(metrics)) r->results.kept.metrics = json_incref(metrics);
    if (json_is_array(worst)) r->results.kept.mistakes = json_incref(worst);
    if (json_is_array(evaluations)) r->results.all = json_incref(evaluations);
    r->results.kept.score = r->results.best_score;
    r->resumed = json_is_array(resumed) ? json_incref(resumed) : json_array();
    TRY(json_append(r->resumed, json_integer((json_int_t)r->trainer.progress.steps_done)));
    TRY(machine_tell(r, json_object_get(state, "machine")));
    r->checkpoints.step = r->trainer.progress.steps_done;
    observe_note(r->options->observer, "resumed: %s, after step %zu of %zu", c->path,
                 r->trainer.progress.steps_done, r->trainer.schedule.steps);
    return BERT_OK;
}

static bert_status checkpoint_go_on(run *r, const checkpoint *c)
{
    const journal_text before = { .log = checkpoint_find(c, "train_log"),
                                  .timings = checkpoint_find(c, "timings") };
    json_t *state;
    TRY(json_parse_object(checkpoint_find(c, "state"), c->path, &state));
    bert_status status = state_take(r, c, state);
    json_decref(state);
    if (status == BERT_OK) status = journal_open(&r->output, &before, &r->journal);
    return status;
}

/* The newest good one; path NULL: there is none. */
static bert_status checkpoint_choose(const run *r, checkpoint *out)
{
    checkpoint_places places;
    TRY(output_checkpoints(&r->output, &places));
    for (size_t i = 0; i < places.count && !out->path; i++)
        if (checkpoint_open(places.items[i].path, out) != BERT_OK)
            observe_warning(r->options->observer, "%s; the one before it is tried",
                            status_message());
    checkpoint_places_release(&places);
    return BERT_OK;
}

/* What the run that has ended measured, from its record and the file beside it. */
static bert_status results_take(run *r, const char *record_path, const json_t *record)
{
    char *path;
    TRY(path_join(r->output.folder, "eval_results.json", &path));
    bert_status status =
        file_exists(path) ? json_read_object(path, &r->results.kept.metrics) : BERT_OK;
    free(path);
    if (status == BERT_OK)
        status =
            json_get_double(record, record_path, "score", -1e300, 1e300, &r->results.kept.score);
    return status;
}

/* Does the output folder hold this run's end? Another's is replaced if the options say so. */
static bert_status finished_look(run *r)
{
    const bert_train_options *o = r->options;
    char *path;
    json_t *record = NULL;
    bool ended = false;
    TRY(path_join(r->output.folder, "run.json", &path));
    bert_status status = file_exists(path) ? json_read_object(path, &record) : BERT_OK;
    if (status == BERT_OK && record) status = json_get_bool(record, path, "finished", &ended);
    if (status == BERT_OK && ended) {
        status = run_same(r, r->output.folder, record);
        if (status == BERT_OK) {
            r->finished = true;
            status = results_take(r, path, record);
            observe_note(o->observer, "%s holds this run's end already; nothing is left to do%s",
                         r->output.folder, r->place.folder ? " in it" : "");
        } else if (o->overwrite) {
            status = BERT_OK; /* an older model, to be replaced */
        }
    }
    json_decref(record);
    free(path);
    return status;
}

static bert_status resume_choose(run *r, checkpoint *out)
{
    TRY(finished_look(r));
    if (r->finished) return output_tidy(&r->output);
    TRY(checkpoint_choose(r, out));
    bool has_model;
    TRY(output_has_model(&r->output, &has_model));
    if (!r->options->overwrite && has_model)
        return fail(
            BERT_ARGUMENT,
            "%s: holds a model, and no checkpoint of this run to go on from; %s replaces it",
            r->output.folder, FIELD(overwrite));
    if (!out->path)
        observe_note(r->options->observer,
                     "nothing to resume: %s has no checkpoint yet; the run begins anew",
                     r->output.folder);
    return BERT_OK;
}

bert_status run_begin(run *r)
{
    const journal_text none = { 0 };
    checkpoint c = { 0 };
    bert_status status = r->options->resume ? resume_choose(r, &c) : output_begin_anew(&r->output);
    if (status != BERT_OK || r->finished) {
        checkpoint_close(&c);
        return status;
    }
    status = c.path ? checkpoint_go_on(r, &c) : journal_open(&r->output, &none, &r->journal);
    checkpoint_close(&c);
    return status;
}
