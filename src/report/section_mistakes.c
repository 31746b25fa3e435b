#include "report/markup.h"
#include "report/page.h"

#include <stdlib.h>
#include <string.h>

enum { MISTAKES_MOST = 50 };

/* Of a float that a model has computed, the seventh digit and those after it say nothing. */
static void number_put(FILE *out, double value)
{
    char text[NUMBER_TEXT];
    snprintf(text, sizeof text, "%.6g", value);
    fputs(number_short(strtod(text, NULL), text), out);
}

/* A text, a number, or a list of either. */
static void value_put(FILE *out, json_t *value, size_t most)
{
    if (json_is_string(value)) markup_isolated(out, json_string_value(value), most);
    if (json_is_number(value)) number_put(out, json_number_value(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        fputs(i ? ", " : "", out);
        value_put(out, json_array_get(value, i), most);
    }
}

/* Some data count in questions, and of numbers that are wrong there is an error, not a confidence.
 */
static const char *place_key(json_t *one)
{
    return json_object_get(one, "question") ? "question" : "line";
}

static const char *severity_key(json_t *one)
{
    return json_object_get(one, "error") ? "error" : "confidence";
}

static void severity_put(FILE *out, json_t *one)
{
    char text[NUMBER_TEXT];
    json_t *value = json_object_get(one, severity_key(one));
    if (!json_is_number(value))
        cell_number(out, "–");
    else if (strcmp(severity_key(one), "error") == 0)
        cell_number(out, number_fixed(json_number_value(value), 3, text));
    else
        cell_number(out, number_percent(json_number_value(value), text));
}

static void texts_put(FILE *out, json_t *one)
{
    json_t *pair = json_object_get(one, "text_pair");
    fprintf(out, "<td class=\"text\"><p dir=\"auto\">");
    value_put(out, json_object_get(one, "text"), TEXT_CHARACTERS);
    if (pair) {
        fprintf(out, "</p><p class=\"quiet\" dir=\"auto\">");
        value_put(out, pair, TEXT_CHARACTERS);
    }
    fprintf(out, "</p></td>");
}

static void mistake_put(FILE *out, json_t *one)
{
    char text[NUMBER_TEXT];
    json_t *place = json_object_get(one, place_key(one));
    fprintf(out, "<tr>");
    cell_number(out, json_is_integer(place) ? number_count(json_number_value(place), text) : "–");
    texts_put(out, one);
    fprintf(out, "<td>");
    value_put(out, json_object_get(one, "expected"), 2 * NAME_CHARACTERS);
    fprintf(out, "</td><td>");
    value_put(out, json_object_get(one, "answer"), 2 * NAME_CHARACTERS);
    fprintf(out, "</td>");
    severity_put(out, one);
    fprintf(out, "</tr>\n");
}

void section_mistakes(FILE *out, const report_facts *f)
{
    size_t count = json_array_size(f->mistakes);
    json_t *first = json_array_get(f->mistakes, 0);
    if (!count) return;
    fprintf(out,
            "<section><h2>Worst mistakes</h2>\n<div class=\"scroll\"><table class=\"mistakes\">"
            "<caption>Of the dev data, the worst first</caption><thead><tr>"
            "<th scope=\"col\" class=\"number\">%s</th><th scope=\"col\">text</th>"
            "<th scope=\"col\">expected</th><th scope=\"col\">answer</th>"
            "<th scope=\"col\" class=\"number\">%s</th></tr></thead><tbody>\n",
            place_key(first), severity_key(first));
    for (size_t i = 0; i < count && i < MISTAKES_MOST; i++)
        mistake_put(out, json_array_get(f->mistakes, i));
    fprintf(out, "</tbody></table></div></section>\n");
}
