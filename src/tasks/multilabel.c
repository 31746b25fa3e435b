/* multilabel.c: any number of labels for each text or pair of texts: BertForSequenceClassification
 * with a sigmoid and a binary cross entropy for each label. */
#include "metrics/multilabel.h"
#include "base/memory.h"
#include "evaluate/bag_of_words.h"
#include "json/json.h"
#include "task/labels.h"
#include "task/observe.h"
#include "tasks/label_lists.h"
#include "tasks/multi_hot.h"
#include "tasks/pooled.h"
#include "tasks/scores.h"
#include "tasks/tasks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- labels */

/* Takes a copy of each of the list's names. */
static bert_status names_add(const dataset_row *row, const label_list *list, size_t *capacity,
                             label_names *all)
{
    for (size_t i = 0; i < list->count; i++) {
        TRY(memory_grow((void **)&all->names, capacity, all->count + 1, sizeof *all->names));
        TRY(label_copy(row, list->items[i], &all->names[all->count]));
        all->count++;
    }
    return BERT_OK;
}

static bert_status names_all(const dataset *d, label_names *all)
{
    label_file none = { 0 };
    label_list list = { 0 };
    size_t capacity = 0;
    bert_status status = BERT_OK;
    for (size_t i = 0; i < d->count && status == BERT_OK; i++) {
        status = label_list_read_all(&d->rows[i], &none, &list);
        if (status == BERT_OK) status = names_add(&d->rows[i], &list, &capacity, all);
    }
    label_list_release(&list);
    return status;
}

static bert_status names_find(const dataset *d, const bert_observer *observer, label_names *out)
{
    size_t largest, smallest;
    TRY(names_all(d, out));
    labels_unique(out, &largest, &smallest);
    labels_order(out);
    if (out->count == 0)
        return fail(BERT_DATA, "%s: no example has a label (column '%s')", d->rows[0].path,
                    d->label_column);
    if (out->count > 100 && out->count * 2 > d->count)
        observe_warning(observer,
                        "the column '%s' has %zu different labels in %zu rows; is it the label? "
                        "(%s names another)",
                        d->label_column, out->count, d->count, FIELD(label));
    return BERT_OK;
}

/* Those that the dataset names, in their order. */
static bert_status names_copy(const dataset *d, label_names *out)
{
    void *memory;
    TRY(memory_zeroed(d->label_count, sizeof *out->names, &memory));
    *out = (label_names){ .names = memory };
    for (; out->count < d->label_count; out->count++)
        TRY(label_copy(&d->rows[0], d->labels[out->count], &out->names[out->count]));
    return BERT_OK;
}

static bert_status labels_find(const dataset *d, const bert_task_options *options,
                               const bert_observer *observer, label_names *out)
{
    if (options->label_file) {
        label_file file;
        TRY(label_file_open(options->label_file, &file));
        *out = file.names;
        return BERT_OK;
    }
    label_names names = { 0 };
    bert_status status = d->labels ? names_copy(d, &names) : names_find(d, observer, &names);
    if (status == BERT_OK)
        *out = names;
    else
        label_names_release(&names);
    return status;
}

/* ---- targets */

enum { RUN = 64 }; /* rows that the loss is told of at once */

typedef struct list_targets {
    label_file file;
    label_list list;  /* of the row at hand */
    size_t *starts;   /* [rows + 1] */
    uint32_t *labels; /* row r's are labels[starts[r]] .. labels[starts[r + 1] - 1] */
    size_t capacity;
    float *positive; /* [labels] weights of the labels that are true, or NULL: all 1 */
    float *dense;    /* [RUN, labels] 0 or 1, what the loss reads */
} list_targets;

static void targets_free(void *targets)
{
    list_targets *t = targets;
    label_file_release(&t->file);
    label_list_release(&t->list);
    free(t->starts);
    free(t->labels);
    free(t->positive);
    free(t->dense);
    free(t);
}

static bert_status targets_open(examples *e)
{
    void *memory;
    TRY(memory_zeroed(1, sizeof(list_targets), &e->targets));
    if (!e->labelled) return BERT_OK;
    list_targets *t = e->targets;
    TRY(label_file_open(e->options->label_file, &t->file));
    TRY(memory_zeroed(e->row_count + 1, sizeof *t->starts, &memory));
    t->starts = memory;
    TRY(memory_zeroed(RUN * e->config->labels, sizeof *t->dense, &memory));
    t->dense = memory;
    return BERT_OK;
}

