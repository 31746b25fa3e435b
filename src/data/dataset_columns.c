/* dataset_columns.c: which columns of a table are read, and what form of data they make. */
#include "data/dataset_reader.h"

#include "json/json.h"
#include "rows/conll.h"
#include "rows/squad.h"
#include "rows/text_lines.h"

#include <stdio.h>
#include <string.h>

/* ---- names */

static bool is_named(const table *t, size_t column, const char *given)
{
    size_t own;
    return given && table_find(t, given, &own) && own == column;
}

bool dataset_column_free(const table *t, const dataset_columns *named, const char *name,
                         bool exactly, size_t *column)
{
    if (!(exactly ? table_find_exact : table_find)(t, name, column)) return false;
    return !is_named(t, *column, named->text) && !is_named(t, *column, named->pair) &&
           !is_named(t, *column, named->label);
}

const char *dataset_column_found(const table *t, const dataset_columns *named, name_list names)
{
    size_t column;
    for (int exactly = 1; exactly >= 0; exactly--)
        for (size_t i = 0; i < names.count; i++)
            if (dataset_column_free(t, named, names.items[i], exactly, &column))
                return names.items[i];
    return NULL;
}

bert_status dataset_column_take(dataset *d, table *t, const char *name, size_t *column)
{
    TRY(table_take(t, name, column));
    const char *own = table_column_name(t, *column);
    if (strcmp(own, name) == 0) return BERT_OK;
    return dataset_say(d, "%s: the column '%s' is read as '%s'", table_path(t), own, name);
}

bert_status dataset_column_missing(const table *t, const char *what, const char *field,
                                   name_list names)
{
    char columns[512], looked[256] = "";
    TRY(table_check_separator(t));
    table_list_columns(t, columns, sizeof columns);
    for (size_t i = 0; i < names.count; i++) {
        strncat(looked, i ? ", " : "", sizeof looked - strlen(looked) - 1);
        strncat(looked, names.items[i], sizeof looked - strlen(looked) - 1);
    }
    return fail(BERT_DATA,
                "%s: which column is the %s? Name it (%s); the columns are: %s; none of them is "
                "%s",
                table_path(t), what, field, columns, looked);
}

/* ---- forms */

const char *dataset_form_name(dataset_form form)
{
    static const char *const names[FORM_COUNT] = {
        [FORM_TEXTS] = "texts with labels",    [FORM_WORDS] = "words with tags",
        [FORM_CHOICES] = "texts with endings", [FORM_QUESTIONS] = "questions about contexts",
        [FORM_LINES] = "plain text",           [FORM_COMPARED] = "texts to compare",
    };
    return names[form];
}

/* Columns that tell a form from one of plain texts: those of the text, the pair and the label. One
 * that the caller names takes the place of the usual one. */
static const struct form_sign {
    dataset_form form;
    const char *text, *pair, *label;
} signs[] = {
    { FORM_WORDS, "tokens", NULL, "tags" },
    { FORM_WORDS, "tokens", NULL, "ner_tags" },
    { FORM_WORDS, "tokens", NULL, "pos_tags" },
    { FORM_WORDS, "tokens", NULL, "labels" },
    { FORM_WORDS, "words", NULL, "tags" },
    { FORM_WORDS, "words", NULL, "ner_tags" },
    { FORM_WORDS, "words", NULL, "pos_tags" },
    { FORM_WORDS, "words", NULL, "labels" },
    { FORM_QUESTIONS, "question", "context", "answers" },
    { FORM_QUESTIONS, "question", "passage", "answers" },
    { FORM_COMPARED, "anchor", "positive", NULL },
    { FORM_COMPARED, "query", "positive", NULL },
};

/* Does a field begin with one of these, blanks aside? */
static bool begins_with(slice field, const char *any)
{
    while (field.count && (*field.bytes == ' ' || *field.bytes == '\t'))
        field = (slice){ field.bytes + 1, field.count - 1 };
    return field.count && *field.bytes && strchr(any, *field.bytes);
}

/* The column of a role: the one that is named, else the usual one, if it is not named for something
 * else. *usual: it is the usual one. */
static bool role_find(const table *t, const dataset_columns *named, const char *given,
                      const char *usual, size_t *column, bool *is_usual)
{
    size_t own;
    if (!given) return *is_usual = dataset_column_free(t, named, usual, false, column);
    if (!table_find(t, given, column)) return false;
    *is_usual = table_find(t, usual, &own) && own == *column;
    return true;
}

/* In the first row, which is the table's current one. Where nothing is named the names suffice;
 * else one column at least has its usual name, and the fields look like what the form holds. */
static bool sign_holds(const table *t, const struct form_sign *s, const dataset_columns *named)
{
    size_t text, pair = 0, label = 0;
    bool usual[3] = { false };
    if (!role_find(t, named, named->text, s->text, &text, &usual[0])) return false;
    if (s->pair && !role_find(t, named, named->pair, s->pair, &pair, &usual[1])) return false;
    if (s->label && !role_find(t, named, named->label, s->label, &label, &usual[2])) return false;
    if (!named->text && !named->pair && !named->label) return true;
    if (!usual[0] && !usual[1] && !usual[2]) return false;
    switch (s->form) {
    case FORM_WORDS:
        return !named->pair && begins_with(table_field(t, text), "[(") &&
               begins_with(table_field(t, label), "[(");
    case FORM_QUESTIONS:
        return begins_with(table_field(t, label), "[{");
    default:
        return !begins_with(table_field(t, pair), "0123456789+-."); /* a column of 0 and 1 */
    }
}

