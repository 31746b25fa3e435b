/* dataset_compared.c: texts that are compared with each other, from the columns of a table.
 *
 * The two texts are anchor and positive, question and answer, a pair as for FORM_TEXTS, or what
 * --text and --text-pair name. Beside the first two kinds stands perhaps `negative`, a third text
 * that does not belong to the first. Else there is perhaps a score of how alike the two are, or 0
 * and 1 for whether they belong together: score, similarity, similarity_score, label, or what
 * --label names; without one they do. */
#include "data/dataset_reader.h"

typedef struct compared_names {
    const char *text, *pair, *score, *negative; /* score, negative NULL: there is none */
} compared_names;

typedef struct compared_columns {
    size_t text, pair, score, negative;
} compared_columns;

static bert_status names_find(const table *t, const dataset_request *request, compared_names *n)
{
    static const char *const together[][2] = { { "anchor", "positive" }, { "question", "answer" } };
    static const char *const scores[] = { "score", "similarity", "similarity_score", "label" };
    const dataset_columns *given = &request->columns;
    size_t column;
    bool anchored = false;
    *n = (compared_names){ .text = given->text, .pair = given->pair };
    for (size_t i = 0; i < 2 && !given->text && !given->pair && !anchored; i++) {
        anchored = table_find(t, together[i][0], &column) && table_find(t, together[i][1], &column);
        if (anchored) *n = (compared_names){ .text = together[i][0], .pair = together[i][1] };
    }
    dataset_texts_find(t, &n->text, &n->pair);
    if (!n->text) return dataset_column_missing(t, "text", "--text");
    if (!n->pair) return dataset_column_missing(t, "text to compare with", "--text-pair");
    if (request->unlabelled) return BERT_OK;
    n->score = given->label;
    if (anchored && !n->score && table_find(t, "negative", &column)) n->negative = "negative";
    if (!n->score && !n->negative) n->score = dataset_column_found(t, scores, 4);
    return BERT_OK;
}

/* By the first file's names. */
static bert_status names_set(dataset *d, const compared_names *n)
{
    TRY(dataset_keep_string(d, n->text, &d->text_column));
    TRY(dataset_keep_string(d, n->pair, &d->pair_column));
    TRY(dataset_keep_string(d, n->negative, &d->negative_column));
    return dataset_keep_string(d, n->score, &d->label_column);
}

static bert_status columns_find(const dataset *d, const table *t, compared_columns *c)
{
    TRY(table_require(t, d->text_column, &c->text));
    TRY(table_require(t, d->pair_column, &c->pair));
    if (d->label_column) TRY(table_require(t, d->label_column, &c->score));
    return d->negative_column ? table_require(t, d->negative_column, &c->negative) : BERT_OK;
}

static bert_status row_add(dataset *d, const table *t, const compared_columns *c, const char *path)
{
    dataset_row row = { .line = table_line(t), .path = path };
    void *items;
    TRY(dataset_keep_field(d, t, c->text, FIELD_TEXT, &row.text));
    TRY(dataset_keep_field(d, t, c->pair, FIELD_TEXT, &row.pair));
    if (d->label_column) TRY(dataset_keep_field(d, t, c->score, FIELD_CLASS, &row.label));
    if (d->negative_column) {
        TRY(dataset_take(d, 1, sizeof(slice), &items));
        TRY(dataset_keep_field(d, t, c->negative, FIELD_TEXT, items));
        row.items = items;
        row.item_count = 1;
    }
    return dataset_add(d, &row);
}

static bert_status rows_read(dataset *d, table *t, const dataset_request *request, bool first)
{
    compared_names names;
    compared_columns columns = { 0 };
    const char *path;
    if (first) {
        TRY(names_find(t, request, &names));
        TRY(names_set(d, &names));
    }
    TRY(columns_find(d, t, &columns));
    TRY(dataset_keep_string(d, table_path(t), &path));
    while (dataset_wants_more(d, request)) {
        bool more;
        TRY(table_next(t, &more));
        if (!more) break;
        TRY(row_add(d, t, &columns, path));
    }
    return BERT_OK;
}

bert_status dataset_read_compared(dataset *d, const char *path, const dataset_request *request,
                                  bool first)
{
    table *t;
    TRY(table_open(path, &t));
    bert_status status = rows_read(d, t, request, first);
    table_free(t);
    return status;
}
