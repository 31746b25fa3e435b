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

/* The same data: what a terminal would obey stands within strings alone, where it may be an escape.
 */
void json_text_print(const char *text, FILE *out)
{
    static const char may_begin_one[] = "\x7f\xc2\xd8\xe2"; /* of the bytes beyond ASCII and DEL */
    for (;;) {
        size_t plain = strcspn(text, may_begin_one);
        fwrite(text, 1, plain, out);
        text += plain;
        shown_character c;
        if (!shown_next(&text, &c)) break;
        shown_print(out, &c);
    }
    putc('\n', out);
}

char *json_value_text(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
}

bool json_line_print(const json_t *value, FILE *out)
{
    char *text = value ? json_value_text(value) : NULL;
    if (!text) {
        complain("memory is exhausted");
        return false;
    }
    json_text_print(text, out);
    free(text);
    return true;
}
