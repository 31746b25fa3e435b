/* text_lines.h: the lines of a text file, one text a line (.txt).
 *
 * Line ends, encoding and packing are as in data_file.h; the last line may go without an end. Every
 * line is checked: valid UTF-8, no NUL byte, at most LINE_BYTES_MAX bytes. A line of spaces and
 * TABs alone is blank: text_lines_next() steps over it, line numbers count it. */
#ifndef ROWS_TEXT_LINES_H
#define ROWS_TEXT_LINES_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct text_lines text_lines;

/* Opens any file, whatever its name. The caller frees with text_lines_free(). */
bert_status text_lines_open(const char *path, text_lines **out);
void text_lines_free(text_lines *t); /* NULL is left alone */

bool text_lines_is_kind(const char *path); /* does the name end in .txt, or .txt.gz? */

/* Steps to the next line that is not blank; *more is false at the end. *text is the line without
 * its end, white space around it included, borrowed until text_lines_free(). A file without any
 * such line is BERT_DATA. Messages name path and line; after a failure `t` can only be freed. */
bert_status text_lines_next(text_lines *t, slice *text, bool *more);

/* How many of these lines have a CR inside; *line: the first. */
size_t text_lines_crs(const text_lines *t, size_t *line);

/* The same for any line, blank or not, and for formats that are made of lines: a file without any
 * is no failure, a CR inside a line is refused. */
bert_status text_lines_take(text_lines *t, slice *line, bool *more);

bool text_line_is_blank(slice line);

void text_lines_rewind(text_lines *t); /* to before the first line */

const char *text_lines_path(const text_lines *t);
size_t text_lines_line(const text_lines *t); /* number of the line last given, from 1 */

#endif
