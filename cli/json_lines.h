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

/* Prints a line of JSON. Control characters beyond ASCII and those that turn the direction of
 * writing become escapes, which are the same data and do nothing to a terminal. What the stream
 * refuses is sticky and for output_flush() to tell. */
void json_text_print(const char *text, FILE *out);

/* The same for a value: compact, in the order of insertion, numbers with nine significant digits,
 * which tell every two floats apart. false, and said: memory is exhausted, which is so where the
 * value is NULL. */
bool json_line_print(const json_t *value, FILE *out);

/* A value of any kind as it stands in such a line, for free(). NULL: memory is exhausted. */
char *json_value_text(const json_t *value);

#endif
