#include "mistakes.h"
#include "columns.h"

#include <stdbool.h>

enum { INDENT = 8, ANSWER_WIDTH = 60 };

/* A text, a number, or a list of texts. */
static void value_print(const json_t *value, FILE *out)
{
    if (json_is_string(value)) {
        const char *text = json_string_value(value);
        column_print_cut(out, *text ? text : "nothing", ANSWER_WIDTH);
    } else if (json_is_number(value)) {
        fprintf(out, "%.4g", json_number_value(value));
    }
    size_t index;
    json_t *item;
    json_array_foreach((json_t *)value, index, item)
    {
        fputs(index ? ", " : "", out);
        value_print(item, out);
    }
    if (json_is_array(value) && json_array_size(value) == 0) fputs("nothing", out);
}

static void cited_print(const char *text, FILE *out)
{
    fputs(", '", out);
    column_print(out, text);
    fputc('\'', out);
}

static void place_print(const json_t *error, FILE *out)
{
    const json_t *id = json_object_get(error, "id"), *line = json_object_get(error, "line");
    const json_t *word = json_object_get(error, "word"), *label = json_object_get(error, "label");
    const char *file = json_string_value(json_object_get(error, "file"));
    if (id) {
        fputs("question ", out);
        column_print(out, json_string_value(id));
    } else if (line)
        fprintf(out, "%s:%" JSON_INTEGER_FORMAT, file, json_integer_value(line));
    else
        fprintf(out, "%s, question %" JSON_INTEGER_FORMAT, file,
                json_integer_value(json_object_get(error, "question")));
    if (word) cited_print(json_string_value(word), out);
    if (label) cited_print(json_string_value(label), out);
}

static void text_print(const json_t *text, FILE *out)
{
    if (!json_is_string(text)) return;
    fprintf(out, "%*s", INDENT, "");
    column_print_cut(out, json_string_value(text), column_count(out) - INDENT - 1);
    fputc('\n', out);
}

static void mistake_print(const json_t *error, FILE *out)
{
    const json_t *confidence = json_object_get(error, "confidence");
    if (confidence)
        fprintf(out, "%5.1f %% ", 100.0 * json_number_value(confidence));
    else
        fprintf(out, "%7.4g ", json_number_value(json_object_get(error, "error")));
    place_print(error, out);
    fputs(": expected ", out);
    value_print(json_object_get(error, "expected"), out);
    fputs(", answered ", out);
    value_print(json_object_get(error, "answer"), out);
    fputc('\n', out);
    text_print(json_object_get(error, "text"), out);
    text_print(json_object_get(error, "text_pair"), out);
    text_print(json_object_get(error, "text_other"), out);
}

void mistakes_print(const json_t *errors, FILE *out)
{
    size_t index, count = json_array_size(errors);
    json_t *error;
    if (!errors) return;
    if (count == 0) {
        fputs("no mistakes\n", out);
        return;
    }
    bool sure = json_object_get(json_array_get(errors, 0), "confidence") != NULL;
    fprintf(out, "the %zu mistake%s %s:\n", count, count == 1 ? "" : "s",
            sure ? "that the model was surest of" : "furthest from what was expected");
    json_array_foreach((json_t *)errors, index, error) mistake_print(error, out);
}
