#include "base/memory.h"
#include "json/json.h"
#include "rows/table_reader.h"

#include <stdlib.h>

typedef struct jsonl_reader {
    json_t *object; /* the current row; its strings are the fields */
    char **texts;   /* [column_count] of what is no string; or NULL */
} jsonl_reader;

static void row_release(const table *t)
{
    jsonl_reader *r = t->reader;
    json_decref(r->object);
    r->object = NULL;
    for (size_t i = 0; r->texts && i < t->column_count; i++) {
        free(r->texts[i]);
        r->texts[i] = NULL;
    }
}

static bert_status fail_parse(const table *t, const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_out_of_memory:
        return fail(BERT_MEMORY, "%s:%zu: out of memory", t->path, t->line);
    case json_error_numeric_overflow:
        return fail(BERT_FORMAT, "%s:%zu:%d: the number before is too big; write it as a string",
                    t->path, t->line, error->column);
    default:
        return fail(BERT_FORMAT, "%s:%zu:%d: not JSON: %s", t->path, t->line, error->column,
                    error->text);
    }
}

static bool is_blank(slice line)
{
    for (size_t i = 0; i < line.count; i++)
        if (!strchr(" \t\r", line.bytes[i]) || line.bytes[i] == '\0') return false;
    return true;
}

/* Parses the next line that is not blank. */
static bert_status object_read(table *t, bool *more)
{
    jsonl_reader *r = t->reader;
    slice line;
    row_release(t);
    do {
        TRY(data_file_line(&t->file, &line, more));
        t->line = t->file.cutter.line;
    } while (*more && is_blank(line));
    if (!*more) return BERT_OK;
    TRY(table_verify_text(t, line));

    json_error_t error;
    r->object =
        json_load_text(line, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (json_is_object(r->object)) return BERT_OK;
    if (r->object || line.bytes[0] == '[')
        return fail(BERT_FORMAT, "%s:%zu: every line must hold one JSON object, {...}", t->path,
                    t->line);
    return fail_parse(t, &error);
}

/* The field as text; `text` keeps what had to be made for it. */
static bert_status field_of(const json_t *value, char **text, slice *field)
{
    *field = (slice){ NULL, 0 };
    if (!value || json_is_null(value)) return BERT_OK;
    if (json_is_string(value)) {
        *field = (slice){ json_string_value(value), json_string_length(value) };
        return BERT_OK;
    }
    TRY(json_text(value, text));
    *field = slice_of(*text);
    return BERT_OK;
}

/* Keeps the first key that is no column. */
static bert_status stray_keep(table *t)
{
    jsonl_reader *r = t->reader;
    const char *key;
    json_t *value;
    size_t column;
    json_object_foreach(r->object, key, value)
    {
        if (t->stray || table_find_exact(t, key, &column)) continue;
        t->stray = strdup(key);
        t->stray_line = t->line;
        if (!t->stray) return fail(BERT_MEMORY, "%s:%zu: out of memory", t->path, t->line);
    }
    return BERT_OK;
}

static bert_status jsonl_next(table *t, bool *more)
{
    jsonl_reader *r = t->reader;
    size_t known = 0;
    TRY(object_read(t, more));
    t->field_count = 0;
    for (size_t i = 0; *more && i < t->column_count; i++) {
        slice field;
        const json_t *value = json_object_get(r->object, t->columns[i]);
        known += value != NULL;
        TRY(field_of(value, &r->texts[i], &field));
        TRY(table_field_add(t, field));
    }
    return *more && known < json_object_size(r->object) ? stray_keep(t) : BERT_OK;
}

/* The keys of the first object name the columns; it is read again as the first row. */
static bert_status jsonl_open(table *t)
{
    jsonl_reader *r = NULL;
    TRY(memory_zeroed(1, sizeof *r, (void **)&r));
    t->reader = r;
    data_file begin = t->file;
    bool more;
    TRY(object_read(t, &more));
    if (!more) return fail(BERT_DATA, "%s: has no rows", t->path);
    const char *key;
    json_t *value;
    json_object_foreach(r->object, key, value) TRY(table_columns_add(t, slice_of(key)));
    if (t->column_count == 0)
        return fail(BERT_DATA,
                    "%s:%zu: the first object is empty; its keys should name the columns", t->path,
                    t->line);
    TRY(memory_zeroed(t->column_count, sizeof *r->texts, (void **)&r->texts));
    t->file = begin;
    return BERT_OK;
}

static const char *jsonl_no_text(const table *t, size_t column)
{
    const jsonl_reader *r = t->reader;
    const json_t *value = json_object_get(r->object, t->columns[column]);
    switch (value ? json_typeof(value) : JSON_STRING) {
    case JSON_ARRAY:
        return "a list";
    case JSON_OBJECT:
        return "an object";
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_NULL:
        return "null";
    case JSON_STRING:
    case JSON_INTEGER:
    case JSON_REAL:
        break;
    }
    return NULL;
}

static void jsonl_close(table *t)
{
    if (!t->reader) return;
    row_release(t);
    free(((jsonl_reader *)t->reader)->texts);
    free(t->reader);
}

const table_kind table_kind_jsonl = {
    .ending = ".jsonl",
    .too_few = "",
    .too_many = "",
    .open = jsonl_open,
    .next = jsonl_next,
    .close = jsonl_close,
    .no_text = jsonl_no_text,
};
