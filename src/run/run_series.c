#include "run/run_series.h"

#include "base/file.h"
#include "base/memory.h"
#include "evaluate/measures.h"
#include "json/json.h"
#include "run/dry_run.h"
#include "run/run_open.h"
#include "run/run_train.h"
#include "task/observe.h"
#include "task/strata.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- one training */

bert_status data_train(const bert_train_options *o, const task *kind, const dataset *d,
                       const dataset *dev, const run_place *place, trained *out)
{
    run r;
    TRY(run_open(o, kind, d, dev->count ? dev : NULL, place, &r));
    bert_status status = o->dry_run ? dry_run(&r) : run_train(&r);
    if (status == BERT_OK) {
        *out = (trained){ .made = r.results.kept, .finished = r.finished || !run_unfinished(&r) };
        r.results.kept = (evaluation){ 0 };
    }
    run_release(&r);
    return status;
}

/* ---- several trainings as one */

typedef struct series {
    const bert_train_options *options;
    const task *kind;
    const dataset *data, *dev; /* dev NULL: the folds' own */
    const char *name;          /* "fold" or "seed" */
    char *output;              /* the output folder, links in its path followed */
    size_t count;
    json_t *runs;        /* what those that have ended measured */
    bool at_home, ended; /* the output folder holds one of the trainings; the end of all */
    uint64_t home;       /* the seed of what it holds */
} series;

static const char *list_name(const series *s)
{
    return strcmp(s->name, "fold") == 0 ? "folds.json" : "seeds.json";
}

static void run_announce(const series *s, const char *format, uint64_t a, size_t b)
{
    char text[64];
    snprintf(text, sizeof text, format, a, b);
    observe(s->options->observer,
            &(bert_event){ .kind = BERT_EVENT_RUN, .text = text, .run = s->name, .number = a });
}

/* "mine.fold-2", beside the output. The caller frees. */
static bert_status folder_beside(const series *s, uint64_t number, char **out)
{
    if (asprintf(out, "%s.%s-%" PRIu64, s->output, s->name, number) >= 0) return BERT_OK;
    *out = NULL;
    return fail(BERT_MEMORY, "out of memory for a path");
}

/* The folder that the seed works in, or has ended in. */
static bert_status folder_of_seed(const series *s, uint64_t seed, char **out)
{
    if (!s->at_home || s->home != seed) return folder_beside(s, seed, out);
    *out = strdup(s->output);
    return *out ? BERT_OK : fail(BERT_MEMORY, "out of memory for a path");
}

/* An object of the output folder; *out NULL: the file is not there. */
static bert_status output_read(const series *s, const char *name, json_t **out)
{
    char *path;
    *out = NULL;
    TRY(path_join(s->output, name, &path));
    bert_status status = file_exists(path) ? json_read_object(path, out) : BERT_OK;
    free(path);
    return status;
}

/* Is one of the trainings in the output folder, and have all ended? */
static bert_status home_find(series *s)
{
    json_t *record, *list = NULL;
    TRY(output_read(s, "run.json", &record));
    bert_status status = output_read(s, list_name(s), &list);
    const json_t *options = json_object_get(record, "options");
    size_t folds = 0, seeds = 0, seed = 0;
    if (status == BERT_OK && json_is_object(options)) {
        const char *where = s->output;
        status = json_get_size(options, where, "folds", 0, SIZE_MAX / 2, &folds);
        if (status == BERT_OK)
            status = json_get_size(options, where, "seeds", 0, SIZE_MAX / 2, &seeds);
        if (status == BERT_OK)
            status = json_get_size(options, where, "seed", 0, SIZE_MAX / 2, &seed);
        s->at_home = folds == s->options->folds && seeds == s->options->seeds;
        s->home = seed;
        s->ended = s->at_home && json_is_true(json_object_get(record, "finished")) &&
                   json_array_size(json_object_get(list, "runs")) == s->count;
    }
    json_decref(record);
    json_decref(list);
    return status;
}

/* What cannot become the output is refused now rather than at the end. */
static bert_status place_check(series *s)
{
    const bert_train_options *o = s->options;
    output place;
    output_use use = o->resume ? OUTPUT_RESUME : o->overwrite ? OUTPUT_REPLACE : OUTPUT_NEW;
    bool has_model = false;
    TRY(output_open(o->output, use, &place));
    s->output = strdup(place.folder);
    bert_status status = s->output ? BERT_OK : fail(BERT_MEMORY, "out of memory for a path");
    if (status == BERT_OK && o->resume) status = home_find(s);
    if (status == BERT_OK && o->resume && !o->overwrite && !s->at_home)
        status = output_has_model(&place, &has_model);
    if (status == BERT_OK && has_model)
        status = fail(BERT_ARGUMENT,
                      "%s: holds a model that these trainings have not made; %s replaces it",
                      place.folder, FIELD(overwrite));
    output_release(&place);
    return status;
}

