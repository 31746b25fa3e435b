#include "confusion.h"
#include "columns.h"

#include <stdlib.h>
#include <string.h>

enum { TABLE_LABELS_MAX = 10, MISTAKES_MAX = 10, NUMBER_WIDTH = 9 };

typedef struct confusion {
    const json_t *labels, *rows;
    size_t count;
} confusion;

static const char *label_at(const confusion *c, size_t index)
{
    return json_string_value(json_array_get(c->labels, index));
}

static json_int_t cell_at(const confusion *c, size_t truth, size_t answer)
{
    return json_integer_value(json_array_get(json_array_get(c->rows, truth), answer));
}

static int wider(int a, int b)
{
    return a > b ? a : b;
}

/* `part` of `whole` in percent; a dash where there is no whole. */
static void share_print(FILE *out, json_int_t part, json_int_t whole, int width)
{
    char text[32] = "-";
    if (whole > 0) snprintf(text, sizeof text, "%.1f %%", 100.0 * (double)part / (double)whole);
    column_print_right(out, text, width);
}

static int answer_width(const confusion *c, size_t answer)
{
    return wider(NUMBER_WIDTH, column_text_width(label_at(c, answer)) + 2);
}

static void row_print(FILE *out, const confusion *c, size_t truth, int label_width)
{
    json_int_t all = 0;
    column_print_left(out, label_at(c, truth), label_width);
    for (size_t answer = 0; answer < c->count; answer++) {
        all += cell_at(c, truth, answer);
        fprintf(out, "%*" JSON_INTEGER_FORMAT, answer_width(c, answer), cell_at(c, truth, answer));
    }
    share_print(out, cell_at(c, truth, truth), all, NUMBER_WIDTH + 2);
    fputc('\n', out);
}

static void table_print(FILE *out, const confusion *c)
{
    int label_width = (int)strlen("true \\ answered");
    for (size_t i = 0; i < c->count; i++)
        label_width = wider(label_width, column_text_width(label_at(c, i)));

    column_print_left(out, "true \\ answered", label_width);
    for (size_t i = 0; i < c->count; i++)
        column_print_right(out, label_at(c, i), answer_width(c, i));
    column_print_right(out, "recall", NUMBER_WIDTH + 2);
    fputc('\n', out);
    for (size_t i = 0; i < c->count; i++) row_print(out, c, i, label_width);

    column_print_left(out, "precision", label_width);
    for (size_t answer = 0; answer < c->count; answer++) {
        json_int_t all = 0;
        for (size_t truth = 0; truth < c->count; truth++) all += cell_at(c, truth, answer);
        share_print(out, cell_at(c, answer, answer), all, answer_width(c, answer));
    }
    fputc('\n', out);
}

typedef struct mistake {
    json_int_t count;
    size_t truth, answer;
} mistake;

/* Keeps `list` [MISTAKES_MAX] sorted, the most frequent first; the earlier of equals stays first.
 */
static void mistake_insert(mistake *list, mistake new)
{
    size_t place = MISTAKES_MAX;
    while (place > 0 && list[place - 1].count < new.count) place--;
    if (place == MISTAKES_MAX) return;
    memmove(list + place + 1, list + place, (MISTAKES_MAX - 1 - place) * sizeof *list);
    list[place] = new;
}

static void mistakes_print(FILE *out, const confusion *c)
{
    mistake list[MISTAKES_MAX] = { 0 };
    for (size_t truth = 0; truth < c->count; truth++)
        for (size_t answer = 0; answer < c->count; answer++)
            if (truth != answer)
                mistake_insert(list, (mistake){ cell_at(c, truth, answer), truth, answer });
    fprintf(out, "%zu labels; the most frequent mistakes:\n", c->count);
    for (size_t i = 0; i < MISTAKES_MAX && list[i].count > 0; i++) {
        fprintf(out, "%6" JSON_INTEGER_FORMAT "  ", list[i].count);
        column_print(out, label_at(c, list[i].truth));
        fputs(" answered ", out);
        column_print(out, label_at(c, list[i].answer));
        fputc('\n', out);
    }
}

void confusion_print(const json_t *metrics, FILE *out)
{
    confusion c = { json_object_get(metrics, "labels"), json_object_get(metrics, "confusion"), 0 };
    c.count = json_array_size(c.labels);
    if (c.count == 0 || json_array_size(c.rows) != c.count) return;
    for (size_t i = 0; i < c.count; i++)
        if (!label_at(&c, i)) return;
    if (c.count <= TABLE_LABELS_MAX)
        table_print(out, &c);
    else
        mistakes_print(out, &c);
}
