#include "tasks/multi_hot.h"

#include "base/memory.h"
#include "data/dataset_reader.h"
#include "json/json.h"
#include "rows/json_texts.h"
#include "tasks/label_lists.h"

#include <stdio.h>
#include <stdlib.h>

/* What the rows so far have in common. */
typedef struct hot_rows {
    size_t count;             /* entries of each; 0: not known yet */
    bool certain;             /* a list names 0 or 1 twice: no list of names does */
    const dataset_row *other; /* the first that is no such list; NULL: none */
} hot_rows;

/* 0 or 1; false in *hot where it is neither. */
static bool entry_is(const json_t *entry, bool *hot)
{
    double number = json_is_boolean(entry) ? json_is_true(entry) : json_number_value(entry);
    if (!json_is_boolean(entry) && !json_is_number(entry)) return false;
    *hot = number == 1.0;
    return number == 0.0 || number == 1.0;
}

static bool list_fits(const json_t *list, hot_rows *h)
{
    size_t count = json_array_size(list), hots = 0;
    for (size_t i = 0; i < count; i++) {
        bool hot;
        if (!entry_is(json_array_get(list, i), &hot)) return false;
        hots += hot;
    }
    if (count < 2 || (h->count && count != h->count)) return false;
    h->count = count;
    h->certain = h->certain || hots > 1 || count - hots > 1;
    return true;
}

/* The row's list; *list NULL: it has none, or one that cannot be read, which is told later. */
static bert_status list_of(const dataset_row *row, json_t **list)
{
    *list = NULL;
    if (!row->label.count || !strchr("[(", *row->label.bytes)) return BERT_OK;
    bert_status status = json_column_parse(row->label, row->path, row->line, "labels", list);
    return status == BERT_MEMORY ? status : BERT_OK;
}

static bert_status rows_look(const dataset *d, hot_rows *h)
{
    for (size_t i = 0; i < d->count && !(h->other && h->certain); i++) {
        json_t *list;
        TRY(list_of(&d->rows[i], &list));
        bool fits = list && list_fits(list, h);
        json_decref(list);
        if (!fits && !h->other) h->other = &d->rows[i];
    }
    return BERT_OK;
}

/* The names of the entries of each list. */
static bert_status names_take(dataset *d, size_t count, const label_file *file, const config *known)
{
    void *memory;
    TRY(dataset_take(d, count, sizeof(slice), &memory));
    slice *names = memory;
    for (size_t i = 0; i < count; i++) {
        char usual[32];
        snprintf(usual, sizeof usual, "LABEL_%zu", i);
        const char *name = file->path ? file->names.names[i]
                           : known    ? known->label_names[i]
                                      : usual;
        TRY(dataset_keep(d, slice_of(name), &names[i]));
    }
    d->labels = names;
    d->label_count = count;
    return dataset_say(d, "%s: each list has 0 or 1 for each of %zu labels, %.*s, %.*s%s (%s%s)",
                       d->rows[0].path, count, (int)names[0].count, names[0].bytes,
                       (int)names[1].count, names[1].bytes, count > 2 ? ", ..." : "",
                       file->path ? file->path
                       : known    ? "the model's"
                                  : FIELD(label_file),
                       file->path || known ? "" : " names them");
}

static bert_status row_name(dataset *d, dataset_row *row)
{
    json_t *list, *names = json_array();
    char *text = NULL;
    bert_status status = list_of(row, &list);
    for (size_t i = 0; status == BERT_OK && i < d->label_count; i++) {
        bool hot;
        if (entry_is(json_array_get(list, i), &hot) && hot)
            status = json_append(names, json_string_of(d->labels[i]));
    }
    json_decref(list);
    if (status == BERT_OK) status = json_text(names, &text);
    json_decref(names);
    if (status == BERT_OK) status = dataset_keep(d, slice_of(text), &row->label);
    free(text);
    return status;
}

static bert_status rows_name(dataset *d, const label_file *file, const config *known)
{
    hot_rows h = { 0 };
    TRY(rows_look(d, &h));
    if (!h.count || (h.other && !h.certain)) return BERT_OK;
    if (h.other)
        return fail(BERT_DATA,
                    "%s:%zu: is not a list of %zu times 0 or 1, as those of the other rows are",
                    h.other->path, h.other->line, h.count);
    size_t names = file->path ? file->names.count : known ? known->labels : h.count;
    if (names != h.count && !h.certain) return BERT_OK;
    if (names != h.count)
        return fail(BERT_DATA, "%s:%zu: has a list of %zu times 0 or 1, and %s names %zu labels",
                    d->rows[0].path, d->rows[0].line, h.count,
                    file->path ? file->path : "the model", names);
    TRY(names_take(d, h.count, file, known));
    for (size_t i = 0; i < d->count; i++) TRY(row_name(d, &d->rows[i]));
    return BERT_OK;
}

static bool has_column(const dataset *d, const char *label)
{
    for (size_t i = 0; i < d->label_count; i++)
        if (slice_equal(d->labels[i], slice_of(label))) return true;
    return false;
}

/* A label without a column counts as 0 in every row, which lowers the scores. */
static bert_status columns_lacked(dataset *d, const config *known)
{
    size_t count = 0;
    const char *first = NULL;
    for (size_t i = 0; known && i < known->labels; i++) {
        if (has_column(d, known->label_names[i])) continue;
        if (!first) first = known->label_names[i];
        count++;
    }
    if (!count || !d->count) return BERT_OK;
    return dataset_say(d,
                       "%s: no column is taken for %zu of the model's %zu labels, such as '%s'; "
                       "where it gives them, that counts as wrong",
                       d->rows[0].path, count, known->labels, first);
}

bert_status multi_hot_name(dataset *d, const bert_task_options *options, const config *known)
{
    label_file file;
    if (d->labels) return columns_lacked(d, known);
    TRY(label_file_open(options->label_file, &file));
    bert_status status = rows_name(d, &file, known);
    label_file_release(&file);
    return status;
}
