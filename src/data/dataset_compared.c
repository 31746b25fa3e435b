/* dataset_compared.c: texts that are compared with each other, from the columns of a table.
 *
 * The two texts are anchor and positive, query and positive, question and answer, a pair as for
 * FORM_TEXTS, or what --text and --text-pair name; where one of them is named, the other is looked
 * for. Beside the first kinds stands perhaps `negative`, a third text that does not belong to the
 * first. Else there is perhaps a score of how alike the two are, or 0 and 1 for whether they belong
 * together: score, similarity, similarity_score, label, or what --label names; without one they do.
 */
#include "data/dataset_reader.h"

typedef struct compared_names {
    const char *text, *pair, *score, *negative; /* score, negative NULL: there is none */
} compared_names;

typedef struct compared_columns {
    size_t text, pair, score, negative;
} compared_columns;

static const char *const together[][2] = { { "anchor", "positive" },
                                           { "query", "positive" },
                                           { "question", "answer" },
                                           { "query", "answer" } };
static const char *const scores[] = { "score", "similarity", "similarity_score", "label" };
static const char *const seconds[] = { "positive", "answer",     "sentence2", "hypothesis",
                                       "text_b",   "sentence_b", "question2" };

/* Two texts that belong together; one that is named takes the place of the usual one. */
static bool together_find(const table *t, const dataset_columns *named, compared_names *n)
{
    size_t column;
    for (size_t i = 0; i < 4; i++) {
        const char *text = together[i][0], *pair = together[i][1];
        if (!named->text && !dataset_column_free(t, named, text, false, &column)) continue;
        if (!named->pair && !dataset_column_free(t, named, pair, false, &column)) continue;
        *n = (compared_names){ .text = named->text ? named->text : text,
                               .pair = named->pair ? named->pair : pair };
        return true;
    }
    return false;
}

static bert_status names_find(const table *t, const dataset_request *request, compared_names *n)
{
    const dataset_columns *given = &request->columns;
    size_t column;
    bool anchored = !(given->text && given->pair) && together_find(t, given, n);
    if (!anchored) TRY(dataset_texts_find(t, given, &n->text, &n->pair));
    if (!n->pair) n->pair = dataset_column_found(t, given, NAMES(seconds));
    if (!n->pair)
        return dataset_column_missing(t, "text to compare with", FIELD(pair), NAMES(seconds));
    if (request->unlabelled) return BERT_OK;
    n->score = given->label;
    if (anchored && !n->score && dataset_column_free(t, given, "negative", false, &column))
        n->negative = "negative";
    if (!n->score && !n->negative) n->score = dataset_column_found(t, given, NAMES(scores));
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

static bert_status columns_find(dataset *d, table *t, compared_columns *c)
{
    TRY(dataset_column_take(d, t, d->text_column, &c->text));
    TRY(dataset_column_take(d, t, d->pair_column, &c->pair));
    if (d->label_column) TRY(dataset_column_take(d, t, d->label_column, &c->score));
    return d->negative_column ? dataset_column_take(d, t, d->negative_column, &c->negative)
                              : BERT_OK;
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
    compared_names names = { 0 };
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
    return dataset_table_close(d, t, status);
}
