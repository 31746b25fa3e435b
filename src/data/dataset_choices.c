/* dataset_choices.c: a text and its possible endings, from the columns of a table:
 *
 *   the text     sent1, context, question, startphrase, text; or what --text names
 *   sent2        where it is there, it begins every ending (SWAG)
 *   the endings  ending0, ending1, ...; choice0, ...; or a JSON list in endings or choices
 *   the label    label, answer; or what --label names: the index of the right ending from 0, its
 *                letter from A, or its text */
#include "data/dataset_reader.h"
#include "rows/json_texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENDINGS_MAX = 26 };

typedef struct choice_columns {
    size_t text, prefix, label, list;
    size_t endings[ENDINGS_MAX]; /* [count] */
    size_t count;                /* 0: they are in `list` */
    const char *list_name;
    bool has_prefix, labelled;
} choice_columns;

/* Of one row, before they are joined. */
typedef struct choice_row {
    const table *table;
    size_t line;
    slice endings[ENDINGS_MAX];
    size_t count;
    text_array list;
} choice_row;

/* ---- columns */

static size_t endings_find(const table *t, const char *name, size_t *columns)
{
    size_t count = 0;
    char column[32];
    for (; count < ENDINGS_MAX; count++) {
        snprintf(column, sizeof column, "%s%zu", name, count);
        if (!table_find(t, column, &columns[count])) break;
    }
    return count;
}

static bert_status columns_find(const table *t, const dataset_request *request, choice_columns *c)
{
    static const char *const texts[] = { "sent1", "context", "question", "startphrase", "text" };
    static const char *const labels[] = { "label", "answer" };
    static const char *const lists[] = { "endings", "choices" };
    const char *text = request->columns.text, *label = request->columns.label;
    if (!text) text = dataset_column_found(t, texts, 5);
    if (!text) return dataset_column_missing(t, "text", "--text");
    TRY(table_require(t, text, &c->text));
    c->has_prefix = table_find(t, "sent2", &c->prefix);
    c->count = endings_find(t, "ending", c->endings);
    if (!c->count) c->count = endings_find(t, "choice", c->endings);
    if (!c->count && !(c->list_name = dataset_column_found(t, lists, 2)))
        return fail(BERT_DATA,
                    "%s: which are the endings? They are looked for in ending0, ending1, ..., in "
                    "choice0, ... and as a JSON list in endings or choices",
                    table_path(t));
    if (c->list_name) TRY(table_require(t, c->list_name, &c->list));
    c->labelled = !request->unlabelled;
    if (!c->labelled) return BERT_OK;
    if (!label) label = dataset_column_found(t, labels, 2);
    return label ? table_require(t, label, &c->label)
                 : dataset_column_missing(t, "label", "--label");
}

/* ---- rows */

static bert_status endings_read(const choice_columns *c, choice_row *r)
{
    const char *path = table_path(r->table);
    r->count = c->count;
    for (size_t i = 0; i < c->count; i++)
        TRY(dataset_field(r->table, c->endings[i], FIELD_TEXT, &r->endings[i]));
    if (!c->count) {
        TRY(json_texts_parse(table_field(r->table, c->list), path, r->line, c->list_name,
                             &r->list));
        r->count = r->list.count;
        for (size_t i = 0; i < r->count && i < ENDINGS_MAX; i++) r->endings[i] = r->list.items[i];
    }
    if (r->count < 2 || r->count > ENDINGS_MAX)
        return fail(BERT_DATA, "%s:%zu: %zu endings; there must be from 2 to %d", path, r->line,
                    r->count, ENDINGS_MAX);
    for (size_t i = 0; i < r->count; i++)
        if (r->endings[i].count == 0)
            return fail(BERT_DATA, "%s:%zu: ending %zu is empty", path, r->line, i);
    return BERT_OK;
}

