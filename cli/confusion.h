/* confusion.h: which labels are taken for which, as a table for a person. */
#ifndef CLI_CONFUSION_H
#define CLI_CONFUSION_H

#include <jansson.h>
#include <stdio.h>

/* `metrics` has "labels" [n] and "confusion" [n, n] (rows: true label, columns: answer). Prints the
 * whole table with recall and precision where it fits a page, else the most frequent mistakes.
 * Metrics without a confusion matrix print nothing. */
void confusion_print(const json_t *metrics, FILE *out);

#endif
