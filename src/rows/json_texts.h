/* json_texts.h: lists of texts in a column of a table, ["a", "b"], as .jsonl rows hold them under
 * `tokens`, `tags`, `labels`, `endings`. */
#ifndef ROWS_JSON_TEXTS_H
#define ROWS_JSON_TEXTS_H

#include "base/slice.h"
#include "base/status.h"

#include <jansson.h>
#include <stddef.h>

/* Begins as { 0 }, is filled again row after row, ends with text_array_release(). */
typedef struct text_array {
    slice *items; /* [count], valid until it is filled again or released */
    size_t count;
    size_t capacity; /* private, and so is what owns the texts */
    json_t *json;
} text_array;

/* Reads a field that holds a JSON list of strings. Numbers are taken as their JSON text ("3"), so
 * that lists of label numbers are texts too; anything else is BERT_FORMAT with path, line and
 * column. A list without elements is a count of 0. After a failure `out` is empty. */
bert_status json_texts_parse(slice json, const char *path, size_t line, const char *column,
                             text_array *out);
void text_array_release(text_array *texts); /* a zeroed or released one is left alone */

/* Parses a field that holds a JSON list or object, or one as Python prints it (python_json.h), for
 * readers of other shapes. U+0000 is text, duplicate keys are refused. The caller releases *out
 * with json_decref(). */
bert_status json_column_parse(slice json, const char *path, size_t line, const char *column,
                              json_t **out);

#endif
