#include "report/card.h"

#include "report/facts.h"
#include "report/markup.h"
#include "report/yaml.h"

#include <math.h>
#include <string.h>

enum { LABELS_MOST = 60 };

/* What a shell and Python take as it is; else a word for it. */
static const char *folder_word(const report_facts *f)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const char *name = path_name(facts_option(f, "output"));
    return *name && *name != '-' && !name[strspn(name, plain)] ? name : "FOLDER";
}

static void files_put(FILE *out, json_t *files)
{
    for (size_t i = 0; i < json_array_size(files); i++) {
        const char *path = json_string_value(json_array_get(files, i));
        fputs(i ? ", " : "", out);
        markdown_text(out, path ? path_name(path) : "");
    }
}

static void what_put(FILE *out, const report_facts *f)
{
    fprintf(out, "\n# ");
    markdown_text(out, path_name(facts_option(f, "output")));
    fprintf(out, "\n\n%s: ", f->task->title);
    markdown_text(out, f->base ? f->base : "a BERT model");
    fprintf(out, ", trained on ");
    files_put(out, facts_at(f->run, "options", "train", NULL));
    fprintf(out, " with bert.c ");
    markdown_text(out, facts_text(f->run, "bert.c"));
    fprintf(out, ".\n");
}

/* ---- use */

static const char *column_of(const report_facts *f, const char *role)
{
    return facts_text(facts_at(f->run, "data", "columns", NULL), role);
}

/* Of pairs, and of what a task reads in files alone, a table with the columns of the training. */
static void program_put(FILE *out, const report_facts *f)
{
    const char *folder = folder_word(f), *sample = f->task->sample;
    const char *text = column_of(f, "text"), *pair = column_of(f, "text_pair");
    bool table = !sample || (*pair && f->task->input == BERT_INPUT_TEXTS);
    fprintf(out, "\n## How to use it\n\nWith bert.c:\n\n```sh\n");
    if (!table) {
        fprintf(out, "echo '%s' | bert predict %s\n```\n", sample, folder);
        return;
    }
    fprintf(out, "bert predict %s FILE.tsv\n```\n", folder);
    if (!*pair) return;
    fprintf(out, "\nThe file has the columns ");
    markdown_text(out, text);
    fprintf(out, " and ");
    markdown_text(out, pair);
    fprintf(out, ".\n");
}

static void python_put(FILE *out, const report_facts *f)
{
    const char *folder = folder_word(f), *class = f->task->transformers_class;
    if (!class) {
        fprintf(out,
                "\nWith sentence-transformers:\n\n```python\n"
                "from sentence_transformers import SentenceTransformer\n\n"
                "model = SentenceTransformer(\"%s\")\n"
                "embeddings = model.encode([\"A text.\", \"Another one.\"])\n```\n",
                folder);
        return;
    }
    fprintf(out,
            "\nWith transformers:\n\n```python\nfrom transformers import AutoTokenizer, %s\n\n"
            "tokenizer = AutoTokenizer.from_pretrained(\"%s\")\n"
            "model = %s.from_pretrained(\"%s\")\n```\n",
            class, folder, class, folder);
}

/* ---- data and results */

static void labels_put(FILE *out, const report_facts *f)
{
    size_t count = json_array_size(f->labels);
    if (count < 2) return;
    fprintf(out, "- labels (%zu): ", count);
    for (size_t i = 0; i < count && i < LABELS_MOST; i++) {
        const char *name = json_string_value(json_array_get(f->labels, i));
        fputs(i ? ", " : "", out);
        markdown_text(out, name ? name : "");
    }
    fprintf(out, "%s\n", count > LABELS_MOST ? ", ..." : "");
}

static void count_line(FILE *out, const char *what, json_t *value)
{
    char text[NUMBER_TEXT];
    if (json_is_number(value))
        fprintf(out, "- %s: %s\n", what, number_count(json_number_value(value), text));
}

static void column_line(FILE *out, const char *what, const char *name)
{
    if (!*name) return;
    fprintf(out, "- %s: ", what);
    markdown_text(out, name);
    fprintf(out, "\n");
}

static void data_put(FILE *out, const report_facts *f)
{
    json_t *train = facts_at(f->run, "data", "train", NULL);
    fprintf(out, "\n## Training data\n\n- files: ");
    files_put(out, facts_at(f->run, "options", "train", NULL));
    fprintf(out, "\n");
    count_line(out, "examples", json_object_get(f->results, "train_samples"));
    column_line(out, "column of the text", column_of(f, "text"));
    column_line(out, "column of the second text", column_of(f, "text_pair"));
    column_line(out, "column of the label", column_of(f, "label"));
    labels_put(out, f);
    count_line(out, "tokens of an example, median", facts_at(train, "tokens", "median", NULL));
    count_line(out, "tokens of the longest", facts_at(train, "tokens", "longest", NULL));
    fprintf(out, "\n`run.json` holds the checksums of the files.\n");
}

