/* dataset_choices.c: a text and its possible endings, from the columns of a table:
 *
 *   the text     sent1, ctx, context, premise, ..., or the column that is named; `question`
 *                is joined to it (COPA, Cosmos QA), and is the text where it is alone
 *   sent2        where it is there, it begins every ending (SWAG)
 *   the endings  ending0, ending1, ..., or from ending1, or endingA, on; so choice, option,
 *                answer, sol; or a JSON list in endings, choices or options
 *   the label    label, answer, labels, or the column that is named: the number of the
 *                right ending, its letter from A, its column's name or its text
 *
 * Numbers count from 0. Where the columns count from 1, or have letters, the labels may do so too:
 * then all labels of the first file decide. */
#include "data/dataset_reader.h"
#include "rows/json_texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENDINGS_MAX = 26, COLUMN_NAME = 32 };

static const char *const texts[] = { "sent1",   "ctx",         "context",  "premise", "passage",
                                     "article", "startphrase", "sentence", "goal",    "text" };
static const char *const questions[] = { "question" };
static const char *const labels[] = { "label", "answer", "labels" };
static const char *const lists[] = { "endings", "choices", "options" };
static const char *const stems[] = { "ending", "choice", "option", "answer", "sol" };

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Columns of endings: the first three of ending0, ending1, ... have stem "ending", first '0'. */
typedef struct ending_names {
    const char *stem, *between; /* "ending", "" or "_" */
    char first;                 /* '0', '1' or 'A' */
    size_t count;               /* 0: there are none */
} ending_names;

