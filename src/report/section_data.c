#include "report/markup.h"
#include "report/page.h"

#include <stdlib.h>
#include <string.h>

enum { LABELS_MOST = 30 };

/* ---- figures of the files */

static const struct {
    const char *name, *key, *inner;
} figures[] = {
    { "Examples", "rows", NULL },
    { "Tokens, median", "tokens", "median" },
    { "Tokens, 95th percentile", "tokens", "percentile_95" },
    { "Tokens, longest", "tokens", "longest" },
    { "Cut", "truncated", NULL },
    { "Length that 99 % fit in", "max_length_for_99_percent", NULL },
    { "Empty", "empty", NULL },
    { "Repeated", "repeated", NULL },
    { "Same text, other label", "contradicting", NULL },
};

static json_t *figure_of(json_t *file, size_t i)
{
    json_t *value = json_object_get(file, figures[i].key);
    return figures[i].inner ? json_object_get(value, figures[i].inner) : value;
}

static void figure_cell(FILE *out, json_t *value)
{
    char text[NUMBER_TEXT];
    cell_number(out, json_is_number(value) ? number_count(json_number_value(value), text) : "–");
}

static void figures_put(FILE *out, json_t *train, json_t *dev)
{
    fprintf(out, "<div class=\"scroll\"><table><caption>The examples</caption><thead><tr>"
                 "<td></td><th scope=\"col\" class=\"number\">train</th>");
    if (dev) fprintf(out, "<th scope=\"col\" class=\"number\">dev</th>");
    fprintf(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        if (!figure_of(train, i) && !figure_of(dev, i)) continue;
        fprintf(out, "<tr><th scope=\"row\">%s</th>", figures[i].name);
        figure_cell(out, figure_of(train, i));
        if (dev) figure_cell(out, figure_of(dev, i));
        fprintf(out, "</tr>\n");
    }
    fprintf(out, "</tbody></table></div>\n");
}

/* ---- labels */

typedef struct label_share {
    const char *name;
    double train, dev;
} label_share;

static int by_count(const void *a, const void *b)
{
    const label_share *x = a, *y = b;
    if (x->train != y->train) return x->train < y->train ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* Of a part's labels: what their shares are of, and the most that one has. A row may have several
 * labels, so that the counts add up to more than the rows. */
typedef struct extent {
    double whole, most;
} extent;

static extent extent_of(const report_facts *f, json_t *part)
{
    json_t *labels = json_object_get(part, "labels");
    extent e = { 0 };
    double sum = 0.0;
    const char *name;
    json_t *count;
    json_object_foreach(labels, name, count)
    {
        double value = json_number_value(count);
        sum += value;
        if (value > e.most) e.most = value;
    }
    e.whole = f->task->tags ? sum : facts_number(part, "rows", 0.0);
    return e;
}

static void label_cell(FILE *out, double count, extent all)
{
    char text[2 * NUMBER_TEXT], number[NUMBER_TEXT], share[NUMBER_TEXT];
    snprintf(text, sizeof text, "%s, %s", number_count(count, number),
             number_percent(all.whole > 0.0 ? count / all.whole : 0.0, share));
    cell_bar(out, all.most > 0.0 ? count / all.most : 0.0, text, "share");
}

static void labels_rows(FILE *out, const report_facts *f, const label_share *list, size_t count,
                        json_t *data)
{
    json_t *dev = facts_at(data, "dev", NULL);
    extent of_train = extent_of(f, json_object_get(data, "train")), of_dev = extent_of(f, dev);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "<tr><th scope=\"row\">");
        markup_isolated(out, list[i].name, NAME_CHARACTERS);
        fprintf(out, "</th>");
        label_cell(out, list[i].train, of_train);
        if (dev) label_cell(out, list[i].dev, of_dev);
        fprintf(out, "</tr>\n");
    }
}

/* The most frequent first; of very many only those. */
static bert_status labels_put(FILE *out, const report_facts *f, json_t *data)
{
    json_t *train = facts_at(data, "train", "labels", NULL),
           *dev = facts_at(data, "dev", "labels", NULL);
    const char *whole = f->task->tags ? "words" : "rows";
    size_t count = json_object_size(train), at = 0;
    label_share *list = count ? malloc(count * sizeof *list) : NULL;
    const char *name;
    json_t *value;
    if (!count) return BERT_OK;
    if (!list) return fail(BERT_MEMORY, "out of memory for the labels of a report");
    json_object_foreach(train, name, value) list[at++] =
        (label_share){ name, json_number_value(value), facts_number(dev, name, 0.0) };
    qsort(list, count, sizeof *list, by_count);
    size_t shown = count < LABELS_MOST ? count : LABELS_MOST;
    fprintf(out, "<div class=\"scroll\"><table class=\"bars\"><caption>");
    if (shown < count)
        fprintf(out, "The %zu most frequent of %zu labels", shown, count);
    else
        fprintf(out, "The labels");
    fprintf(out, ": how many %s have each, and the share of all %s", whole, whole);
    fprintf(out,
            "</caption><thead><tr><td></td><th scope=\"col\">train</th>%s</tr></thead><tbody>\n",
            dev ? "<th scope=\"col\">dev</th>" : "");
    labels_rows(out, f, list, shown, data);
    fprintf(out, "</tbody></table></div>\n");
    free(list);
    return BERT_OK;
}

/* ---- what to worry about */

static void worries_put(FILE *out, json_t *data)
{
    char text[NUMBER_TEXT];
    json_t *unseen = json_object_get(data, "labels_unseen");
    double leaked = facts_number(data, "leaked", 0.0);
    if (leaked > 0.0)
        fprintf(out,
                "<p class=\"worry\">%s of the dev data's texts stand among the training texts: the "
                "measures are better than they would be on new texts.</p>\n",
                number_count(leaked, text));
    if (!json_array_size(unseen)) return;
    fprintf(out, "<p class=\"worry\">Labels of the dev data that no training text has: ");
    for (size_t i = 0; i < json_array_size(unseen) && i < LABELS_MOST; i++) {
        const char *name = json_string_value(json_array_get(unseen, i));
        fputs(i ? ", " : "", out);
        markup_isolated(out, name ? name : "", NAME_CHARACTERS);
    }
    fprintf(out, "%s</p>\n", json_array_size(unseen) > LABELS_MOST ? ", …" : ".");
}

/* Which columns the model has seen. */
static void columns_put(FILE *out, json_t *columns)
{
    static const struct {
        const char *key, *name;
    } roles[] = { { "text", "text" },
                  { "text_pair", "second text" },
                  { "label", "label" },
                  { "labels", "labels" } };
    const char *before = "<p class=\"quiet\">Columns: ";
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        const char *name = facts_text(columns, roles[i].key);
        if (!*name) continue;
        fprintf(out, "%s%s <b>", before, roles[i].name);
        markup_isolated(out, name, NAME_CHARACTERS);
        fprintf(out, "</b>");
        before = ", ";
    }
    if (*before == ',') fprintf(out, "</p>\n");
}

bert_status section_data(FILE *out, const report_facts *f)
{
    json_t *data = json_object_get(f->run, "data");
    json_t *train = facts_at(data, "train", NULL), *dev = facts_at(data, "dev", NULL);
    if (!json_is_object(train)) return BERT_OK;
    fprintf(out, "<section><h2>Data</h2>\n");
    worries_put(out, data);
    columns_put(out, facts_at(data, "columns", NULL));
    fprintf(out, "<div class=\"columns\">\n");
    figures_put(out, train, dev);
    TRY(labels_put(out, f, data));
    fprintf(out, "</div></section>\n");
    return BERT_OK;
}
