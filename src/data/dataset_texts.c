/* dataset_texts.c: a text or a pair of texts, and a label, from the columns of a table. */
#include "data/dataset_reader.h"

#include <stddef.h>
#include <string.h>

typedef enum column_role { ROLE_TEXT, ROLE_PAIR, ROLE_LABEL, ROLE_COUNT } column_role;

static const char *const pairs[][2] = {
    { "sentence1", "sentence2" }, { "premise", "hypothesis" }, { "question1", "question2" },
    { "question", "sentence" },   { "text_a", "text_b" },      { "sentence_a", "sentence_b" },
    { "question", "passage" },    { "question", "context" },
};
static const char *const singles[] = { "text", "sentence", "review", "content", "question" };
static const char *const labels[] = { "label", "labels",    "intent", "category",
                                      "class", "sentiment", "score" };
static const char *const answers[] = { "answer" }; /* of a question about a passage: BoolQ */

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- columns */

/* Is the column free for the second text, or the one that is named so? */
static bool is_second(const table *t, const dataset_columns *named, const char *name, bool exactly)
{
    size_t column, given;
    if (!named->pair) return dataset_column_free(t, named, name, exactly, &column);
    return table_find(t, name, &column) && table_find(t, named->pair, &given) && column == given;
}

static bool texts_look(const table *t, const dataset_columns *named, bool exactly,
                       const char **text, const char **pair)
{
    size_t column;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (!dataset_column_free(t, named, pairs[i][0], exactly, &column) ||
            !is_second(t, named, pairs[i][1], exactly))
            continue;
        *text = pairs[i][0];
        if (!named->pair) *pair = pairs[i][1];
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(singles); i++) {
        if (!dataset_column_free(t, named, singles[i], exactly, &column)) continue;
        *text = singles[i];
        return true;
    }
    return false;
}

bert_status dataset_texts_find(const table *t, const dataset_columns *named, const char **text,
                               const char **pair)
{
    *text = named->text;
    *pair = named->pair;
    if (*text || texts_look(t, named, true, text, pair) || texts_look(t, named, false, text, pair))
        return BERT_OK;
    return dataset_column_missing(t, "text", FIELD(text), NAMES(singles));
}

/* A table with a column of 0 and 1 for each label has no other. */
static bert_status label_missing(const table *t)
{
    size_t flags = 0;
    for (size_t i = 0; i < table_column_count(t); i++) {
        slice field = table_field(t, i);
        flags += field.count == 1 && (*field.bytes == '0' || *field.bytes == '1');
    }
    bert_status status = dataset_column_missing(t, "label", FIELD(label), NAMES(labels));
    if (flags < 2) return status;
    return fail_more(status,
                     "; columns that hold 0 or 1 for a label each are named by %s: a "
                     "list with commas, or rest",
                     FIELD(labels));
}

const char *dataset_label_find(const table *t, const dataset_columns *named, const char *pair)
{
    const char *label = dataset_column_found(t, named, NAMES(labels));
    if (label || !pair || strcmp(pair, "passage") != 0) return label;
    return dataset_column_found(t, named, NAMES(answers));
}

/* The columns by role, as the first file has them. */
static bert_status names_find(const table *t, const dataset_request *request,
                              const char *names[ROLE_COUNT])
{
    const dataset_columns *given = &request->columns;
    names[ROLE_LABEL] = NULL;
    TRY(dataset_texts_find(t, given, &names[ROLE_TEXT], &names[ROLE_PAIR]));
    if (request->unlabelled || given->labels) return BERT_OK;
    names[ROLE_LABEL] =
        given->label ? given->label : dataset_label_find(t, given, names[ROLE_PAIR]);
    return names[ROLE_LABEL] ? BERT_OK : label_missing(t);
}

/* Sets the dataset's names by the first file. */
static bert_status names_set(dataset *d, const table *t, const dataset_request *request)
{
    const char *names[ROLE_COUNT];
    TRY(names_find(t, request, names));
    TRY(dataset_keep_string(d, names[ROLE_TEXT], &d->text_column));
    TRY(dataset_keep_string(d, names[ROLE_PAIR], &d->pair_column));
    return dataset_keep_string(d, names[ROLE_LABEL], &d->label_column);
}

/* ---- rows */

static bert_status label_check(const dataset *d, const dataset_row *row)
{
    if (row->label.count) return BERT_OK;
    return fail(BERT_DATA, "%s:%zu: the label (column '%s') is empty", row->path, row->line,
                d->label_column);
}

bert_status dataset_check_labels(const dataset *d)
{
    const dataset_row *list = d->first_list ? &d->rows[d->first_list - 1] : NULL;
    if (list)
        return fail(BERT_DATA,
                    "%s:%zu: '%s' is %s, and one label was expected; %s multilabel takes "
                    "several",
                    list->path, list->line, d->label_column,
                    *list->label.bytes == '[' ? "a list" : "an object", FIELD(task));
    for (size_t i = 0; d->label_column && i < d->count; i++) TRY(label_check(d, &d->rows[i]));
    return BERT_OK;
}

static bert_status row_add(dataset *d, const table *t, const char *path,
                           const size_t columns[ROLE_COUNT], const label_flags *flags, bool several)
{
    dataset_row row = { .line = table_line(t), .path = path };
    size_t label = columns[ROLE_LABEL];
    TRY(dataset_keep_field(d, t, columns[ROLE_TEXT], FIELD_TEXT, &row.text));
    if (d->pair_column) TRY(dataset_keep_field(d, t, columns[ROLE_PAIR], FIELD_TEXT, &row.pair));
    if (flags->count) {
        TRY(dataset_flags_read(d, t, flags, &row.label));
        return dataset_add(d, &row);
    }
    if (!d->label_column) return dataset_add(d, &row);
    TRY(dataset_keep_field(d, t, label, several ? FIELD_CLASSES : FIELD_CLASS, &row.label));
    if (!several) TRY(label_check(d, &row));
    const char *other = several ? table_no_text(t, label) : NULL;
    if (other && *other == 'a' && !d->first_list) d->first_list = d->count + 1;
    return dataset_add(d, &row);
}

static bert_status rows_read(dataset *d, table *t, const dataset_request *request)
{
    const char *names[ROLE_COUNT] = { d->text_column, d->pair_column, d->label_column };
    size_t columns[ROLE_COUNT] = { 0 };
    label_flags flags = { 0 };
    for (size_t role = 0; role < ROLE_COUNT; role++)
        if (names[role]) TRY(dataset_column_take(d, t, names[role], &columns[role]));
    if (request->columns.labels && !request->unlabelled)
        TRY(dataset_flags_find(d, t, request->columns.labels, &flags));

    const char *path;
    TRY(dataset_keep_string(d, table_path(t), &path));
    while (dataset_wants_more(d, request)) {
        bool more;
        TRY(table_next(t, &more));
        if (!more) break;
        TRY(row_add(d, t, path, columns, &flags, request->several_labels));
    }
    return BERT_OK;
}

bert_status dataset_read_texts(dataset *d, const char *path, const dataset_request *request,
                               bool first)
{
    table *t = NULL;
    TRY(table_open(path, &t));
    bert_status status = first ? names_set(d, t, request) : BERT_OK;
    if (status == BERT_OK) status = rows_read(d, t, request);
    return dataset_table_close(d, t, status);
}
