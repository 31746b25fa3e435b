#include "data_print.h"
#include "columns.h"
#include "watch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct label_line {
    const char *name;
    double count;
    size_t place; /* among all: of equals the first comes first */
} label_line;

static int most_first(const void *a, const void *b)
{
    const label_line *x = a, *y = b;
    int order = (x->count < y->count) - (x->count > y->count);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

static double number_of(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

/* `whole` 0: without the share. */
static void label_print(const label_line *line, const char *before, double whole, FILE *out)
{
    fputs(before, out);
    column_print(out, line->name);
    fprintf(out, " %.0f", line->count);
    if (whole > 0.0) fprintf(out, " (%.1f %%)", 100.0 * line->count / whole);
}

/* "neg 3310 (47.8 %), pos 3610 (52.2 %)": the most frequent ones, as shares of the rows, or where
 * words are labelled of these. */
static void labels_print(const json_t *labels, double rows, bool words, FILE *out)
{
    enum { SHOWN = 5 };
    size_t count = 0, all = json_object_size(labels);
    label_line *lines = calloc(all + 1, sizeof *lines);
    const char *name;
    json_t *value;
    double sum = 0.0;
    if (!lines) return;
    json_object_foreach((json_t *)labels, name, value)
    {
        lines[count] = (label_line){ name, json_number_value(value), count };
        sum += lines[count++].count;
    }
    qsort(lines, count, sizeof *lines, most_first);
    double whole = words ? sum : rows;
    for (size_t i = 0; i < count && i < SHOWN; i++)
        label_print(&lines[i], i ? ", " : "; ", whole, out);
    if (count > SHOWN) {
        fprintf(out, " and %zu labels more, ", count - SHOWN);
        label_print(&lines[count - 1], "the rarest ", 0.0, out);
    }
    free(lines);
}

static void count_print(const json_t *part, const char *member, const char *words, FILE *out)
{
    double count = number_of(part, member);
    if (count > 0.0) fprintf(out, "; %.0f %s", count, words);
}

static void part_print(const json_t *summary, const char *name, FILE *out)
{
    const json_t *part = json_object_get(summary, name), *tokens = json_object_get(part, "tokens");
    bert_task_info room;
    const bert_task_info *task = task_named(json_object_get(summary, "task"), &room);
    double rows = number_of(part, "rows"), units = number_of(part, "units"),
           truncated = number_of(part, "truncated");
    if (!json_is_object(part)) return;
    fprintf(out, "%s: %.0f rows", name, rows);
    if (units != rows) fprintf(out, " in %.0f windows", units);
    labels_print(json_object_get(part, "labels"), rows, task && task->tags, out);
    fprintf(out, "\n%s: tokens: median %g, 95 %% %.0f, longest %.0f", name,
            number_of(tokens, "median"), number_of(tokens, "percentile_95"),
            number_of(tokens, "longest"));
    if (truncated > 0.0)
        fprintf(out, "; %.0f (%.1f %%) cut at %.0f, fewer than 1 %% at %.0f", truncated,
                100.0 * truncated / rows, number_of(summary, "max_length"),
                number_of(part, "max_length_for_99_percent"));
    count_print(part, "empty", "empty", out);
    count_print(part, "repeated", "repeat an earlier text", out);
    count_print(part, "contradicting", "with different labels", out);
    fputc('\n', out);
}

static void duration_print(double seconds, FILE *out)
{
    if (seconds < 90.0)
        fprintf(out, "%.*f s", seconds < 10.0 ? 1 : 0, seconds);
    else if (seconds < 5400.0)
        fprintf(out, "%.0f min", seconds / 60.0);
    else
        fprintf(out, "%.1f h", seconds / 3600.0);
}

void data_print(const json_t *summary, FILE *out)
{
    const json_t *time = json_object_get(summary, "time");
    size_t unseen = json_array_size(json_object_get(summary, "labels_unseen"));
    part_print(summary, "train", out);
    part_print(summary, "dev", out);
    if (json_is_object(json_object_get(summary, "dev")))
        fprintf(out, "dev: %.0f texts stand in the training data too; %zu labels do not\n",
                number_of(summary, "leaked"), unseen);
    if (time) {
        fputs("time: about ", out);
        duration_print(number_of(time, "seconds"), out);
        fprintf(out, " for %.0f steps", number_of(time, "steps"));
        if (number_of(time, "evaluation") > 0.0) {
            fputs(", ", out);
            duration_print(number_of(time, "evaluation"), out);
            fputs(" of it evaluation", out);
        }
        if (number_of(time, "trainings") > 1.0)
            fprintf(out, "; one of %.0f such trainings", number_of(time, "trainings"));
        fputc('\n', out);
    }
    fprintf(out, "memory: about %.2f GB at the peak\n",
            number_of(json_object_get(summary, "memory"), "needed") / 1e9);
}

void runs_print(const json_t *runs, FILE *out)
{
    static const char prefix[] = "eval_";
    const json_t *means = json_object_get(runs, "mean"),
                 *deviations = json_object_get(runs, "standard_deviation"),
                 *best = json_object_get(runs, "best");
    const char *name;
    json_t *value;
    fprintf(out, "\n%zu runs, mean and standard deviation:\n",
            json_array_size(json_object_get(runs, "runs")));
    json_object_foreach((json_t *)means, name, value)
    {
        if (strncmp(name, prefix, sizeof prefix - 1) != 0) continue;
        fprintf(out, "  %-20s %10.4f  %8.4f\n", name + sizeof prefix - 1, json_number_value(value),
                number_of(deviations, name));
    }
    if (best) fprintf(out, "the best seed is %" JSON_INTEGER_FORMAT "\n", json_integer_value(best));
}
