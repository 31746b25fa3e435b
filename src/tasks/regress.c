/* regress.c: a number for each text or pair of texts: BertForSequenceClassification with one output
 * and squared error. */
#include "base/memory.h"
#include "evaluate/bag_of_words.h"
#include "json/json.h"
#include "metrics/correlation.h"
#include "task/labels.h"
#include "task/observe.h"
#include "tasks/pooled.h"
#include "tasks/scores.h"
#include "tasks/tasks.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- targets */

/* To two digits, for people to copy. */
static double rounded(double number)
{
    char text[32];
    snprintf(text, sizeof text, "%.2g", number);
    return strtod(text, NULL);
}

/* An answer begins near 0 and moves by about the learning rate a step and weight: numbers far from
 * it are not reached in a usual run (docs/tasks/regress.md has what was measured). */
static void labels_warn(const dataset *d, const bert_observer *observer)
{
    const double far = 10.0;
    double mean = 0.0, squares = 0.0, number;
    for (size_t i = 0; i < d->count; i++)
        if (label_number(d->rows[i].label, &number)) mean += number / (double)d->count;
    for (size_t i = 0; i < d->count; i++)
        if (label_number(d->rows[i].label, &number))
            squares += (number - mean) * (number - mean) / (double)d->count;
    double scale = rounded(sqrt(squares));
    if (!(scale > 0.0) || !isfinite(scale) || (fabs(mean) <= far && scale <= far)) return;
    double shift = nearbyint(mean / scale) * scale;
    if (shift == 0.0)
        observe_warning(
            observer,
            "the labels lie far from 0 (give or take %.15g) and will be learnt slowly or "
            "not at all; train on label / %.15g, and multiply answers by %.15g",
            scale, scale, scale);
    else
        observe_warning(observer,
                        "the labels lie far from 0 (about %.15g, give or take %.15g) and will be "
                        "learnt slowly or not at all; train on (label %+.15g) / %.15g, and turn an "
                        "answer back by answer * %.15g %+.15g",
                        shift, scale, -shift, scale, scale, shift);
}

/* One output, named as transformers names it. */
static bert_status labels_find(const dataset *d, const bert_task_options *options,
                               const bert_observer *observer, label_names *out)
{
    (void)options;
    labels_warn(d, observer);
    void *memory;
    TRY(memory_zeroed(1, sizeof *out->names, &memory));
    label_names labels = { .names = memory, .count = 1 };
    if (!(labels.names[0] = strdup("LABEL_0"))) {
        label_names_release(&labels);
        return fail(BERT_MEMORY, "out of memory for labels");
    }
    *out = labels;
    return BERT_OK;
}

static bert_status row_number(const dataset_row *row, double *out)
{
    if (label_number(row->label, out) && fabs(*out) <= FLT_MAX) return BERT_OK;
    return fail_more(label_no_number(row),
                     ", which regress asks for; %s classify takes labels as classes", FIELD(task));
}

typedef struct number_targets {
    float *numbers; /* [capacity] of each unit */
    size_t capacity;
} number_targets;

static bert_status targets_open(examples *e)
{
    size_t outputs = e->config->outputs;
    if (e->labelled && outputs > 1)
        return fail(BERT_UNSUPPORTED,
                    "the model gives %zu numbers for a text (%s, %s%s), and data have one for each "
                    "text: it can only predict",
                    outputs, e->config->label_names[0], e->config->label_names[1],
                    outputs > 2 ? ", ..." : "");
    return memory_zeroed(1, sizeof(number_targets), &e->targets);
}

static void targets_free(void *targets)
{
    number_targets *t = targets;
    free(t->numbers);
    free(t);
}

static bert_status encode(examples *e, size_t row)
{
    number_targets *t = e->targets;
    size_t first = e->features.count;
    double number;
    TRY(pooled_encode(e, row));
    if (!e->labelled) return BERT_OK;
    TRY(row_number(&e->rows[row], &number));
    size_t count = e->features.count;
    TRY(memory_grow((void **)&t->numbers, &t->capacity, count, sizeof *t->numbers));
    for (size_t i = first; i < count; i++) t->numbers[i] = (float)number;
    return BERT_OK;
}

/* ---- loss */

/* The numbers of a batch side by side, as the operation wants them, a few at a time. */
static void loss(const pass *p, const examples *e, const uint32_t *index, size_t count,
                 double scale, double *total)
{
    enum { RUN = 256 };
    const number_targets *t = e->targets;
    float numbers[RUN];
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t run = count - begin < RUN ? count - begin : RUN;
        for (size_t i = 0; i < run; i++) numbers[i] = t->numbers[index[begin + i]];
        p->on->squared_error(p->on, run, p->tape->logits + begin, numbers, (float)scale,
                             scale != 0.0 ? p->tape->dlogits + begin : NULL, total);
    }
}

/* ---- answers */

static double answer_of(const examples *e, float logit)
{
    return e->config->logistic ? scores_logistic((double)logit) : (double)logit;
}

/* The only output's, which all but describe() ask for. */
static double number_of(const examples *e, const void *answer)
{
    return answer_of(e, *(const float *)answer);
}

static bert_status describe(const examples *e, size_t row, const void *answer, json_t *object)
{
    (void)row;
    const float *logits = answer;
    size_t outputs = e->config->outputs;
    json_t *scores = outputs > 1 ? json_object() : json_number(number_of(e, logits));
    TRY(json_put(object, outputs > 1 ? "scores" : "score", scores));
    for (size_t i = 0; outputs > 1 && i < outputs; i++)
        TRY(json_put(scores, e->config->label_names[i], json_number(answer_of(e, logits[i]))));
    return pooled_put_logits(e, logits, object);
}

