#include "run/checkpointing.h"

#include "base/clock.h"
#include "base/file.h"
#include "json/json.h"
#include "run/checkpoint.h"
#include "run/record.h"
#include "task/observe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- when */

bert_status checkpoint_period_parse(const char *text, checkpoint_period *out)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = { { "s", 1 }, { "min", 60 }, { "h", 3600 } };
    checkpoint_period period = { 0 };
    if (!text || strcmp(text, "never") == 0) {
        *out = period;
        return BERT_OK;
    }
    char *unit = NULL;
    errno = 0;
    unsigned long long number = strspn(text, "0123456789") ? strtoull(text, &unit, 10) : 0;
    bool good = unit && number && number <= 1000000000000 && errno == 0;
    if (good && !*unit) {
        period.steps = (size_t)number;
        *out = period;
        return BERT_OK;
    }
    for (size_t i = 0; good && i < sizeof units / sizeof *units; i++) {
        if (strcmp(unit, units[i].unit) != 0) continue;
        period.seconds = (double)number * units[i].seconds;
        *out = period;
        return BERT_OK;
    }
    return fail_field(
        BERT_ARGUMENT, "checkpoint_every",
        "is '%s'; it must be a number of steps, as 500, a time, as 90s, 30min or 2h, or never",
        text);
}

static bool period_over(const run *r)
{
    const checkpoint_period *p = &r->checkpoints.period;
    if (p->steps) return r->trainer.progress.steps_done - r->checkpoints.step >= p->steps;
    return p->seconds > 0.0 && clock_seconds() - r->checkpoints.clock >= p->seconds;
}

void checkpoints_plan(run *r, size_t model_bytes)
{
    const bert_train_options *o = r->options;
    size_t parts[] = { r->trainer.layout.count * sizeof(float),
                       r->trainer.layout.count * sizeof(float),
                       r->trainer.layout.count * sizeof(float), o->keep_best ? model_bytes : 0 };
    size_t one = checkpoint_bytes(parts, sizeof parts / sizeof *parts);
    r->checkpoints.clock = clock_seconds();
    r->checkpoints.fit = output_room(&r->output, model_bytes + (o->keep + 1) * one) == BERT_OK;
    if (!r->checkpoints.fit)
        observe_warning(o->observer,
                        "no checkpoints: the disk lacks the room for %zu of %.1f MB; a run that is "
                        "stopped cannot be resumed",
                        o->keep + 1, (double)one / 1e6);
}

/* ---- taking one */

/* NULL is null. */
static bert_status shared_put(json_t *object, const char *key, json_t *value)
{
    return json_put(object, key, value ? json_incref(value) : json_null());
}

static bert_status state_put(const run *r, json_t *state)
{
    TRY(shared_put(state, "metrics", r->results.kept.metrics));
    TRY(shared_put(state, "files", r->results.kept.files));
    TRY(shared_put(state, "mistakes", r->results.kept.mistakes));
    TRY(shared_put(state, "evaluations", r->results.all));
    TRY(shared_put(state, "resumed", r->resumed));
    json_t *options = json_object();
    TRY(json_put(state, "options", options));
    TRY(record_options(r, options));
    TRY(shared_put(state, "sha256", r->digests));
    json_t *machine = json_object();
    TRY(json_put(state, "machine", machine));
    return record_machine(machine);
}

static bert_status state_text(const run *r, char **out)
{
    json_t *state = json_pack(
        "{s:I, s:I, s:[f, f, f], s:f, s:f, s:I, s:I, s:f, s:b, s:I, s:b, s:I, s:I}", "step",
        (json_int_t)r->trainer.progress.steps_done, "epochs_done",
        (json_int_t)r->trainer.progress.epochs_done, "losses", r->trainer.progress.losses.early,
        r->trainer.progress.losses.late, r->trainer.progress.losses.recent, "loss_sum",
        r->trainer.progress.loss_sum, "seconds", r->trainer.progress.seconds, "tokens",
        (json_int_t)r->trainer.progress.tokens, "examples_seen",
        (json_int_t)r->trainer.progress.examples_seen, "best_score", r->results.best_score,
        "best_known", (int)r->results.best_known, "stale", (json_int_t)r->results.stale, "saved",
        (int)r->saved, "evaluated_step", (json_int_t)r->results.kept_step, "examples_at_once",
        (json_int_t)r->trainer.plan.units);
    bert_status status = state_put(r, state);
    if (status == BERT_OK) status = json_text(state, out);
    json_decref(state);
    return status;
}

static slice of_map(const file_map *map)
{
    return (slice){ map->bytes, map->count };
}

static slice of_floats(const run *r, const float *data)
{
    return (slice){ (const char *)data, r->trainer.layout.count * sizeof *data };
}

static bert_status state_write(const run *r, const char *state, const file_map maps[3])
{
    const optimizer *o = &r->trainer.optimizer;
    checkpoint_part parts[] = {
        { "state", slice_of(state) },
        { "weights", of_floats(r, r->trainer.weight_data) },
        { "first_moment", of_floats(r, o->first_moment) },
        { "second_moment", of_floats(r, o->second_moment) },
        { "train_log", of_map(&maps[0]) },
        { "timings", of_map(&maps[1]) },
        { "best", of_map(&maps[2]) },
    };
    size_t count = sizeof parts / sizeof *parts - !r->saved;
    size_t step = r->trainer.progress.steps_done;
    char name[CHECKPOINT_FILE_NAME];
    return checkpoint_write(&r->output.staging, output_checkpoint_name(step, name), step, parts,
                            count);
}

bert_status checkpoint_take(run *r)
{
    static const char *const names[] = { "train_log.jsonl", "timings.jsonl", "model.safetensors" };
    file_map maps[3] = { 0 };
    char *state = NULL;
    if (!r->checkpoints.fit) return BERT_OK;
    optimizer_settle(&r->trainer.optimizer);
    bert_status status = state_text(r, &state);
    for (size_t i = 0; status == BERT_OK && i < 2 + (size_t)r->saved; i++)
        status = file_map_inside(&r->output.staging, names[i], &maps[i]);
    if (status == BERT_OK) status = state_write(r, state, maps);
    for (size_t i = 0; i < 3; i++) file_map_close(&maps[i]);
    free(state);
    TRY(status);
    r->checkpoints.step = r->trainer.progress.steps_done;
    r->checkpoints.clock = clock_seconds();
    return output_checkpointed(&r->output, r->options->keep);
}

bert_status checkpoint_when_due(run *r)
{
    return period_over(r) ? checkpoint_take(r) : BERT_OK;
}
