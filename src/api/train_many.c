#include "api/train_many.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/json.h"
#include "tasks/strata.h"
#include "train/observe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the runs measure */

/* {"fold": 1, "score": .., "eval_accuracy": .., ..}: the numbers of an evaluation. */
static bert_status run_append(const char *kind, size_t number, const evaluation *made, json_t *runs)
{
    const char *name;
    json_t *value, *object = json_object();
    TRY(json_append(runs, object));
    TRY(json_put(object, kind, json_integer((json_int_t)number)));
    TRY(json_put(object, "score", json_number(made->score)));
    json_object_foreach(made->metrics, name, value)
    {
        if (json_is_number(value)) TRY(json_put(object, name, json_incref(value)));
    }
    return BERT_OK;
}

/* The mean over the runs that have the member, and the deviation of a sample (n - 1). */
static bert_status spread_put(const json_t *runs, const char *name, json_t *means,
                              json_t *deviations)
{
    size_t index, count = 0;
    double sum = 0.0, squares = 0.0;
    json_t *run_object;
    json_array_foreach((json_t *)runs, index, run_object)
    {
        const json_t *value = json_object_get(run_object, name);
        if (!json_is_number(value)) continue;
        sum += json_number_value(value);
        count++;
    }
    double mean = sum / (double)count;
    json_array_foreach((json_t *)runs, index, run_object)
    {
        const json_t *value = json_object_get(run_object, name);
        if (json_is_number(value)) squares += pow(json_number_value(value) - mean, 2.0);
    }
    double deviation = count > 1 ? sqrt(squares / (double)(count - 1)) : 0.0;
    TRY(json_put(means, name, json_number(mean)));
    return json_put(deviations, name, json_number(deviation));
}

static size_t best_seed(const json_t *runs)
{
    size_t index, found = 0;
    double best = -INFINITY;
    json_t *run_object;
    json_array_foreach((json_t *)runs, index, run_object)
    {
        double score = json_number_value(json_object_get(run_object, "score"));
        if (!(score > best)) continue;
        best = score;
        found = (size_t)json_integer_value(json_object_get(run_object, "seed"));
    }
    return found;
}

/* {"runs": [..], "mean": {..}, "standard_deviation": {..}, "best": ..}; `kind` "seed" has a best.
 */
static bert_status runs_put(json_t *runs, const char *kind, json_t *object)
{
    const char *name;
    json_t *value, *means = json_object();
    TRY(json_put(object, "runs", json_incref(runs)));
    TRY(json_put(object, "mean", means));
    json_t *deviations = json_object();
    TRY(json_put(object, "standard_deviation", deviations));
    json_object_foreach(json_array_get(runs, 0), name, value)
    {
        if (strcmp(name, kind) != 0) TRY(spread_put(runs, name, means, deviations));
    }
    if (strcmp(kind, "seed") != 0) return BERT_OK;
    return json_put(object, "best", json_integer((json_int_t)best_seed(runs)));
}

/* Into the output folder, and to the observer; takes the runs over. */
static bert_status runs_tell(const bert_train_options *o, const char *name, const char *kind,
                             json_t *runs)
{
    char *path = NULL, *text = NULL;
    json_t *object = json_object();
    bert_status status = runs_put(runs, kind, object);
    json_decref(runs);
    if (status == BERT_OK) status = path_join(o->output, name, &path);
    if (status == BERT_OK) status = json_write(path, object);
    if (status == BERT_OK) status = json_text(object, &text);
    if (status == BERT_OK)
        observe(&o->observer, &(bert_event){ .kind = BERT_EVENT_RUNS, .text = text });
    free(text);
    free(path);
    json_decref(object);
    return status;
}

static void run_announce(const bert_train_options *o, const char *format, size_t a, size_t b)
{
    char text[64];
    snprintf(text, sizeof text, format, a, b);
    observe(&o->observer, &(bert_event){ .kind = BERT_EVENT_RUN, .text = text });
}

/* "mine.fold-2", beside the output. The caller frees. */
static bert_status folder_beside(const bert_train_options *o, const char *kind, uint64_t number,
                                 char **out)
{
    size_t end = strlen(o->output);
    while (end > 1 && o->output[end - 1] == '/') end--;
    if (asprintf(out, "%.*s.%s-%llu", (int)end, o->output, kind, (unsigned long long)number) >= 0)
        return BERT_OK;
    *out = NULL;
    return fail(BERT_MEMORY, "out of memory for a path");
}

/* ---- folds */