/* One training of the series; one that has not begun is not resumed. */
static bert_status series_train(const series *s, const bert_train_options *o, const dataset *data,
                                const dataset *dev, const run_place *place, trained *out)
{
    const char *folder = place->folder ? place->folder : o->output;
    bert_train_options own = *o;
    char *staging;
    if (asprintf(&staging, "%s.partial", folder) < 0)
        return fail(BERT_MEMORY, "out of memory for a path");
    own.resume = o->resume && (folder_exists(folder) || folder_exists(staging));
    free(staging);
    return data_train(&own, s->kind, data, dev, place, out);
}

/* Of a training that has ended its record stays, and what it measured. */
static bert_status weights_drop(const char *path)
{
    folder_handle folder;
    TRY(folder_hold(path, &folder));
    bert_status status = folder_entry_remove(&folder, "model.safetensors");
    folder_release(&folder);
    return status;
}

/* All have ended, and the output is in its place. */
static bert_status folders_remove(const series *s, uint64_t first)
{
    for (size_t i = 0; i < s->count; i++) {
        char *folder;
        TRY(folder_beside(s, first + i, &folder));
        bert_status status = folder_remove(folder);
        free(folder);
        TRY(status);
    }
    return BERT_OK;
}

static bert_status runs_tell(const series *s, const json_t *object)
{
    char *text;
    TRY(json_text(object, &text));
    observe(s->options->observer, &(bert_event){ .kind = BERT_EVENT_RUNS, .text = text });
    free(text);
    return BERT_OK;
}

/* The message says what --resume can go on from. */
static bert_status kept_tell(const series *s, bert_status status)
{
    size_t kept = json_array_size(s->runs);
    if (status == BERT_OK || !kept) return status;
    return fail_more(status, "; what %zu of the trainings gave is kept, and %s goes on", kept,
                     FIELD(resume));
}

/* The output folder says that all have ended: were they these? */
static bert_status ended_check(const series *s, uint64_t first)
{
    bert_train_options own = *s->options;
    json_t *list;
    trained t = { 0 };
    own.seed = s->home;
    own.overwrite = false; /* another end is refused, and not replaced */
    TRY(data_train(&own, s->kind, s->data, s->dev ? s->dev : &(dataset){ 0 }, &(run_place){ 0 },
                   &t));
    evaluation_release(&t.made);
    TRY(folders_remove(s, first));
    TRY(output_read(s, list_name(s), &list));
    bert_status status = runs_tell(s, list);
    json_decref(list);
    return status;
}

/* ---- folds */

/* Trains on all but fold `fold` and measures by it. */
static bert_status fold_train(const series *s, const uint32_t *fold_of, size_t fold,
                              const char *folder, trained *out)
{
    const dataset *d = s->data;
    dataset train = *d, dev = { 0 };
    bool *held_out = NULL;
    train.storage = NULL;
    train.rows = NULL;
    bert_status status = memory_zeroed(d->count, sizeof *train.rows, (void **)&train.rows);
    if (status == BERT_OK) status = memory_zeroed(d->count, sizeof *held_out, (void **)&held_out);
    if (status == BERT_OK) {
        memcpy(train.rows, d->rows, d->count * sizeof *d->rows);
        for (size_t i = 0; i < d->count; i++) held_out[i] = fold_of[i] == fold;
        status = dataset_split(&train, held_out, &dev);
    }
    if (status == BERT_OK)
        status = series_train(s, s->options, &train, &dev, &(run_place){ .folder = folder }, out);
    dataset_release(&dev);
    dataset_release(&train);
    free(held_out);
    return status;
}

static bert_status fold_run(const series *s, const uint32_t *fold_of, size_t fold)
{
    trained t = { 0 };
    char *folder;
    run_announce(s, "fold %" PRIu64 " of %zu", fold + 1, s->count);
    TRY(folder_beside(s, fold + 1, &folder));
    bert_status status = fold_train(s, fold_of, fold, folder, &t);
    if (status == BERT_OK && !t.finished)
        status = fail(BERT_ARGUMENT, "stopped in fold %zu of %zu; %s goes on from there", fold + 1,
                      s->count, FIELD(resume));
    if (status == BERT_OK) status = measures_append("fold", fold + 1, &t.made, s->runs);
    if (status == BERT_OK) status = weights_drop(folder);
    if (status == BERT_OK && observe_stop(s->options->observer))
        status = fail(BERT_ARGUMENT, "stopped after fold %zu of %zu; %s goes on from there",
                      fold + 1, s->count, FIELD(resume));
    evaluation_release(&t.made);
    free(folder);
    return status;
}

/* Last, on all of the data. */
static bert_status whole_run(const series *s, json_t *object)
{
    const run_place place = { .folds = object };
    trained t = { 0 };
    observe(s->options->observer,
            &(bert_event){ .kind = BERT_EVENT_RUN, .text = "all of the data" });
    TRY(series_train(s, s->options, s->data, &(dataset){ 0 }, &place, &t));
    evaluation_release(&t.made);
    if (t.finished) TRY(folders_remove(s, 1));
    return runs_tell(s, object);
}

