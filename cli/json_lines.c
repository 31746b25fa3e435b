#include "json_lines.h"

#include "columns.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

json_t *json_from_text(bert_text text)
{
    return text.bytes ? json_stringn(text.bytes, text.count) : json_null();
}

json_t *json_from_floats(const float *values, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count && list; i++)
        list = json_list_with(list, json_real((double)values[i]));
    return list;
}

json_t *json_from_answer(const char *text)
{
    return json_loads(text, JSON_ALLOW_NUL, NULL);
}

json_t *json_from_word(const char *word)
{
    json_t *value = json_string(word);
    char *ascii = value ? NULL : strdup(word);
    if (!ascii) return value;
    for (char *at = ascii; *at; at++)
        if ((unsigned char)*at >= 0x80) *at = '?';
    value = json_string(ascii);
    free(ascii);
    return value;
}

json_t *json_with(json_t *object, const char *key, json_t *value)
{
    if (object && json_object_set_new(object, key, value) == 0) return object;
    if (!object) json_decref(value);
    json_decref(object);
    return NULL;
}

json_t *json_list_with(json_t *list, json_t *value)
{
    if (list && json_array_append_new(list, value) == 0) return list;
    if (!list) json_decref(value);
    json_decref(list);
    return NULL;
}

json_t *json_with_members(json_t *object, json_t *from)
{
    const char *key;
    json_t *value;
    if (!from) {
        json_decref(object);
        return NULL;
    }
    json_object_foreach(from, key, value) object = json_with(object, key, json_incref(value));
    return object;
}

/* May a character begin with the byte that a terminal obeys, of those that stand in JSON? */
static bool may_begin_control(char byte)
{
    return byte == '\x7f' || byte == '\xc2' || byte == '\xd8' || byte == '\xe2';
}

/* The same data: what a terminal would obey stands within strings alone, where it may be an escape.
 * The text [count] is whole characters. */
static int escaped_print(const char *text, size_t count, void *out)
{
    const char *end = text + count;
    while (text < end) {
        const char *plain = text;
        while (plain < end && !may_begin_control(*plain)) plain++;
        fwrite(text, 1, (size_t)(plain - text), out);
        text = plain;
        shown_character c;
        if (text < end && shown_next(&text, &c)) shown_print(out, &c);
    }
    return 0;
}

void json_text_print(const char *text, FILE *out)
{
    escaped_print(text, strlen(text), out);
    putc('\n', out);
}

enum { LINE_FLAGS = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9) };

/* Not by json_dumps(), which may lose a part where memory ends. */
char *json_value_text(const json_t *value)
{
    char *text = NULL;
    size_t count;
    FILE *stream = open_memstream(&text, &count);
    if (!stream) return NULL;
    bool good = json_dumpf(value, stream, LINE_FLAGS) == 0 && !ferror(stream);
    if (fclose(stream) == 0 && good) return text;
    free(text);
    return NULL;
}

bool json_line_print(const json_t *value, FILE *out)
{
    if (!value || json_dump_callback(value, escaped_print, out, LINE_FLAGS) != 0) {
        complain("memory is exhausted");
        return false;
    }
    putc('\n', out);
    return true;
}
