/* compare.c: bert.h's comparison of two models on the same examples. */
#include "api/evaluation.h"

#include "base/locale.h"
#include "base/memory.h"
#include "json/json.h"
#include "metrics/mcnemar.h"
#include "metrics/measure.h"
#include "task/observe.h"

#include <stdlib.h>
#include <string.h>

typedef struct contestant {
    const char *folder;
    bert_model *model;
    evaluation made;
} contestant;

static bool knows(const config *c, const char *label)
{
    for (size_t i = 0; i < c->labels; i++)
        if (strcmp(c->label_names[i], label) == 0) return true;
    return false;
}

/* BERT_ARGUMENT where `a` has a label that `b` has not. */
static bert_status labels_within(const contestant *a, const contestant *b)
{
    const config *c = &a->model->weights.config;
    for (size_t i = 0; i < c->labels; i++)
        if (!knows(&b->model->weights.config, c->label_names[i]))
            return fail(BERT_ARGUMENT,
                        "%s knows the label '%s', which %s does not; only models of the same "
                        "labels can be compared",
                        a->folder, c->label_names[i], b->folder);
    return BERT_OK;
}

static bert_status pair_check(const contestant *a, const contestant *b)
{
    const task *kind = a->model->task;
    if (kind != b->model->task)
        return fail(BERT_ARGUMENT,
                    "%s is for '%s' and %s for '%s'; only models for the same task can be compared",
                    a->folder, kind->info.name, b->folder, b->model->task->info.name);
    bert_texts one = a->model->trained.texts, other = b->model->trained.texts;
    if (one && other && one != other) /* BERT_TEXTS_UNKNOWN is 0 */
        return fail(BERT_ARGUMENT,
                    "%s was trained on pairs of texts and %s on single texts; no data are for both",
                    one == BERT_TEXTS_PAIRS ? a->folder : b->folder,
                    one == BERT_TEXTS_PAIRS ? b->folder : a->folder);
    bool names = kind->head->labelled && a->model->weights.config.labels > 1; /* not of a number */
    if (!names) return BERT_OK;
    TRY(labels_within(a, b));
    return labels_within(b, a);
}

static bert_status contestant_open(const char *folder, contestant *out)
{
    bert_model *m;
    TRY(bert_model_open(folder, &m));
    bert_status status = head_check(m);
    if (status == BERT_OK)
        *out = (contestant){ .folder = folder, .model = m };
    else
        bert_model_free(m);
    return status;
}

static bert_status contestant_run(const bert_evaluate_options *o, const dataset *d, contestant *c)
{
    evaluation_wish wish = { .trained = true, .intervals = true, .verdicts = true };
    observe_note(o->observer, "evaluating %s", c->folder);
    return evaluation_run(o, c->model, d, &wish, &c->made);
}

static void contestant_release(contestant *c)
{
    evaluation_release(&c->made);
    bert_model_free(c->model);
}

/* ---- what they differ by */

static json_t *difference_json(const json_t *a, const json_t *b)
{
    bool both = json_is_number(a) && json_is_number(b);
    return both ? json_real(json_number_value(b) - json_number_value(a)) : json_null();
}

/* One metric of both; interval and direction are the caller's to set. */
static bert_status metric_put(const contestant *a, const contestant *b, const char *name,
                              json_t *metric)
{
    json_t *first = json_object_get(a->made.metrics, name);
    json_t *second = json_object_get(b->made.metrics, name);
    TRY(json_put(metric, "first", json_incref(first)));
    TRY(json_put(metric, "second", json_incref(second)));
    return json_put(metric, "difference", difference_json(first, second));
}

/* Resample by resample, for the same rows are drawn for both. differences [count], out */
static void differences_take(const resamples *a, const resamples *b, size_t which,
                             double *differences)
{
    for (size_t i = 0; i < a->count; i++)
        differences[i] = b->values[which * b->count + i] - a->values[which * a->count + i];
}

static bert_status score_compare(const contestant *a, const contestant *b, size_t which,
                                 double *differences, json_t *metrics)
{
    const resamples *of_a = &a->made.resamples;
    const named_score *s = &of_a->scores.items[which];
    json_t *metric = json_object();
    TRY(json_put(metrics, s->name, metric));
    TRY(metric_put(a, b, s->name, metric));
    differences_take(of_a, &b->made.resamples, which, differences);
    TRY(json_put(metric, "interval", interval_json(differences, of_a->count)));
    return json_put(metric, "less_is_better", json_boolean(measure_less_is_better(s->name)));
}