static bert_status folds_run(const series *s, const uint32_t *fold_of)
{
    json_t *object = json_object();
    bert_status status = BERT_OK;
    for (size_t fold = 0; fold < s->count && status == BERT_OK; fold++)
        status = kept_tell(s, fold_run(s, fold_of, fold));
    if (status == BERT_OK) status = measures_put(s->runs, s->name, object);
    if (status == BERT_OK) status = kept_tell(s, whole_run(s, object));
    json_decref(object);
    return status;
}

static bert_status folds_begin(series *s)
{
    void *fold_of;
    TRY(place_check(s));
    if (s->ended) return ended_check(s, 1);
    TRY(memory_zeroed(s->data->count, sizeof(uint32_t), &fold_of));
    s->runs = json_array();
    const bert_train_options *o = s->options;
    bert_status status =
        folds_deal_out(s->kind, o->task_options, o->folds, o->seed, s->data, fold_of);
    if (status == BERT_OK) status = folds_run(s, fold_of);
    free(fold_of);
    return status;
}

static void series_release(series *s)
{
    json_decref(s->runs);
    free(s->output);
}

bert_status folds_train(const bert_train_options *o, const task *kind, const dataset *d)
{
    series s = { .options = o, .kind = kind, .data = d, .name = "fold", .count = o->folds };
    bert_status status = folds_begin(&s);
    series_release(&s);
    return status;
}

/* ---- seeds */

/* The best that has ended, or what a stop has left of another. */
typedef struct winner {
    char *folder; /* NULL: none */
    double score;
    bool finished;
} winner;

/* Is the training better than the winner so far? */
static bool wins(const winner *best, const trained *t)
{
    if (!t->finished) return !best->folder;
    return !best->folder || t->made.score > best->score;
}

/* The loser's weights go, but for what lies in the output folder until another takes its place. */
static bert_status loser_drop(const series *s, const char *folder)
{
    return folder && strcmp(folder, s->output) != 0 ? weights_drop(folder) : BERT_OK;
}

/* *stopped: it was, on the way. */
static bert_status seed_run(const series *s, size_t number, winner *best, bool *stopped)
{
    bert_train_options own = *s->options;
    trained t = { 0 };
    char *folder;
    own.seed += number;
    run_announce(s, "seed %" PRIu64 ", run %zu", own.seed, number + 1);
    TRY(folder_of_seed(s, own.seed, &folder));
    const run_place place = { .folder = folder, .first_seed = &s->options->seed };
    bert_status status = series_train(s, &own, s->data, s->dev, &place, &t);
    if (status == BERT_OK && t.finished)
        status = measures_append("seed", own.seed, &t.made, s->runs);
    bool won = status == BERT_OK && wins(best, &t);
    if (status == BERT_OK && t.finished) status = loser_drop(s, won ? best->folder : folder);
    *stopped = status == BERT_OK && !t.finished;
    if (won) {
        free(best->folder);
        *best = (winner){ .folder = folder, .score = t.made.score, .finished = t.finished };
        folder = NULL;
    }
    evaluation_release(&t.made);
    free(folder);
    return status;
}

/* The best becomes the output. */
static bert_status winner_publish(const series *s, const winner *best, json_t *object)
{
    folder_handle folder;
    if (best->finished) TRY(measures_put(s->runs, s->name, object));
    TRY(folder_hold(best->folder, &folder));
    bert_status status = best->finished ? json_write(&folder, list_name(s), object) : BERT_OK;
    if (status == BERT_OK && strcmp(best->folder, s->output) != 0)
        status = folder_publish(&folder, s->output);
    folder_release(&folder);
    TRY(status);
    if (json_array_size(s->runs) == s->count) TRY(folders_remove(s, s->options->seed));
    return best->finished ? runs_tell(s, object) : BERT_OK;
}

static bert_status seeds_run(const series *s, winner *best)
{
    const bert_observer *observer = s->options->observer;
    bool stopped = false;
    for (size_t i = 0; i < s->count && !stopped && (i == 0 || !observe_stop(observer)); i++)
        TRY(seed_run(s, i, best, &stopped));
    if (!best->folder) return BERT_OK;
    size_t ended = json_array_size(s->runs);
    json_t *object = json_object();
    bert_status status = winner_publish(s, best, object);
    json_decref(object);
    if (status == BERT_OK && ended < s->count)
        observe_note(observer, "%zu of %zu trainings are done; %s goes on with the rest", ended,
                     s->count, FIELD(resume));
    return status;
}

static bert_status seeds_begin(series *s)
{
    winner best = { 0 };
    TRY(place_check(s));
    if (s->ended) return ended_check(s, s->options->seed);
    s->runs = json_array();
    bert_status status = kept_tell(s, seeds_run(s, &best));
    free(best.folder);
    return status;
}

bert_status seeds_train(const bert_train_options *o, const task *kind, const dataset *d,
                        const dataset *dev)
{
    series s = {
        .options = o, .kind = kind, .data = d, .dev = dev, .name = "seed", .count = o->seeds
    };
    bert_status status = seeds_begin(&s);
    series_release(&s);
    return status;
}
