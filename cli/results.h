/* results.h: what an evaluation found, for a person. */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include "bert_program.h"

#include <jansson.h>
#include <stdio.h>

/* A confusion matrix where there is one; the scores that the task lists, or its table of labels,
 * the worst last (of many the first and the last ones); without any of these the numbers in one
 * line. Then the scores' intervals, where there are some. task NULL: one that is not known. */
void results_print(const bert_task_info *task, const json_t *metrics, FILE *out);

#endif
