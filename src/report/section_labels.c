#include "report/markup.h"
#include "report/page.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_OPEN = 30 }; /* of a long table; the others are folded away */

typedef struct label_row {
    const char *name;
    json_t *scores;
    double f1;
} label_row;

/* The weakest first: those are worth a look. */
static int by_f1(const void *a, const void *b)
{
    const label_row *x = a, *y = b;
    if (x->f1 != y->f1) return x->f1 < y->f1 ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void share_cell(FILE *out, json_t *scores, const char *key)
{
    char text[NUMBER_TEXT];
    double share = facts_number(scores, key, 0.0);
    cell_bar(out, share, number_percent(share, text), "score");
}

static void rows_put(FILE *out, const char *caption, const label_row *rows, size_t count)
{
    char text[NUMBER_TEXT];
    fprintf(out,
            "<div class=\"scroll\"><table class=\"bars\"><caption>%s</caption><thead><tr>"
            "<th scope=\"col\">label</th><th scope=\"col\">precision</th>"
            "<th scope=\"col\">recall</th><th scope=\"col\">F1</th>"
            "<th scope=\"col\" class=\"number\">examples</th></tr></thead><tbody>\n",
            caption);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "<tr><th scope=\"row\">");
        markup_isolated(out, rows[i].name, NAME_CHARACTERS);
        fprintf(out, "</th>");
        share_cell(out, rows[i].scores, "precision");
        share_cell(out, rows[i].scores, "recall");
        share_cell(out, rows[i].scores, "f1");
        cell_number(out, number_count(facts_number(rows[i].scores, "support", 0.0), text));
        fprintf(out, "</tr>\n");
    }
    fprintf(out, "</tbody></table></div>\n");
}

static bert_status table_put(FILE *out, const char *title, json_t *labels)
{
    size_t count = json_object_size(labels), at = 0;
    label_row *rows = count ? malloc(count * sizeof *rows) : NULL;
    const char *name;
    json_t *scores;
    if (!count) return BERT_OK;
    if (!rows) return fail(BERT_MEMORY, "out of memory for the labels of a report");
    json_object_foreach(labels, name, scores) rows[at++] =
        (label_row){ name, scores, facts_number(scores, "f1", 0.0) };
    qsort(rows, count, sizeof *rows, by_f1);
    fprintf(out, "<section><h2>%s</h2>\n", title);
    rows_put(out, "The weakest first", rows, count < ROWS_OPEN ? count : ROWS_OPEN);
    if (count > ROWS_OPEN) {
        fprintf(out, "<details><summary>The other %zu</summary>\n", count - ROWS_OPEN);
        rows_put(out, "The others, the weaker first", rows + ROWS_OPEN, count - ROWS_OPEN);
        fprintf(out, "</details>\n");
    }
    fprintf(out, "</section>\n");
    free(rows);
    return BERT_OK;
}

bert_status section_labels(FILE *out, const report_facts *f)
{
    for (const bert_score_table *t = f->task->tables; t && t->member; t++)
        TRY(table_put(out, t->title, json_object_get(f->metrics, t->member)));
    return BERT_OK;
}
