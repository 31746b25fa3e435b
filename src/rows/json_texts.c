#include "rows/json_texts.h"

#include "base/memory.h"
#include "json/json.h"
#include "rows/python_json.h"

#include <stdlib.h>

/* What is no JSON may be what Python prints; *out stays NULL where it is not either. */
static bert_status python_parse(slice text, json_t **out)
{
    char *json;
    size_t count;
    json_error_t error;
    TRY(python_to_json(text, &json, &count));
    if (!json) return BERT_OK;
    *out = json_load_text((slice){ json, count }, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    free(json);
    if (*out || json_error_code(&error) != json_error_out_of_memory) return BERT_OK;
    return fail(BERT_MEMORY, "out of memory");
}

bert_status json_column_parse(slice json, const char *path, size_t line, const char *column,
                              json_t **out)
{
    if (!json.bytes)
        return fail(BERT_FORMAT, "%s:%zu: '%s' is missing in this row", path, line, column);
    json_error_t error;
    json_t *value = json_load_text(json, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!value && json_error_code(&error) == json_error_out_of_memory)
        return fail(BERT_MEMORY, "%s:%zu: out of memory", path, line);
    if (!value && json_error_code(&error) == json_error_numeric_overflow)
        return fail(BERT_FORMAT, "%s:%zu: '%s' holds a number that is too big", path, line, column);
    if (!value) TRY(python_parse(json, &value));
    if (!value)
        return fail(BERT_FORMAT, "%s:%zu: '%s' is not JSON: %s", path, line, column, error.text);
    *out = value;
    return BERT_OK;
}

/* Puts the text of a number in its place, so that the list owns every text. */
static bert_status number_to_text(json_t *list, size_t index)
{
    char *text = NULL;
    TRY(json_text(json_array_get(list, index), &text));
    int done = json_array_set_new(list, index, json_string(text));
    free(text);
    return done == 0 ? BERT_OK : fail(BERT_MEMORY, "out of memory for a list of texts");
}

static bert_status items_read(text_array *texts, const char *path, size_t line, const char *column)
{
    if (!json_is_array(texts->json))
        return fail(BERT_FORMAT, "%s:%zu: '%s' is an object and not a list, such as [\"a\", \"b\"]",
                    path, line, column);
    size_t count = json_array_size(texts->json);
    TRY(memory_grow((void **)&texts->items, &texts->capacity, count, sizeof *texts->items));
    for (size_t i = 0; i < count; i++) {
        if (json_is_number(json_array_get(texts->json, i))) TRY(number_to_text(texts->json, i));
        const json_t *item = json_array_get(texts->json, i);
        if (!json_is_string(item))
            return fail(BERT_FORMAT, "%s:%zu: element %zu of '%s' is neither a string nor a number",
                        path, line, i + 1, column);
        texts->items[i] = (slice){ json_string_value(item), json_string_length(item) };
    }
    texts->count = count;
    return BERT_OK;
}

/* Drops the texts and keeps the room for the next ones. */
static void texts_clear(text_array *texts)
{
    json_decref(texts->json);
    texts->json = NULL;
    texts->count = 0;
}

bert_status json_texts_parse(slice json, const char *path, size_t line, const char *column,
                             text_array *out)
{
    texts_clear(out);
    TRY(json_column_parse(json, path, line, column, &out->json));
    bert_status status = items_read(out, path, line, column);
    if (status != BERT_OK) texts_clear(out);
    return status;
}

void text_array_release(text_array *texts)
{
    texts_clear(texts);
    free(texts->items);
    *texts = (text_array){ 0 };
}
