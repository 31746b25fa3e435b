/* classify.c: one class for each text or pair of texts: BertForSequenceClassification with
 * cross-entropy. */
#include "base/memory.h"
#include "evaluate/bag_of_words.h"
#include "json/json.h"
#include "metrics/confusion.h"
#include "task/labels.h"
#include "task/observe.h"
#include "tasks/pooled.h"
#include "tasks/scores.h"
#include "tasks/tasks.h"

#include <stdlib.h>
#include <string.h>

/* ---- labels */

static bert_status labels_all(const dataset *d, char **labels)
{
    for (size_t i = 0; i < d->count; i++)
        TRY(label_copy(&d->rows[i], d->rows[i].label, &labels[i]));
    return BERT_OK;
}

enum { LABELS_MAX = 5000 }; /* the confusion matrix has its square */

static bert_status labels_check(const dataset *d, const label_names *labels)
{
    if (labels->count == 1)
        return fail(BERT_DATA,
                    "%s: all %zu examples have the label '%s'; there is nothing to tell apart",
                    d->rows[0].path, d->count, labels->names[0]);
    if (labels->count > LABELS_MAX)
        return fail(BERT_DATA,
                    "%s: the column '%s' has %zu different values, and at most %d classes can be "
                    "told apart; is it the label? (%s names another)",
                    d->rows[0].path, d->label_column, labels->count, LABELS_MAX, FIELD(label));
    return BERT_OK;
}

/* Some data sets write "-" or -1 where no label is known; SNLI is one of them. A label "-1" among
 * few others may be a low score. */
static const char *label_of_none(const label_names *labels)
{
    double last;
    slice name = slice_of(labels->names[labels->count - 1]);
    bool numbered = labels->count > 3 && strcmp(labels->names[0], "-1") == 0 &&
                    label_number(name, &last) && last == (double)labels->count - 2.0;
    if (numbered) return "-1";
    for (size_t i = 0; i < labels->count; i++)
        if (strcmp(labels->names[i], "-") == 0) return "-";
    return NULL;
}

/* Large classes drown small ones: from four to one on it is worth a word. So is a column that looks
 * like no label. */
static void labels_warn(const dataset *d, const label_names *labels, size_t largest,
                        size_t smallest, const bert_observer *observer)
{
    double share = 100.0 * (double)largest / (double)d->count;
    const char *none = label_of_none(labels);
    if (none)
        observe_warning(observer,
                        "the label '%s' is a class like the others; some data sets write it where "
                        "the label is not known: leave such rows out",
                        none);
    if (labels->count > 100 && labels->count * 2 > d->count)
        observe_warning(observer,
                        "the column '%s' has %zu different values in %zu rows; is it the label? "
                        "(%s names another)",
                        d->label_column, labels->count, d->count, FIELD(label));
    if (largest >= 4 * smallest)
        observe_warning(observer,
                        "the classes are unbalanced: the largest of %zu has %zu examples (%.1f "
                        "%%), the smallest %zu; always "
                        "answering the largest would be right for %.1f %%, so look at macro F1 and "
                        "MCC beside accuracy",
                        labels->count, largest, share, smallest, share);
}

static bert_status labels_find(const dataset *d, const bert_task_options *options,
                               const bert_observer *observer, label_names *out)
{
    (void)options;
    void *memory;
    TRY(memory_zeroed(d->count, sizeof(char *), &memory));
    label_names labels = { .names = memory, .count = d->count };
    size_t largest = 0, smallest = 0;
    bert_status status = labels_all(d, labels.names);
    if (status == BERT_OK) {
        labels_unique(&labels, &largest, &smallest);
        labels_order(&labels);
        status = labels_check(d, &labels);
    }
    if (status != BERT_OK) {
        label_names_release(&labels);
        return status;
    }
    labels_warn(d, &labels, largest, smallest, observer);
    *out = labels;
    return BERT_OK;
}

