/* The columns of a table by name, and the message where a name is not among them. */
#include "base/memory.h"
#include "bert_words.h"
#include "rows/table_reader.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

size_t table_column_count(const table *t)
{
    return t->column_count;
}

const char *table_column_name(const table *t, size_t column)
{
    return t->columns[column];
}

bool table_find_exact(const table *t, const char *name, size_t *column)
{
    for (size_t i = 0; *name && i < t->column_count; i++)
        if (strcmp(t->columns[i], name) == 0) {
            *column = i;
            return true;
        }
    return false;
}

static slice name_stripped(const char *name)
{
    slice s = slice_of(name + strspn(name, " \t"));
    while (s.count && strchr(" \t", s.bytes[s.count - 1])) s.count--;
    return s;
}

bool table_find(const table *t, const char *name, size_t *column)
{
    if (table_find_exact(t, name, column)) return true;
    slice wanted = name_stripped(name);
    size_t alike = 0;
    for (size_t i = 0; wanted.count && i < t->column_count; i++) {
        slice own = name_stripped(t->columns[i]);
        if (own.count != wanted.count || strncasecmp(own.bytes, wanted.bytes, own.count) != 0)
            continue;
        *column = i;
        alike++;
    }
    return alike == 1;
}

void table_list_columns(const table *t, char *out, size_t capacity)
{
    static const char cut[] = ", ...";
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < t->column_count; i++) {
        const char *separator = i ? ", " : "", *name = t->columns[i];
        if (!*name) name = "(unnamed)";
        size_t length = strlen(separator) + strlen(name);
        if (used + length + sizeof cut > capacity) { /* a cut must fit behind what is there */
            snprintf(out + used, capacity - used, "%s", i ? cut : cut + 2);
            return;
        }
        snprintf(out + used, capacity - used, "%s%s", separator, name);
        used += length;
    }
}

const char *table_separator_hint(const table *t)
{
    static const struct {
        const char *ending, separator, *hint;
    } others[] = { { ".csv", ';', "separated by ';'? save it with commas" },
                   { ".csv", '\t', "separated by tabs? name it .tsv" },
                   { ".csv", '|', "separated by '|'? save it with commas" },
                   { ".tsv", ';', "separated by ';'? save it with tabs" },
                   { ".tsv", ',', "separated by commas? name it .csv" },
                   { ".tsv", '|', "separated by '|'? save it with tabs" } };
    if (t->column_count != 1) return NULL;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(t->kind->ending, others[i].ending) == 0 &&
            strchr(t->columns[0], others[i].separator))
            return others[i].hint;
    return NULL;
}

bert_status table_check_separator(const table *t)
{
    const char *hint = table_separator_hint(t);
    if (!hint) return BERT_OK;
    return fail(BERT_DATA, "%s: the header is one column, '%s'; %s", t->path, t->columns[0], hint);
}

/* The column that was likely meant, or NULL: at most two slips in a name of five. */
static const char *nearest_column(const table *t, const char *name)
{
    const char *nearest = NULL;
    size_t shortest = (strlen(name) < 4 ? strlen(name) / 2 : 2) + 1;
    for (size_t i = 0; i < t->column_count; i++) {
        size_t distance = bert_word_distance(t->columns[i], name);
        if (distance >= shortest || !*t->columns[i]) continue;
        shortest = distance;
        nearest = t->columns[i];
    }
    return nearest;
}

bert_status table_require(const table *t, const char *name, size_t *column)
{
    if (table_find(t, name, column)) return BERT_OK;
    const char *hint = table_separator_hint(t);
    if (hint)
        return fail(BERT_DATA, "%s: no column '%s'; the header is one column, '%s'; %s", t->path,
                    name, t->columns[0], hint);
    char columns[512];
    table_list_columns(t, columns, sizeof columns);
    const char *nearest = nearest_column(t, name);
    if (nearest)
        return fail(BERT_DATA, "%s: no column '%s' (is '%s' meant?); the columns are: %s", t->path,
                    name, nearest, columns);
    return fail(BERT_DATA, "%s: no column '%s'; the columns are: %s", t->path, name, columns);
}

bool table_is_taken(const table *t, size_t column)
{
    return t->taken && t->taken[column];
}

bert_status table_take(table *t, const char *name, size_t *column)
{
    TRY(table_require(t, name, column));
    if (!t->taken) TRY(memory_zeroed(t->column_count, sizeof *t->taken, (void **)&t->taken));
    if (t->taken[*column])
        return fail(BERT_ARGUMENT,
                    "%s: the column '%s' is asked for twice; a column can be one thing only: the "
                    "text, the second text or the label",
                    t->path, t->columns[*column]);
    t->taken[*column] = true;
    return BERT_OK;
}
