#include "tasks/tasks.h"

#include "base/memory.h"
#include "task/labels.h"
#include "task/observe.h"

#include <string.h>

static const task *const tasks[] = {
#define TASK(name) &task_##name,
#include "tasks/tasks.def"
#undef TASK
};

const task *task_at(size_t index)
{
    return index < sizeof tasks / sizeof *tasks ? tasks[index] : NULL;
}

const task *task_usual(void)
{
    return &task_classify;
}

bert_status task_by_name(const char *name, const task **out)
{
    char known[256] = "";
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        if (strcmp(tasks[i]->info.name, name) == 0) {
            *out = tasks[i];
            return BERT_OK;
        }
        strncat(known, i ? ", " : "", sizeof known - strlen(known) - 1);
        strncat(known, tasks[i]->info.name, sizeof known - strlen(known) - 1);
    }
    return fail_field(BERT_ARGUMENT, "task", "is '%s'; it can be %s", name, known);
}

/* What the labels of a column look like, as far as it tells the task. */
typedef struct label_looks {
    size_t numbers, decimals; /* how many are numbers; those with a point */
    size_t slips;             /* how many others are meant to be: nan, inf, 1e400, 3,5 */
    const dataset_row *other; /* the first that is no number */
} label_looks;

static label_looks labels_look(const dataset *d)
{
    label_looks l = { 0 };
    double number;
    for (size_t i = 0; i < d->count; i++) {
        const dataset_row *row = &d->rows[i];
        if (label_number(row->label, &number)) {
            l.numbers++;
            l.decimals += memchr(row->label.bytes, '.', row->label.count) != NULL;
            continue;
        }
        if (!l.other) l.other = row;
        l.slips += label_number_slip(row->label) != SLIP_NONE;
    }
    return l;
}

static bool column_is_labels(const dataset *d)
{
    return d->label_column && strcmp(d->label_column, "labels") == 0;
}

/* Does a column `labels` hold a comma, a list, a set or an object? */
static bool labels_are_lists(const dataset *d)
{
    if (!column_is_labels(d)) return false;
    for (size_t i = 0; i < d->count; i++) {
        slice label = d->rows[i].label;
        if (label.count &&
            (memchr(label.bytes, ',', label.count) || *label.bytes == '[' || *label.bytes == '{'))
            return true;
    }
    return false;
}

/* Other signs than commas may be meant to separate several labels. */
static void separators_tell(const dataset *d, const bert_observer *observer)
{
    for (size_t i = 0; column_is_labels(d) && i < d->count; i++) {
        const dataset_row *row = &d->rows[i];
        if (!memchr(row->label.bytes, ';', row->label.count) &&
            !memchr(row->label.bytes, '|', row->label.count))
            continue;
        observe_warning(observer,
                        "%s:%zu: the label '%.*s' counts as one class; if it is several labels, "
                        "separate them by commas",
                        row->path, row->line, (int)size_smaller(row->label.count, 80),
                        row->label.bytes);
        return;
    }
}

/* Numbers with few exceptions are numbers, and those are refused: as classes each number would be
 * one. Up to half of them may be nan or the like, one in twenty of decimals words; with a decimal
 * comma all. */
static bert_status numbers_check(const dataset *d, const label_looks *l)
{
    size_t others = d->count - l->numbers;
    bool slips = others && l->slips == others &&
                 (others <= d->count / 2 || label_number_slip(l->other->label) == SLIP_COMMA);
    bool words = l->decimals && others && others * 20 <= d->count;
    if (!slips && !words) return BERT_OK;
    return fail_more(label_no_number(l->other),
                     "; %zu of the %zu labels are numbers; %s classify takes them as classes",
                     l->numbers, d->count, FIELD(task));
}

static bert_status task_of_texts(const dataset *d, const bert_observer *observer, const task **out)
{
    *out = &task_classify;
    label_looks looks = labels_look(d);
    if (d->labels) {
        *out = &task_multilabel;
        observe_note(observer, "task: multilabel (%s names a column for each label)",
                     FIELD(labels));
    } else if (labels_are_lists(d)) {
        *out = &task_multilabel;
        observe_note(observer, "task: multilabel (the column 'labels' holds lists)");
    } else if (looks.numbers == d->count && looks.decimals) {
        *out = &task_regress;
        observe_note(observer, "task: regress (the label '%s' is a number with a decimal point)",
                     d->label_column);
    } else {
        TRY(numbers_check(d, &looks));
        observe_note(observer, "task: classify (the labels are %s)",
                     d->pair_column ? "classes of pairs of texts" : "classes of texts");
        separators_tell(d, observer);
    }
    return BERT_OK;
}

bert_status task_by_data(const dataset *d, const bert_observer *observer, const task **out)
{
    if (d->form == FORM_TEXTS) return task_of_texts(d, observer, out);
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        if (tasks[i]->form != d->form) continue;
        *out = tasks[i];
        observe_note(observer, "task: %s (the data are %s)", tasks[i]->info.name,
                     dataset_form_name(d->form));
        return BERT_OK;
    }
    return fail(BERT_UNSUPPORTED, "%s: the data are %s, which no task here learns from",
                d->rows[0].path, dataset_form_name(d->form));
}

/* A model whose problem config.json does not name is for one number or for classes. */
static bool task_fits(const task *t, const config *c, const head *h)
{
    if (t->head != h) return false;
    if (!t->problem_type) return true;
    const char *problem = c->problem       ? c->problem
                          : c->labels == 1 ? "regression"
                                           : task_classify.problem_type;
    return strcmp(t->problem_type, problem) == 0;
}

const task *task_of_model(const config *c, unsigned parts)
{
    const head *h = head_of_model(c, parts);
    for (size_t i = 0; h && i < sizeof tasks / sizeof *tasks; i++)
        if (task_fits(tasks[i], c, h)) return tasks[i];
    return NULL;
}