static bert_status labels_tell(const examples *e, size_t row, const label_taker *taker)
{
    static const label_file none = { 0 };
    const list_targets *t = e->targets;
    label_list list = { 0 };
    bert_status status = label_list_read(&e->rows[row], t ? &t->file : &none, &list);
    for (size_t i = 0; i < list.count && status == BERT_OK; i++)
        status = taker->take(taker->context, list.items[i]);
    label_list_release(&list);
    return status;
}

/* A name that the model lacks may be a number whose file was forgotten. */
static bert_status label_refuse(const examples *e, const dataset_row *row, slice label)
{
    double number;
    if (e->options->label_file || !label_number(label, &number))
        return label_unknown(row, label, e->config);
    return label_file_missing(row, label, e->config);
}

static bert_status encode(examples *e, size_t row)
{
    list_targets *t = e->targets;
    const dataset_row *r = &e->rows[row];
    TRY(pooled_encode(e, row));
    if (!e->labelled) return BERT_OK;
    TRY(label_list_read(r, &t->file, &t->list));
    size_t end = t->starts[row];
    for (size_t i = 0; i < t->list.count; i++) {
        size_t label;
        if (!label_index(e->config, t->list.items[i], &label))
            return label_refuse(e, r, t->list.items[i]);
        TRY(memory_grow((void **)&t->labels, &t->capacity, end + 1, sizeof *t->labels));
        t->labels[end++] = (uint32_t)label;
    }
    t->starts[row + 1] = end;
    return BERT_OK;
}

/* ---- what the rows hold together */

/* "balanced": rows without the label / rows with it; 1 where either is none. */
static bert_status weights_make(const examples *e, const size_t *counts)
{
    list_targets *t = e->targets;
    size_t labels = e->config->labels;
    void *memory;
    TRY(memory_zeroed(labels, sizeof *t->positive, &memory));
    t->positive = memory;
    TRY(memory_zeroed(labels, sizeof(double), &memory));
    double *balanced = memory;
    for (size_t i = 0; i < labels; i++) {
        size_t with = counts[i], without = e->row_count - with;
        balanced[i] = with && without ? (double)without / (double)with : 1.0;
    }
    bert_status status = label_weights_parse(e->options->positive_weights, e->config, balanced,
                                             "positive_weights", t->positive);
    free(balanced);
    return status;
}

/* Labels that no row has are not learnt, and count as 0 in macro F1. */
static void missing_tell(const examples *e, const size_t *counts, const char *what,
                         const bert_observer *observer)
{
    char names[256] = "";
    size_t missing = 0;
    for (size_t i = 0; i < e->config->labels; i++) {
        if (counts[i]) continue;
        if (missing < 8) {
            strncat(names, missing ? ", " : "", sizeof names - strlen(names) - 1);
            strncat(names, e->config->label_names[i], sizeof names - strlen(names) - 1);
        }
        missing++;
    }
    if (missing)
        observe_note(observer, "%s: %zu of %zu labels stand in no row (%s%s)", what, missing,
                     e->config->labels, names, missing > 8 ? ", ..." : "");
}

static void empty_tell(const examples *e, const char *what, const bert_observer *observer)
{
    const list_targets *t = e->targets;
    size_t empty = 0;
    for (size_t row = 0; row < e->row_count; row++) empty += t->starts[row] == t->starts[row + 1];
    if (empty)
        observe_note(observer, "%s: %zu of %zu texts (%.1f %%) have no label", what, empty,
                     e->row_count, 100.0 * (double)empty / (double)e->row_count);
}

static bert_status encoded(examples *e, const char *what, const bert_observer *observer)
{
    const list_targets *t = e->targets;
    void *memory;
    if (!e->labelled) return BERT_OK;
    TRY(memory_zeroed(e->config->labels, sizeof(size_t), &memory));
    size_t *counts = memory;
    for (size_t i = 0; i < t->starts[e->row_count]; i++) counts[t->labels[i]]++;
    missing_tell(e, counts, what, observer);
    empty_tell(e, what, observer);
    bert_status status = e->options->positive_weights ? weights_make(e, counts) : BERT_OK;
    free(counts);
    return status;
}

