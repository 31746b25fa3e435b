#include "train/record.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "formats/json.h"
#include "formats/safetensors.h"
#include "report/base_model.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bert_status record_evaluation(run *r, size_t epoch, json_t *metrics)
{
    if (!r->evaluations) r->evaluations = json_array();
    json_t *numbers = json_object(), *value;
    const char *name;
    json_object_foreach(metrics, name, value) if (json_is_number(value))
        json_object_set(numbers, name, value);
    json_t *one = json_pack("{s:I, s:I, s:o}", "epoch", (json_int_t)epoch, "step",
                            (json_int_t)r->steps_done, "metrics", numbers);
    if (json_array_append_new(r->evaluations, one) != 0)
        return fail(BERT_MEMORY, "out of memory for an evaluation");
    return BERT_OK;
}

static json_t *all_results(const run *r)
{
    json_t *o = r->evaluation.metrics ? json_copy(r->evaluation.metrics) : json_object();
    double steps = (double)r->steps_done, seconds = r->seconds > 0.0 ? r->seconds : 1e-9;
    json_object_set_new(o, "epoch", json_real(steps / (double)sampler_steps(&r->sampler)));
    json_object_set_new(o, "train_loss", json_real(steps > 0.0 ? r->loss_sum / steps : 0.0));
    json_object_set_new(o, "train_runtime", json_real(r->seconds));
    json_object_set_new(o, "train_samples", json_integer((json_int_t)r->train.features.count));
    json_object_set_new(o, "train_samples_per_second",
                        json_real((double)r->examples_seen / seconds));
    json_object_set_new(o, "train_steps_per_second", json_real(steps / seconds));
    json_object_set_new(o, "train_tokens_per_second", json_real((double)r->tokens / seconds));
    json_object_set_new(o, "train_steps", json_integer((json_int_t)r->steps_done));
    return o;
}

/* Those that are set; what is absent is as bert.h's defaults say. */
static json_t *task_options_object(const bert_task_options *o)
{
    return json_pack("{s:b, s:I, s:s*, s:f, s:s*, s:s*, s:b, s:b, s:f, s:b, s:s*}", "windows",
                     (int)o->windows, "stride", (json_int_t)o->stride, "class_weights",
                     o->class_weights, "label_smoothing", o->label_smoothing, "positive_weights",
                     o->positive_weights, "label_file", o->label_file, "tune_thresholds",
                     (int)o->tune_thresholds, "fix_answers", (int)o->fix_answers, "mask_share",
                     o->mask_share, "whole_words", (int)o->whole_words, "pooling", o->pooling);
}

/* Of the run, or of one for which nothing was chosen. */
static json_t *options_object(const run *r, const bert_train_options *o)
{
    size_t max_length =
        o == r->options ? r->max_length : size_smaller(r->task->max_length, r->config.positions);
    json_t *train = json_array();
    for (size_t i = 0; i < o->train_count; i++)
        json_array_append_new(train, json_string(o->train[i]));
    return json_pack(
        "{s:s?, s:o, s:s?, s:s?, s:b, s:s?, s:s?, s:s?, s:s, s:I, s:I, s:I, s:I, s:f, s:s, s:f, "
        "s:f, "
        "s:f, s:f, s:f, s:f, "
        "s:f, s:I, s:s?, s:I, s:b, s:I, s:b, s:s?, s:I, s:s?, s:I, s:I, s:I, s:f, s:I, s:I, s:o}",
        "model", o->model, "train", train, "dev", o->dev, "output", o->output, "overwrite",
        (int)o->overwrite, "text", o->columns.text, "text_pair", o->columns.pair, "label",
        o->columns.label, "task", r->task->name, "epochs", (json_int_t)o->epochs, "max_steps",
        (json_int_t)o->max_steps, "batch_size", (json_int_t)o->batch_size, "micro_batch",
        (json_int_t)o->micro_batch, "learning_rate", o->learning_rate, "schedule", o->schedule,
        "warmup", o->warmup, "weight_decay", o->weight_decay, "clip", o->clip, "adam_beta1",
        o->adam_beta1, "adam_beta2", o->adam_beta2, "adam_epsilon", o->adam_epsilon, "dropout",
        o->dropout, "max_length", (json_int_t)max_length, "freeze", o->freeze, "seed",
        (json_int_t)o->seed, "shuffle", (int)o->shuffle, "limit", (json_int_t)o->limit, "keep_best",
        (int)o->keep_best, "metric", o->metric, "patience", (json_int_t)o->patience,
        "checkpoint_every", o->checkpoint_every, "keep", (json_int_t)o->keep, "threads",
        (json_int_t)o->threads, "memory_limit", (json_int_t)o->memory_limit, "dev_share",
        o->dev_share, "folds", (json_int_t)o->folds, "seeds", (json_int_t)o->seeds, "task_options",
        task_options_object(&o->task_options));
}

json_t *record_options(const run *r)
{
    return options_object(r, r->options);
}

static bert_status digest_put(json_t *digests, const char *path)
{
    char hex[DIGEST_TEXT];
    TRY(file_digest(path, hex));
    json_object_set_new(digests, path, json_string(hex));
    return BERT_OK;
}

