#include "columns.h"
#include "commands.h"
#include "json_lines.h"
#include "report.h"
#include "summary.h"

#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_BYTES = 32 };

/* What the two ways of telling have in common. */
typedef struct description {
    const settings *settings;
    const bert_model *model;
    bert_model_info info;
    summary summary;
    bert_memory memory;
} description;

/* 22713216 as "22,713,216". */
static const char *grouped(size_t number, char *out)
{
    char digits[NUMBER_BYTES];
    int count = snprintf(digits, sizeof digits, "%zu", number);
    char *at = out;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}

static double megabytes(size_t bytes)
{
    return (double)bytes / 1e6;
}

static void head_print(const description *d)
{
    const bert_model_info *info = &d->info;
    printf("%s: %s, %zu layers, %zu wide, %zu heads, feed-forward %zu (%s)\n",
           d->settings->operands[0], info->family, info->layers, info->hidden, info->heads,
           info->intermediate, info->activation);
    printf("%zu word pieces, %zu positions, %zu token types; dropout %g, in attention %g\n\n",
           info->vocabulary, info->positions, info->types, info->hidden_dropout,
           info->attention_dropout);
}

static void parts_print(const description *d)
{
    char number[NUMBER_BYTES], shape[64];
    printf("%-20s %-18s %14s  %s\n", "Layer", "Output", "Parameters", "Trained");
    for (size_t i = 0; i < d->summary.count; i++) {
        const summary_part *part = &d->summary.parts[i];
        snprintf(shape, sizeof shape, "[%s, %zu]", part->per_token ? "tokens" : "texts",
                 part->width);
        printf("%-20s %-18s %14s  %s\n", part->name, shape, grouped(part->parameters, number),
               part->trained ? "yes" : "no");
    }
    printf("%-39s %14s  ", "Total", grouped(d->summary.parameters, number));
    printf("%s\n\n", grouped(d->summary.trained, number));
}

static void tensors_print(const description *d)
{
    char number[NUMBER_BYTES], shape[64];
    printf("%-56s %-14s %12s  %-6s %-5s %s\n", "Parameter", "Shape", "Numbers", "Stored", "Decay",
           "Trained");
    for (size_t i = 0; i < d->info.parameter_tensors; i++) {
        bert_parameter p = bert_model_parameter(d->model, i);
        if (p.cols)
            snprintf(shape, sizeof shape, "[%zu, %zu]", p.rows, p.cols);
        else
            snprintf(shape, sizeof shape, "[%zu]", p.rows);
        printf("%-56s %-14s %12s  %-6s %-5s %s\n", p.name, shape,
               grouped(parameter_count(&p), number), p.stored, p.decay ? "yes" : "no",
               parameter_trained(&p, d->settings->train.freeze) ? "yes" : "no");
    }
    putchar('\n');
}

static void named_print(const char *before, const char *name)
{
    fputs(before, stdout);
    column_print(stdout, name);
}

/* All of them, where they are few. */
static void ignored_print(const description *d)
{
    enum { NAMED = 4 };
    size_t count = d->info.ignored_tensors;
    if (!count) return;
    printf("Of no use here: %zu tensor%s of the file", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < count && i < NAMED; i++)
        named_print(i ? ", " : ": ", bert_model_ignored_tensor(d->model, i));
    puts(count > NAMED ? ", ..." : "");
}

/* What the folder says of the training. */
static void trained_print(const bert_model_info *info)
{
    const char *const columns[] = { info->text_column, info->pair_column, info->label_column,
                                    info->label_columns };
    const char *texts = info->texts == BERT_TEXTS_PAIRS    ? "pairs of texts"
                        : info->texts == BERT_TEXTS_SINGLE ? "single texts"
                                                           : "";
    if (!*texts && !info->text_column) return;
    printf("Trained on: %s", texts);
    if (info->text_column) printf("%s", *texts ? ", columns" : "columns");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (columns[i]) named_print(i ? ", " : " ", columns[i]);
    putchar('\n');
}

static void head_state_print(const description *d)
{
    bool usable = bert_model_check_head(d->model) == BERT_OK;
    if (d->info.has_classifier)
        printf("Head: in the checkpoint, for the task %s%s", d->info.task,
               d->info.logistic ? "; an answer is the logistic function of an output" : "");
    else if (d->info.head_in_part)
        printf("Head: none that can be used");
    else
        printf("Head: none yet; training draws a fresh one");
    if (!usable && (d->info.has_classifier || d->info.head_in_part))
        named_print("; ", bert_error());
    putchar('\n');
}

static void foot_print(const description *d)
{
    const bert_memory *m = &d->memory;
    const bert_train_options *o = &d->settings->train;
    head_state_print(d);
    if (d->info.has_classifier && d->info.labels) {
        printf("Labels:");
        for (size_t i = 0; i < d->info.labels; i++)
            named_print(i ? ", " : " ", bert_model_label(d->model, i));
        putchar('\n');
    }
    trained_print(&d->info);
    if (d->info.has_dense)
        printf("Dense: a module that makes %zu numbers of a text's vector; not trained here\n",
               d->info.vector_width);
    if (*d->info.pooler_lacks)
        printf("Pooler: without %s; a task that needs it draws it fresh\n", d->info.pooler_lacks);
    else if (!d->info.has_pooler && !d->info.poolerless)
        printf("Pooler: none; a task that needs one draws a fresh one\n");
    if (*d->info.prompt) {
        named_print("Prompt before each text: '", d->info.prompt);
        puts("'");
    }
    if (*d->info.prefix)
        printf("Names: all tensors are called '%s...', which is passed over\n", d->info.prefix);
    if (d->info.cased_by_vocabulary)
        printf("Tokenizer: keeps upper case, as vocab.txt has it; no file says so\n");
    if (d->info.oniguruma)
        printf("Tokenizer: has patterns, read by Oniguruma %s with its Unicode\n",
               d->info.oniguruma);
    ignored_print(d);
    printf("Memory to train, %zu texts of %zu tokens a step: %.1f MB\n"
           "  weights %.1f, gradients %.1f, moments %.1f, activations %.1f, scratch %.1f, "
           "program %.1f\n",
           o->batch_size, m->max_length, megabytes(m->total), megabytes(m->weights),
           megabytes(m->gradients), megabytes(m->moments), megabytes(m->activations),
           megabytes(m->scratch), megabytes(m->program));
    if (o->memory_limit)
        printf(
            "  within %.1f MB: %zu of %zu layers computed again in backward, %zu texts at once\n",
            megabytes(o->memory_limit), m->layers_again, d->info.layers, m->examples_at_once);
}

