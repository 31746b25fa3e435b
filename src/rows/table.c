#include "rows/table.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "rows/table_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const table_kind *const kinds[] = { &table_kind_tsv, &table_kind_csv, &table_kind_jsonl };

static const table_kind *kind_of(const char *path)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (bert_name_ends(path, kinds[i]->ending)) return kinds[i];
    return NULL;
}

bool table_is_kind(const char *path)
{
    return kind_of(path) != NULL;
}

bert_status table_columns_add(table *t, slice name)
{
    if (t->column_count == TABLE_COLUMNS_MAX)
        return fail(BERT_FORMAT, "%s:%zu: more than %d columns; is it a table?", t->path, t->line,
                    TABLE_COLUMNS_MAX);
    TRY(memory_grow((void **)&t->columns, &t->column_capacity, t->column_count + 1,
                    sizeof *t->columns));
    char *copy = strndup(name.bytes, name.count);
    if (!copy) return fail(BERT_MEMORY, "%s: out of memory", t->path);
    t->columns[t->column_count++] = copy;
    return BERT_OK;
}

bert_status table_field_add(table *t, slice field)
{
    if (t->field_count == TABLE_COLUMNS_MAX)
        return fail(BERT_FORMAT, "%s:%zu: more than %d fields; is it a table?", t->path, t->line,
                    TABLE_COLUMNS_MAX);
    TRY(memory_grow((void **)&t->fields, &t->field_capacity, t->field_count + 1,
                    sizeof *t->fields));
    t->fields[t->field_count++] = field;
    return BERT_OK;
}

table_place table_place_of(const table *t, slice text, size_t at)
{
    table_place place = { t->line, 1 };
    for (size_t i = 0; i < at; i++) {
        bool cr = text.bytes[i] == '\r' && t->kind->cr_ends_lines, lf = text.bytes[i] == '\n';
        bool half = lf && i && text.bytes[i - 1] == '\r'; /* of a CR LF */
        place.line += (cr || lf) && !half;
        place.byte = cr || lf ? 1 : place.byte + 1;
    }
    return place;
}

bert_status table_verify_text(const table *t, slice text)
{
    size_t at = utf8_malformed(text);
    const char *nul = text.count ? memchr(text.bytes, '\0', text.count) : NULL;
    if (at == text.count && !nul) return BERT_OK;
    if (at == text.count) at = (size_t)(nul - text.bytes);
    table_place place = table_place_of(t, text, at);
    size_t begin = at - (place.byte - 1);
    return bert_line_check(t->path, place.line, text.bytes + begin, text.count - begin);
}

bert_status table_header_read(table *t)
{
    bool more;
    TRY(t->kind->next(t, &more));
    if (!more || (t->field_count == 1 && t->fields[0].count == 0))
        return fail(BERT_DATA, "%s:1: is empty; the first line should name the columns", t->path);
    for (size_t i = 0; i < t->field_count; i++) {
        size_t other;
        TRY(table_columns_add(t, t->fields[i]));
        if (table_find_exact(t, t->columns[i], &other) && other != i)
            return fail(BERT_DATA, "%s:%zu: two columns, %zu and %zu, have the name '%s'", t->path,
                        t->line, other + 1, i + 1, t->columns[i]);
    }
    return BERT_OK;
}

/* Files joined with their headers have one among the rows. A single column's name may be a text. */
static bool repeats_header(const table *t)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (!slice_equal(t->fields[i], slice_of(t->columns[i]))) return false;
    return t->column_count > 1;
}

/* Steps to the next row and holds it against the header. */
static bert_status row_read(table *t, bool *more)
{
    TRY(t->kind->next(t, more));
    if (!*more) return BERT_OK;
    if (t->field_count == t->column_count) {
        if (!repeats_header(t)) return BERT_OK;
        return fail(BERT_DATA, "%s:%zu: repeats the header, so it is no row; remove the line",
                    t->path, t->line);
    }
    char columns[256];
    const char *hint = table_separator_hint(t);
    if (!hint) hint = t->field_count < t->column_count ? t->kind->too_few : t->kind->too_many;
    table_list_columns(t, columns, sizeof columns);
    return fail(BERT_FORMAT, "%s:%zu: %zu field%s where the header has %zu (%s); %s", t->path,
                t->line, t->field_count, t->field_count == 1 ? "" : "s", t->column_count, columns,
                hint);
}

static bert_status table_begin(table *t)
{
    TRY(data_file_open(t->path, &t->file));
    if (!t->file.rest.count)
        return fail(BERT_DATA, "%s: is empty; rows with a header were expected", t->path);
    TRY(t->kind->open(t));
    TRY(row_read(t, &t->first_row_read));
    if (!t->first_row_read) return fail(BERT_DATA, "%s: names columns but has no rows", t->path);
    return BERT_OK;
}

bert_status table_open(const char *path, table **out)
{
    const table_kind *kind = kind_of(path);
    if (!kind)
        return fail(BERT_FORMAT, "%s: not a table; its name must end in .tsv, .csv or .jsonl",
                    path);
    table *t = NULL;
    TRY(memory_zeroed(1, sizeof *t, (void **)&t));
    t->kind = kind;
    t->path = strdup(path);
    bert_status status = t->path ? table_begin(t) : fail(BERT_MEMORY, "out of memory for a path");
    if (status == BERT_OK)
        *out = t;
    else
        table_free(t);
    return status;
}

void table_free(table *t)
{
    if (!t) return;
    t->kind->close(t);
    for (size_t i = 0; i < t->column_count; i++) free(t->columns[i]);
    free(t->columns);
    free(t->taken);
    free(t->stray);
    free(t->fields);
    data_file_close(&t->file);
    free(t->path);
    free(t);
}

bert_status table_next(table *t, bool *more)
{
    if (!t->first_row_read) return row_read(t, more);
    t->first_row_read = false;
    *more = true;
    return BERT_OK;
}

slice table_field(const table *t, size_t column)
{
    return t->fields[column];
}

const char *table_no_text(const table *t, size_t column)
{
    return t->kind->no_text ? t->kind->no_text(t, column) : NULL;
}

size_t table_line(const table *t)
{
    return t->line;
}

bool table_note(const table *t, char *out, size_t capacity)
{
    if (t->stray)
        snprintf(out, capacity,
                 "%s:%zu: the key '%s' is not read: the keys of the first row name the columns, "
                 "and it is none of them",
                 t->path, t->stray_line, t->stray);
    return t->stray != NULL;
}

const char *table_path(const table *t)
{
    return t->path;
}
