/* table_reader.h: what a kind of table gives to table.c, and what it may use of it.
 * Private to src/rows. */
#ifndef ROWS_TABLE_READER_H
#define ROWS_TABLE_READER_H

#include "rows/data_file.h"
#include "rows/table.h"

typedef struct table_kind {
    const char *ending;
    bool cr_ends_lines;             /* and not only LF and CR LF */
    const char *too_few, *too_many; /* what may have happened to a row with other fields */
    bert_status (*open)(table *t);  /* names the columns: table_columns_add() */
    bert_status (*next)(table *t, bool *more);             /* fills fields and line */
    void (*close)(table *t);                               /* whatever open came to */
    const char *(*no_text)(const table *t, size_t column); /* table_no_text(); NULL: all is text */
} table_kind;

/* A column is looked for among the names of all. */
enum { TABLE_COLUMNS_MAX = 1 << 14 };

extern const table_kind table_kind_tsv, table_kind_csv, table_kind_jsonl;

struct table {
    const table_kind *kind;
    char *path;
    data_file file;

    char **columns; /* [column_count] */
    size_t column_count, column_capacity;
    bool *taken; /* [column_count] by table_take(); NULL: none */

    slice *fields; /* [field_count], the current row */
    size_t field_count, field_capacity;
    size_t line;         /* where it begins */
    bool first_row_read; /* table_open() has stepped to it */

    char *stray; /* table_note() */
    size_t stray_line;

    void *reader; /* the kind's own */
};

bert_status table_columns_add(table *t, slice name);
bert_status table_field_add(table *t, slice field);

/* The columns of a table whose first row names them. */
bert_status table_header_read(table *t);

/* Where byte `at` of the current row's text stands: the line, and the byte in it from 1. */
typedef struct table_place {
    size_t line, byte;
} table_place;
table_place table_place_of(const table *t, slice text, size_t at);

/* Is the current row's text UTF-8 without NUL? */
bert_status table_verify_text(const table *t, slice text);

#endif