static json_t *json_from_size(size_t number)
{
    return json_integer((json_int_t)number);
}

static json_t *tensors_json(const description *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->info.parameter_tensors; i++) {
        bert_parameter p = bert_model_parameter(d->model, i);
        json_t *shape = json_list_with(json_array(), json_from_size(p.rows));
        if (p.cols) shape = json_list_with(shape, json_from_size(p.cols));
        json_t *tensor = json_with(json_object(), "name", json_string(p.name));
        tensor = json_with(tensor, "shape", shape);
        tensor = json_with(tensor, "stored", json_string(p.stored));
        tensor = json_with(tensor, "decay", json_boolean(p.decay));
        bool trained = parameter_trained(&p, d->settings->train.freeze);
        list = json_list_with(list, json_with(tensor, "trained", json_boolean(trained)));
    }
    return list;
}

static json_t *labels_json(const description *d)
{
    json_t *list = json_array();
    for (size_t i = 0; d->info.has_classifier && i < d->info.labels; i++)
        list = json_list_with(list, json_string(bert_model_label(d->model, i)));
    return list;
}

static json_t *trained_json(const bert_model_info *info)
{
    static const char *const texts[] = {
        [BERT_TEXTS_SINGLE] = "single", [BERT_TEXTS_PAIRS] = "pairs"
    };
    const struct {
        const char *key, *value;
    } members[] = { { "texts", texts[info->texts] },
                    { "text", info->text_column },
                    { "text_pair", info->pair_column },
                    { "label", info->label_column },
                    { "labels", info->label_columns } };
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (members[i].value)
            object = json_with(object, members[i].key, json_string(members[i].value));
    return object;
}

static int description_print_json(const description *d)
{
    const bert_model_info *info = &d->info;
    const bert_memory *m = &d->memory;
    json_t *object = json_object();
    object = json_with(object, "family", json_string(info->family));
    object = json_with(object, "model_type", json_string(info->model_type));
    const struct {
        const char *name;
        size_t value;
    } numbers[] = {
        { "layers", info->layers },
        { "hidden", info->hidden },
        { "vector_width", info->vector_width },
        { "heads", info->heads },
        { "intermediate", info->intermediate },
        { "positions", info->positions },
        { "vocabulary", info->vocabulary },
        { "types", info->types },
        { "parameters", d->summary.parameters },
        { "trained_parameters", d->summary.trained },
        { "ignored_tensors", info->ignored_tensors },
        { "memory_weights", m->weights },
        { "memory_gradients", m->gradients },
        { "memory_moments", m->moments },
        { "memory_activations", m->activations },
        { "memory_scratch", m->scratch },
        { "memory_program", m->program },
        { "memory_total", m->total },
        { "examples_at_once", m->examples_at_once },
        { "layers_again", m->layers_again },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        object = json_with(object, numbers[i].name, json_from_size(numbers[i].value));
    object = json_with(object, "activation", json_string(info->activation));
    object = json_with(object, "prefix", json_string(info->prefix));
    object = json_with(object, "prompt", json_string(info->prompt));
    if (info->oniguruma) object = json_with(object, "oniguruma", json_string(info->oniguruma));
    object = json_with(object, "has_pooler", json_boolean(info->has_pooler));
    object = json_with(object, "task", json_string(info->task));
    object = json_with(object, "has_classifier", json_boolean(info->has_classifier));
    object = json_with(object, "logistic", json_boolean(info->logistic));
    object = json_with(object, "trained_on", trained_json(info));
    object = json_with(object, "labels", labels_json(d));
    object = json_with(object, "tensors", tensors_json(d));
    bool printed = json_line_print(object, stdout);
    json_decref(object);
    return printed && output_flush() ? EXIT_DONE : EXIT_FAILED;
}

static int description_print(const description *d)
{
    head_print(d);
    parts_print(d);
    if (d->settings->parameters) tensors_print(d);
    foot_print(d);
    return EXIT_DONE;
}

int command_info(const settings *s)
{
    bert_model *model = NULL;
    if (bert_model_open(s->models[0], &model) != BERT_OK) return complain_of_library();
    description d = { .settings = s, .model = model, .info = bert_model_get_info(model) };
    bert_train_options options = s->train;
    int status = EXIT_FAILED;
    /* A message of its own where more layers are to be frozen than there are. */
    if (bert_training_memory(model, &options, &d.memory) != BERT_OK)
        complain_of_library();
    else if (!summary_make(model, s->train.freeze, &d.summary))
        complain("memory is exhausted");
    else
        status = s->json ? description_print_json(&d) : description_print(&d);
    summary_release(&d.summary);
    bert_model_free(model);
    return status;
}