typedef struct choice_columns {
    size_t text, question, prefix, label, list;
    ending_names names;
    size_t endings[ENDINGS_MAX]; /* [names.count]; where that is 0 they are in `list` */
    const char *list_name;
    bool has_question, has_prefix, labelled;
    size_t first; /* the label that means the first ending: 0 or 1 */
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

static const char *ending_name(const ending_names *n, size_t index, char name[COLUMN_NAME])
{
    if (n->first == 'A')
        snprintf(name, COLUMN_NAME, "%s%s%c", n->stem, n->between, (char)('A' + index));
    else
        snprintf(name, COLUMN_NAME, "%s%s%zu", n->stem, n->between,
                 index + (size_t)(n->first - '0'));
    return name;
}

/* The columns of endings that are there and not named for something else; two at least. */
static ending_names endings_look(const table *t, const dataset_columns *named)
{
    static const char *const betweens[] = { "", "_" };
    static const char firsts[] = { '0', '1', 'A' };
    char name[COLUMN_NAME];
    size_t column;
    for (size_t i = 0; i < COUNT_OF(stems) * COUNT_OF(betweens) * sizeof firsts; i++) {
        ending_names n = { .stem = stems[i / sizeof firsts / COUNT_OF(betweens)],
                           .between = betweens[i / sizeof firsts % COUNT_OF(betweens)],
                           .first = firsts[i % sizeof firsts] };
        while (n.count < ENDINGS_MAX &&
               dataset_column_free(t, named, ending_name(&n, n.count, name), false, &column))
            n.count++;
        if (n.count > 1) return n;
    }
    return (ending_names){ 0 };
}

bool dataset_endings_there(const table *t, const dataset_columns *named)
{
    return endings_look(t, named).count || dataset_column_found(t, named, NAMES(lists));
}

static bert_status endings_take(dataset *d, table *t, choice_columns *c)
{
    char name[COLUMN_NAME], last[COLUMN_NAME];
    size_t column;
    for (size_t i = 0; i < c->names.count; i++)
        TRY(dataset_column_take(d, t, ending_name(&c->names, i, name), &c->endings[i]));
    for (size_t i = c->names.count + (c->names.count < ENDINGS_MAX); i <= ENDINGS_MAX; i++)
        if (table_find(t, ending_name(&c->names, i, name), &column))
            return fail(BERT_DATA, "%s: there is a column '%s', and the endings go up to '%s'",
                        table_path(t), name, ending_name(&c->names, c->names.count - 1, last));
    return BERT_OK;
}

static bert_status endings_find(dataset *d, table *t, const dataset_columns *named,
                                choice_columns *c)
{
    char columns[512];
    c->names = endings_look(t, named);
    if (c->names.count) return endings_take(d, t, c);
    c->list_name = dataset_column_found(t, named, NAMES(lists));
    if (c->list_name) return dataset_column_take(d, t, c->list_name, &c->list);
    table_list_columns(t, columns, sizeof columns);
    return fail(
        BERT_DATA,
        "%s: which are the endings? They are looked for in ending0, ending1, ... (or choice, "
        "option, answer, sol; from 0, 1 or A on) and as a JSON list in endings, choices or "
        "options; the columns are: %s",
        table_path(t), columns);
}

/* The text, and a question that belongs to it. */
static bert_status texts_take(dataset *d, table *t, const dataset_columns *named, choice_columns *c)
{
    const char *text = named->text ? named->text : dataset_column_found(t, named, NAMES(texts));
    const char *question = dataset_column_found(t, named, NAMES(questions));
    if (!text && !question) return dataset_column_missing(t, "text", FIELD(text), NAMES(texts));
    c->has_question = text && question;
    if (!text) text = question;
    TRY(dataset_column_take(d, t, text, &c->text));
    if (!d->text_column) TRY(dataset_keep_string(d, text, &d->text_column));
    if (!c->has_question) return BERT_OK;
    TRY(dataset_column_take(d, t, question, &c->question));
    return dataset_say(d, "%s: the text is that of '%s' with that of '%s' behind it", table_path(t),
                       text, question);
}

static bert_status columns_find(dataset *d, table *t, const dataset_request *request,
                                choice_columns *c)
{
    const dataset_columns *named = &request->columns;
    size_t column;
    TRY(endings_find(d, t, named, c));
    TRY(texts_take(d, t, named, c));
    c->has_prefix = dataset_column_free(t, named, "sent2", false, &column);
    if (c->has_prefix) TRY(dataset_column_take(d, t, "sent2", &c->prefix));
    c->labelled = !request->unlabelled;
    if (!c->labelled) return BERT_OK;
    const char *label = named->label ? named->label : dataset_column_found(t, named, NAMES(labels));
    if (!label) return dataset_column_missing(t, "label", FIELD(label), NAMES(labels));
    if (!d->label_column) TRY(dataset_keep_string(d, label, &d->label_column));
    return dataset_column_take(d, t, label, &c->label);
}

/* ---- from which number the labels count */

/* A whole number that may count endings. */
static bool label_count(slice label, size_t *out)
{
    size_t number = 0;
    while (label.count && *label.bytes == ' ') label = (slice){ label.bytes + 1, label.count - 1 };
    for (size_t i = 0; i < label.count; i++) {
        if (label.bytes[i] < '0' || label.bytes[i] > '9' || i > 3) return false;
        number = 10 * number + (size_t)(label.bytes[i] - '0');
    }
    *out = number;
    return label.count > 0;
}

/* Does the column hold the numbers 0 and `count`, and numbers at all? */
static bert_status labels_scan(const char *path, size_t column, size_t count, bool *zero,
                               bool *last, bool *numbers)
{
    table *t;
    bool more = true;
    TRY(table_open(path, &t));
    bert_status status = table_next(t, &more);
    for (; status == BERT_OK && more; status = table_next(t, &more)) {
        size_t number;
        if (!label_count(table_field(t, column), &number)) continue;
        *numbers = true;
        *zero = *zero || number == 0;
        *last = *last || number == count;
    }
    table_free(t);
    return status;
}

static bert_status first_find(dataset *d, const table *t, choice_columns *c)
{
    const char *path = table_path(t);
    bool zero = false, last = false, numbers = false;
    char name[COLUMN_NAME];
    size_t count = c->names.count;
    if (!c->labelled || !count || c->names.first == '0') return BERT_OK;
    c->first = d->choices_first;
    if (d->choices_counted) return BERT_OK;
    TRY(labels_scan(path, c->label, count, &zero, &last, &numbers));
    if (!numbers) return BERT_OK;
    if (zero == last)
        return fail(
            BERT_DATA,
            "%s: do the labels count the %zu endings from 0 or from 1? %s; write the name of "
            "the right one's column (%s) in their place",
            path, count, zero ? "They hold both 0 and the last number" : "No label tells",
            ending_name(&c->names, 0, name));
    d->choices_counted = true;
    c->first = d->choices_first = last;
    return dataset_say(d, "%s: the labels count the endings from %zu: %zu is '%s'", path, c->first,
                       c->first, ending_name(&c->names, 0, name));
}

/* ---- rows */

static bert_status endings_read(const choice_columns *c, choice_row *r)
{
    const char *path = table_path(r->table);
    r->count = c->names.count;
    for (size_t i = 0; i < r->count; i++)
        TRY(dataset_field(r->table, c->endings[i], FIELD_TEXT, &r->endings[i]));
    if (!c->names.count) {
        TRY(json_texts_parse(table_field(r->table, c->list), path, r->line, c->list_name,
                             &r->list));
        r->count = r->list.count;
        for (size_t i = 0; i < r->count && i < ENDINGS_MAX; i++) r->endings[i] = r->list.items[i];
    }
    if (r->count < 2 || r->count > ENDINGS_MAX)
        return fail(BERT_DATA, "%s:%zu: %zu ending%s; there must be from 2 to %d", path, r->line,
                    r->count, r->count == 1 ? "" : "s", ENDINGS_MAX);
    for (size_t i = 0; i < r->count; i++)
        if (r->endings[i].count == 0)
            return fail(BERT_DATA, "%s:%zu: ending %zu is empty", path, r->line, i);
    return BERT_OK;
}

static bert_status label_refuse(const choice_columns *c, const choice_row *r, slice label)
{
    size_t number;
    bert_status status = fail(
        BERT_DATA,
        "%s:%zu: the label '%.*s' is none of the %zu endings: it can be a number from %zu to "
        "%zu, a letter, an ending's column or its text; %s classify takes labels as classes",
        table_path(r->table), r->line, (int)(label.count < 40 ? label.count : 40),
        label.bytes ? label.bytes : "", r->count, c->first, c->first + r->count - 1, FIELD(task));
    if (c->first || !label_count(label, &number) || number != r->count) return status;
    return fail_more(status, "; if the labels count from 1, subtract 1 from each");
}

/* By number, letter, column or text. */
static bert_status right_find(const choice_columns *c, const choice_row *r, slice label,
                              size_t *right)
{
    char name[COLUMN_NAME];
    size_t number;
    if (label_count(label, &number) && number >= c->first && number - c->first < r->count) {
        *right = number - c->first;
        return BERT_OK;
    }
    if (label.count == 1 && *label.bytes >= 'A' && (size_t)(*label.bytes - 'A') < r->count) {
        *right = (size_t)(*label.bytes - 'A');
        return BERT_OK;
    }
    for (*right = 0; *right < r->count; (*right)++)
        if (slice_equal(label, r->endings[*right]) ||
            (c->names.count && slice_equal(label, slice_of(ending_name(&c->names, *right, name)))))
            return BERT_OK;
    return label_refuse(c, r, label);
}

/* "sent2 ending", "context question"; one that is not there leaves the other alone. */
static bert_status joined_keep(dataset *d, slice first, slice second, slice *out)
{
    void *memory;
    if (!first.bytes || !second.bytes) return dataset_keep(d, first.bytes ? first : second, out);
    TRY(dataset_take(d, first.count + 1 + second.count, 1, &memory));
    char *joined = memory;
    memcpy(joined, first.bytes, first.count);
    joined[first.count] = ' ';
    memcpy(joined + first.count + 1, second.bytes, second.count);
    *out = (slice){ joined, first.count + 1 + second.count };
    return BERT_OK;
}

static bert_status row_keep(dataset *d, const choice_columns *c, const choice_row *r,
                            const char *path)
{
    dataset_row row = { .line = r->line, .path = path, .item_count = r->count };
    void *items;
    TRY(dataset_take(d, r->count, sizeof(slice), &items));
    slice *endings = items, prefix = { NULL, 0 }, question = { NULL, 0 }, text, label;
    if (c->has_prefix && table_field(r->table, c->prefix).bytes)
        TRY(dataset_field(r->table, c->prefix, FIELD_TEXT, &prefix));
    for (size_t i = 0; i < r->count; i++) TRY(joined_keep(d, prefix, r->endings[i], &endings[i]));
    row.items = endings;
    TRY(dataset_field(r->table, c->text, FIELD_TEXT, &text));
    if (c->has_question) TRY(dataset_field(r->table, c->question, FIELD_TEXT, &question));
    TRY(joined_keep(d, text, question, &row.text));
    if (c->labelled) {
        size_t right;
        char number[24];
        TRY(dataset_field(r->table, c->label, FIELD_CLASS, &label));
        TRY(right_find(c, r, label, &right));
        snprintf(number, sizeof number, "%zu", right);
        TRY(dataset_keep(d, slice_of(number), &row.label));
    }
    return dataset_add(d, &row);
}

static bert_status rows_read(dataset *d, table *t, const dataset_request *request, choice_row *r)
{
    choice_columns columns = { 0 };
    const char *path;
    TRY(columns_find(d, t, request, &columns));
    TRY(first_find(d, t, &columns));
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
    return dataset_table_close(d, t, status);
}