/* What stands for the measures of a model that was trained on all of the data. */
static void folds_put(FILE *out, const report_facts *f)
{
    char mean[NUMBER_TEXT], deviation[NUMBER_TEXT];
    size_t count;
    json_t *folds = facts_folds(f, &count), *means = json_object_get(folds, "mean");
    if (!folds) return;
    fprintf(out,
            "Models trained in the same way on the rest of the data were, on %zu folds held out in "
            "turn:\n\n| measure | mean | standard deviation |\n|---|---:|---:|\n",
            count);
    for (size_t i = 0; i < measure_count; i++) {
        const measure *m = &measures[i];
        if (m->kind == MEASURE_COUNT || !json_is_number(json_object_get(means, m->key))) continue;
        fprintf(out, "| %s | %s | %s |\n", m->name, measure_text(f, m, means, mean),
                measure_text(f, m, json_object_get(folds, "standard_deviation"), deviation));
    }
}

static void results_put(FILE *out, const report_facts *f)
{
    json_t *first = facts_untrained(f);
    bool intervals = json_object_size(json_object_get(f->metrics, "intervals")) > 0;
    char text[NUMBER_TEXT], interval[INTERVAL_TEXT], dev[DEV_NAME];
    fprintf(out, "\n## Results\n\n");
    if (!f->metrics) {
        fprintf(out, "The saved model was not measured on other data.\n");
        folds_put(out, f);
        return;
    }
    fprintf(out, "On ");
    markdown_text(out, facts_dev_name(f, dev));
    fprintf(out, ":\n\n| measure | value |%s%s\n|---|---:|%s%s\n",
            intervals ? " 95 % interval |" : "", first ? " before training |" : "",
            intervals ? "---:|" : "", first ? "---:|" : "");
    for (size_t i = 0; i < measure_count; i++) {
        const measure *m = &measures[i];
        if (!json_is_number(json_object_get(f->metrics, m->key))) continue;
        fprintf(out, "| %s | %s |", m->name, measure_text(f, m, f->metrics, text));
        if (intervals) fprintf(out, " %s |", measure_interval_text(f, m, interval));
        if (first)
            fprintf(out, " %s |",
                    measure_text(f, m, m->kind == MEASURE_COUNT ? NULL : first, text));
        fprintf(out, "\n");
    }
}

/* ---- training */

static void option_row(FILE *out, json_t *options, const char *name)
{
    char text[NUMBER_TEXT];
    json_t *value = json_object_get(options, name);
    fprintf(out, "| %s | ", name);
    if (json_is_string(value)) markdown_text(out, json_string_value(value));
    if (json_is_integer(value)) fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value)) fputs(number_short(json_real_value(value), text), out);
    fprintf(out, " |\n");
}

static void training_put(FILE *out, const report_facts *f)
{
    static const char *const told[] = { "batch_size",   "learning_rate", "schedule",   "warmup",
                                        "weight_decay", "clip",          "max_length", "seed" };
    char text[NUMBER_TEXT], steps[NUMBER_TEXT], series[SERIES_TEXT];
    fprintf(out,
            "\n## Training\n\n| option | value |\n|---|---|\n| epochs | %s |\n| steps | %s |\n",
            number_short(facts_number(f->results, "epoch", 0.0), text),
            number_count(facts_number(f->run, "steps", 0.0), steps));
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        option_row(out, json_object_get(f->run, "options"), told[i]);
    if (*facts_series(f, series))
        fprintf(out, "\nThe seed is one of several, of which the best is kept: `%s`.\n", series);
    fprintf(out, "\nAdamW. `run.json` has every option, `report.html` the curves.\n");
}

static void limits_put(FILE *out, const report_facts *f)
{
    char text[NUMBER_TEXT];
    json_t *options = json_object_get(f->run, "options");
    bool windows =
        json_is_true(facts_at(options, "task_options", "windows", NULL)) || f->task->windowed;
    fprintf(out, "\n## Limitations\n\n- Texts of another kind, time or language than the training "
                 "data may be answered worse than the results say.\n");
    if (!windows)
        fprintf(out, "- Of a text that is longer than %s tokens, the end is not read.\n",
                number_count(facts_number(options, "max_length", 0.0), text));
    fprintf(out, "- What the base model has learnt, its biases included, is in this one too.\n");
}

void card_write(FILE *out, const report_facts *f)
{
    card_metadata(out, f);
    what_put(out, f);
    program_put(out, f);
    python_put(out, f);
    data_put(out, f);
    results_put(out, f);
    training_put(out, f);
    limits_put(out, f);
}