/* Trains on all but fold `fold`, measures by it, and leaves nothing but the numbers. */
static bert_status fold_run(const bert_train_options *o, const task *kind, const dataset *d,
                            const uint32_t *fold_of, size_t fold, json_t *runs)
{
    dataset train = *d, dev = { 0 };
    bert_train_options own = *o;
    evaluation made = { 0 };
    bool *held_out = NULL;
    char *folder = NULL;
    train.storage = NULL;
    train.rows = NULL;
    bert_status status = memory_zeroed(d->count, sizeof *train.rows, (void **)&train.rows);
    if (status == BERT_OK) status = memory_zeroed(d->count, sizeof *held_out, (void **)&held_out);
    if (status == BERT_OK) status = folder_beside(o, "fold", fold + 1, &folder);
    if (status == BERT_OK) {
        memcpy(train.rows, d->rows, d->count * sizeof *d->rows);
        for (size_t i = 0; i < d->count; i++) held_out[i] = fold_of[i] == fold;
        status = dataset_split(&train, held_out, &dev);
    }
    own.output = folder;
    if (status == BERT_OK) status = data_train(&own, kind, &train, &dev, &made);
    if (status == BERT_OK) status = folder_remove(folder);
    if (status == BERT_OK && observe_stop(&o->observer))
        status =
            fail(BERT_ARGUMENT, "stopped in fold %zu of %zu; nothing is saved", fold + 1, o->folds);
    if (status == BERT_OK) status = run_append("fold", fold + 1, &made, runs);
    evaluation_release(&made);
    dataset_release(&dev);
    dataset_release(&train);
    free(held_out);
    free(folder);
    return status;
}

static bert_status folds_run(const bert_train_options *o, const task *kind, const dataset *d,
                             const uint32_t *fold_of, json_t *runs)
{
    for (size_t fold = 0; fold < o->folds; fold++) {
        run_announce(o, "fold %zu of %zu", fold + 1, o->folds);
        TRY(fold_run(o, kind, d, fold_of, fold, runs));
    }
    observe(&o->observer, &(bert_event){ .kind = BERT_EVENT_RUN, .text = "all of the data" });
    return data_train(o, kind, d, &(dataset){ 0 }, &(evaluation){ 0 });
}

bert_status folds_train(const bert_train_options *o, const task *kind, const dataset *d)
{
    void *fold_of;
    json_t *runs = json_array();
    output place;
    TRY(output_open(o->output, o->overwrite ? OUTPUT_REPLACE : OUTPUT_NEW,
                    &place)); /* refused now rather than at the end */
    output_release(&place);
    TRY(memory_zeroed(d->count, sizeof(uint32_t), &fold_of));
    bert_status status = folds_deal_out(kind, &o->task_options, o->folds, o->seed, d, fold_of);
    if (status == BERT_OK) status = folds_run(o, kind, d, fold_of, runs);
    free(fold_of);
    if (status == BERT_OK) return runs_tell(o, "folds.json", "fold", runs);
    json_decref(runs);
    return status;
}

/* ---- seeds */

/* The first run's folder is the output; a later one's takes its place if it is better. */
static bert_status seed_run(const bert_train_options *o, const task *kind, const dataset *d,
                            const dataset *dev, size_t number, double *best, json_t *runs)
{
    bert_train_options own = *o;
    evaluation made = { 0 };
    char *folder = NULL;
    own.seed = o->seed + number;
    TRY(folder_beside(o, "seed", own.seed, &folder));
    if (number) own.output = folder;
    bert_status status = data_train(&own, kind, d, dev, &made);
    bool measured = status == BERT_OK && made.metrics;
    if (measured) status = run_append("seed", own.seed, &made, runs);
    if (status == BERT_OK && number && measured && made.score > *best)
        status = folder_publish(folder, o->output);
    else if (status == BERT_OK && number)
        status = folder_remove(folder);
    if (measured && (!number || made.score > *best)) *best = made.score;
    evaluation_release(&made);
    free(folder);
    return status;
}

bert_status seeds_train(const bert_train_options *o, const task *kind, const dataset *d,
                        const dataset *dev)
{
    double best = -INFINITY;
    json_t *runs = json_array();
    bert_status status = BERT_OK;
    for (size_t i = 0; i < o->seeds && status == BERT_OK && !observe_stop(&o->observer); i++) {
        run_announce(o, "seed %zu, run %zu", o->seed + i, i + 1);
        status = seed_run(o, kind, d, dev, i, &best, runs);
    }
    if (status != BERT_OK ||
        json_array_size(runs) == 0) { /* stopped before the first epoch's end */
        json_decref(runs);
        return status;
    }
    return runs_tell(o, "seeds.json", "seed", runs);
}
