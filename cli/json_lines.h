/* json_lines.h: answers as JSON, one a line, by jansson. */
#ifndef CLI_JSON_LINES_H
#define CLI_JSON_LINES_H

#include "bert.h"

#include <jansson.h>
#include <stdio.h>

/* Prints compactly, in the order of insertion, texts as UTF-8, numbers with nine significant digits
 * (which tell every two floats apart), and a newline. false: memory is exhausted or the stream
 * refused. */
bool json_line_print(const json_t *value, FILE *out);

/* A new value, NULL when memory is exhausted or a number is not finite; a text without bytes is
 * null. Setting a NULL in an object fails in jansson, so that one look at the end suffices. */
json_t *json_from_text(bert_text text);
json_t *json_from_floats(const float *values, size_t count);

#endif
