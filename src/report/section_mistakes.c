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

static size_t place_of(json_t *word, const char *key)
{
    double place = facts_number(word, key, 0.0);
    return place > 0.0 && place < 1e9 ? (size_t)place : 0;
}

/* Of a long text the part around the word that the mistake is told of: where it begins. */
static size_t window_of(json_t *one)
{
    json_t *word, *wrong = json_object_get(one, "wrong_words");
    size_t index;
    json_array_foreach(wrong, index, word)
    {
        if (!json_equal(json_object_get(word, "position"), json_object_get(one, "position")))
            continue;
        size_t end = place_of(word, "end");
        return end > TEXT_CHARACTERS ? end - TEXT_CHARACTERS / 2 : 0;
    }
    return 0;
}

static void mark_put(FILE *out, const char *text, size_t start, size_t end, json_t *word)
{
    fputs("<mark title=\"expected ", out);
    markup_text(out, facts_text(word, "expected"));
    fputs(", answer ", out);
    markup_text(out, facts_text(word, "answer"));
    fputs("\">", out);
    markup_range(out, text, start, end);
    fputs("</mark>", out);
}

/* A text of which single words are wrong, each of them marked. */
static void words_put(FILE *out, json_t *one)
{
    const char *text = facts_text(one, "text");
    size_t at = window_of(one), limit = at + TEXT_CHARACTERS, index;
    json_t *word;
    fputs(at ? "<bdi>…" : "<bdi>", out);
    json_array_foreach(json_object_get(one, "wrong_words"), index, word)
    {
        size_t start = place_of(word, "start"), end = place_of(word, "end");
        if (start < at || end <= start || end > limit) continue;
        markup_range(out, text, at, start);
        mark_put(out, text, start, end, word);
        at = end;
    }
    fputs(markup_range(out, text, at, limit) ? "…</bdi>" : "</bdi>", out);
}

static void texts_put(FILE *out, json_t *one)
{
    json_t *pair = json_object_get(one, "text_pair"), *wrong = json_object_get(one, "wrong_words");
    fprintf(out, "<td class=\"text\"><p dir=\"auto\">");
    if (json_array_size(wrong))
        words_put(out, one);
    else
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
    if (json_object_get(one, "word")) {
        fputs("<p><b>", out);
        value_put(out, json_object_get(one, "word"), 2 * NAME_CHARACTERS);
        fputs("</b></p>", out);
    }
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
            "<caption>Of the dev data, the worst first%s</caption><thead><tr>"
            "<th scope=\"col\" class=\"number\">%s</th><th scope=\"col\">text</th>"
            "<th scope=\"col\">expected</th><th scope=\"col\">answer</th>"
            "<th scope=\"col\" class=\"number\">%s</th></tr></thead><tbody>\n",
            json_object_get(first, "wrong_words") ? "; wrong words are marked" : "",
            place_key(first), severity_key(first));
    for (size_t i = 0; i < count && i < MISTAKES_MOST; i++)
        mistake_put(out, json_array_get(f->mistakes, i));
    fprintf(out, "</tbody></table></div></section>\n");
}
