/* columns.h: texts of files on a terminal, which obeys nothing in them. */
#ifndef CLI_COLUMNS_H
#define CLI_COLUMNS_H

#include <stdbool.h>
#include <stdio.h>

/* A character of a text, or a byte that is no UTF-8. */
typedef struct shown_character {
    const char *bytes; /* [count] */
    int count, width;
    char shown[8]; /* what is shown in its place; "": itself */
} shown_character;

/* The one at *at, which is moved behind it; false at the end. TAB and line ends are shown as a
 * space, other control characters and those that turn the direction of writing as JSON escapes them
 * (\u001b, \u202e), a byte that is no UTF-8 as \xff. */
bool shown_next(const char **at, shown_character *out);
void shown_print(FILE *out, const shown_character *c);

/* Columns of a terminal that a text takes: not its bytes, nor its code points. */
int column_text_width(const char *text);

/* A text on one line, character by character as shown_print() does. So do those below. */
void column_print(FILE *out, const char *text);

/* The text, filled up with spaces to `width` where it is narrower. */
void column_print_left(FILE *out, const char *text, int width);
void column_print_right(FILE *out, const char *text, int width);

/* What is wider than `width` ends in "...". */
void column_print_cut(FILE *out, const char *text, int width);

/* Columns of the terminal that `out` is; 80 where it is none. */
int column_count(FILE *out);

#endif
