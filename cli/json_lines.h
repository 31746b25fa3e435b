/* json_lines.h: answers as JSON, one a line, by jansson. */
#ifndef CLI_JSON_LINES_H
#define CLI_JSON_LINES_H

#include "bert.h"

#include <jansson.h>
#include <stdio.h>

/* A new value, NULL when memory is exhausted or a number is not finite; a text without bytes is
 * null. */
json_t *json_from_text(bert_text text);
json_t *json_from_floats(const float *values, size_t count);

/* What the library has put out as JSON: its texts may hold U+0000. NULL: memory is exhausted. */
json_t *json_from_answer(const char *text);

/* A word of the command line; where it is no UTF-8 its bytes beyond ASCII are '?'. */
json_t *json_from_word(const char *word);

/* These take `value` over and give the object or the list back. Where either is NULL, or memory is
 * exhausted, they release both and give NULL: one look at the end suffices. */
#define MUST_USE __attribute__((warn_unused_result))
MUST_USE json_t *json_with(json_t *object, const char *key, json_t *value);
MUST_USE json_t *json_list_with(json_t *list, json_t *value);

/* The same with all members of `from`, which stays the caller's. */
MUST_USE json_t *json_with_members(json_t *object, json_t *from);

/* Prints compactly, in the order of insertion, texts as UTF-8, numbers with nine significant digits
 * (which tell every two floats apart), and a newline. false, and said: memory is exhausted, which
 * is so where the value is NULL. What the stream refuses is sticky and for output_flush() to tell.
 */
bool json_line_print(const json_t *value, FILE *out);

#endif
