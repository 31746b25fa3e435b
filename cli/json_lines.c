#include "json_lines.h"

json_t *json_from_text(bert_text text)
{
    return text.bytes ? json_stringn(text.bytes, text.count) : json_null();
}

json_t *json_from_floats(const float *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(array, json_real((double)values[i])) == 0) continue;
        json_decref(array);
        return NULL;
    }
    return array;
}

bool json_line_print(const json_t *value, FILE *out)
{
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(9);
    return json_dumpf(value, out, flags) == 0 && putc('\n', out) != EOF;
}
