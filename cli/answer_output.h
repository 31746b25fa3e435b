/* answer_output.h: where answers go: standard output, or a file that appears whole when all of them
 * are there; as lines of JSON, a table, or an array.
 *
 * A table's header names the columns, which are the members of the first answer: of "scores", one
 * for each label (scores.LABEL), unless --top leaves each answer its own. What else is a list or an
 * object is JSON in its cell. A .csv is quoted as RFC 4180 says, with LF as line ends; null is an
 * empty cell, an empty text "". A .tsv quotes nothing, so a text that does not fit is refused.
 *
 * An array is numpy's .npy: format 1.0, float32, C order, [answers, width]. */
#ifndef CLI_ANSWER_OUTPUT_H
#define CLI_ANSWER_OUTPUT_H

#include "settings.h"

#include <jansson.h>
#include <stdio.h>

typedef enum answer_format { ANSWERS_JSONL, ANSWERS_CSV, ANSWERS_TSV, ANSWERS_NPY } answer_format;

typedef struct answer_output {
    FILE *stream; /* lines may be printed to it as they are, too */
    answer_format format;
    bool overwrite;
    bool apart;      /* has a label of "scores" a column of its own? */
    char *path;      /* NULL: standard output */
    char *temporary; /* what is written until then */
    json_t *columns; /* a table's: an object with their names; NULL: there was no answer yet */
    size_t answers;
    size_t width; /* of an array: to be set before it is closed */
} answer_output;

/* Returns EXIT_DONE, or another status with the reason said. Close it in every case. */
int answer_output_open(command_index command, const settings *s, answer_output *out);

/* The answer to the input at path:line. Returns the exit status. */
int answer_output_put(answer_output *out, const json_t *answer, const char *path, size_t line);

/* false, and said: what was written did not all arrive. */
bool answer_output_flush(answer_output *out);

/* `status`: what came of the answers; if they are done, the file takes its place, else it goes.
 * Returns the exit status. */
int answer_output_close(answer_output *out, int status);

#endif