static bert_status labels_tell(const examples *e, size_t row, const label_taker *taker)
{
    return taker->take(taker->context, e->rows[row].label);
}

/* ---- targets */

typedef struct class_targets {
    int32_t *classes; /* [capacity] of each unit */
    size_t capacity;
    float *weights; /* [labels] of the loss, or NULL: all 1 */
} class_targets;

static void targets_free(void *targets)
{
    class_targets *t = targets;
    free(t->classes);
    free(t->weights);
    free(t);
}

/* "balanced": examples / (labels * examples of the label), as scikit-learn's; a label that no row
 * has keeps 1. */
static bert_status weights_make(const examples *e, float *weights)
{
    void *memory;
    size_t labels = e->config->labels;
    TRY(memory_zeroed(labels, sizeof(double), &memory));
    double *balanced = memory;
    size_t index;
    for (size_t i = 0; i < e->row_count; i++)
        if (label_index(e->config, e->rows[i].label, &index)) balanced[index]++;
    for (size_t i = 0; i < labels; i++)
        balanced[i] =
            balanced[i] > 0.0 ? (double)e->row_count / ((double)labels * balanced[i]) : 1.0;
    bert_status status = label_weights_parse(e->options->class_weights, e->config, balanced,
                                             "class_weights", weights);
    free(balanced);
    return status;
}

static bert_status targets_open(examples *e)
{
    void *memory, *weights = NULL;
    TRY(memory_zeroed(1, sizeof(class_targets), &memory));
    class_targets *t = e->targets = memory;
    if (!e->labelled || !e->options->class_weights) return BERT_OK;
    TRY(memory_zeroed(e->config->labels, sizeof *t->weights, &weights));
    t->weights = weights;
    return weights_make(e, t->weights);
}

static bert_status encode(examples *e, size_t row)
{
    class_targets *t = e->targets;
    size_t first = e->features.count;
    size_t class = 0;
    TRY(pooled_encode(e, row));
    if (!e->labelled) return BERT_OK;
    if (!label_index(e->config, e->rows[row].label, &class))
        return label_unknown(&e->rows[row], e->rows[row].label, e->config);
    size_t count = e->features.count;
    TRY(memory_grow((void **)&t->classes, &t->capacity, count, sizeof *t->classes));
    for (size_t i = first; i < count; i++) t->classes[i] = (int32_t) class;
    return BERT_OK;
}

/* ---- loss */

static double weigh(const examples *e, const uint32_t *index, size_t count, size_t first_in_step,
                    uint64_t key)
{
    (void)first_in_step;
    (void)key;
    const class_targets *t = e->targets;
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) sum += t->weights ? t->weights[t->classes[index[i]]] : 1.0;
    return sum;
}

/* The classes of a batch side by side, as the operation wants them, a few at a time. */
static void loss(const pass *p, const examples *e, const uint32_t *index, size_t count,
                 double scale, double *total)
{
    enum { RUN = 256 };
    const class_targets *t = e->targets;
    int32_t classes[RUN];
    size_t labels = p->config->labels;
    class_loss how = { .weights = t->weights, .smoothing = (float)e->options->label_smoothing };
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t run = count - begin < RUN ? count - begin : RUN;
        for (size_t i = 0; i < run; i++) classes[i] = t->classes[index[begin + i]];
        float *dlogits = scale != 0.0 ? p->tape->dlogits + begin * labels : NULL;
        p->on->cross_entropy(p->on, run, labels, p->tape->logits + begin * labels, classes, &how,
                             (float)scale, dlogits, total);
    }
}

/* ---- answers */

