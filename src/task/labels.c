#include "task/labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool name_is_integer(const char *name)
{
    const char *digits = *name == '-' ? name + 1 : name;
    size_t count = strlen(digits);
    return count > 0 && count <= 18 && strspn(digits, "0123456789") == count;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_number(const void *a, const void *b)
{
    long long x = atoll(*(char *const *)a), y = atoll(*(char *const *)b);
    return x != y ? (x > y) - (x < y) : by_bytes(a, b);
}

void labels_unique(label_names *labels, size_t *largest, size_t *smallest)
{
    char **names = labels->names;
    size_t unique = 0, count = labels->count;
    *largest = 0;
    *smallest = count;
    if (count) qsort(names, count, sizeof *names, by_bytes);
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && strcmp(names[begin], names[end]) == 0; end++) {
            free(names[end]);
            names[end] = NULL;
        }
        if (end - begin > *largest) *largest = end - begin;
        if (end - begin < *smallest) *smallest = end - begin;
        char *kept = names[begin];
        names[begin] = NULL;
        names[unique++] = kept;
    }
    labels->count = unique;
}

void labels_order(label_names *labels)
{
    bool integers = labels->count > 0;
    for (size_t i = 0; i < labels->count; i++)
        integers = integers && name_is_integer(labels->names[i]);
    if (integers) qsort(labels->names, labels->count, sizeof *labels->names, by_number);
}

bert_status label_copy(const dataset_row *row, slice label, char **out)
{
    if (memchr(label.bytes, '\0', label.count))
        return fail(BERT_DATA, "%s:%zu: the label holds a NUL byte", row->path, row->line);
    *out = strndup(label.bytes, label.count);
    return *out ? BERT_OK : fail(BERT_MEMORY, "out of memory for labels");
}

bool label_index(const config *c, slice label, size_t *index)
{
    for (size_t i = 0; i < c->labels; i++) {
        if (!slice_equal(label, slice_of(c->label_names[i]))) continue;
        *index = i;
        return true;
    }
    return false;
}

bert_status label_unknown(const dataset_row *row, slice label, const config *c)
{
    char known[256] = "";
    for (size_t i = 0; i < c->labels && i < 8; i++) {
        strncat(known, i ? ", " : "", sizeof known - strlen(known) - 1);
        strncat(known, c->label_names[i], sizeof known - strlen(known) - 1);
    }
    return fail(
        BERT_DATA,
        "%s:%zu: the label '%.*s' is not one of the %zu that the model was trained with (%s%s)",
        row->path, row->line, (int)(label.count < 80 ? label.count : 80), label.bytes, c->labels,
        known, c->labels > 8 ? ", ..." : "");
}

enum { NUMBER_TEXT = 64 };

/* The label without blanks around it; false where it is empty or too long for a number. */
static bool number_text(slice label, char text[NUMBER_TEXT])
{
    slice number = label_stripped(label);
    if (number.count == 0 || number.count >= NUMBER_TEXT) return false;
    memcpy(text, number.bytes, number.count);
    text[number.count] = '\0';
    return true;
}

/* A decimal number, which may be too large. */
static bool is_decimal(const char *text, double *out)
{
    char *end;
    if (text[strspn(text, "0123456789+-.eE")]) return false; /* no nan, inf, 0x10 */
    *out = strtod(text, &end);
    return *end == '\0';
}

bool label_number(slice label, double *out)
{
    char text[NUMBER_TEXT];
    return number_text(label, text) && is_decimal(text, out) && isfinite(*out);
}

number_slip label_number_slip(slice label)
{
    static const char *const words[] = { "nan", "inf", "infinity" };
    char text[NUMBER_TEXT], *comma;
    double number;
    if (!number_text(label, text)) return SLIP_NONE;
    if (is_decimal(text, &number)) return isfinite(number) ? SLIP_NONE : SLIP_FINITE;
    for (size_t i = 0; i < 3; i++)
        if (strcasecmp(text + strspn(text, "+-"), words[i]) == 0) return SLIP_FINITE;
    if (!(comma = strchr(text, ',')) || strchr(text, '.')) return SLIP_NONE;
    *comma = '.';
    return is_decimal(text, &number) ? SLIP_COMMA : SLIP_NONE;
}

bert_status label_no_number(const dataset_row *row)
{
    bool comma = label_number_slip(row->label) == SLIP_COMMA;
    return fail(BERT_DATA, "%s:%zu: the label '%.*s' is not a number such as 3.75%s", row->path,
                row->line, (int)(row->label.count < 80 ? row->label.count : 80), row->label.bytes,
                comma ? " (a point, not a comma, stands before the decimals)" : "");
}

slice label_stripped(slice label)
{
    while (label.count && (label.bytes[0] == ' ' || label.bytes[0] == '\t'))
        label = (slice){ label.bytes + 1, label.count - 1 };
    while (label.count &&
           (label.bytes[label.count - 1] == ' ' || label.bytes[label.count - 1] == '\t'))
        label.count--;
    return label;
}
