#include "run/record.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "json/json.h"
#include "options/options.h"
#include "report/base_model.h"
#include "report/report.h"
#include "task/observe.h"
#include "tensors/tensors.h"

#include <errno.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bert_status numbers_put(json_t *metrics, json_t *numbers)
{
    const char *name;
    json_t *value;
    json_object_foreach(metrics, name, value)
    {
        if (json_is_number(value)) TRY(json_put(numbers, name, json_incref(value)));
    }
    return BERT_OK;
}

bert_status record_evaluation(run *r, size_t epoch, json_t *metrics)
{
    if (!r->results.all) r->results.all = json_array();
    json_t *one = json_object();
    TRY(json_append(r->results.all, one));
    TRY(json_put(one, "epoch", json_integer((json_int_t)epoch)));
    TRY(json_put(one, "step", json_integer((json_int_t)r->trainer.progress.steps_done)));
    json_t *numbers = json_object();
    TRY(json_put(one, "metrics", numbers));
    return numbers_put(metrics, numbers);
}

static bert_status results_put(const run *r, json_t *o)
{
    double steps = (double)r->trainer.progress.steps_done,
           seconds = r->trainer.progress.seconds > 0.0 ? r->trainer.progress.seconds : 1e-9;
    TRY(json_put_members(o, r->results.kept.metrics));
    TRY(json_put(o, "epoch", json_number(steps / (double)sampler_steps(&r->trainer.sampler))));
    TRY(json_put(o, "train_loss",
                 json_number(steps > 0.0 ? r->trainer.progress.loss_sum / steps : 0.0)));
    TRY(json_put(o, "train_runtime", json_number(r->trainer.progress.seconds)));
    TRY(json_put(o, "train_samples", json_integer((json_int_t)r->train.features.count)));
    TRY(json_put(o, "train_samples_per_second",
                 json_number((double)r->trainer.progress.examples_seen / seconds)));
    TRY(json_put(o, "train_steps_per_second", json_number(steps / seconds)));
    TRY(json_put(o, "train_tokens_per_second",
                 json_number((double)r->trainer.progress.tokens / seconds)));
    return json_put(o, "train_steps", json_integer((json_int_t)r->trainer.progress.steps_done));
}

/* A path or what else a user may have given, which need not be UTF-8. */
static json_t *given_text(const char *text)
{
    return text ? json_string_of(slice_of(text)) : json_null();
}

/* A model of the Hub by its name and commit, wherever the cache is. */
static bert_status model_put(const char *model, json_t *object)
{
    char *place;
    if (!model) return json_put(object, "model", json_null());
    TRY(base_model_place(model, &place));
    bert_status status = json_put(object, "model", given_text(place));
    free(place);
    return status;
}

/* The model and the files to train on. Resume compares their digests, not their names. */
static bert_status files_put(const bert_train_options *o, json_t *object)
{
    TRY(model_put(o->model, object));
    json_t *train = json_array();
    TRY(json_put(object, "train", train));
    for (size_t i = 0; i < o->train_count; i++) TRY(json_append(train, given_text(o->train[i])));
    return BERT_OK;
}

/* Of the run, or of one for which nothing was chosen. */
static bert_status options_record(const run *r, const bert_train_options *o, json_t *object)
{
    size_t max_length = o == r->options
                            ? r->max_length
                            : size_smaller(r->task->max_length, config_length_most(&r->config));
    TRY(files_put(o, object));
    TRY(options_put(OWNER_train, o, object));
    TRY(options_put(OWNER_columns, &o->columns, object));
    TRY(json_put(object, "task", json_string(r->task->info.name)));
    TRY(json_put(object, "max_length", json_integer((json_int_t)max_length)));
    json_t *own = json_object();
    TRY(json_put(object, "task_options", own));
    return options_put(OWNER_task, &o->task_options, own);
}

bert_status record_options(const run *r, json_t *object)
{
    return options_record(r, r->options, object);
}

bert_status record_usual_options(const run *r, json_t *object)
{
    const bert_train_options usual = bert_train_options_default();
    return options_record(r, &usual, object);
}

static bert_status digest_put(json_t *digests, const char *path)
{
    char hex[DIGEST_TEXT];
    TRY(file_digest(path, hex));
    json_t *name = given_text(path);
    bert_status status = name ? json_put(digests, json_string_value(name), json_string(hex))
                              : fail(BERT_MEMORY, "out of memory for a digest");
    json_decref(name);
    return status;
}

/* Of a file of a folder, where it is there. */
static bert_status model_digest_put(const char *folder, json_t *digests, const char *name)
{
    char *path;
    TRY(path_join(folder, name, &path));
    bert_status status = file_exists(path) ? digest_put(digests, path) : BERT_OK;
    free(path);
    return status;
}

