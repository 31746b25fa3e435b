#include "json/json.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the text goes. Errors of the stream are sticky and told by who closes it. */
typedef struct writer {
    FILE *stream; /* NULL: to memory, without white space */
    char *text;   /* [count], ended by NUL */
    size_t count, capacity;
} writer;

static bert_status write_text(writer *w, const char *text)
{
    if (w->stream) {
        fputs(text, w->stream);
        return BERT_OK;
    }
    size_t count = strlen(text);
    TRY(memory_grow((void **)&w->text, &w->capacity, w->count + count + 1, 1));
    memcpy(w->text + w->count, text, count + 1);
    w->count += count;
    return BERT_OK;
}

/* With 17 digits, as jansson would print them, 1e-12 would become 9.9999999999999998e-13. The
 * fewest are taken that read back equal. (Whatever the locale's decimal point, it is the same for
 * printing and reading.) */
static int digits_of(double number)
{
    enum { DIGITS_MAX = 17 }; /* enough for any double */
    char text[64];
    for (int digits = 1; digits < DIGITS_MAX; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number) return digits;
    }
    return DIGITS_MAX;
}

/* As Python's repr() has it: 50.0, where jansson has 5e1. The digits are picked out of C's text,
 * since between them stands the decimal point of the locale. */
static void real_spell(double number, char *out, size_t room)
{
    enum { EXPONENT_LEAST = -4, EXPONENT_END = 16 };
    char text[64], digits[32] = "";
    const char *sign = signbit(number) ? "-" : "";
    int places = digits_of(number), count = 0;
    snprintf(text, sizeof text, "%.*e", places - 1, number);
    const char *tail = strchr(text, 'e');
    int exponent = (int)strtol(tail + 1, NULL, 10);
    for (const char *at = text; at < tail && count < places; at++)
        if (*at >= '0' && *at <= '9') digits[count++] = *at;

    if (exponent < EXPONENT_LEAST || exponent >= EXPONENT_END)
        snprintf(out, room, "%s%c%s%s%s", sign, digits[0], digits[1] ? "." : "", digits + 1, tail);
    else if (exponent < 0)
        snprintf(out, room, "%s0.%.*s%s", sign, -exponent - 1, "000", digits);
    else if (places <= exponent + 1)
        snprintf(out, room, "%s%s%.*s.0", sign, digits, exponent + 1 - places, "000000000000000");
    else
        snprintf(out, room, "%s%.*s.%s", sign, exponent + 1, digits, digits + exponent + 1);
}

static bert_status write_line(writer *w, size_t depth)
{
    if (!w->stream) return BERT_OK;
    TRY(write_text(w, "\n"));
    for (size_t i = 0; i < depth; i++) TRY(write_text(w, "  "));
    return BERT_OK;
}

static bert_status write_value(writer *w, const json_t *value, size_t depth);

static bert_status write_key(writer *w, const char *key)
{
    json_t *name = json_string(key);
    bert_status status = write_value(w, name, 0);
    json_decref(name);
    TRY(status);
    return write_text(w, w->stream ? ": " : ":");
}

static bert_status write_object(writer *w, json_t *object, size_t depth)
{
    const char *key, *separator = "";
    json_t *value;
    TRY(write_text(w, "{"));
    json_object_foreach(object, key, value)
    {
        TRY(write_text(w, separator));
        TRY(write_line(w, depth + 1));
        TRY(write_key(w, key));
        TRY(write_value(w, value, depth + 1));
        separator = ",";
    }
    if (json_object_size(object)) TRY(write_line(w, depth));
    return write_text(w, "}");
}

static bert_status write_array(writer *w, const json_t *array, size_t depth)
{
    TRY(write_text(w, "["));
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i) TRY(write_text(w, ","));
        TRY(write_line(w, depth + 1));
        TRY(write_value(w, json_array_get(array, i), depth + 1));
    }
    if (json_array_size(array)) TRY(write_line(w, depth));
    return write_text(w, "]");
}

static bert_status write_value(writer *w, const json_t *value, size_t depth)
{
    if (json_is_object(value)) return write_object(w, (json_t *)value, depth);
    if (json_is_array(value)) return write_array(w, value, depth);
    if (json_is_real(value)) {
        char number[64];
        real_spell(json_real_value(value), number, sizeof number);
        return write_text(w, number);
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    if (!text) return fail(BERT_MEMORY, "out of memory for a JSON text");
    bert_status status = write_text(w, text);
    free(text);
    return status;
}

bert_status json_write(const folder_handle *in, const char *name, const json_t *value)
{
    file_write file;
    TRY(file_write_open(in, name, &file));
    writer w = { .stream = file.stream };
    bert_status status = write_value(&w, value, 0);
    if (status != BERT_OK) {
        file_write_abort(&file);
        return status;
    }
    fputc('\n', file.stream);
    return file_write_commit(&file);
}

bert_status json_text(const json_t *value, char **out)
{
    writer w = { .stream = NULL };
    bert_status status = write_value(&w, value, 0);
    if (status == BERT_OK)
        *out = w.text;
    else
        free(w.text);
    return status;
}

json_t *json_string_of(slice text)
{
    if (text.count == 0) return json_string("");
    if (utf8_malformed(text) == text.count) return json_stringn(text.bytes, text.count);
    char *clean = malloc(text.count);
    size_t kept = 0;
    for (size_t at = 0; clean && at < text.count; at++) {
        size_t well = utf8_malformed((slice){ text.bytes + at, text.count - at });
        memcpy(clean + kept, text.bytes + at, well);
        kept += well;
        at += well;
    }
    json_t *string = clean ? json_stringn(clean, kept) : NULL;
    free(clean);
    return string;
}

json_t *json_number(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

bert_status json_put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) == 0) return BERT_OK;
    return fail(BERT_MEMORY, "out of memory for \"%s\" of a JSON object", key);
}

bert_status json_append(json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) == 0) return BERT_OK;
    return fail(BERT_MEMORY, "out of memory for a JSON list");
}

bert_status json_put_members(json_t *object, const json_t *from)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)from, key, value) TRY(json_put(object, key, json_incref(value)));
    return BERT_OK;
}
