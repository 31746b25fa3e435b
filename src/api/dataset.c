/* dataset.c: bert.h's rows of a file as inputs of a model. */
#include "api/api.h"

#include "base/locale.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "rows/table.h"
#include "task/observe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bert_status columns_check(const bert_columns *named, const char *const *paths, size_t count,
                          const char *more)
{
    const char *field = named->text    ? "text"
                        : named->pair  ? "pair"
                        : named->label ? "label"
                                       : "labels";
    if (!named->text && !named->pair && !named->label && !named->labels) return BERT_OK;
    const dataset_columns columns = columns_of(named);
    TRY(dataset_columns_check(&columns));
    bool tables = more && table_is_kind(more);
    for (size_t i = 0; i < count; i++) tables = tables || table_is_kind(paths[i]);
    if (tables) return BERT_OK;
    return fail_field(BERT_ARGUMENT, field,
                      "names a column of a table, and %s is none (.tsv, .csv, .jsonl)", paths[0]);
}

bert_status labels_check(const bert_columns *columns, const task *kind)
{
    if (!columns->labels || kind->labels->may_be_empty) return BERT_OK;
    return fail_field(BERT_ARGUMENT, "labels",
                      "names a column for each of several labels, and '%s' learns %s; the task "
                      "multilabel takes them",
                      kind->info.name, kind->labels->tell ? "one" : "none");
}

void rows_tell(const dataset *d, const bert_observer *observer)
{
    char text[1024];
    for (const struct dataset_note *n = d->notes; n; n = n->next)
        observe_note(observer, "%s", n->text);
    if (dataset_warning(d, text, sizeof text)) observe_warning(observer, "%s", text);
}

/* Appends a column that was taken and is not one that the caller names. */
static void column_list(const char *named, const char *taken, char *list, size_t capacity)
{
    size_t used = strlen(list);
    if (!named && taken) snprintf(list + used, capacity - used, "%s%s", used ? ", " : "", taken);
}

/* What was found without being named is said, if it is news. */
static bert_status columns_take(const rows_request *q, dataset_columns *columns)
{
    const bert_columns *named = &q->columns;
    char list[512] = "";
    bool news;
    TRY(dataset_columns_known(q->paths[0], q->known, columns, &news));
    if (!news || (q->kind->form != FORM_TEXTS && q->kind->form != FORM_LINES)) return BERT_OK;
    column_list(named->text, columns->text, list, sizeof list);
    column_list(named->pair, columns->pair, list, sizeof list);
    column_list(named->label, columns->label, list, sizeof list);
    column_list(named->labels, columns->labels, list, sizeof list);
    observe_note(q->observer, "%s: columns as in training: %s", q->paths[0], list);
    return BERT_OK;
}

bert_status task_rows_open(const rows_request *q, dataset *out)
{
    dataset_request request = { .columns = columns_of(&q->columns),
                                .form = q->kind->form,
                                .several_labels = q->kind->labels->may_be_empty,
                                .limit = q->limit };
    const task_labels *labels = q->kind->labels;
    dataset d;
    TRY(labels_check(&q->columns, q->kind));
    TRY(columns_take(q, &request.columns));
    TRY(dataset_open(q->paths, q->count, &request, &d));
    bert_status status = labels->rows_name ? labels->rows_name(&d, q->options, q->model) : BERT_OK;
    if (status == BERT_OK) {
        rows_tell(&d, q->observer);
        *out = d;
    } else {
        dataset_release(&d);
    }
    return status;
}

struct bert_dataset {
    dataset rows;
    bert_text *items; /* of all rows, side by side */
    size_t *first;    /* [count] of each row among them */
    char warning[1024];
};

static bert_status items_take(bert_dataset *d)
{
    size_t count = 0;
    for (size_t i = 0; i < d->rows.count; i++) count += d->rows.rows[i].item_count;
    void *items, *first;
    TRY(memory_zeroed(count, sizeof *d->items, &items));
    d->items = items;
    TRY(memory_zeroed(d->rows.count, sizeof *d->first, &first));
    d->first = first;
    for (size_t i = 0, at = 0; i < d->rows.count; i++) {
        const dataset_row *row = &d->rows.rows[i];
        d->first[i] = at;
        for (size_t k = 0; k < row->item_count; k++) d->items[at++] = text_from(row->items[k]);
    }
    return BERT_OK;
}

bert_status bert_dataset_open(const bert_model *model, const char *path,
                              const bert_columns *columns, bert_dataset **out)
{
    LOCALE_PLAIN;
    TRY(head_check(model));
    void *memory;
    TRY(memory_zeroed(1, sizeof(bert_dataset), &memory));
    bert_dataset *d = memory;
    dataset_request request = { .form = model->task->form, .unlabelled = true };
    dataset_columns known = model->trained.columns;
    bool news;
    if (columns) request.columns = columns_of(columns);
    request.columns.label = known.label = NULL;
    request.columns.labels = known.labels = NULL;
    bert_status status = dataset_columns_known(path, &known, &request.columns, &news);
    if (status == BERT_OK) status = dataset_open(&path, 1, &request, &d->rows);
    if (status == BERT_OK) status = items_take(d);
    if (status == BERT_OK) dataset_warning(&d->rows, d->warning, sizeof d->warning);
    if (status == BERT_OK)
        *out = d;
    else
        bert_dataset_free(d);
    return status;
}

void bert_dataset_free(bert_dataset *d)
{
    if (!d) return;
    dataset_release(&d->rows);
    free(d->items);
    free(d->first);
    free(d);
}

const char *bert_dataset_note(const bert_dataset *d, size_t index)
{
    const struct dataset_note *n = d->rows.notes;
    while (n && index--) n = n->next;
    return n ? n->text : NULL;
}

const char *bert_dataset_warning(const bert_dataset *d)
{
    return *d->warning ? d->warning : NULL;
}

size_t bert_dataset_count(const bert_dataset *d)
{
    return d->rows.count;
}

bert_input bert_dataset_input(const bert_dataset *d, size_t index)
{
    const dataset_row *row = &d->rows.rows[index];
    return (bert_input){ .text = text_from(row->text),
                         .pair = text_from(row->pair),
                         .items = row->items ? d->items + d->first[index] : NULL,
                         .item_count = row->item_count,
                         .id = text_from(row->id),
                         .path = row->path,
                         .line = row->line };
}