/* By index, letter or text. */
static bert_status right_find(const choice_row *r, slice label, size_t *right)
{
    char text[16], *end;
    if (label.count > 0 && label.count < sizeof text) {
        memcpy(text, label.bytes, label.count);
        text[label.count] = '\0';
        unsigned long index = strtoul(text, &end, 10);
        if (*text >= 'A' && *text <= 'Z' && label.count == 1) {
            index = (unsigned long)(*text - 'A');
            end = text + 1;
        }
        *right = index;
        if (end > text && *end == '\0' && *text != '-' && index < r->count) return BERT_OK;
    }
    for (*right = 0; *right < r->count; (*right)++)
        if (slice_equal(label, r->endings[*right])) return BERT_OK;
    return fail(BERT_DATA,
                "%s:%zu: the label '%.*s' is none of the %zu endings: it can be an index from 0 to "
                "%zu, a letter, or an ending's text",
                table_path(r->table), r->line, (int)(label.count < 40 ? label.count : 40),
                label.bytes ? label.bytes : "", r->count, r->count - 1);
}

/* "sent2 ending", or the ending alone. */
static bert_status ending_keep(dataset *d, slice prefix, slice ending, slice *out)
{
    void *memory;
    if (!prefix.bytes) return dataset_keep(d, ending, out);
    TRY(dataset_take(d, prefix.count + 1 + ending.count, 1, &memory));
    char *joined = memory;
    memcpy(joined, prefix.bytes, prefix.count);
    joined[prefix.count] = ' ';
    memcpy(joined + prefix.count + 1, ending.bytes, ending.count);
    *out = (slice){ joined, prefix.count + 1 + ending.count };
    return BERT_OK;
}

static bert_status row_keep(dataset *d, const choice_columns *c, const choice_row *r,
                            const char *path)
{
    dataset_row row = { .line = r->line, .path = path, .item_count = r->count };
    void *items;
    TRY(dataset_take(d, r->count, sizeof(slice), &items));
    slice *endings = items, prefix = { NULL, 0 }, label;
    if (c->has_prefix && table_field(r->table, c->prefix).bytes)
        TRY(dataset_field(r->table, c->prefix, FIELD_TEXT, &prefix));
    for (size_t i = 0; i < r->count; i++) TRY(ending_keep(d, prefix, r->endings[i], &endings[i]));
    row.items = endings;
    TRY(dataset_keep_field(d, r->table, c->text, FIELD_TEXT, &row.text));
    if (c->labelled) {
        size_t right;
        char number[24];
        TRY(dataset_field(r->table, c->label, FIELD_CLASS, &label));
        TRY(right_find(r, label, &right));
        snprintf(number, sizeof number, "%zu", right);
        TRY(dataset_keep(d, slice_of(number), &row.label));
    }
    return dataset_add(d, &row);
}

static bert_status rows_read(dataset *d, table *t, const dataset_request *request, choice_row *r)
{
    choice_columns columns = { 0 };
    const char *path;
    TRY(columns_find(t, request, &columns));
    TRY(dataset_keep_string(d, table_path(t), &path));
    while (dataset_wants_more(d, request)) {
        bool more;
        TRY(table_next(t, &more));
        if (!more) break;
        r->line = table_line(t);
        TRY(endings_read(&columns, r));
        if (d->count && d->rows[0].item_count != r->count)
            return fail(BERT_DATA, "%s:%zu: %zu endings, where %s:%zu has %zu", path, r->line,
                        r->count, d->rows[0].path, d->rows[0].line, d->rows[0].item_count);
        TRY(row_keep(d, &columns, r, path));
    }
    return BERT_OK;
}

bert_status dataset_read_choices(dataset *d, const char *path, const dataset_request *request,
                                 bool first)
{
    (void)first;
    table *t;
    TRY(table_open(path, &t));
    choice_row row = { .table = t };
    bert_status status = rows_read(d, t, request, &row);
    text_array_release(&row.list);
    table_free(t);
    return status;
}
