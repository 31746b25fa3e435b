#include "rows/squad.h"

#include "base/limits.h"
#include "base/memory.h"
#include "json/json.h"
#include "rows/data_file.h"
#include "rows/squad_answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The reader stands in three lists, one in the other. A flat file has only the outermost, and its
 * rows are the questions. */
struct squad {
    char *path;
    json_t *root;
    bool is_version_2;
    const json_t *data, *paragraphs, *questions; /* lists; the inner two NULL before the first */
    size_t article, paragraph, question;         /* numbers of the current ones, from 1 */
    slice context;
    squad_answer_list answers;
    bool found;       /* a question */
    char place[1024]; /* for messages, which are not longer */
};

bool squad_is_kind(const char *path)
{
    return bert_name_ends(path, ".json");
}

/* "v2.0", "2.0", 2.0 */
static bool is_version_2(const json_t *version)
{
    const char *text = json_string_value(version);
    if (text) return text[*text == 'v'] == '2';
    return json_number_value(version) >= 2 && json_number_value(version) < 3;
}

static bert_status rows_hint(bert_status status)
{
    return fail_more(status, "; rows that are not SQuAD's are read from a .jsonl, an object a line "
                             "(of a list: jq -c '.[]')");
}

/* Is it a list, or has its first line an object of its own? */
static bool looks_like_rows(slice text)
{
    const char *line_end = text.count ? memchr(text.bytes, '\n', text.count) : NULL;
    size_t count = line_end ? (size_t)(line_end - text.bytes) : 0;
    while (count && strchr(" \t\r", text.bytes[count - 1])) count--;
    bool object = count > 1 && text.bytes[0] == '{' && text.bytes[count - 1] == '}';
    while (text.count && strchr(" \t\r\n", *text.bytes))
        text = (slice){ text.bytes + 1, text.count - 1 };
    return object || (text.count && *text.bytes == '[');
}

static bert_status root_read(squad *s)
{
    data_file file;
    TRY(data_file_open(s->path, &file));
    bert_status status =
        file.rest.count > SQUAD_BYTES_MAX
            ? fail(BERT_FORMAT,
                   "%s: is %zu bytes, and a file of questions is read whole, up to %d; split it",
                   s->path, file.rest.count, SQUAD_BYTES_MAX)
            : json_parse_object(file.rest, s->path, &s->root);
    if (status == BERT_FORMAT && looks_like_rows(file.rest)) status = rows_hint(status);
    data_file_close(&file);
    return status;
}

static bert_status squad_begin(squad *s)
{
    TRY(root_read(s));
    s->data = json_object_get(s->root, "data");
    if (!s->data)
        return rows_hint(
            fail(BERT_FORMAT, "%s: has no 'data', the list of SQuAD's articles", s->path));
    if (!json_is_array(s->data)) return fail(BERT_FORMAT, "%s: 'data' is not a list", s->path);
    s->is_version_2 = is_version_2(json_object_get(s->root, "version"));
    return BERT_OK;
}

bert_status squad_open(const char *path, squad **out)
{
    squad *s = NULL;
    TRY(memory_zeroed(1, sizeof *s, (void **)&s));
    s->path = strdup(path);
    bert_status status = s->path ? squad_begin(s) : fail(BERT_MEMORY, "out of memory for a path");
    if (status == BERT_OK)
        *out = s;
    else
        squad_free(s);
    return status;
}

void squad_free(squad *s)
{
    if (!s) return;
    squad_answer_list_release(&s->answers);
    json_decref(s->root);
    free(s->path);
    free(s);
}

const char *squad_place(const squad *s)
{
    return s->place;
}

/* A list among the members of an object. */
static bert_status list_of(const squad *s, const json_t *object, const char *key,
                           const json_t **out)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_array(value))
        return fail(BERT_FORMAT, value ? "%s: '%s' is not a list" : "%s: '%s' is missing", s->place,
                    key);
    *out = value;
    return BERT_OK;
}

static bert_status text_of(const squad *s, const json_t *object, const char *key, slice *out)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        return fail(BERT_FORMAT, value ? "%s: '%s' is not a string" : "%s: '%s' is missing",
                    s->place, key);
    *out = (slice){ json_string_value(value), json_string_length(value) };
    return BERT_OK;
}