/* Of every file of weights that was read, and of every data file. */
static bert_status digests_put(const run *r, json_t *digests)
{
    const char *last = "";
    for (size_t i = 0; i < tensor_file_count(r->start.file); i++) {
        const char *file = tensor_file_at(r->start.file, i)->file;
        if (strcmp(file, last) != 0 && !json_object_get(digests, file))
            TRY(digest_put(digests, file));
        last = file;
    }
    for (size_t i = 0; i < r->options->train_count; i++)
        TRY(digest_put(digests, r->options->train[i]));
    return r->options->dev ? digest_put(digests, r->options->dev) : BERT_OK;
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
static void processor_name(char *name, size_t capacity)
{
    *name = '\0';
    FILE *stream = fopen("/proc/cpuinfo", "re");
    if (!stream) return;
    char line[256];
    while (fgets(line, sizeof line, stream)) {
        char *colon = strchr(line, ':');
        if (!colon || strncmp(line, "model name", strlen("model name")) != 0) continue;
        snprintf(name, capacity, "%s", colon + 1 + strspn(colon + 1, " \t"));
        name[strcspn(name, "\n")] = '\0';
        break;
    }
    fclose(stream);
}

json_t *record_machine(void)
{
    char processor[128];
    processor_name(processor, sizeof processor);
    return json_pack("{s:s, s:s, s:s, s:s}", "bert.c", BERT_VERSION, "matrix_library",
                     compute_cpu_matrix_library(), "instruction_set", compute_cpu_instruction_set(),
                     "processor", processor);
}

json_t *record_memory(const run *r)
{
    const bert_memory *m = &r->plan.memory;
    return json_pack("{s:I, s:I, s:I}", "needed", (json_int_t)m->total, "examples_at_once",
                     (json_int_t)m->examples_at_once, "layers_again", (json_int_t)m->layers_again);
}

static json_t *run_object(const run *r)
{
    json_t *object = record_machine(),
           *rest =
               json_pack("{s:s?, s:I, s:b, s:O*, s:o, s:o, s:O, s:o, s:O*, s:O*}", "command_line",
                         r->options->command_line, "steps", (json_int_t)r->steps_done, "finished",
                         (int)!run_unfinished(r), "resumed", r->resumed, "memory", record_memory(r),
                         "options", record_options(r), "sha256", r->digests, "data",
                         data_summary_json(&r->data, &r->config), "baselines", r->baselines.metrics,
                         "evaluations", r->evaluations);
    if (object && rest && json_object_update(object, rest) == 0) {
        json_decref(rest);
        return object;
    }
    json_decref(rest);
    json_decref(object);
    return NULL;
}

static bert_status object_write(const run *r, const char *name, json_t *object)
{
    bert_status status = object ? output_json(&r->output, name, object)
                                : fail(BERT_MEMORY, "out of memory for %s", name);
    json_decref(object);
    return status;
}

static json_t *labels_array(const config *c)
{
    json_t *names = json_array();
    for (size_t i = 0; i < c->labels; i++)
        json_array_append_new(names, json_string(c->label_names[i]));
    return names;
}

/* For people: `run` is run.json's object. */
static bert_status pages_write(const run *r, json_t *run_json)
{
    bert_train_options defaults = bert_train_options_default();
    base_model base;
    char *log;
    TRY(output_path(&r->output, "train_log.jsonl", &log));
    bert_status status = base_model_read(r->options->model, &base);
    if (status == BERT_OK) {
        report_facts facts = { .run = run_json,
                               .defaults = options_object(r, &defaults),
                               .metrics = r->evaluation.metrics,
                               .results = all_results(r),
                               .mistakes = r->evaluation.mistakes,
                               .labels = r->task->head->labelled ? labels_array(&r->config) : NULL,
                               .log = log,
                               .license = base.license,
                               .base = base.name };
        status = facts.defaults && facts.results
                     ? report_write(r->output.staging, &facts)
                     : fail(BERT_MEMORY, "out of memory for the report");
        json_decref(facts.defaults);
        json_decref(facts.results);
        json_decref(facts.labels);
        base_model_release(&base);
    }
    free(log);
    return status;
}

bert_status record_write(const run *r)
{
    const evaluation *e = &r->evaluation;
    const char *name;
    json_t *value;
    if (e->metrics) TRY(output_json(&r->output, "eval_results.json", e->metrics));
    json_object_foreach(e->files, name, value) TRY(output_json(&r->output, name, value));
    TRY(object_write(r, "all_results.json", all_results(r)));
    json_t *object = run_object(r);
    bert_status status = object_write(r, "run.json", json_incref(object));
    if (status == BERT_OK) status = pages_write(r, object);
    json_decref(object);
    return status;
}

static bert_status trained_as_read(const json_t *object, const char *path, trained_as *out)
{
    const json_t *options = json_object_get(object, "options");
    const json_t *own = json_object_get(options, "task_options");
    if (!json_object_get(object, "bert.c") || !json_is_object(options)) /* another's file */
        return BERT_OK;
    TRY(json_get_size(options, path, "max_length", 3, 1 << 16, &out->max_length));
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
        if (status == BERT_OK) status = trained_as_read(object, path, out);
    }
    json_decref(object);
    free(path);
    return status;
}