static bert_status loss_compare(const contestant *a, const contestant *b, json_t *metrics)
{
    if (!json_object_get(a->made.metrics, "eval_loss")) return BERT_OK;
    json_t *metric = json_object();
    TRY(json_put(metrics, "eval_loss", metric));
    TRY(metric_put(a, b, "eval_loss", metric));
    TRY(json_put(metric, "interval", json_null()));
    return json_put(metric, "less_is_better", json_boolean(measure_less_is_better("eval_loss")));
}

static bert_status metrics_compare(const contestant *a, const contestant *b, json_t *object)
{
    const resamples *of_a = &a->made.resamples;
    void *differences;
    json_t *metrics = json_object();
    TRY(json_put(object, "metrics", metrics));
    TRY(memory_zeroed(of_a->count, sizeof(double), &differences));
    bert_status status = BERT_OK;
    for (size_t i = 0; i < of_a->scores.count && status == BERT_OK; i++)
        status = score_compare(a, b, i, differences, metrics);
    free(differences);
    TRY(status);
    TRY(loss_compare(a, b, metrics));
    TRY(json_put(object, "main_metric", json_string(of_a->scores.items[of_a->scores.main].name)));
    return json_put(object, "interval_resamples", json_integer((json_int_t)of_a->count));
}

static bert_status verdicts_compare(const contestant *a, const contestant *b, size_t rows,
                                    json_t *object)
{
    size_t cells[2][2] = { { 0 } }; /* [first is right][second is right] */
    for (size_t i = 0; i < rows; i++) cells[a->made.right[i]][b->made.right[i]]++;
    mcnemar m = mcnemar_test(cells[true][false], cells[false][true]);
    return json_put(object, "mcnemar",
                    json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:f, s:f}", "right",
                              a->model->task->answers->right, "both", (json_int_t)cells[true][true],
                              "neither", (json_int_t)cells[false][false], "only_first",
                              (json_int_t)m.only_first, "only_second", (json_int_t)m.only_second,
                              "test", m.exact ? "exact" : "chi-squared", "statistic", m.statistic,
                              "p", m.p));
}

static bert_status pair_put(const contestant *a, const contestant *b, size_t rows, json_t *object)
{
    TRY(json_put(object, "first", json_string_of(slice_of(a->folder))));
    TRY(json_put(object, "second", json_string_of(slice_of(b->folder))));
    TRY(json_put(object, "task", json_string(a->model->task->info.name)));
    TRY(json_put(object, "eval_examples", json_integer((json_int_t)rows)));
    TRY(metrics_compare(a, b, object));
    return a->made.right ? verdicts_compare(a, b, rows, object) : BERT_OK;
}

static bert_status pair_compare(const contestant *a, const contestant *b, size_t rows, char **json)
{
    json_t *object = json_object();
    bert_status status = pair_put(a, b, rows, object);
    if (status == BERT_OK) status = json_text(object, json);
    json_decref(object);
    return status;
}

static bert_status pair_run(const bert_evaluate_options *o, contestant *a, contestant *b,
                            char **json)
{
    dataset d;
    TRY(pair_check(a, b));
    TRY(evaluation_data(o, a->model, &d));
    bert_status status = contestant_run(o, &d, a);
    if (status == BERT_OK) status = contestant_run(o, &d, b);
    if (status == BERT_OK) status = pair_compare(a, b, d.count, json);
    dataset_release(&d);
    return status;
}

bert_status bert_compare(const char *first, const char *second, const bert_evaluate_options *given,
                         char **json)
{
    LOCALE_PLAIN;
    bert_evaluate_options options;
    inner_options inner;
    TRY(evaluate_options_take(given, &options, &inner));
    TRY(evaluate_options_check(&options));
    if (!first || !second) return fail(BERT_ARGUMENT, "two models must be given");
    contestant a = { 0 }, b = { 0 };
    bert_status status = contestant_open(first, &a);
    if (status == BERT_OK) status = contestant_open(second, &b);
    if (status == BERT_OK) status = pair_run(&options, &a, &b, json);
    contestant_release(&a);
    contestant_release(&b);
    return status;
}