/* ---- loss */

static double weigh(const examples *e, const uint32_t *index, size_t count, size_t first_in_step,
                    uint64_t key)
{
    (void)index;
    (void)first_in_step;
    (void)key;
    return (double)count * (double)e->config->labels;
}

/* dense [count, labels]: 1 where the label is true. */
static void dense_fill(const examples *e, const uint32_t *index, size_t count)
{
    const list_targets *t = e->targets;
    size_t labels = e->config->labels;
    memset(t->dense, 0, count * labels * sizeof *t->dense);
    for (size_t i = 0; i < count; i++) {
        size_t row = features_row(&e->features, index[i]);
        for (size_t k = t->starts[row]; k < t->starts[row + 1]; k++)
            t->dense[i * labels + t->labels[k]] = 1.0f;
    }
}

static void loss(const pass *p, const examples *e, const uint32_t *index, size_t count,
                 double scale, double *total)
{
    const list_targets *t = e->targets;
    size_t labels = p->config->labels;
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t run = count - begin < RUN ? count - begin : RUN;
        float *dlogits = scale != 0.0 ? p->tape->dlogits + begin * labels : NULL;
        dense_fill(e, index + begin, run);
        p->on->sigmoid_cross_entropy(p->on, run, labels, p->tape->logits + begin * labels, t->dense,
                                     t->positive, (float)scale, dlogits, total);
    }
}

/* ---- answers */

static float probability(float logit)
{
    return (float)scores_logistic((double)logit);
}

static double threshold_of(const config *c, size_t label)
{
    return c->thresholds ? c->thresholds[label] : 0.5;
}

/* The labels above their thresholds, and the probability of every label, or of the top ones. */
static bert_status describe(const examples *e, size_t row, const void *answer, json_t *object)
{
    (void)row;
    const float *logits = answer;
    const config *c = e->config;
    json_t *labels = json_array();
    TRY(json_put(object, "labels", labels));
    json_t *scores = json_object();
    TRY(json_put(object, "scores", scores));
    for (size_t i = 0; i < c->labels; i++)
        if ((double)probability(logits[i]) > threshold_of(c, i))
            TRY(json_append(labels, json_string(c->label_names[i])));
    scored_label *shown;
    size_t count;
    TRY(pooled_scored(e, logits, &shown, &count));
    bert_status status = BERT_OK;
    for (size_t i = 0; i < count && status == BERT_OK; i++)
        status = json_put(scores, c->label_names[shown[i].label],
                          json_number((double)probability(shown[i].logit)));
    free(shown);
    TRY(status);
    return pooled_put_logits(e, logits, object);
}

/* ---- single answers */

/* The labels that are wrongly answered or missed: which, and how sure the model was. */
typedef struct wrong_label {
    size_t label;
    double confidence; /* 0: none is wrong */
} wrong_label;

static bool is_true(const list_targets *t, size_t row, size_t label)
{
    for (size_t i = t->starts[row]; i < t->starts[row + 1]; i++)
        if (t->labels[i] == label) return true;
    return false;
}

/* The one that the model was surest of. */
static bool label_judge(const examples *e, size_t row, const float *logits, wrong_label *out)
{
    bool wrong = false;
    *out = (wrong_label){ 0 };
    for (size_t i = 0; i < e->config->labels; i++) {
        double score = (double)probability(logits[i]);
        bool answered = score > threshold_of(e->config, i);
        if (answered == is_true(e->targets, row, i)) continue;
        double confidence = answered ? score : 1.0 - score;
        if (!wrong || confidence > out->confidence) *out = (wrong_label){ i, confidence };
        wrong = true;
    }
    return wrong;
}

static bert_status judge(const examples *e, size_t row, const void *answer, verdict *out)
{
    wrong_label worst;
    bool wrong = label_judge(e, row, answer, &worst);
    *out = (verdict){ .right = !wrong, .severity = worst.confidence };
    return BERT_OK;
}

