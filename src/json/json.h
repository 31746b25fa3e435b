/* json.h: jansson, with messages that name the file and the key.
 * Values are jansson's json_t; who gets one from json_read_* releases it with json_decref(). */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include "base/folder.h"
#include "base/slice.h"
#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Parses a whole file of a model that must hold one object. Duplicate keys are refused, and so are
 * values more than 2,048 deep in each other (jansson's bound) and files above JSON_BYTES_MAX. A
 * whole number too big for 64 bits is no error (Hugging Face writes "model_max_length":
 * 1000000000000000019884624838656): where a file has one, all its whole numbers become doubles;
 * json_get_size() takes both kinds. */
bert_status json_read_object(const char *path, json_t **out);
/* The same for a list. */
bert_status json_read_list(const char *path, json_t **out);
/* The same from memory; `origin` stands in messages. */
bert_status json_parse_object(slice text, const char *origin, json_t **out);

/* jansson's json_loadb(), safe where memory ends (json_load.c says what it does there): then the
 * result is NULL and json_error_code() json_error_out_of_memory. */
json_t *json_load_text(slice text, size_t flags, json_error_t *error);

/* Optional members: an absent or null one leaves *out as it is; a wrong type or a value out of
 * bounds is BERT_FORMAT. */
bert_status json_get_size(const json_t *object, const char *path, const char *key, size_t least,
                          size_t most, size_t *out);
bert_status json_get_double(const json_t *object, const char *path, const char *key, double least,
                            double most, double *out);
bert_status json_get_bool(const json_t *object, const char *path, const char *key, bool *out);
/* *out is borrowed from the object. */
bert_status json_get_string(const json_t *object, const char *path, const char *key,
                            const char **out);

/* Writes `value` as file_replace() does (base/file.h), indented by two, keys in insertion order, a
 * newline at the end. Doubles are the shortest text that reads back equal, as Python prints them:
 * with a point, and without an exponent from 1e-4 to 1e16 (50.0, 1e-05). */
bert_status json_write(const folder_handle *in, const char *name, const json_t *value);

/* The same without white space, in a fresh string; the caller frees with free(). */
bert_status json_text(const json_t *value, char **out);

/* A string of what is well-formed in a text that may not be UTF-8. NULL: out of memory. */
json_t *json_string_of(slice text);

/* JSON has no infinity and no NaN: they become null. NULL: out of memory. */
json_t *json_number(double number);

/* Values are made from the outside in: a part is put where it belongs and filled there, so that a
 * failure leaves nothing to give back but the whole.
 *
 *     json_t *scores = json_object();
 *     TRY(json_put(object, "scores", scores));
 *     TRY(json_put(scores, "good", json_number(0.5)));
 *
 * Both take `value` over, whatever they return. A NULL one stands for one that could not be made,
 * and fails with BERT_MEMORY. (Where memory ends, json_pack() may lose what `o` hands it, and
 * passes over `s*`.) */
bert_status json_put(json_t *object, const char *key, json_t *value);
bert_status json_append(json_t *list, json_t *value);

/* Puts all members of another object, which may be NULL, as json_copy() would if it told a failure.
 */
bert_status json_put_members(json_t *object, const json_t *from);

#endif
