/* tag_names.c: numbers as tags, and the file that names them. */
#include "tasks/tag.h"

#include "base/memory.h"
#include "data/dataset_reader.h"
#include "tasks/label_lists.h"

#include <stdlib.h>

static bert_status row_name(const label_file *f, const slice *names, dataset *d, dataset_row *row)
{
    void *memory;
    TRY(dataset_take(d, row->item_count, sizeof(slice), &memory));
    slice *tags = memory;
    for (size_t i = 0; i < row->item_count; i++) {
        size_t index;
        TRY(label_file_find(f, row, row->tags[i], &index));
        tags[i] = names[index];
    }
    row->tags = tags;
    return BERT_OK;
}

/* The file goes and the rows stay: its names live in the dataset from here on, once for all. */
static bert_status rows_name(const label_file *f, dataset *d)
{
    void *memory;
    TRY(memory_zeroed(f->names.count, sizeof(slice), &memory));
    slice *names = memory;
    bert_status status = BERT_OK;
    for (size_t i = 0; i < f->names.count && status == BERT_OK; i++)
        status = dataset_keep(d, slice_of(f->names.names[i]), &names[i]);
    for (size_t i = 0; i < d->count && status == BERT_OK; i++)
        status = row_name(f, names, d, &d->rows[i]);
    free(names);
    return status;
}

bert_status tag_rows_name(dataset *d, const bert_task_options *options, const config *known)
{
    (void)known;
    label_file file;
    if (!options->label_file) return BERT_OK;
    TRY(label_file_open(options->label_file, &file));
    bert_status status = rows_name(&file, d);
    label_file_release(&file);
    return status;
}