/* label, its score, and every label's: softmax. */
static bert_status describe(const examples *e, size_t row, const void *answer, json_t *object)
{
    (void)row;
    const float *logits = answer;
    const config *c = e->config;
    size_t best = scores_best(logits, c->labels);
    double sum = scores_sum(logits, c->labels, best);
    TRY(json_put(object, "label", json_string(c->label_names[best])));
    TRY(json_put(object, "score", json_number((double)(float)(1.0 / sum))));
    json_t *scores = json_object();
    TRY(json_put(object, "scores", scores));
    scored_label *shown;
    size_t count;
    TRY(pooled_scored(e, logits, &shown, &count));
    bert_status status = BERT_OK;
    for (size_t i = 0; i < count && status == BERT_OK; i++) {
        double share = scores_share(logits, shown[i].label, best, sum);
        status =
            json_put(scores, c->label_names[shown[i].label], json_number((double)(float)share));
    }
    free(shown);
    TRY(status);
    return pooled_put_logits(e, logits, object);
}

/* ---- single answers */

static bert_status truth_of(const examples *e, size_t row, size_t *out)
{
    slice label = e->rows[row].label;
    return label_index(e->config, label, out) ? BERT_OK
                                              : label_unknown(&e->rows[row], label, e->config);
}

static bert_status judge(const examples *e, size_t row, const void *answer, verdict *out)
{
    size_t labels = e->config->labels, best = scores_best(answer, labels), truth;
    TRY(truth_of(e, row, &truth));
    *out = (verdict){ .right = best == truth, .severity = 1.0 / scores_sum(answer, labels, best) };
    return BERT_OK;
}

static bert_status explain(const examples *e, size_t row, const void *answer, json_t *object)
{
    size_t best = scores_best(answer, e->config->labels);
    TRY(json_put(object, "expected", json_string_of(e->rows[row].label)));
    return json_put(object, "answer", json_string(e->config->label_names[best]));
}

/* ---- metrics */

typedef struct class_metrics {
    confusion counts;
    counted_rows rows;
    label_counts *sums; /* [classes] of rows that count several times */
} class_metrics;

static void metrics_free(void *metrics)
{
    class_metrics *m = metrics;
    confusion_release(&m->counts);
    counted_rows_release(&m->rows);
    free(m->sums);
    free(m);
}

static bert_status metrics_open(const examples *e, void **out)
{
    void *memory, *sums = NULL;
    TRY(memory_zeroed(1, sizeof(class_metrics), &memory));
    class_metrics *m = memory;
    bert_status status = confusion_init(e->config->labels, &m->counts);
    if (status == BERT_OK) status = memory_zeroed(e->config->labels, sizeof *m->sums, &sums);
    m->sums = sums;
    if (status == BERT_OK)
        *out = m;
    else
        metrics_free(m);
    return status;
}

static bert_status metrics_add(void *metrics, const examples *e, size_t row, const void *answer)
{
    class_metrics *m = metrics;
    size_t truth, best = scores_best(answer, e->config->labels);
    TRY(truth_of(e, row, &truth));
    confusion_add(&m->counts, truth, best);
    return counted_rows_answer(&m->rows, truth, best);
}

static bert_status classes_put(const confusion *m, const config *c, json_t *object)
{
    json_t *names = json_array();
    TRY(json_put(object, "labels", names));
    json_t *scores = json_object();
    TRY(json_put(object, "per_label", scores));
    json_t *rows = json_array();
    TRY(json_put(object, "confusion", rows));
    for (size_t i = 0; i < m->classes; i++) {
        json_t *row = json_array();
        TRY(json_append(rows, row));
        for (size_t k = 0; k < m->classes; k++)
            TRY(json_append(row, json_integer((json_int_t)m->counts[i * m->classes + k])));
        TRY(json_append(names, json_string(c->label_names[i])));
        class_score s = counts_score(m->sums[i]);
        TRY(json_put(scores, c->label_names[i],
                     json_pack("{s:f, s:f, s:f, s:I}", "precision", s.precision, "recall", s.recall,
                               "f1", s.f1, "support", (json_int_t)s.support)));
    }
    return BERT_OK;
}