/* ---- single answers */

static bert_status judge(const examples *e, size_t row, const void *answer, verdict *out)
{
    double truth;
    TRY(row_number(&e->rows[row], &truth));
    double error = fabs(number_of(e, answer) - truth);
    *out = (verdict){ .right = error == 0.0, .severity = error };
    return BERT_OK;
}

static bert_status explain(const examples *e, size_t row, const void *answer, json_t *object)
{
    double truth;
    TRY(row_number(&e->rows[row], &truth));
    TRY(json_put(object, "expected", json_number(truth)));
    return json_put(object, "answer", json_number(number_of(e, answer)));
}

/* ---- metrics */

typedef struct number_metrics {
    correlation rows;
    double pearson;
} number_metrics;

static bert_status metrics_open(const examples *e, void **out)
{
    (void)e;
    return memory_zeroed(1, sizeof(number_metrics), out);
}

static void metrics_free(void *metrics)
{
    number_metrics *m = metrics;
    correlation_release(&m->rows);
    free(m);
}

static bert_status metrics_add(void *metrics, const examples *e, size_t row, const void *answer)
{
    number_metrics *m = metrics;
    double truth;
    TRY(row_number(&e->rows[row], &truth));
    return correlation_add(&m->rows, number_of(e, answer), truth);
}

static bert_status metrics_scores(void *metrics, const examples *e, const uint32_t *weights,
                                  score_list *out)
{
    (void)e;
    number_metrics *m = metrics;
    double spearman;
    TRY(correlation_spearman(&m->rows, weights, &spearman));
    score_put(out, "eval_pearson", correlation_pearson(&m->rows, weights));
    score_put(out, "eval_spearman", spearman);
    score_put(out, "eval_mse", correlation_mse(&m->rows, weights));
    score_put(out, "eval_mae", correlation_mae(&m->rows, weights));
    return BERT_OK;
}

static bert_status metrics_put(void *metrics, const examples *e, json_t *object)
{
    number_metrics *m = metrics;
    score_list scores = { 0 };
    TRY(metrics_scores(m, e, NULL, &scores));
    TRY(scores_describe(&scores, object));
    m->pearson = scores.items[0].value;
    return BERT_OK;
}

/* Where it is not defined, as bad as can be. */
static double metrics_score(const void *metrics)
{
    const number_metrics *m = metrics;
    return isfinite(m->pearson) ? m->pearson : -1.0;
}

typedef struct extent {
    double least, most;
} extent;

static void extent_add(extent *e, double value)
{
    if (value < e->least) e->least = value;
    if (value > e->most) e->most = value;
}

static void metrics_warn(const void *metrics, const examples *e, const bert_observer *observer)
{
    const number_metrics *m = metrics;
    const double same_share = 0.01; /* answers closer together than this, of the labels' extent */
    extent answers = { INFINITY, -INFINITY }, truths = answers;
    for (size_t i = 0; i < m->rows.count; i++) {
        extent_add(&answers, m->rows.rows[i].prediction);
        extent_add(&truths, m->rows.rows[i].truth);
    }
    double spread = truths.most - truths.least;
    if (e->row_count < 2) return;
    if (!(spread > 0.0))
        observe_warning(observer,
                        "all %zu examples have the label %.4g, so correlations are not defined",
                        e->row_count, truths.most);
    else if (answers.most - answers.least < same_share * spread)
        observe_warning(observer,
                        "the model answers %.2f for all %zu examples, whose labels go from %.4g to "
                        "%.4g: it tells nothing apart",
                        (answers.least + answers.most) / 2.0, e->row_count, truths.least,
                        truths.most);
}

/* ---- rivals */

static void target_of(const examples *e, size_t row, float *target)
{
    double number = 0.0;
    (void)label_number(e->rows[row].label, &number); /* encode() has refused what is none */
    target[0] = (float)number;
}

static const bag_question question = { .loss = BAG_SQUARED, .target = target_of };

const task task_regress = {
    .info = {
        .name = "regress",
        .title = "Text regression",
        .input = BERT_INPUT_TEXTS,
        .sample = "A text.",
        .members = "score logits",
        .scores = { "eval_pearson" },
        .lines = (const bert_score_line[]){ { "eval_pearson", "Pearson" }, { "eval_spearman", "Spearman" }, { "eval_mse", "mean squared error" }, { "eval_mae", "mean absolute error" }, { 0 } },
        .pipeline = "text-classification",
        .transformers_class = "AutoModelForSequenceClassification",
    },
    .problem_type = "regression",
    .form = FORM_TEXTS,
    .head = &head_classifier,
    .options = TAKES_WINDOWS | TAKES_STRIDE | TAKES_LOGITS,
    .max_length = 128,
    .labels = &(const task_labels){ .find = labels_find },
    .encoding = &(const task_encoding){ .open = targets_open, .free = targets_free, .add = encode },
    .loss = &(const task_loss){ .add = loss },
    .decoding = &pooled_decoding,
    .answers = &(const task_answers){ .describe = describe, .judge = judge, .explain = explain },
    .metrics =
        &(const task_metrics){
            .open = metrics_open,
            .free = metrics_free,
            .add = metrics_add,
            .put = metrics_put,
            .scores = metrics_scores,
            .score = metrics_score,
            .warn = metrics_warn,
        },
    .rivals = &(const task_rivals){ .bag = &question },
    .check = config_check_answers,
};