static bert_status paragraph_enter(squad *s)
{
    const json_t *paragraph = json_array_get(s->paragraphs, s->paragraph++);
    snprintf(s->place, sizeof s->place, "%s: article %zu, paragraph %zu", s->path, s->article,
             s->paragraph);
    TRY(text_of(s, paragraph, "context", &s->context));
    TRY(list_of(s, paragraph, "qas", &s->questions));
    s->question = 0;
    return BERT_OK;
}

/* Enters the next article; in a flat file that is a question, and *flat its object. */
static bert_status article_enter(squad *s, json_t **flat)
{
    json_t *article = json_array_get(s->data, s->article++);
    bool is_flat =
        !json_object_get(article, "paragraphs") && json_object_get(article, "question") != NULL;
    snprintf(s->place, sizeof s->place, "%s: %s %zu", s->path, is_flat ? "row" : "article",
             s->article);
    if (is_flat) {
        *flat = article;
        return text_of(s, article, "context", &s->context);
    }
    TRY(list_of(s, article, "paragraphs", &s->paragraphs));
    s->paragraph = 0;
    return BERT_OK;
}

/* Steps to the next question's object, NULL at the end. */
static bert_status question_step(squad *s, json_t **object, bool *is_flat)
{
    *object = NULL;
    *is_flat = false;
    for (;;) {
        if (s->question < json_array_size(s->questions)) {
            *object = json_array_get(s->questions, s->question++);
            snprintf(s->place, sizeof s->place, "%s: article %zu, paragraph %zu, question %zu",
                     s->path, s->article, s->paragraph, s->question);
            return BERT_OK;
        }
        if (s->paragraph < json_array_size(s->paragraphs)) {
            TRY(paragraph_enter(s));
            continue;
        }
        if (s->article == json_array_size(s->data)) return BERT_OK;
        TRY(article_enter(s, object));
        *is_flat = *object != NULL;
        if (*object) return BERT_OK;
    }
}

/* The id, also behind the place. A number gives way to its text, which the file then owns. */
static bert_status id_read(squad *s, json_t *object, slice *id)
{
    const json_t *value = json_object_get(object, "id");
    if (json_is_number(value)) {
        char *text = NULL;
        TRY(json_text(value, &text));
        bert_status status = json_put(object, "id", json_string(text));
        free(text);
        TRY(status);
    }
    TRY(text_of(s, object, "id", id));
    size_t used = strlen(s->place);
    snprintf(s->place + used, sizeof s->place - used, " (id %s)", id->bytes);
    return BERT_OK;
}

static bert_status labels_read(squad *s, const json_t *object, bool is_flat, squad_question *q)
{
    const json_t *answers = json_object_get(object, "answers");
    const json_t *impossible = json_object_get(object, "is_impossible");
    bool answers_told = answers && !json_is_null(answers);
    s->answers.count = 0;
    if (answers_told) TRY(squad_answers_read(answers, s->place, &s->answers));
    TRY(json_get_bool(object, s->place, "is_impossible", &q->impossible));
    if (answers_told && s->answers.count == 0 && (is_flat || s->is_version_2)) q->impossible = true;
    q->labelled = answers_told || json_is_boolean(impossible);
    q->answers = s->answers.items;
    q->answer_count = q->impossible ? 0 : s->answers.count;
    return BERT_OK;
}

bert_status squad_next(squad *s, squad_question *out, bool *more)
{
    json_t *object;
    bool is_flat;
    TRY(question_step(s, &object, &is_flat));
    if (!object && !s->found) return fail(BERT_DATA, "%s: has no questions", s->path);
    *more = object != NULL;
    if (!*more) return BERT_OK;

    squad_question question = { .context = s->context };
    if (!json_is_object(object)) return fail(BERT_FORMAT, "%s: is not an object", s->place);
    TRY(id_read(s, object, &question.id));
    TRY(text_of(s, object, "question", &question.question));
    TRY(labels_read(s, object, is_flat, &question));
    s->found = true;
    *out = question;
    return BERT_OK;
}
