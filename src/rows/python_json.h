/* python_json.h: lists, tuples, sets and dictionaries as Python prints them (pandas writes them so
 * into .csv), as JSON.
 *
 *     ['joy', 'it\'s']      ["joy", "it's"]
 *     ('joy',)              ["joy"]
 *     {'joy', 'love'}       ["joy", "love"]
 *     {'joy': True}         {"joy": true}
 *     [1, None]             [1, null] */
#ifndef ROWS_PYTHON_JSON_H
#define ROWS_PYTHON_JSON_H

#include "base/slice.h"
#include "base/status.h"

/* *json [*count] for free(); NULL where brackets or quotes do not fit each other. What else is no
 * JSON in it is left to the parser. BERT_MEMORY. */
bert_status python_to_json(slice python, char **json, size_t *count);

#endif
