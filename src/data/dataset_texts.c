/* dataset_texts.c: a text or a pair of texts, and a label, from the columns of a table. */
#include "data/dataset_reader.h"

#include <stddef.h>
#include <string.h>

typedef enum column_role { ROLE_TEXT, ROLE_PAIR, ROLE_LABEL, ROLE_COUNT } column_role;

static const char *const pairs[][2] = { { "sentence1", "sentence2" },
                                        { "premise", "hypothesis" },
                                        { "question1", "question2" },
                                        { "question", "sentence" },
                                        { "text_a", "text_b" } };
static const char *const singles[] = { "text", "sentence", "review", "content", "question" };
static const char *const labels[] = { "label", "labels",    "intent", "category",
                                      "class", "sentiment", "score" };

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

void dataset_texts_find(const table *t, const char **text, const char **pair)
{
    if (*text) return;
    size_t column;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        bool wanted = !*pair || strcmp(*pair, pairs[i][1]) == 0;
        if (!wanted || !table_find(t, pairs[i][0], &column) || !table_find(t, pairs[i][1], &column))
            continue;
        *text = pairs[i][0];
        *pair = pairs[i][1];
        return;
    }
    *text = dataset_column_found(t, singles, COUNT_OF(singles));
}

/* The columns by role, as the first file has them. */
static bert_status names_find(const table *t, const dataset_request *request,
                              const char *names[ROLE_COUNT])
{
    const dataset_columns *given = &request->columns;
    names[ROLE_TEXT] = given->text;
    names[ROLE_PAIR] = given->pair;
    names[ROLE_LABEL] = NULL;
    dataset_texts_find(t, &names[ROLE_TEXT], &names[ROLE_PAIR]);
    if (!names[ROLE_TEXT]) return dataset_column_missing(t, "text", "--text");
    if (request->unlabelled) return BERT_OK;
    names[ROLE_LABEL] =
        given->label ? given->label : dataset_column_found(t, labels, COUNT_OF(labels));
    if (!names[ROLE_LABEL]) return dataset_column_missing(t, "label", "--label");
    return BERT_OK;
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
                    "%s:%zu: '%s' is %s, and one label was expected; --task multilabel takes "
                    "several",
                    list->path, list->line, d->label_column,
                    *list->label.bytes == '[' ? "a list" : "an object");
    for (size_t i = 0; d->label_column && i < d->count; i++) TRY(label_check(d, &d->rows[i]));
    return BERT_OK;
}

static bert_status row_add(dataset *d, const table *t, const char *path,
                           const size_t columns[ROLE_COUNT], bool several)
{
    dataset_row row = { .line = table_line(t), .path = path };
    size_t label = columns[ROLE_LABEL];
    TRY(dataset_keep_field(d, t, columns[ROLE_TEXT], FIELD_TEXT, &row.text));
    if (d->pair_column) TRY(dataset_keep_field(d, t, columns[ROLE_PAIR], FIELD_TEXT, &row.pair));
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
    for (size_t role = 0; role < ROLE_COUNT; role++)
        if (names[role]) TRY(table_require(t, names[role], &columns[role]));

    const char *path;
    TRY(dataset_keep_string(d, table_path(t), &path));
    while (dataset_wants_more(d, request)) {
        bool more;
        TRY(table_next(t, &more));
        if (!more) break;
        TRY(row_add(d, t, path, columns, request->several_labels));
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
    table_free(t);
    return status;
}
