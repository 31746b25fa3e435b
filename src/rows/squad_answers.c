#include "rows/squad_answers.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "rows/json_texts.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* `number`: among those of the question. An empty text is no answer, as in SQuAD's script, whatever
 * its start. */
static bert_status answer_add(const json_t *text, const json_t *start, size_t number,
                              const char *place, squad_answer_list *out)
{
    if (!json_is_string(text))
        return fail(BERT_FORMAT, "%s: the 'text' of answer %zu is %s", place, number,
                    text ? "not a string" : "missing");
    if (json_string_length(text) == 0) return BERT_OK;
    /* A whole number may be held as a double: json_parse_object(). */
    double at = json_number_value(start);
    if (!json_is_number(start) || at != floor(at))
        return fail(BERT_FORMAT, "%s: the 'answer_start' of answer %zu is %s", place, number,
                    start ? "not a whole number" : "missing");
    if (at < 0 || at > INT32_MAX)
        return fail(BERT_FORMAT,
                    "%s: the 'answer_start' of answer %zu is %.17g; it counts the context's code "
                    "points from 0",
                    place, number, at);
    TRY(memory_grow((void **)&out->items, &out->capacity, out->count + 1, sizeof *out->items));
    slice bytes = { json_string_value(text), json_string_length(text) };
    out->items[out->count++] = (squad_answer){ .text = bytes, .start = (size_t)at };
    return BERT_OK;
}

/* [{"text", "answer_start"}, ..] */
static bert_status pairs_read(const json_t *list, const char *place, squad_answer_list *out)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i);
        if (!json_is_object(pair))
            return fail(BERT_FORMAT, "%s: answer %zu is not an object", place, i + 1);
        TRY(answer_add(json_object_get(pair, "text"), json_object_get(pair, "answer_start"), i + 1,
                       place, out));
    }
    return BERT_OK;
}

/* {"text": [..], "answer_start": [..]} */
static bert_status lists_read(const json_t *object, const char *place, squad_answer_list *out)
{
    const json_t *texts = json_object_get(object, "text");
    const json_t *starts = json_object_get(object, "answer_start");
    if (!json_is_array(texts) || !json_is_array(starts))
        return fail(BERT_FORMAT,
                    "%s: 'answers' is an object without the two lists 'text' and 'answer_start'",
                    place);
    size_t count = json_array_size(texts);
    if (json_array_size(starts) != count)
        return fail(BERT_FORMAT, "%s: 'answers' has %zu of 'text' and %zu of 'answer_start'", place,
                    count, json_array_size(starts));
    for (size_t i = 0; i < count; i++)
        TRY(answer_add(json_array_get(texts, i), json_array_get(starts, i), i + 1, place, out));
    return BERT_OK;
}

bert_status squad_answers_read(const json_t *value, const char *place, squad_answer_list *out)
{
    out->count = 0;
    bert_status status = json_is_array(value) ? pairs_read(value, place, out)
                         : json_is_object(value)
                             ? lists_read(value, place, out)
                             : fail(BERT_FORMAT, "%s: 'answers' is not a list", place);
    if (status != BERT_OK) out->count = 0;
    return status;
}

/* Drops the texts and keeps the room for the next ones. */
static void answers_clear(squad_answer_list *answers)
{
    json_decref(answers->json);
    answers->json = NULL;
    answers->count = 0;
}

bert_status squad_answers_parse(slice json, const char *path, size_t line, squad_answer_list *out)
{
    char place[1024]; /* messages are not longer */
    answers_clear(out);
    TRY(json_column_parse(json, path, line, "answers", &out->json));
    snprintf(place, sizeof place, "%s:%zu", path, line);
    bert_status status = squad_answers_read(out->json, place, out);
    if (status != BERT_OK) answers_clear(out);
    return status;
}

void squad_answer_list_release(squad_answer_list *answers)
{
    answers_clear(answers);
    free(answers->items);
    *answers = (squad_answer_list){ 0 };
}

bool squad_answer_find(slice context, const squad_answer *answer, size_t *byte)
{
    size_t at = utf8_byte_of(context, answer->start);
    if (at == SIZE_MAX || context.count - at < answer->text.count) return false;
    if (!slice_equal((slice){ context.bytes + at, answer->text.count }, answer->text)) return false;
    *byte = at;
    return true;
}
