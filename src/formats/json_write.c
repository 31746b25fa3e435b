#include "formats/json.h"

#include "base/file.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the text goes. Errors of the stream are sticky and told by who closes it. */
typedef struct writer {
    FILE *stream;
    bool compact; /* no white space */
} writer;

/* jansson prints doubles with a fixed number of digits: 1e-12 would become
 * 9.9999999999999998e-13. Its own printer and reader are used, since they do not mind the locale.
 * False: out of memory. */
static bool write_real(const writer *w, const json_t *value)
{
    enum { DIGITS_MAX = 17 }; /* enough for any double */
    for (int digits = 1; digits <= DIGITS_MAX; digits++) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
        json_t *back = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
        /* rounding up the largest doubles overflows: then there is no `back` */
        bool equal = back && json_real_value(back) == json_real_value(value);
        if (equal || digits == DIGITS_MAX) fputs(text ? text : "", w->stream);
        json_decref(back);
        free(text);
        if (!text) return false;
        if (equal) break;
    }
    return true;
}

static void write_line(const writer *w, size_t depth)
{
    if (w->compact) return;
    fputc('\n', w->stream);
    for (size_t i = 0; i < depth; i++) fputs("  ", w->stream);
}

static bool write_value(const writer *w, const json_t *value, size_t depth);

static bool write_object(const writer *w, json_t *object, size_t depth)
{
    const char *key, *separator = "";
    json_t *value;
    fputc('{', w->stream);
    json_object_foreach(object, key, value)
    {
        json_t *name = json_string(key);
        fputs(separator, w->stream);
        write_line(w, depth + 1);
        bool done = name && write_value(w, name, depth);
        json_decref(name);
        fputs(w->compact ? ":" : ": ", w->stream);
        if (!done || !write_value(w, value, depth + 1)) return false;
        separator = ",";
    }
    if (json_object_size(object)) write_line(w, depth);
    fputc('}', w->stream);
    return true;
}

static bool write_array(const writer *w, const json_t *array, size_t depth)
{
    fputc('[', w->stream);
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i) fputc(',', w->stream);
        write_line(w, depth + 1);
        if (!write_value(w, json_array_get(array, i), depth + 1)) return false;
    }
    if (json_array_size(array)) write_line(w, depth);
    fputc(']', w->stream);
    return true;
}

/* False: out of memory. */
static bool write_value(const writer *w, const json_t *value, size_t depth)
{
    if (json_is_object(value)) return write_object(w, (json_t *)value, depth);
    if (json_is_array(value)) return write_array(w, value, depth);
    if (json_is_real(value)) return write_real(w, value);
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    if (text) fputs(text, w->stream);
    free(text);
    return text != NULL;
}

bert_status json_write(const char *path, const json_t *value)
{
    file_write file;
    TRY(file_write_open(path, &file));
    writer w = { .stream = file.stream };
    if (!write_value(&w, value, 0)) {
        file_write_abort(&file);
        return fail(BERT_MEMORY, "%s: out of memory", path);
    }
    fputc('\n', file.stream);
    return file_write_commit(&file);
}

bert_status json_text(const json_t *value, char **out)
{
    char *text = NULL;
    size_t bytes;
    writer w = { .stream = open_memstream(&text, &bytes), .compact = true };
    bool done = w.stream && write_value(&w, value, 0);
    if (w.stream && fclose(w.stream) != 0) done = false;
    if (!done) {
        free(text);
        return fail(BERT_MEMORY, "out of memory for a JSON text");
    }
    *out = text;
    return BERT_OK;
}

json_t *json_string_of(slice text)
{
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
