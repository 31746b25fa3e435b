/* dataset_known.c: the columns that a model was trained on, in a table that is met later. */
#include "data/dataset_reader.h"

dataset_columns dataset_columns_of(const dataset *d)
{
    if (d->negative_column) return (dataset_columns){ 0 };
    return (dataset_columns){ .text = d->text_column,
                              .pair = d->pair_column,
                              .label = d->label_column,
                              .labels = d->label_columns };
}

/* Are they names of one column, or both none? */
static bool same(const table *t, const char *a, const char *b)
{
    size_t own, other;
    if (!a || !b) return a == b;
    return table_find(t, a, &own) && table_find(t, b, &other) && own == other;
}

bool dataset_texts_known(const table *t, const dataset_columns *known, dataset_columns *columns)
{
    size_t text, pair;
    if (columns->text || columns->pair || !known->text || !table_find(t, known->text, &text))
        return false;
    if (known->pair && (!table_find(t, known->pair, &pair) || pair == text)) return false;
    columns->text = known->text;
    columns->pair = known->pair;
    return true;
}

static void texts_take(const table *t, const dataset_columns *known, dataset_columns *columns,
                       bool *news)
{
    const char *text = NULL, *pair = NULL;
    const dataset_columns none = { 0 };
    if (!dataset_texts_known(t, known, columns)) return;
    (void)dataset_texts_find(t, &none, &text, &pair); /* NULL: none is found */
    *news = *news || !same(t, text, known->text) || !same(t, pair, known->pair);
}

static void label_take(const table *t, const dataset_columns *known, dataset_columns *columns,
                       bool *news)
{
    size_t column;
    if (columns->label || columns->labels || !known->label ||
        !dataset_column_free(t, columns, known->label, false, &column))
        return;
    *news = *news || !same(t, dataset_label_find(t, columns, columns->pair), known->label);
    columns->label = known->label;
}

/* Of the names how many the table has, in columns of their own, and the first that it lacks. */
static size_t names_count(table *t, const dataset_columns *columns, const json_t *names,
                          const char **lacking)
{
    size_t there = 0, column;
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (dataset_column_free(t, columns, name, false, &column) && !table_is_taken(t, column) &&
            table_take(t, name, &column) == BERT_OK)
            there++;
        else if (!*lacking)
            *lacking = name;
    }
    return there;
}

/* A label whose column is gone would count as absent from every row. Who names "rest" wants the
 * labels of the training, too. */
static bert_status flags_take(table *t, const dataset_columns *known, dataset_columns *columns,
                              bool *news)
{
    json_t *names;
    const char *lacking = NULL;
    bool rest = columns->labels && dataset_flags_rest(columns->labels);
    if (!known->labels || columns->label || (columns->labels && !rest)) return BERT_OK;
    bert_status status = dataset_flags_list(known->labels, &names);
    if (status != BERT_OK) return status == BERT_MEMORY ? status : BERT_OK; /* another's list */
    size_t there = names_count(t, columns, names, &lacking);
    bool wanted = rest || (there && !dataset_label_find(t, columns, columns->pair));
    if (lacking && wanted)
        status = fail(BERT_DATA,
                      "%s: has no column '%s', which is a label of the training; add it, or name "
                      "the columns that there are (%s)",
                      table_path(t), lacking, FIELD(labels));
    json_decref(names);
    if (lacking || rest) return status;
    *news = true;
    columns->labels = known->labels;
    return BERT_OK;
}

bert_status dataset_columns_known(const char *path, const dataset_columns *known,
                                  dataset_columns *columns, bool *news)
{
    table *t;
    *news = false;
    if (!table_is_kind(path) || !known->text) return BERT_OK;
    TRY(table_open(path, &t));
    texts_take(t, known, columns, news);
    label_take(t, known, columns, news);
    bert_status status = flags_take(t, known, columns, news);
    table_free(t);
    return status;
}
