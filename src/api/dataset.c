/* dataset.c: bert.h's rows of a file as inputs of a model. */
#include "api/api.h"

#include "base/locale.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "rows/table.h"
#include "task/observe.h"

#include <stdlib.h>

bert_status columns_check(const bert_columns *named, const char *const *paths, size_t count,
                          const char *more)
{
    const char *option = named->text ? "text" : named->pair ? "text-pair" : "label";
    if (!named->text && !named->pair && !named->label) return BERT_OK;
    bool tables = more && table_is_kind(more);
    for (size_t i = 0; i < count; i++) tables = tables || table_is_kind(paths[i]);
    if (tables) return BERT_OK;
    return fail(BERT_ARGUMENT,
                "--%s names a column of a table, and %s is none (.tsv, .csv, .jsonl)", option,
                paths[0]);
}

void rows_tell(const dataset *d, const bert_observer *observer)
{
    char text[1024];
    if (dataset_note(d, text, sizeof text)) observe_note(observer, "%s", text);
    if (dataset_warning(d, text, sizeof text)) observe_warning(observer, "%s", text);
}

bert_status task_rows_open(const task *kind, const char *const *paths, size_t count,
                           const bert_columns *columns, size_t limit,
                           const bert_task_options *options, const bert_observer *observer,
                           dataset *out)
{
    const dataset_request request = { .columns = columns_of(columns),
                                      .form = kind->form,
                                      .several_labels = kind->labels->may_be_empty,
                                      .limit = limit };
    dataset d;
    TRY(dataset_open(paths, count, &request, &d));
    rows_tell(&d, observer);
    bert_status status = kind->labels->rows_name ? kind->labels->rows_name(&d, options) : BERT_OK;
    if (status == BERT_OK)
        *out = d;
    else
        dataset_release(&d);
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

bert_status bert_dataset_open(const bert_model *model, const char *path, bert_dataset **out)
{
    LOCALE_PLAIN;
    TRY(head_check(model));
    void *memory;
    TRY(memory_zeroed(1, sizeof(bert_dataset), &memory));
    bert_dataset *d = memory;
    dataset_request request = { .form = model->task->form, .unlabelled = true };
    bert_status status = dataset_open(&path, 1, &request, &d->rows);
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