static dataset_form form_by_columns(const table *t, const dataset_columns *named)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (sign_holds(t, &signs[i], named)) return signs[i].form;
    return !named->pair && dataset_endings_there(t, named) ? FORM_CHOICES : FORM_TEXTS;
}

/* Where columns that are named keep a table from what it would be found to be, that is said. */
static bert_status hidden_say(dataset *d, const table *t, const dataset_columns *named)
{
    const dataset_columns none = { 0 };
    dataset_columns without[3] = { *named, *named, *named };
    without[0].pair = without[1].text = without[2].label = NULL;
    const char *const names[] = { named->pair, named->text, named->label };
    const char *const options[] = { FIELD(pair), FIELD(text), FIELD(label) };
    dataset_form form = form_by_columns(t, &none);
    const char *hider = "the columns that are named";
    if (form == FORM_TEXTS) return BERT_OK;
    for (size_t i = 3; i-- > 0;)
        if (names[i] && form_by_columns(t, &without[i]) == form) hider = options[i];
    return dataset_say(d, "%s: by its columns it holds %s; with %s it is read as %s", table_path(t),
                       dataset_form_name(form), hider, dataset_form_name(FORM_TEXTS));
}

static bert_status form_of_table(dataset *d, const char *path, const dataset_columns *named,
                                 dataset_form *out)
{
    table *t;
    bool more;
    TRY(table_open(path, &t));
    bert_status status = table_next(t, &more); /* a table has a row */
    *out = form_by_columns(t, named);
    if (status == BERT_OK && *out == FORM_TEXTS) status = hidden_say(d, t, named);
    table_free(t);
    return status;
}

typedef struct column_role {
    const char *field, *name;
} column_role;

/* Each name must be new. `seen` has those before it, with their fields. */
static bert_status role_add(column_role role, json_t *seen)
{
    if (!role.name) return BERT_OK;
    const char *before = json_string_value(json_object_get(seen, role.name));
    if (!before) return json_put(seen, role.name, json_string(role.field));
    if (strcmp(before, role.field) == 0)
        return fail(BERT_ARGUMENT, "%s names '%s' twice", role.field, role.name);
    return fail(BERT_ARGUMENT, "%s and %s both name '%s'; a column is read for one thing alone",
                before, role.field, role.name);
}

static bert_status labels_add(const dataset_columns *named, json_t *seen)
{
    json_t *names;
    bert_status status = BERT_OK;
    if (!named->labels) return BERT_OK;
    if (named->label)
        return fail(BERT_ARGUMENT,
                    "%s names one column of labels, %s a column for each: give one of them",
                    FIELD(label), FIELD(labels));
    if (dataset_flags_rest(named->labels)) return BERT_OK;
    TRY(dataset_flags_list(named->labels, &names));
    for (size_t i = 0; status == BERT_OK && i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        status = role_add((column_role){ FIELD(labels), name }, seen);
    }
    json_decref(names);
    return status;
}

bert_status dataset_columns_check(const dataset_columns *named)
{
    const column_role roles[] = { { FIELD(text), named->text },
                                  { FIELD(pair), named->pair },
                                  { FIELD(label), named->label } };
    bert_status status = BERT_OK;
    json_t *seen = json_object();
    for (size_t i = 0; status == BERT_OK && i < sizeof roles / sizeof *roles; i++)
        status = role_add(roles[i], seen);
    if (status == BERT_OK) status = labels_add(named, seen);
    json_decref(seen);
    return status;
}

bert_status dataset_form_check(const char *path, dataset_form form, const dataset_columns *named)
{
    bool paired = form != FORM_WORDS && form != FORM_CHOICES, labelled = form != FORM_LINES;
    if (named->pair && !paired)
        return fail(BERT_ARGUMENT, "%s: %s names a second text, and %s", path, FIELD(pair),
                    form == FORM_WORDS ? "words with tags have none" : "endings are found by name");
    if (named->label && !labelled)
        return fail(BERT_ARGUMENT, "%s: %s names a label, and to fill blanks none is read", path,
                    FIELD(label));
    if (named->labels && form != FORM_TEXTS)
        return fail(BERT_ARGUMENT, "%s: %s names columns of a table of texts, one a label", path,
                    FIELD(labels));
    return BERT_OK;
}

static bert_status form_find(dataset *d, const char *path, const dataset_request *request,
                             dataset_form *out)
{
    *out = request->form;
    if (request->form != FORM_FOUND) return BERT_OK;
    bool words;
    TRY(conll_detect(path, &words));
    *out = words                      ? FORM_WORDS
           : squad_is_kind(path)      ? FORM_QUESTIONS
           : text_lines_is_kind(path) ? FORM_LINES
                                      : FORM_TEXTS;
    if (*out != FORM_TEXTS) return BERT_OK;
    if (!table_is_kind(path))
        return fail(BERT_FORMAT,
                    "%s: its name must end in .tsv, .csv or .jsonl (tables), .conll, .conllu, .bio "
                    "or .iob2 (words with tags; with %s tag in anything), .json (questions as "
                    "SQuAD's) or .txt (lines), each perhaps with .gz",
                    path, FIELD(task));
    if (request->columns.labels) return BERT_OK;
    return form_of_table(d, path, &request->columns, out);
}

bert_status dataset_form_find(dataset *d, const char *path, const dataset_request *request)
{
    TRY(form_find(d, path, request, &d->form));
    return dataset_form_check(path, d->form, &request->columns);
}
