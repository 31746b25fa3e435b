/* yaml.h: texts in the metadata and the body of a model card. */
#ifndef REPORT_YAML_H
#define REPORT_YAML_H

#include <stdio.h>

/* A double-quoted scalar of YAML 1.1 and 1.2 that reads back as `text`. What YAML does not allow to
 * stand in a file is written as an escape; malformed bytes become U+FFFD. */
void yaml_text(FILE *out, const char *text);

/* A finite number. YAML 1.1 takes only those with a point and a signed exponent for numbers:
 * "5.0e-5". */
void yaml_number(FILE *out, double value);

/* Markdown that shows `text` as it is, on one line: marks of Markdown and HTML get a backslash,
 * ends of lines become spaces, other control characters and malformed bytes U+FFFD. */
void markdown_text(FILE *out, const char *text);

#endif
