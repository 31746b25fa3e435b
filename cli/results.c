#include "results.h"
#include "columns.h"
#include "confusion.h"
#include "watch.h"

#include <stdlib.h>
#include <string.h>

/* ---- scores on lines of their own */

static void lines_print(const json_t *metrics, const bert_score_line *lines, FILE *out)
{
    for (const bert_score_line *line = lines; line->member; line++) {
        const json_t *value = json_object_get(metrics, line->member);
        fprintf(out, "%-20s", line->shown);
        if (json_is_number(value))
            fprintf(out, " %8.4f\n", json_number_value(value));
        else
            fprintf(out, " %8s\n", "-");
    }
}

/* ---- several labels */

/* Of more labels than ROWS_MAX, the first FIRST_ROWS and the last of the others are shown. */
enum { ROWS_MAX = 30, FIRST_ROWS = 10, SCORE_WIDTH = 11 };

typedef struct label_row {
    const char *name;
    const json_t *scores;
    const json_t *threshold; /* or NULL */
    size_t place;            /* among the labels */
} label_row;

static double score_at(const label_row *row, const char *key)
{
    return json_number_value(json_object_get(row->scores, key));
}

static int better_first(const void *a, const void *b)
{
    const label_row *left = a, *right = b;
    double x = score_at(left, "f1"), y = score_at(right, "f1");
    if (x != y) return (x < y) - (x > y);
    return (left->place > right->place) - (left->place < right->place);
}

static void row_print(const label_row *row, int name_width, FILE *out)
{
    column_print_left(out, row->name, name_width);
    fprintf(out, "%*.1f %%%*.1f %%%*.1f %%", SCORE_WIDTH - 2, 100.0 * score_at(row, "precision"),
            SCORE_WIDTH - 2, 100.0 * score_at(row, "recall"), SCORE_WIDTH - 2,
            100.0 * score_at(row, "f1"));
    fprintf(out, "%*.0f", SCORE_WIDTH, score_at(row, "support"));
    if (row->threshold) fprintf(out, "%*.3f", SCORE_WIDTH, json_number_value(row->threshold));
    fputc('\n', out);
}

static void rows_print(const label_row *rows, size_t count, const char *head, FILE *out)
{
    int name_width = (int)strlen(head);
    for (size_t i = 0; i < count; i++) {
        int width = column_text_width(rows[i].name);
        if (width > name_width) name_width = width;
    }
    column_print_left(out, head, name_width);
    fprintf(out, "%*s%*s%*s%*s%*s\n", SCORE_WIDTH, "precision", SCORE_WIDTH, "recall", SCORE_WIDTH,
            "F1", SCORE_WIDTH, "examples", rows[0].threshold ? SCORE_WIDTH : 0,
            rows[0].threshold ? "threshold" : "");
    size_t left_out = count > ROWS_MAX ? count - ROWS_MAX : 0;
    for (size_t i = 0; i < count; i++) {
        if (left_out && i == FIRST_ROWS) {
            fprintf(out, "... %zu more ...\n", left_out);
            i += left_out;
        }
        row_print(&rows[i], name_width, out);
    }
}

static void labels_print(const json_t *metrics, const json_t *scores, const char *head, FILE *out)
{
    const json_t *thresholds = json_object_get(metrics, "thresholds");
    size_t count = 0;
    label_row *rows = calloc(json_object_size(scores) + 1, sizeof *rows);
    if (!rows) return;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)scores, name, value)
    {
        rows[count] = (label_row){ name, value, json_array_get(thresholds, count), count };
        count++;
    }
    qsort(rows, count, sizeof *rows, better_first);
    if (count) rows_print(rows, count, head, out);
    free(rows);
}

static void intervals_print(const json_t *metrics, FILE *out)
{
    enum { NUMBER_WIDTH = 10 };
    const char *name;
    json_t *interval;
    int name_width = (int)strlen("95 % interval");
    const json_t *intervals = json_object_get(metrics, "intervals");
    json_object_foreach((json_t *)intervals, name, interval)
    {
        int width = column_text_width(name + strlen("eval_"));
        if (width > name_width) name_width = width;
    }
    fprintf(out, "%-*s%*s%*s%*s\n", name_width, "95 % interval", NUMBER_WIDTH, "score",
            NUMBER_WIDTH, "from", NUMBER_WIDTH, "to");
    json_object_foreach((json_t *)intervals, name, interval)
    {
        if (!json_is_array(interval)) continue;
        double low = json_number_value(json_array_get(interval, 0));
        double high = json_number_value(json_array_get(interval, 1));
        /* a blank in front: errors of large numbers are wider than their column */
        fprintf(out, "%-*s %*.4f %*.4f %*.4f\n", name_width, name + strlen("eval_"),
                NUMBER_WIDTH - 1, json_number_value(json_object_get(metrics, name)),
                NUMBER_WIDTH - 1, low, NUMBER_WIDTH - 1, high);
    }
}

/* The first table that is there. One without a column says what the matrix says. */
static bool table_print(const json_t *metrics, const bert_score_table *tables, FILE *out)
{
    for (const bert_score_table *t = tables; t && t->member; t++) {
        const json_t *scores = json_object_get(metrics, t->member);
        if (!t->column || !json_is_object(scores)) continue;
        labels_print(metrics, scores, t->column, out);
        return true;
    }
    return false;
}

void results_print(const bert_task_info *task, const json_t *metrics, FILE *out)
{
    bool matrix = json_object_get(metrics, "confusion") != NULL;
    if (matrix) confusion_print(metrics, out);
    if (task && task->lines)
        lines_print(metrics, task->lines, out);
    else if (!table_print(metrics, task ? task->tables : NULL, out) && !matrix)
        metrics_print(metrics, out);
    if (json_object_get(metrics, "intervals")) intervals_print(metrics, out);
}