static bert_status explain(const examples *e, size_t row, const void *answer, json_t *object)
{
    const list_targets *t = e->targets;
    const float *logits = answer;
    json_t *expected = json_array();
    TRY(json_put(object, "expected", expected));
    json_t *answered = json_array();
    TRY(json_put(object, "answer", answered));
    wrong_label worst;
    label_judge(e, row, logits, &worst);
    for (size_t i = 0; i < e->config->labels; i++) {
        const char *name = e->config->label_names[i];
        if (is_true(t, row, i)) TRY(json_append(expected, json_string(name)));
        if ((double)probability(logits[i]) > threshold_of(e->config, i))
            TRY(json_append(answered, json_string(name)));
    }
    return json_put(object, "label", json_string(e->config->label_names[worst.label]));
}

/* ---- metrics */

typedef struct list_metrics {
    multilabel counts;
    label_counts *sums; /* [labels + 1] of rows that count several times */
    float *scores;      /* [labels] of the row at hand */
    bool *truth;        /* [labels] */
    double *thresholds; /* [labels] */
} list_metrics;

static void metrics_free(void *metrics)
{
    list_metrics *m = metrics;
    multilabel_release(&m->counts);
    free(m->sums);
    free(m->scores);
    free(m->truth);
    free(m->thresholds);
    free(m);
}

static bert_status metrics_fill(list_metrics *m, const config *c)
{
    void *memory;
    TRY(multilabel_init(c->labels, &m->counts));
    TRY(memory_zeroed(c->labels + 1, sizeof *m->sums, &memory));
    m->sums = memory;
    TRY(memory_zeroed(c->labels, sizeof *m->scores, &memory));
    m->scores = memory;
    TRY(memory_zeroed(c->labels, sizeof *m->truth, &memory));
    m->truth = memory;
    TRY(memory_zeroed(c->labels, sizeof *m->thresholds, &memory));
    m->thresholds = memory;
    for (size_t i = 0; i < c->labels; i++) m->thresholds[i] = threshold_of(c, i);
    return BERT_OK;
}

static bert_status metrics_open(const examples *e, void **out)
{
    void *memory;
    TRY(memory_zeroed(1, sizeof(list_metrics), &memory));
    bert_status status = metrics_fill(memory, e->config);
    if (status == BERT_OK)
        *out = memory;
    else
        metrics_free(memory);
    return status;
}

static bert_status metrics_add(void *metrics, const examples *e, size_t row, const void *answer)
{
    list_metrics *m = metrics;
    const list_targets *t = e->targets;
    const float *logits = answer;
    size_t labels = e->config->labels;
    memset(m->truth, 0, labels * sizeof *m->truth);
    for (size_t i = t->starts[row]; i < t->starts[row + 1]; i++) m->truth[t->labels[i]] = true;
    if (e->options->tune_thresholds) return multilabel_hold(&m->counts, logits, m->truth);
    for (size_t i = 0; i < labels; i++) m->scores[i] = probability(logits[i]);
    return multilabel_count(&m->counts, m->scores, m->truth, m->thresholds);
}

static bert_status labels_put(const list_metrics *m, const config *c, bool tuned, json_t *object)
{
    json_t *scores = json_object();
    TRY(json_put(object, "per_label", scores));
    json_t *thresholds = tuned ? json_array() : NULL;
    if (tuned) TRY(json_put(object, "thresholds", thresholds));
    for (size_t i = 0; i < c->labels; i++) {
        class_score s = counts_score(m->counts.counts[i]);
        TRY(json_put(scores, c->label_names[i],
                     json_pack("{s:f, s:f, s:f, s:I}", "precision", s.precision, "recall", s.recall,
                               "f1", s.f1, "support", (json_int_t)s.support)));
        if (tuned) TRY(json_append(thresholds, json_number(m->thresholds[i])));
    }
    return BERT_OK;
}

static bert_status metrics_scores(void *metrics, const examples *e, const uint32_t *weights,
                                  score_list *out)
{
    list_metrics *m = metrics;
    size_t labels = e->config->labels;
    counted_rows_sum(&m->counts.rows, weights, m->sums, labels + 1);
    class_score micro = counts_micro(m->sums, labels);
    class_score macro = counts_macro(m->sums, labels, MACRO_ALL);
    score_put(out, "eval_micro_f1", micro.f1);
    score_put(out, "eval_micro_precision", micro.precision);
    score_put(out, "eval_micro_recall", micro.recall);
    score_put(out, "eval_macro_f1", macro.f1);
    score_put(out, "eval_macro_precision", macro.precision);
    score_put(out, "eval_macro_recall", macro.recall);
    score_put(out, "eval_exact_match", multilabel_exact(m->sums, labels));
    return BERT_OK;
}

