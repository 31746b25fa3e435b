#include "tasks/tasks.h"

#include "train/observe.h"

#include <stdlib.h>
#include <string.h>

static const task *const tasks[] = {
#define TASK(name) &task_##name,
#include "tasks/tasks.def"
#undef TASK
};

bert_status task_by_name(const char *name, const task **out)
{
    char known[256] = "";
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        if (strcmp(tasks[i]->name, name) == 0) {
            *out = tasks[i];
            return BERT_OK;
        }
        strncat(known, i ? ", " : "", sizeof known - strlen(known) - 1);
        strncat(known, tasks[i]->name, sizeof known - strlen(known) - 1);
    }
    return fail(BERT_ARGUMENT, "the task '%s' is not known; there are: %s", name, known);
}

/* A number with a decimal point, such as 3.75. */
static bool label_is_decimal(slice label)
{
    char text[64], *end;
    if (label.count == 0 || label.count >= sizeof text || !memchr(label.bytes, '.', label.count))
        return false;
    memcpy(text, label.bytes, label.count);
    text[label.count] = '\0';
    strtod(text, &end);
    return *end == '\0';
}

/* What the data of each form are, for people. */
static const char *const form_names[FORM_COUNT] = {
    [FORM_WORDS] = "words with tags",
    [FORM_QUESTIONS] = "questions about contexts",
    [FORM_CHOICES] = "texts with endings",
    [FORM_LINES] = "plain text",
    [FORM_COMPARED] = "texts that belong together",
};

bert_status task_by_data(const dataset *d, const bert_observer *observer, const task **out)
{
    for (size_t i = 0; d->form != FORM_TEXTS && i < sizeof tasks / sizeof *tasks; i++) {
        if (tasks[i]->form != d->form) continue;
        *out = tasks[i];
        observe_note(observer, "task: %s (the data are %s)", tasks[i]->name, form_names[d->form]);
        return BERT_OK;
    }
    bool lists = d->label_column && strcmp(d->label_column, "labels") == 0;
    for (size_t i = 0; i < d->count; i++) {
        const dataset_row *row = &d->rows[i];
        if (label_is_decimal(row->label))
            return fail(BERT_UNSUPPORTED,
                        "%s:%zu: the label '%.*s' is a number with a decimal point, which asks for "
                        "regression; this version has only "
                        "classes (--task classify takes each number as a class)",
                        row->path, row->line, (int)row->label.count, row->label.bytes);
        if (lists && memchr(row->label.bytes, ',', row->label.count))
            return fail(BERT_UNSUPPORTED,
                        "%s:%zu: the labels '%.*s' ask for several labels a text; this version has "
                        "only one (--task classify takes "
                        "each list as a class)",
                        row->path, row->line, (int)row->label.count, row->label.bytes);
    }
    *out = &task_classify;
    observe_note(observer, "task: classify (the labels are %s)",
                 d->pair_column ? "classes of pairs of texts" : "classes of texts");
    return BERT_OK;
}

/* A classifier of an unnamed class is taken for one of sentences, as before config.json had
 * "architectures". */
static bool task_fits(const task *t, const config *c, const head *h)
{
    if (t->head != h) return false;
    if (h != &head_classifier) return true;
    const char *problem = c->problem       ? c->problem
                          : c->labels == 1 ? "regression"
                                           : task_classify.problem_type;
    return strcmp(t->problem_type, problem) == 0;
}

const task *task_of_model(const config *c, unsigned groups)
{
    const head *h = head_of_class(c->architecture);
    if (!h && groups & GROUP_CLASSIFIER) h = &head_classifier;
    if (!h || (groups & h->groups) != h->groups) return NULL;
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (task_fits(tasks[i], c, h)) return tasks[i];
    return NULL;
}
