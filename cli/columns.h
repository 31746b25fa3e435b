/* columns.h: text in the columns of a table on a terminal. */
#ifndef CLI_COLUMNS_H
#define CLI_COLUMNS_H

#include <stdio.h>

/* Columns of a terminal that a text takes: not its bytes, nor its code points. */
int column_text_width(const char *text);

/* A text of a file on one line: controls and line ends become spaces, so that a terminal obeys
 * nothing in it. So do the functions below. */
void column_print(FILE *out, const char *text);

/* The text, filled up with spaces to `width` where it is narrower. */
void column_print_left(FILE *out, const char *text, int width);
void column_print_right(FILE *out, const char *text, int width);

/* What is wider than `width` ends in "...". */
void column_print_cut(FILE *out, const char *text, int width);

/* Columns of the terminal that `out` is; 80 where it is none. */
int column_count(FILE *out);

#endif
