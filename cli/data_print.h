/* data_print.h: the summary of a run's data, and of several runs' scores, for a person. */
#ifndef CLI_DATA_PRINT_H
#define CLI_DATA_PRINT_H

#include <jansson.h>
#include <stdio.h>

/* A few lines of the object that BERT_EVENT_DATA tells (docs/data.md). */
void data_print(const json_t *summary, FILE *out);

/* Means and deviations of the object that BERT_EVENT_RUNS tells (docs/data.md). */
void runs_print(const json_t *runs, FILE *out);

#endif
