/* dataset_reader.h: what the readers of dataset_*.c share: how a form is known, and the memory that
 * a dataset's texts live in. */
#ifndef DATA_DATASET_READER_H
#define DATA_DATASET_READER_H

#include "data/dataset.h"
#include "rows/table.h"

/* One form's reader. `first`: is it the first of the files? Its column names are the dataset's. */
typedef bert_status dataset_read(dataset *d, const char *path, const dataset_request *request,
                                 bool first);

/* The readers. A table's ending alone does not tell its form: see form_find() in dataset.c. */
dataset_read dataset_read_choices, dataset_read_questions, dataset_read_texts, dataset_read_lines,
    dataset_read_words, dataset_read_compared;

/* After all files of questions: fills d->repeated_ids. */
bert_status dataset_count_ids(dataset *d);

/* Copies what is not NULL into the dataset; what is absent stays so. */
bert_status dataset_keep(dataset *d, slice text, slice *out);
/* The same for a string, its end included. */
bert_status dataset_keep_string(dataset *d, const char *string, const char **out);

/* What a column holds. A number is a text in any. */
typedef enum field_kind {
    FIELD_TEXT,
    FIELD_CLASS,  /* true and false are names as well */
    FIELD_CLASSES /* and so may be lists and objects, as their JSON text */
} field_kind;

/* The field of the table's current row, which must be there: BERT_DATA with file and line if it is
 * absent or of another kind. */
bert_status dataset_field(const table *t, size_t column, field_kind kind, slice *out);
/* The same, copied into the dataset. */
bert_status dataset_keep_field(dataset *d, const table *t, size_t column, field_kind kind,
                               slice *out);
/* Room for an array that lives as long as the dataset. */
bert_status dataset_take(dataset *d, size_t count, size_t size, void **out);
/* Appends a row, whose texts are kept already. */
bert_status dataset_add(dataset *d, const dataset_row *row);
/* Is there room for one row more? */
bool dataset_wants_more(const dataset *d, const dataset_request *request);

/* The first of `names` that is a column of the table; NULL: none. */
const char *dataset_column_found(const table *t, const char *const *names, size_t count);
/* The columns of a text and its pair by their usual names, where the caller left them to be found;
 * *text NULL: none. */
void dataset_texts_find(const table *t, const char **text, const char **pair);
/* BERT_DATA: "which column is the text? Name it (--text)", with those that there are. */
bert_status dataset_column_missing(const table *t, const char *what, const char *option);

#endif
