/* classify.c: one class for each text or pair of texts: BertForSequenceClassification with
 * cross-entropy. */
#include "base/memory.h"
#include "tasks/tasks.h"
#include "train/confusion.h"
#include "train/observe.h"

#include <stdlib.h>
#include <string.h>

/* ---- labels */

static bool label_is_integer(const char *label)
{
    const char *digits = *label == '-' ? label + 1 : label;
    size_t count = strlen(digits);
    return count > 0 && count <= 18 && strspn(digits, "0123456789") == count;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_number(const void *a, const void *b)
{
    long long x = atoll(*(char *const *)a), y = atoll(*(char *const *)b);
    return x != y ? (x > y) - (x < y) : by_bytes(a, b);
}

static bert_status row_label(const dataset_row *row, char **out)
{
    if (memchr(row->label.bytes, '\0', row->label.count))
        return fail(BERT_DATA, "%s:%zu: the label holds a NUL byte", row->path, row->line);
    *out = strndup(row->label.bytes, row->label.count);
    return *out ? BERT_OK : fail(BERT_MEMORY, "out of memory for labels");
}

/* Every row's label, sorted by bytes. */
static bert_status labels_all(const dataset *d, char **labels)
{
    for (size_t i = 0; i < d->count; i++) TRY(row_label(&d->rows[i], &labels[i]));
    qsort(labels, d->count, sizeof *labels, by_bytes);
    return BERT_OK;
}

/* Keeps the first of equals in place, frees the others; *largest is the length of the longest run.
 * Returns how many remain. */
static size_t labels_unique(char **labels, size_t count, size_t *largest, size_t *smallest)
{
    size_t unique = 0;
    *largest = 0;
    *smallest = count;
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && strcmp(labels[begin], labels[end]) == 0; end++) {
            free(labels[end]);
            labels[end] = NULL;
        }
        if (end - begin > *largest) *largest = end - begin;
        if (end - begin < *smallest) *smallest = end - begin;
        char *kept = labels[begin];
        labels[begin] = NULL;
        labels[unique++] = kept;
    }
    return unique;
}

static void labels_sort(label_names *labels)
{
    bool integers = true;
    for (size_t i = 0; i < labels->count; i++)
        integers = integers && label_is_integer(labels->names[i]);
    if (integers) qsort(labels->names, labels->count, sizeof *labels->names, by_number);
}

enum { LABELS_MAX = 5000 }; /* the confusion matrix has its square */

static bert_status labels_check(const dataset *d, const label_names *labels)
{
    if (labels->count == 1)
        return fail(BERT_DATA,
                    "%s: all %zu examples have the label '%s'; there is nothing to tell apart",
                    d->rows[0].path, d->count, labels->names[0]);
    if (labels->count > LABELS_MAX)
        return fail(
            BERT_DATA,
            "%s: the column '%s' has %zu different values, and at most %d classes can be told "
            "apart; is it the label? (--label names another)",
            d->rows[0].path, d->label_column, labels->count, LABELS_MAX);
    return BERT_OK;
}

/* Large classes drown small ones: from four to one on it is worth a word. So is a column that looks
 * like no label. */
static void labels_warn(const dataset *d, const label_names *labels, size_t largest,
                        size_t smallest, const bert_observer *observer)
{
    double share = 100.0 * (double)largest / (double)d->count;
    if (labels->count > 100 && labels->count * 2 > d->count)
        observe_warning(observer,
                        "the column '%s' has %zu different values in %zu rows; is it the label? "
                        "(--label names another)",
                        d->label_column, labels->count, d->count);
    if (largest >= 4 * smallest)
        observe_warning(observer,
                        "the classes are unbalanced: the largest of %zu has %zu examples (%.1f "
                        "%%), the smallest %zu; always "
                        "answering the largest would be right for %.1f %%, so look at macro F1 and "
                        "MCC beside accuracy",
                        labels->count, largest, share, smallest, share);
}

