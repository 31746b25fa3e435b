#include "tasks/tasks.h"

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

/* What the data of each form are, for people. */
static const char *const form_names[FORM_COUNT] = {
    [FORM_WORDS] = "words with tags",      [FORM_QUESTIONS] = "questions about contexts",
    [FORM_CHOICES] = "texts with endings", [FORM_LINES] = "plain text",
    [FORM_COMPARED] = "texts to compare",
};

/* Are all labels numbers, one of them with a decimal point? */
static bool labels_are_decimal(const dataset *d)
{
    bool point = false;
    double number;
    for (size_t i = 0; i < d->count; i++) {
        slice label = d->rows[i].label;
        if (!label_number(label, &number)) return false;
        point = point || memchr(label.bytes, '.', label.count);
    }
    return point;
}

/* Does a column `labels` hold a comma or a JSON list? */
static bool labels_are_lists(const dataset *d)
{
    if (!d->label_column || strcmp(d->label_column, "labels") != 0) return false;
    for (size_t i = 0; i < d->count; i++) {
        slice label = d->rows[i].label;
        if (label.count && (memchr(label.bytes, ',', label.count) || *label.bytes == '['))
            return true;
    }
    return false;
}

static void task_of_texts(const dataset *d, const bert_observer *observer, const task **out)
{
    *out = &task_classify;
    if (labels_are_decimal(d)) {
        *out = &task_regress;
        observe_note(observer, "task: regress (the label '%s' is a number with a decimal point)",
                     d->label_column);
    } else if (labels_are_lists(d)) {
        *out = &task_multilabel;
        observe_note(observer, "task: multilabel (the column 'labels' holds lists)");
    } else {
        observe_note(observer, "task: classify (the labels are %s)",
                     d->pair_column ? "classes of pairs of texts" : "classes of texts");
    }
}

bert_status task_by_data(const dataset *d, const bert_observer *observer, const task **out)
{
    if (d->form == FORM_TEXTS) {
        task_of_texts(d, observer, out);
        return BERT_OK;
    }
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        if (tasks[i]->form != d->form) continue;
        *out = tasks[i];
        observe_note(observer, "task: %s (the data are %s)", tasks[i]->info.name,
                     form_names[d->form]);
        return BERT_OK;
    }
    return fail(BERT_UNSUPPORTED, "%s: the data are %s, which no task here learns from",
                d->rows[0].path, form_names[d->form]);
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