static bert_status metrics_scores(void *metrics, const examples *e, const uint32_t *weights,
                                  score_list *out)
{
    class_metrics *m = metrics;
    size_t classes = e->config->labels;
    counted_rows_sum(&m->rows, weights, m->sums, classes);
    class_score macro = counts_macro(m->sums, classes, MACRO_MET);
    score_put(out, "eval_accuracy", counts_accuracy(m->sums, classes));
    score_put(out, "eval_macro_f1", macro.f1);
    score_put(out, "eval_mcc", counts_mcc(m->sums, classes));
    score_put(out, "eval_macro_precision", macro.precision);
    score_put(out, "eval_macro_recall", macro.recall);
    return BERT_OK;
}

static bert_status metrics_put(void *metrics, const examples *e, json_t *object)
{
    class_metrics *m = metrics;
    score_list scores = { 0 };
    TRY(metrics_scores(m, e, NULL, &scores));
    TRY(scores_describe(&scores, object));
    return classes_put(&m->counts, e->config, object);
}

static double metrics_score(const void *metrics)
{
    const class_metrics *m = metrics;
    return counts_accuracy(m->counts.sums, m->counts.classes);
}

static void metrics_warn(const void *metrics, const examples *e, const bert_observer *observer)
{
    const confusion *m = &((const class_metrics *)metrics)->counts;
    const config *c = e->config;
    for (size_t k = 0; k < m->classes && m->total > 1; k++) {
        uint64_t answers = m->sums[k].answers, truths = m->sums[k].truths;
        if (answers == m->total && truths < m->total)
            observe_warning(observer,
                            "the model answers '%s' for all %llu examples (%.1f %% of them are): "
                            "it tells nothing apart",
                            c->label_names[k], (unsigned long long)m->total,
                            100.0 * (double)truths / (double)m->total);
    }
}

/* ---- rivals */

static void target_of(const examples *e, size_t row, float *target)
{
    size_t class;
    if (label_index(e->config, e->rows[row].label, &class)) target[class] = 1.0f;
}

static const bag_question question = { .loss = BAG_SOFTMAX, .target = target_of };

/* A softmax of one output is always 1. */
static bert_status model_check(const config *c)
{
    if (c->outputs > 1) return BERT_OK;
    return fail(BERT_UNSUPPORTED,
                "%s says \"problem_type\": \"%s\" of a head with one output, which could only ever "
                "answer '%s'; write \"multi_label_classification\" for a yes or no, or "
                "\"regression\" for a number",
                config_file_name(c), task_classify.problem_type, c->label_names[0]);
}

const task task_classify = {
    .info = {
        .name = "classify",
        .title = "Text classification",
        .input = BERT_INPUT_TEXTS,
        .sample = "A text.",
        .members = "label score scores logits",
        .scores = { "eval_accuracy" },
        .tables = (const bert_score_table[]){ { "per_label", NULL, "Each label" }, { 0 } },
        .pipeline = "text-classification",
        .transformers_class = "AutoModelForSequenceClassification",
    },
    .problem_type = "single_label_classification",
    .form = FORM_TEXTS,
    .head = &head_classifier,
    .options = TAKES_WINDOWS | TAKES_STRIDE | TAKES_CLASS_WEIGHTS | TAKES_LABEL_SMOOTHING |
               TAKES_LOGITS | TAKES_TOP,
    .max_length = 128,
    .labels = &(const task_labels){ .find = labels_find, .tell = labels_tell },
    .encoding = &(const task_encoding){ .open = targets_open, .free = targets_free, .add = encode },
    .loss = &(const task_loss){ .weigh = weigh, .add = loss },
    .decoding = &pooled_decoding,
    .answers = &(const task_answers){ .describe = describe,
                                      .right = "the class is right",
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
            .warn = metrics_warn,
        },
    .rivals = &(const task_rivals){ .bag = &question },
    .check = model_check,
};
