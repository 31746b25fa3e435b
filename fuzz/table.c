#include "table.h"

#include <stdio.h>
#include <stdlib.h>

static void columns_check(const table *t)
{
    char names[64];
    CHECK(table_column_count(t) > 0);
    for (size_t i = 0; i < table_column_count(t); i++) {
        size_t column;
        const char *name = table_column_name(t, i);
        CHECK(table_find(t, name, &column) ? column == i : !*name);
        fuzz_text(slice_of(name));
    }
    table_list_columns(t, names, sizeof names);
    CHECK(strlen(names) < sizeof names);
    static const char *const asked[] = { "lable", "text", "x" };
    for (size_t i = 0; i < 3; i++) {
        size_t column;
        bert_status status = table_require(t, asked[i], &column);
        if (status != BERT_OK) fuzz_refused(status, asked[i]);
    }
}

static void row_check(const table *t, size_t line_before)
{
    CHECK(table_line(t) > line_before);
    for (size_t i = 0; i < table_column_count(t); i++) {
        fuzz_text(table_field(t, i));
        CHECK(!table_no_text(t, i) || *table_no_text(t, i) == 'n' || table_field(t, i).bytes);
    }
}

void table_read(const char *path, slice bytes, table_row_check *check, void *context)
{
    fuzz_files_clear();
    fuzz_file(path, bytes);
    table *t = NULL;
    bert_status status = table_open(path, &t);
    if (status != BERT_OK) {
        fuzz_refused(status, path);
        return;
    }
    columns_check(t);
    CHECK(strcmp(table_path(t), path) == 0);
    size_t line = 0, rows = 0;
    for (bool more; (status = table_next(t, &more)) == BERT_OK && more; rows++) {
        row_check(t, line);
        line = table_line(t);
        if (check) check(t, context);
    }
    if (status != BERT_OK) fuzz_refused(status, path);
    CHECK(rows > 0);
    table_free(t);
}