static bert_status metrics_put(void *metrics, const examples *e, json_t *object)
{
    list_metrics *m = metrics;
    score_list scores = { 0 };
    bool tune = e->options->tune_thresholds;
    if (tune) TRY(multilabel_tune(&m->counts, probability, m->thresholds));
    TRY(metrics_scores(m, e, NULL, &scores));
    TRY(scores_describe(&scores, object));
    return labels_put(m, e->config, tune, object);
}

static bool settles(const examples *e)
{
    return e->options->tune_thresholds;
}

/* By the thresholds that were tuned, which the saved model will have. */
static bert_status settle(const void *metrics, const examples *e, const settled_taker *taker)
{
    const list_metrics *m = metrics;
    config tuned = *e->config;
    examples settled = *e;
    tuned.thresholds = m->thresholds;
    settled.config = &tuned;
    for (size_t row = 0; row < e->row_count; row++)
        TRY(taker->take(taker->context, &settled, row, m->counts.outputs + row * tuned.labels));
    return BERT_OK;
}

static double metrics_score(const void *metrics)
{
    const list_metrics *m = metrics;
    return counts_micro(m->counts.counts, m->counts.labels).f1;
}

static void metrics_warn(const void *metrics, const examples *e, const bert_observer *observer)
{
    const list_metrics *m = metrics;
    for (size_t i = 0; i < m->counts.labels; i++)
        if (m->counts.counts[i].answers) return;
    if (counts_micro(m->counts.counts, m->counts.labels).support)
        observe_warning(observer,
                        "the model gives none of its %zu labels to any of the %zu examples: no "
                        "score is above its threshold; train longer, or see %s and %s",
                        e->config->labels, e->row_count, FIELD(positive_weights),
                        FIELD(tune_thresholds));
}

/* ---- rivals */

static void target_of(const examples *e, size_t row, float *target)
{
    const list_targets *t = e->targets;
    for (size_t i = t->starts[row]; i < t->starts[row + 1]; i++) target[t->labels[i]] = 1.0f;
}

static const bag_question question = { .loss = BAG_SIGMOID, .target = target_of };

const task task_multilabel = {
    .info = {
        .name = "multilabel",
        .title = "Multi-label classification",
        .input = BERT_INPUT_TEXTS,
        .sample = "A text.",
        .members = "labels scores logits",
        .scores = { "eval_micro_f1" },
        .tables = (const bert_score_table[]){ { "per_label", "label", "Each label" }, { 0 } },
        .pipeline = "text-classification",
        .transformers_class = "AutoModelForSequenceClassification",
    },
    .problem_type = "multi_label_classification",
    .logistic = true,
    .form = FORM_TEXTS,
    .head = &head_classifier,
    .options = TAKES_WINDOWS | TAKES_STRIDE | TAKES_POSITIVE_WEIGHTS | TAKES_LABEL_FILE |
               TAKES_TUNE_THRESHOLDS | TAKES_LOGITS | TAKES_TOP,
    .max_length = 128,
    .labels = &(const task_labels){ .may_be_empty = true,
                                    .rows_name = multi_hot_name,
                                    .find = labels_find,
                                    .tell = labels_tell },
    .encoding =
        &(const task_encoding){
            .open = targets_open, .free = targets_free, .add = encode, .end = encoded },
    .loss = &(const task_loss){ .weigh = weigh, .add = loss },
    .decoding = &pooled_decoding,
    .answers = &(const task_answers){ .describe = describe,
                                      .right = "all labels are right",
                                      .judge = judge,
                                      .explain = explain },
    .metrics =
        &(const task_metrics){
            .open = metrics_open,
            .free = metrics_free,
            .add = metrics_add,
            .put = metrics_put,
            .scores = metrics_scores,
            .score = metrics_score,
            .settles = settles,
            .settle = settle,
            .warn = metrics_warn,
        },
    .rivals = &(const task_rivals){ .bag = &question },
};