/* The small files of the model, and those by which sentence-transformers makes a vector of it. */
static bert_status model_digests_put(const sentence_modules *m, const char *folder, json_t *digests)
{
    static const char *const configuration[] = { "config.json", "bert_config.json" };
    static const char *const whole[] = { "modules.json", "1_Pooling/config.json" };
    for (size_t i = 0; i < sizeof configuration / sizeof *configuration; i++)
        TRY(model_digest_put(m->model, digests, configuration[i]));
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        TRY(model_digest_put(folder, digests, whole[i]));
    for (size_t i = 0; i < TOKENIZER_FILES; i++)
        TRY(model_digest_put(m->model, digests, tokenizer_files[i]));
    if (!m->listed) return BERT_OK;
    if (m->pooling && file_exists(m->pooling) && !json_object_get(digests, m->pooling))
        TRY(digest_put(digests, m->pooling));
    TRY(model_digest_put(folder, digests, "config_sentence_transformers.json"));
    return model_digest_put(m->model, digests, "sentence_bert_config.json");
}

/* Of every file that was read and decides what the run computes: the model's, and the data. */
static bert_status digests_put(const run *r, json_t *digests)
{
    const bert_train_options *o = r->options;
    const char *last = "";
    sentence_modules modules;
    for (size_t i = 0; i < tensor_file_count(r->start.file); i++) {
        const char *file = tensor_file_at(r->start.file, i)->file;
        if (strcmp(file, last) != 0 && !json_object_get(digests, file))
            TRY(digest_put(digests, file));
        last = file;
    }
    bert_status status = modules_read(o->model, &modules);
    if (status == BERT_OK) status = model_digests_put(&modules, o->model, digests);
    modules_release(&modules);
    TRY(status);
    for (size_t i = 0; i < o->train_count; i++) TRY(digest_put(digests, o->train[i]));
    if (o->dev) TRY(digest_put(digests, o->dev));
    return o->task_options.label_file ? digest_put(digests, o->task_options.label_file) : BERT_OK;
}

bert_status record_digests(const run *r, json_t **out)
{
    json_t *digests = json_object();
    bert_status status = digests ? digests_put(r, digests) : fail(BERT_MEMORY, "out of memory");
    if (status == BERT_OK)
        *out = digests;
    else
        json_decref(digests);
    return status;
}

/* "AMD EPYC", as /proc/cpuinfo says; "" where there is none. */
static bert_status processor_name(char *name, size_t capacity)
{
    *name = '\0';
    FILE *stream = fopen("/proc/cpuinfo", "re");
    if (!stream && errno == ENOMEM) return fail(BERT_MEMORY, "/proc/cpuinfo: out of memory");
    if (!stream) return BERT_OK;
    char line[256];
    while (fgets(line, sizeof line, stream)) {
        char *colon = strchr(line, ':');
        if (!colon || strncmp(line, "model name", strlen("model name")) != 0) continue;
        snprintf(name, capacity, "%s", colon + 1 + strspn(colon + 1, " \t"));
        name[strcspn(name, "\n")] = '\0';
        break;
    }
    fclose(stream);
    return BERT_OK;
}

bert_status record_machine(json_t *object)
{
    char processor[128];
    TRY(processor_name(processor, sizeof processor));
    TRY(json_put(object, "bert.c", json_string(BERT_VERSION)));
    TRY(json_put(object, "matrix_library", json_string(compute_cpu_matrix_library())));
    TRY(json_put(object, "instruction_set", json_string(compute_cpu_instruction_set())));
    return json_put(object, "processor", given_text(processor));
}

/* What was planned for the run's memory. */
static json_t *memory_json(const run *r)
{
    const bert_memory *m = &r->trainer.plan.memory;
    return json_pack("{s:I, s:I, s:I}", "needed", (json_int_t)m->total, "examples_at_once",
                     (json_int_t)m->examples_at_once, "layers_again", (json_int_t)m->layers_again);
}

static bert_status data_put(const run *r, json_t *object)
{
    TRY(data_summary_put(&r->data, &r->config, object));
    TRY(json_put(object, "task", json_string(r->task->info.name)));
    TRY(json_put(object, "max_length", json_integer((json_int_t)r->max_length)));
    return json_put(object, "memory", memory_json(r));
}

bert_status record_data_tell(const run *r, json_t *time)
{
    json_t *object = json_object();
    char *text;
    bert_status status = data_put(r, object);
    if (time && status == BERT_OK)
        status = json_put(object, "time", time);
    else
        json_decref(time);
    if (status == BERT_OK) status = json_text(object, &text);
    json_decref(object);
    TRY(status);
    observe(&r->options->observer, &(bert_event){ .kind = BERT_EVENT_DATA, .text = text });
    free(text);
    return BERT_OK;
}

static double score_divisor_of(const run *r)
{
    return r->task->encoding->score_divisor ? r->task->encoding->score_divisor(&r->train) : 0.0;
}

