/* labels.h: what the tasks over whole texts share about labels: their order, the numbers among
 * them, and what is said of one that is not known. */
#ifndef TASK_LABELS_H
#define TASK_LABELS_H

#include "task/task.h"

/* Sorts names by bytes and keeps the first of equals, freeing the others; *largest and *smallest
 * are the lengths of the longest and shortest run of equals. */
void labels_unique(label_names *labels, size_t *largest, size_t *smallest);

/* From the order by bytes to that by numbers, where all names are integers. */
void labels_order(label_names *labels);

/* A copy of the label, ended by NUL, for free(); BERT_DATA with the row's file and line where it
 * holds a NUL byte. */
bert_status label_copy(const dataset_row *row, slice label, char **out);

/* The label's index among the configuration's. */
bool label_index(const config *c, slice label, size_t *index);

/* BERT_DATA: the label is not one that the model has, with the first few of those. */
bert_status label_unknown(const dataset_row *row, slice label, const config *c);

/* A finite decimal number, spaces around it aside: 3, -0.5, 1e-3. */
bool label_number(slice label, double *out);

/* What is no such number, and meant to be one. */
typedef enum number_slip {
    SLIP_NONE,   /* it is not: a word, or nothing */
    SLIP_FINITE, /* nan, inf, 1e400 */
    SLIP_COMMA   /* 3,75 */
} number_slip;

number_slip label_number_slip(slice label);

/* BERT_DATA: the row's label is not a number; what to write where it is meant to be one. */
bert_status label_no_number(const dataset_row *row);

/* A space, or a TAB, at either end belongs to no name. */
slice label_stripped(slice label);

#endif
