/* table.h: rows of named columns, read one at a time from .tsv, .csv, .jsonl.
 *
 *   .tsv    the first line is the header; split on TAB, no quoting
 *   .csv    the first record is the header; RFC 4180 (libcsv, strict): quotes, doubled quotes, line
 *           ends inside quotes; spaces belong to the field; lines end in LF, CR LF or CR
 *   .jsonl  one JSON object a line (jansson); the columns are the keys of the first object, the
 *           others may lack some; strings as they are, numbers and booleans as JSON writes them,
 *           arrays and objects as compact JSON; null counts as absent
 *
 * Line ends, encoding and packing are as in data_file.h. Every row is checked: as many fields as
 * the header, not these names again where they are several, valid UTF-8, no NUL byte; at most
 * 16,384 fields and LINE_BYTES_MAX bytes. A column whose name is empty is unnamed: it is never
 * found, and there may be several. Empty lines at the end are no rows; a blank line within a .tsv
 * is a row with too few fields (of one column: a row with an empty field), within a .csv and .jsonl
 * it is skipped. */
#ifndef ROWS_TABLE_H
#define ROWS_TABLE_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct table table;

/* Opens by the name's ending. A file without rows is BERT_DATA, as is a column named twice; one
 * that breaks its format is BERT_FORMAT, as is an ending that names no table. The caller frees with
 * table_free(). */
bert_status table_open(const char *path, table **out);
void table_free(table *t); /* NULL is left alone */

bool table_is_kind(const char *path); /* does the ending name a table, packed (.gz) or not? */

const char *table_path(const table *t);
size_t table_column_count(const table *t);
const char *table_column_name(const table *t, size_t column);

/* By name: the column of exactly this name, else the only one whose name differs by nothing but
 * case and blanks around it ("Text", " text "). */
bool table_find(const table *t, const char *name, size_t *column);
bool table_find_exact(const table *t, const char *name, size_t *column);

/* Words for a message on a table whose header is one column and seems to be several, separated by
 * what this kind of table is not: "separated by ';'? save it with commas". NULL: it does not. */
const char *table_separator_hint(const table *t);

/* BERT_DATA where there is such a hint. */
bert_status table_check_separator(const table *t);

/* table_find() for a column that must be there: where it is not, BERT_DATA with the columns that
 * are and the one whose name comes near, or the hint. */
bert_status table_require(const table *t, const char *name, size_t *column);

/* table_require() for a column that is read for one thing alone: BERT_ARGUMENT where it has been
 * taken for another before. */
bert_status table_take(table *t, const char *name, size_t *column);
bool table_is_taken(const table *t, size_t column);

/* The names of the columns for a message: "id, text, label", cut at `capacity` bytes. */
void table_list_columns(const table *t, char *out, size_t capacity);

/* Steps to the next row; *more is false at the end. Messages name path and line; after a failure
 * the table can only be freed. */
bert_status table_next(table *t, bool *more);

/* A field of the current row (before the first table_next(), of the first one), borrowed until the
 * next table_next(). bytes == NULL: the .jsonl row lacks the key. */
slice table_field(const table *t, size_t column);
/* NULL if the field is a text or a number, or absent; else what the .jsonl row has in its place,
 * for messages: "a list", "an object", "true", "false", "null". */
const char *table_no_text(const table *t, size_t column);
/* A sentence about the first key so far of a .jsonl row that the first row lacks, which is not
 * read. false: there is none. Cut at `capacity` bytes. */
bool table_note(const table *t, char *out, size_t capacity);
size_t table_line(const table *t); /* where the current row begins, from 1 */

#endif
