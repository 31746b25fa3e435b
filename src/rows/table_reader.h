/* table_reader.h: what a kind of table gives to table.c, and what it may use of it.
 * Private to src/rows. */
#ifndef ROWS_TABLE_READER_H
#define ROWS_TABLE_READER_H

#include "base/file.h"
#include "rows/table.h"

typedef struct table_kind {
    const char *ending;
    bool cr_ends_lines;             /* and not only LF and CR LF */
    const char *too_few, *too_many; /* what may have happened to a row with other fields */
    bert_status (*open)(table *t);  /* names the columns: table_columns_add() */
    bert_status (*next)(table *t, bool *more); /* fills fields and line */
    void (*close)(table *t);                   /* whatever open came to */
} table_kind;

/* A column is looked for among the names of all. */
enum { TABLE_COLUMNS_MAX = 1 << 14 };

extern const table_kind table_kind_tsv, table_kind_csv, table_kind_jsonl;

struct table {
    const table_kind *kind;
    char *path;
    file_map map;
    slice rest;       /* of the map: not read yet */
    size_t rest_line; /* where that begins, from 1 */

    char **columns; /* [column_count] */
    size_t column_count, column_capacity;
    bool *taken; /* [column_count] by table_take(); NULL: none */

    slice *fields; /* [field_count], the current row */
    size_t field_count, field_capacity;
    size_t line;         /* where it begins */
    bool first_row_read; /* table_open() has stepped to it */

    void *reader; /* the kind's own */
};

bert_status table_columns_add(table *t, slice name);
bert_status table_field_add(table *t, slice field);

/* The columns of a table whose first row names them. */
bert_status table_header_read(table *t);

/* Takes the next line off the rest, without its LF or CR LF; *more is false where there is none.
 * One that is longer than LINE_BYTES_MAX is refused. */
bert_status table_line_take(table *t, slice *line, bool *more);

/* The refusal of such a line, or record, that begins on this one. */
bert_status table_line_too_long(const table *t, size_t line);

/* Where byte `at` of the current row's text stands: the line, and the byte in it from 1. */
typedef struct table_place {
    size_t line, byte;
} table_place;
table_place table_place_of(const table *t, slice text, size_t at);

/* Is the current row's text UTF-8 without NUL? */
bert_status table_verify_text(const table *t, slice text);

#endif
