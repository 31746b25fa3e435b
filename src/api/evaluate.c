/* evaluate.c: bert.h's evaluation of one model. */
#include "api/evaluation.h"

#include "base/file.h"
#include "base/locale.h"
#include "json/json.h"
#include "model/network.h"
#include "options/options.h"
#include "task/observe.h"

#include <stdlib.h>

static bert_status files_make(const folder_handle *in, json_t *files)
{
    const char *name;
    json_t *value;
    json_object_foreach(files, name, value) TRY(json_write(in, name, value));
    return BERT_OK;
}

static bert_status files_move(const folder_handle *from, const folder_handle *to, json_t *files)
{
    const char *name;
    json_t *value;
    json_object_foreach(files, name, value)
    {
        if (renameat(from->descriptor, name, to->descriptor, name) != 0)
            return fail_errno("write", to->path);
    }
    return folder_flush(to);
}

/* They take their places when all of them are whole. */
static bert_status files_place(const folder_handle *folder, json_t *files)
{
    static const char partial[] = "evaluation.partial";
    folder_handle staging;
    TRY(folder_make_inside(folder, partial, &staging));
    bert_status status = files_make(&staging, files);
    if (status == BERT_OK) status = files_move(&staging, folder, files);
    folder_release(&staging);
    failure first = failure_keep(status);
    status = folder_entry_remove(folder, partial);
    return first.status == BERT_OK ? status : failure_return(&first);
}

static bert_status files_write(const char *where, json_t *files)
{
    folder_handle folder = { 0 };
    char *path;
    bool is_new = !folder_exists(where);
    TRY(folder_make(where));
    TRY(path_resolve(where, &path));
    bert_status status = folder_hold(path, &folder);
    free(path);
    TRY(status);
    status = files_place(&folder, files);
    failure first = failure_keep(status);
    if (status != BERT_OK && is_new) (void)folder_discard(&folder);
    folder_release(&folder);
    return status == BERT_OK ? status : failure_return(&first);
}

static bert_status examples_evaluate(const bert_evaluate_options *o, const bert_model *m,
                                     const examples *e, const evaluation_wish *wish,
                                     evaluation *out)
{
    enum { TOKENS = 4096 };
    compute *on;
    eval_room room = { 0 };
    TRY(compute_cpu_open(o->threads, &on));
    pass p = { .on = on, .config = e->config, .batch = &room.batch, .tape = &room.tape };
    bert_status status = eval_room_open(on, e, TOKENS, &room);
    if (status == BERT_OK) status = model_params(m, on, &p.params);
    if (status == BERT_OK) status = evaluate(&p, &room.batch, e, o->observer, wish, out);
    if (status == BERT_OK && !out->metrics)
        status = fail(BERT_STOPPED, "stopped before the end of the evaluation");
    eval_room_release(&room);
    compute_free(on);
    return status;
}

bert_status evaluation_run(const bert_evaluate_options *o, const bert_model *m, const dataset *d,
                           const evaluation_wish *wish, evaluation *out)
{
    config c = m->weights.config;
    /* A model from elsewhere does not say whether it knows "no answer"; data that ask for it do. */
    if (!c.unanswerable_given) c.unanswerable = d->unanswerable;
    bert_task_options options;
    TRY(task_options_of(m, o->task_options, &options));
    examples given = { .task = m->task,
                       .options = &options,
                       .config = &c,
                       .tokenizer = m->tokenizer.tokenizer,
                       .max_length = o->max_length ? o->max_length : m->max_length,
                       .rows = d->rows,
                       .row_count = d->count,
                       .score_divisor = m->trained.score_divisor,
                       .labelled = true };
    TRY(config_check_length(&c, given.max_length));
    TRY(texts_check(m, &d->rows[0]));
    examples e;
    TRY(examples_open(&given, o->data_count > 1 ? "the data" : o->data[0], o->observer, &e));
    bert_status status = examples_evaluate(o, m, &e, wish, out);
    examples_release(&e);
    return status;
}

bert_status evaluate_options_check(const bert_evaluate_options *o)
{
    TRY(options_check(OWNER_evaluate, o));
    TRY(options_check(OWNER_columns, o->columns));
    if (!o->data || !o->data_count) return fail(BERT_ARGUMENT, "data must be given");
    return columns_check(o->columns, o->data, o->data_count, NULL);
}

bert_status bert_evaluate_check(const bert_evaluate_options *given)
{
    LOCALE_PLAIN;
    bert_evaluate_options options;
    inner_options inner;
    TRY(evaluate_options_take(given, &options, &inner));
    return evaluate_options_check(&options);
}

bert_status evaluation_data(const bert_evaluate_options *o, const bert_model *m, dataset *out)
{
    const rows_request request = { .kind = m->task,
                                   .paths = o->data,
                                   .count = o->data_count,
                                   .columns = *o->columns,
                                   .known = &m->trained.columns,
                                   .model = &m->weights.config,
                                   .options = o->task_options,
                                   .observer = o->observer,
                                   .limit = o->limit };
    return task_rows_open(&request, out);
}

static bert_status model_evaluate(const bert_evaluate_options *o, const bert_model *m,
                                  evaluation *out)
{
    dataset d = { 0 };
    evaluation_wish wish = { .trained = true, .mistakes = o->errors, .intervals = true };
    TRY(head_check(m));
    if (o->errors && !m->task->answers->judge)
        return fail(BERT_ARGUMENT,
                    "a model for '%s' cannot list mistakes: masked words are chosen at random, and "
                    "several may fit; look at eval_perplexity",
                    m->task->info.name);
    if (o->files && !m->task->metrics->files)
        observe_warning(o->observer,
                        "a model for '%s' has no files to write beside its metrics; %s is not made",
                        m->task->info.name, o->files);
    TRY(evaluation_data(o, m, &d));
    bert_status status = evaluation_run(o, m, &d, &wish, out);
    dataset_release(&d);
    return status;
}

bert_status bert_evaluate(const bert_evaluate_options *given, char **json)
{
    LOCALE_PLAIN;
    bert_evaluate_options taken;
    inner_options inner;
    const bert_evaluate_options *options = &taken;
    TRY(evaluate_options_take(given, &taken, &inner));
    TRY(evaluate_options_check(options));
    if (!options->model) return fail(BERT_ARGUMENT, "a model must be given");
    bert_model *m;
    evaluation made = { 0 };
    TRY(bert_model_open(options->model, &m));
    bert_status status = model_evaluate(options, m, &made);
    if (status == BERT_OK && options->files && json_object_size(made.files) > 0)
        status = files_write(options->files, made.files);
    if (status == BERT_OK && made.mistakes)
        status = json_put(made.metrics, "errors", json_incref(made.mistakes));
    if (status == BERT_OK) status = json_put(made.metrics, "task", json_string(m->task->info.name));
    if (status == BERT_OK) status = json_text(made.metrics, json);
    evaluation_release(&made);
    bert_model_free(m);
    return status;
}