static bert_status run_put(const run *r, json_t *object)
{
    TRY(record_machine(object));
    TRY(json_put(object, "command_line", given_text(r->options->command_line)));
    TRY(json_put(object, "steps", json_integer((json_int_t)r->trainer.progress.steps_done)));
    TRY(json_put(object, "finished", json_boolean(!run_unfinished(r))));
    if (r->results.kept.metrics) TRY(json_put(object, "score", json_number(r->results.kept.score)));
    if (r->resumed) TRY(json_put(object, "resumed", json_incref(r->resumed)));
    TRY(json_put(object, "memory", memory_json(r)));
    if (r->place.first_seed)
        TRY(json_put(object, "first_seed", json_integer((json_int_t)*r->place.first_seed)));
    double divisor = score_divisor_of(r);
    if (divisor > 0.0) TRY(json_put(object, "score_divisor", json_number(divisor)));
    json_t *options = json_object();
    TRY(json_put(object, "options", options));
    TRY(record_options(r, options));
    TRY(json_put(object, "sha256", json_incref(r->digests)));
    json_t *data = json_object();
    TRY(json_put(object, "data", data));
    TRY(data_summary_put(&r->data, &r->config, data));
    if (r->baselines.metrics) TRY(json_put(object, "baselines", json_incref(r->baselines.metrics)));
    return r->results.all ? json_put(object, "evaluations", json_incref(r->results.all)) : BERT_OK;
}

static bert_status labels_put(const config *c, json_t *names)
{
    for (size_t i = 0; i < c->labels; i++) TRY(json_append(names, json_string(c->label_names[i])));
    return BERT_OK;
}

/* For people: `run` is run.json's object, `results` that of all_results.json. */
static bert_status pages_write(const run *r, json_t *run_json, json_t *results)
{
    json_t *defaults = json_object(), *labels = json_array();
    base_model base = { 0 };
    char *log = NULL;
    bert_status status = output_path(&r->output, "train_log.jsonl", &log);
    if (status == BERT_OK) status = record_usual_options(r, defaults);
    if (status == BERT_OK) status = labels_put(&r->config, labels);
    if (status == BERT_OK) status = base_model_read(r->options->model, &base);
    if (status == BERT_OK)
        status = report_write(&r->output.staging,
                              &(report_facts){ .task = &r->task->info,
                                               .run = run_json,
                                               .defaults = defaults,
                                               .metrics = r->results.kept.metrics,
                                               .folds = r->place.folds,
                                               .results = results,
                                               .mistakes = r->results.kept.mistakes,
                                               .labels = r->task->head->labelled ? labels : NULL,
                                               .log = log,
                                               .license = base.license,
                                               .base = base.name });
    base_model_release(&base);
    json_decref(defaults);
    json_decref(labels);
    free(log);
    return status;
}

bert_status record_write(const run *r)
{
    const evaluation *e = &r->results.kept;
    const char *name;
    json_t *value;
    if (e->metrics) TRY(output_json(&r->output, "eval_results.json", e->metrics));
    json_object_foreach(e->files, name, value) TRY(output_json(&r->output, name, value));
    json_t *results = json_object(), *record = json_object();
    bert_status status = results_put(r, results);
    if (status == BERT_OK) status = output_json(&r->output, "all_results.json", results);
    if (status == BERT_OK) status = run_put(r, record);
    if (status == BERT_OK) status = output_json(&r->output, "run.json", record);
    if (status == BERT_OK) status = pages_write(r, record, results);
    json_decref(results);
    json_decref(record);
    return status;
}

trained_as record_trained_as(const run *r)
{
    const dataset *d = r->train_data;
    const bert_task_options *own = &r->options->task_options;
    bool masks = r->task->options & TAKES_MASK_SHARE;
    trained_as t = { .known = true,
                     .max_length = r->max_length,
                     .columns = dataset_columns_of(d),
                     .windows = own->windows,
                     .stride = own->stride,
                     .mask_share = masks ? own->mask_share : 0.0,
                     .whole_words = own->whole_words,
                     .score_divisor = score_divisor_of(r) };
    if (d->form == FORM_TEXTS) t.texts = d->pair_column ? BERT_TEXTS_PAIRS : BERT_TEXTS_SINGLE;
    return t;
}

static bert_status options_read(const json_t *object, const char *path, trained_as *out)
{
    const json_t *options = json_object_get(object, "options");
    const json_t *own = json_object_get(options, "task_options");
    if (!json_object_get(object, "bert.c") || !json_is_object(options)) /* another's file */
        return BERT_OK;
    TRY(json_get_size(options, path, "max_length", 3, 1 << 16, &out->max_length));
    TRY(json_get_double(object, path, "score_divisor", 1.0, DBL_MAX, &out->score_divisor));
    if (!json_is_object(own)) return BERT_OK;
    TRY(json_get_bool(own, path, "windows", &out->windows));
    TRY(json_get_double(own, path, "mask_share", 0.0, 1.0, &out->mask_share));
    TRY(json_get_bool(own, path, "whole_words", &out->whole_words));
    return json_get_size(own, path, "stride", 0, 1 << 16, &out->stride);
}

bert_status record_read(const char *folder, trained_as *out)
{
    char *path;
    TRY(path_join(folder, "run.json", &path));
    bert_status status = BERT_OK;
    json_t *object = NULL;
    *out = (trained_as){ 0 };
    if (file_exists(path)) {
        status = json_read_object(path, &object);
        if (status == BERT_OK) status = options_read(object, path, out);
    }
    json_decref(object);
    free(path);
    return status;
}
