#include "json/json.h"

#include "base/file.h"
#include "base/limits.h"
#include "bert_lines.h"

#include <math.h>

/* jansson's defaults, minus its silence: the last of two equal keys would win. */
enum { PARSE_FLAGS = JSON_REJECT_DUPLICATES };

static const char *kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        break;
    }
    return "null";
}

static bert_status fail_parse(const char *origin, const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_out_of_memory:
        return fail(BERT_MEMORY, "%s: out of memory", origin);
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return fail(BERT_FORMAT, "%s:%d:%d: a string holds the character U+0000", origin,
                    error->line, error->column);
    default:
        return fail(BERT_FORMAT, "%s:%d:%d: not JSON: %s", origin, error->line, error->column,
                    error->text);
    }
}

/* A text that must hold one value of this type, "object" or "list" in messages. */
static bert_status value_parse(slice text, const char *origin, json_type type, const char *name,
                               json_t **out)
{
    if (text.count == 0)
        return fail(BERT_FORMAT, "%s: is empty where a JSON %s was expected", origin, name);
    TRY(bert_encoding_check(origin, text.bytes, text.count));
    if (bert_mark_length(text.bytes, text.count))
        return fail(BERT_FORMAT, "%s: begins with a byte-order mark; save it as UTF-8 without one",
                    origin);

    json_error_t error;
    json_t *value = json_load_text(text, PARSE_FLAGS | JSON_DECODE_ANY, &error);
    if (!value && json_error_code(&error) == json_error_numeric_overflow)
        value =
            json_load_text(text, PARSE_FLAGS | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &error);
    if (!value) return fail_parse(origin, &error);
    if (json_typeof(value) != type) {
        bert_status status = fail(BERT_FORMAT, "%s: holds %s where a JSON %s was expected", origin,
                                  kind_of(value), name);
        json_decref(value);
        return status;
    }
    *out = value;
    return BERT_OK;
}

bert_status json_parse_object(slice text, const char *origin, json_t **out)
{
    return value_parse(text, origin, JSON_OBJECT, "object", out);
}

static bert_status value_read(const char *path, json_type type, const char *name, json_t **out)
{
    file_map map;
    TRY(file_map_open(path, &map));
    bert_status status =
        map.count > JSON_BYTES_MAX
            ? fail(BERT_FORMAT,
                   "%s: is %zu bytes, where a model's JSON has %d at most; is it the right file?",
                   path, map.count, JSON_BYTES_MAX)
            : value_parse((slice){ map.bytes, map.count }, path, type, name, out);
    file_map_close(&map);
    return status;
}

bert_status json_read_object(const char *path, json_t **out)
{
    return value_read(path, JSON_OBJECT, "object", out);
}

bert_status json_read_list(const char *path, json_t **out)
{
    return value_read(path, JSON_ARRAY, "list", out);
}

/* NULL where the member is absent or null. */
static const json_t *member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

static bert_status fail_kind(const char *path, const char *key, const char *wanted,
                             const json_t *value)
{
    return fail(BERT_FORMAT, "%s: \"%s\" must be %s, not %s", path, key, wanted, kind_of(value));
}

bert_status json_get_size(const json_t *object, const char *path, const char *key, size_t least,
                          size_t most, size_t *out)
{
    const json_t *value = member(object, key);
    if (!value) return BERT_OK;
    double number = json_number_value(value);
    /* A whole number may be held as a double: see json_parse_object(). */
    if (!json_is_number(value) || number != floor(number))
        return fail_kind(path, key, "a whole number", value);
    bool exact =
        json_is_integer(value) ? json_integer_value(value) >= 0 : number >= 0 && number <= 0x1p53;
    size_t size = !exact                   ? 0
                  : json_is_integer(value) ? (size_t)json_integer_value(value)
                                           : (size_t)number;
    if (!exact || size < least || size > most)
        return fail(BERT_FORMAT, "%s: \"%s\" is %.17g; it must be from %zu to %zu", path, key,
                    number, least, most);
    *out = size;
    return BERT_OK;
}

bert_status json_get_double(const json_t *object, const char *path, const char *key, double least,
                            double most, double *out)
{
    const json_t *value = member(object, key);
    if (!value) return BERT_OK;
    if (!json_is_number(value)) return fail_kind(path, key, "a number", value);
    double number = json_number_value(value);
    if (!(number >= least && number <= most))
        return fail(BERT_FORMAT, "%s: \"%s\" is %g; it must be from %g to %g", path, key, number,
                    least, most);
    *out = number;
    return BERT_OK;
}

bert_status json_get_bool(const json_t *object, const char *path, const char *key, bool *out)
{
    const json_t *value = member(object, key);
    if (!value) return BERT_OK;
    if (!json_is_boolean(value)) return fail_kind(path, key, "true or false", value);
    *out = json_is_true(value);
    return BERT_OK;
}

bert_status json_get_string(const json_t *object, const char *path, const char *key,
                            const char **out)
{
    const json_t *value = member(object, key);
    if (!value) return BERT_OK;
    if (!json_is_string(value)) return fail_kind(path, key, "a string", value);
    *out = json_string_value(value);
    return BERT_OK;
}