static bert_status labels_find(const dataset *d, const bert_observer *observer, label_names *out)
{
    void *memory;
    TRY(memory_zeroed(d->count, sizeof(char *), &memory));
    label_names labels = { .names = memory, .count = d->count };
    size_t largest = 0, smallest = 0;
    bert_status status = labels_all(d, labels.names);
    if (status == BERT_OK) {
        labels.count = labels_unique(labels.names, d->count, &largest, &smallest);
        labels_sort(&labels);
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

/* ---- targets: the class of each example, int32_t [count] */

static bool label_index(const config *c, slice label, int32_t *index)
{
    for (size_t i = 0; i < c->labels; i++) {
        if (!slice_equal(label, slice_of(c->label_names[i]))) continue;
        *index = (int32_t)i;
        return true;
    }
    return false;
}

static bert_status label_unknown(const dataset_row *row, const config *c)
{
    char known[256] = "";
    for (size_t i = 0; i < c->labels && i < 8; i++) {
        strncat(known, i ? ", " : "", sizeof known - strlen(known) - 1);
        strncat(known, c->label_names[i], sizeof known - strlen(known) - 1);
    }
    return fail(
        BERT_DATA,
        "%s:%zu: the label '%.*s' is not one of the %zu that the model was trained with (%s%s)",
        row->path, row->line, (int)(row->label.count < 80 ? row->label.count : 80),
        row->label.bytes, c->labels, known, c->labels > 8 ? ", ..." : "");
}

static bert_status targets_open(const dataset *d, const config *c, void **targets)
{
    void *memory;
    TRY(memory_zeroed(d->count, sizeof(int32_t), &memory));
    int32_t *classes = memory;
    for (size_t i = 0; i < d->count; i++) {
        if (label_index(c, d->rows[i].label, &classes[i])) continue;
        free(classes);
        return label_unknown(&d->rows[i], c);
    }
    *targets = classes;
    return BERT_OK;
}

/* ---- loss */

/* The classes of a batch side by side, as the operation wants them, a few at a time. */
static void loss(const pass *p, const void *targets, const uint32_t *index, size_t count,
                 double scale, double *total)
{
    enum { RUN = 256 };
    int32_t classes[RUN];
    size_t labels = p->config->labels;
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t run = count - begin < RUN ? count - begin : RUN;
        for (size_t i = 0; i < run; i++) classes[i] = ((const int32_t *)targets)[index[begin + i]];
        float *dlogits = scale != 0.0 ? p->tape->dlogits + begin * labels : NULL;
        p->on->cross_entropy(p->on, run, labels, p->tape->logits + begin * labels, classes, NULL,
                             (float)scale, dlogits, total);
    }
}

/* ---- metrics */

typedef struct class_metrics {
    confusion confusion;
    float *logits; /* of one batch */
    size_t capacity;
} class_metrics;

static bert_status metrics_open(const config *c, void **out)
{
    void *memory;
    TRY(memory_zeroed(1, sizeof(class_metrics), &memory));
    class_metrics *m = memory;
    bert_status status = confusion_init(c->labels, &m->confusion);
    if (status != BERT_OK) {
        free(m);
        return status;
    }
    *out = m;
    return BERT_OK;
}

static void metrics_free(void *metrics)
{
    class_metrics *m = metrics;
    confusion_release(&m->confusion);
    free(m->logits);
    free(m);
}

static size_t largest_of(const float *logits, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (logits[i] > logits[best]) best = i;
    return best;
}

static bert_status metrics_add(void *metrics, const pass *p, const void *targets,
                               const uint32_t *index, size_t count)
{
    class_metrics *m = metrics;
    size_t labels = p->config->labels;
    TRY(memory_grow((void **)&m->logits, &m->capacity, count * labels, sizeof *m->logits));
    p->on->read(p->on, count * labels, p->tape->logits, m->logits);
    for (size_t i = 0; i < count; i++)
        confusion_add(&m->confusion, (size_t)((const int32_t *)targets)[index[i]],
                      largest_of(m->logits + i * labels, labels));
    return BERT_OK;
}

static void metrics_put(const void *metrics, const config *c, json_t *object)
{
    const confusion *m = &((const class_metrics *)metrics)->confusion;
    json_object_set_new(object, "eval_accuracy", json_real(confusion_accuracy(m)));
    json_object_set_new(object, "eval_macro_f1", json_real(confusion_macro_f1(m)));
    json_object_set_new(object, "eval_mcc", json_real(confusion_mcc(m)));
    json_t *names = json_array(), *rows = json_array();
    for (size_t i = 0; i < m->classes; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < m->classes; k++)
            json_array_append_new(row, json_integer((json_int_t)m->counts[i * m->classes + k]));
        json_array_append_new(rows, row);
        json_array_append_new(names, json_string(c->label_names[i]));
    }
    json_object_set_new(object, "labels", names);
    json_object_set_new(object, "confusion", rows);
}

static double metrics_score(const void *metrics)
{
    return confusion_accuracy(&((const class_metrics *)metrics)->confusion);
}

static void metrics_warn(const void *metrics, const config *c, const bert_observer *observer)
{
    const confusion *m = &((const class_metrics *)metrics)->confusion;
    for (size_t k = 0; k < m->classes && m->total > 1; k++) {
        uint64_t answers = 0, truths = 0;
        for (size_t i = 0; i < m->classes; i++) {
            answers += m->counts[i * m->classes + k];
            truths += m->counts[k * m->classes + i];
        }
        if (answers == m->total && truths < m->total)
            observe_warning(observer,
                            "the model answers '%s' for all %llu examples (%.1f %% of them are): "
                            "it tells nothing apart",
                            c->label_names[k], (unsigned long long)m->total,
                            100.0 * (double)truths / (double)m->total);
    }
}

const task task_classify = {
    .name = "classify",
    .problem_type = "single_label_classification",
    .class_name = "BertForSequenceClassification",
    .labels_find = labels_find,
    .targets_open = targets_open,
    .targets_free = free,
    .forward = classifier_forward,
    .backward = classifier_backward,
    .loss = loss,
    .metrics_open = metrics_open,
    .metrics_free = metrics_free,
    .metrics_add = metrics_add,
    .metrics_put = metrics_put,
    .metrics_score = metrics_score,
    .metrics_warn = metrics_warn,
};
