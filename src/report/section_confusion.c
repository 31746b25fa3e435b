#include "report/markup.h"
#include "report/page.h"

#include <math.h>
#include <stdlib.h>

enum { MATRIX_MOST = 30, PAIRS_MOST = 20 };

static double count_at(json_t *matrix, size_t row, size_t column)
{
    return json_number_value(json_array_get(json_array_get(matrix, row), column));
}

static double row_sum(json_t *matrix, size_t row)
{
    double sum = 0.0;
    size_t count = json_array_size(json_array_get(matrix, row));
    for (size_t i = 0; i < count; i++) sum += count_at(matrix, row, i);
    return sum;
}

static void name_put(FILE *out, json_t *names, size_t index)
{
    const char *name = json_string_value(json_array_get(names, index));
    markup_isolated(out, name ? name : "", NAME_CHARACTERS);
}

/* ---- a matrix, warmer the larger the share of its row */

static void matrix_head(FILE *out, json_t *names)
{
    fprintf(out,
            "<p class=\"quiet\">Rows: the true label; columns: the answer. The stronger the "
            "colour, the "
            "larger the share of the row; blue is right, red is wrong.</p>\n<div class=\"scroll\">"
            "<table class=\"heat\"><caption>Examples</caption><thead><tr><td></td>");
    for (size_t i = 0; i < json_array_size(names); i++) {
        fprintf(out, "<th scope=\"col\"><span>");
        name_put(out, names, i);
        fprintf(out, "</span></th>");
    }
    fprintf(out, "<th scope=\"col\"><span>all</span></th></tr></thead><tbody>\n");
}

/* Ten steps of colour: "r9" where the answer is right, "w1" where it is wrong. */
static void matrix_cell(FILE *out, double count, double sum, bool right)
{
    char text[NUMBER_TEXT];
    int heat = count > 0.0 ? (int)fmin(1.0 + floor(9.0 * count / sum), 9.0) : 0;
    fprintf(out, "<td class=\"%c%d\">%s</td>", right ? 'r' : 'w', heat, number_count(count, text));
}

static void matrix_put(FILE *out, json_t *names, json_t *matrix)
{
    size_t count = json_array_size(names);
    char text[NUMBER_TEXT];
    matrix_head(out, names);
    for (size_t i = 0; i < count; i++) {
        double sum = row_sum(matrix, i);
        fprintf(out, "<tr><th scope=\"row\">");
        name_put(out, names, i);
        fprintf(out, "</th>");
        for (size_t k = 0; k < count; k++) matrix_cell(out, count_at(matrix, i, k), sum, i == k);
        fprintf(out, "<td class=\"all\">%s</td></tr>\n", number_count(sum, text));
    }
    fprintf(out, "</tbody></table></div>\n");
}

/* ---- of many labels, what is mistaken for what */

typedef struct mistaken {
    size_t truth, answer;
    double count;
} mistaken;

/* Keeps the PAIRS_MOST largest in order; of equals the first. */
static void mistaken_keep(mistaken *list, size_t *held, mistaken one)
{
    size_t at = *held;
    while (at > 0 && list[at - 1].count < one.count) at--;
    if (at == PAIRS_MOST) return;
    if (*held < PAIRS_MOST) ++*held;
    for (size_t i = *held - 1; i > at; i--) list[i] = list[i - 1];
    list[at] = one;
}

static size_t mistaken_find(json_t *matrix, size_t count, mistaken *list)
{
    size_t held = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            double times = count_at(matrix, i, k);
            if (i != k && times > 0.0) mistaken_keep(list, &held, (mistaken){ i, k, times });
        }
    return held;
}

static void pairs_put(FILE *out, json_t *names, json_t *matrix)
{
    mistaken list[PAIRS_MOST];
    char text[2 * NUMBER_TEXT], times[NUMBER_TEXT], all[NUMBER_TEXT];
    size_t held = mistaken_find(matrix, json_array_size(names), list);
    fprintf(out,
            "<div class=\"scroll\"><table class=\"bars\"><caption>The most frequent mistakes among "
            "%zu labels</caption><thead><tr><th scope=\"col\">true label</th>"
            "<th scope=\"col\">answer</th><th scope=\"col\">of the true label's examples</th>"
            "</tr></thead><tbody>\n",
            json_array_size(names));
    for (size_t i = 0; i < held; i++) {
        double sum = row_sum(matrix, list[i].truth);
        fprintf(out, "<tr><th scope=\"row\">");
        name_put(out, names, list[i].truth);
        fprintf(out, "</th><td>");
        name_put(out, names, list[i].answer);
        fprintf(out, "</td>");
        snprintf(text, sizeof text, "%s of %s", number_count(list[i].count, times),
                 number_count(sum, all));
        cell_bar(out, list[i].count / sum, text, "error");
        fprintf(out, "</tr>\n");
    }
    fprintf(out, "</tbody></table></div>\n");
}

void section_confusion(FILE *out, const report_facts *f)
{
    json_t *names = json_object_get(f->metrics, "labels");
    json_t *matrix = json_object_get(f->metrics, "confusion");
    size_t count = json_array_size(names);
    if (count < 2 || json_array_size(matrix) != count) return;
    fprintf(out, "<section><h2>What is taken for what</h2>\n");
    if (count <= MATRIX_MOST)
        matrix_put(out, names, matrix);
    else
        pairs_put(out, names, matrix);
    fprintf(out, "</section>\n");
}
