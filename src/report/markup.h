/* markup.h: text and numbers for pages that people read.
 *
 * What comes from files may hold anything. markup_text() makes it fit for HTML's text and for
 * attributes in double quotes: the five characters of markup become entities; control characters
 * and malformed bytes become U+FFFD. Numbers have a decimal point whatever the locale says.
 * Errors of a stream are sticky and told by who closes it. */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

void markup_text(FILE *out, const char *text);

/* The first `most` code points, and "…" where there are more. */
void markup_cut(FILE *out, const char *text, size_t most);

/* Code points `from` to `to` - 1, as far as there are any. Do more follow? */
bool markup_range(FILE *out, const char *text, size_t from, size_t to);

/* markup_cut() within <bdi>: a text that is written from right to left, or holds marks that turn
 * the direction, changes nothing of what stands around it. */
void markup_isolated(FILE *out, const char *text, size_t most);

/* ---- numbers, as text in `out` [NUMBER_TEXT], which is returned */

enum { NUMBER_TEXT = 48 };

char *number_fixed(double value, int decimals, char *out); /* "0.50"; no "-0.0" */
char *number_count(double value, char *out);               /* "15,000", rounded */
char *number_short(double value, char *out);     /* as few digits as read back equal: "5e-5" */
char *number_percent(double share, char *out);   /* "93.4 %" of 0.934 */
char *number_seconds(double seconds, char *out); /* "31 ms", "41.2 s", "4 min 12 s", "3 h 5 min" */

#endif
