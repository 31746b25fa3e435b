/* results.h: what an evaluation found, for a person. */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include <jansson.h>
#include <stdio.h>

/* By what the metrics have: a confusion matrix, a regression's four numbers, or the scores of each
 * label, kind of entity or tag, the worst last (of many the first and the last ones); else the
 * numbers in one line. Then the scores' intervals, where there are some. */
void results_print(const json_t *metrics, FILE *out);

#endif
