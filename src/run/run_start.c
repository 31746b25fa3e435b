#include "run/run_start.h"

#include "task/observe.h"

#include <stdlib.h>
#include <string.h>

static bool labels_same(const config *c, const label_names *labels)
{
    if (c->labels != labels->count) return false;
    for (size_t i = 0; i < labels->count; i++) {
        bool found = false;
        for (size_t k = 0; k < c->labels && !found; k++)
            found = strcmp(labels->names[i], c->label_names[k]) == 0;
        if (!found) return false;
    }
    return true;
}

/* Is the head in the checkpoint one for this task? One of an unnamed class is taken by its weights.
 */
static bool head_fits(const run *r)
{
    const config *c = &r->start.config;
    const head *wanted = r->task->head, *found = head_of_class(c);
    unsigned parts = head_parts(wanted, c);
    bool there = (r->start.parts & parts) == parts;
    bool problem =
        !c->problem || !r->task->problem_type || strcmp(c->problem, r->task->problem_type) == 0;
    return there && problem && (!found || found == wanted);
}

/* A head that is there in part, or for which config.json has no place, and so another is drawn. */
static void head_tell_unused(const run *r)
{
    if (pretrained_check_head(&r->start) == BERT_OK) return;
    observe_note(&r->options->observer, "head: that of %s is not used: %s", r->options->model,
                 status_message());
}

static void head_tell(const run *r, bool kept, size_t labels)
{
    const bert_train_options *o = r->options;
    if (!r->task->head->parts) return;
    if (!kept) head_tell_unused(r);
    if (kept && labels > 1)
        observe_note(&o->observer, "head: kept from %s, for the same %zu labels", o->model, labels);
    else if (kept)
        observe_note(&o->observer, "head: kept from %s%s", o->model,
                     r->start.config.logistic && !r->config.logistic
                         ? ", which answered the logistic function of its output; trained, the "
                           "output itself is the answer"
                         : "");
    else if (labels > 1)
        observe_note(&o->observer, "head: drawn fresh (seed %llu) for %zu labels%s",
                     (unsigned long long)o->seed, labels,
                     r->start.parts & PARAMS_CLASSIFIER ? "; the checkpoint's is for others" : "");
    else
        observe_note(&o->observer, "head: drawn fresh (seed %llu)", (unsigned long long)o->seed);
}

void start_tell(const run *r)
{
    const bert_train_options *o = r->options;
    size_t ignored = r->start.ignored;
    const char *prefix = tensor_names_prefix(r->start.names);
    const param_entry *gap = pretrained_gap(&r->start, PARAMS_POOLER);
    if (*prefix)
        observe_note(&o->observer, "all tensors of %s are called '%s...'; that is passed over",
                     o->model, prefix);
    if (gap)
        observe_note(&o->observer, "pooler: %s has no '%s'; where it is wanted it is drawn fresh",
                     o->model, gap->name);
    if (ignored)
        observe_note(&o->observer, "%zu tensor%s of %s %s of no use here (%s%s)", ignored,
                     ignored == 1 ? "" : "s", o->model, ignored == 1 ? "is" : "are",
                     r->start.ignored_names[0], ignored == 1 ? "" : ", ...");
    if (tokenizer_cased_by_vocabulary(r->tokenizer))
        observe_note(&o->observer,
                     "tokenizer: keeps upper case, as the vocabulary of %s has it; no file says so",
                     o->model);
}

/* They were tuned for weights that will change. */
static void thresholds_drop(run *r)
{
    const bert_train_options *o = r->options;
    if (r->config.thresholds && !o->task_options.tune_thresholds)
        observe_note(&o->observer,
                     "thresholds: those of %s were tuned for its weights and are not kept; a label "
                     "is given above 0.5 (%s chooses anew)",
                     o->model, FIELD(tune_thresholds));
    free(r->config.thresholds);
    r->config.thresholds = NULL;
}

bert_status config_choose(run *r)
{
    const dataset *d = r->train_data;
    const bert_train_options *o = r->options;
    label_names labels = { 0 };
    TRY(config_read(o->model, &r->config));
    if (r->task->labels->find)
        TRY(r->task->labels->find(d, &o->task_options, &o->observer, &labels));
    bool kept =
        head_fits(r) &&
        (!labels.count || (r->start.config.labels_given && labels_same(&r->start.config, &labels)));
    bert_status status = BERT_OK;
    if (!kept && labels.count)
        status = config_set_labels(&r->config, (const char *const *)labels.names, labels.count);
    if (kept && labels.count && r->config.headless) /* its labels are told by the weights */
        status = config_set_labels(&r->config, (const char *const *)r->start.config.label_names,
                                   r->start.config.labels);
    thresholds_drop(r);
    head_start given = { .pooling = o->task_options.pooling,
                         .prompt = o->task_options.prompt,
                         .unanswerable = d->unanswerable,
                         .logistic = r->task->logistic };
    if (status == BERT_OK) status = head_begin(r->task->head, &r->config, &given);
    if (status == BERT_OK) head_tell(r, kept, labels.count);
    if (!kept) pretrained_forget_heads(&r->start); /* none is to be found by its shape */
    label_names_release(&labels);
    return status;
}
