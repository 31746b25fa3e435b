/* dataset_reader.h: what the readers of dataset_*.c share: how a form is known, and the memory that
 * a dataset's texts live in. */
#ifndef DATA_DATASET_READER_H
#define DATA_DATASET_READER_H

#include "data/dataset.h"
#include "rows/table.h"

#include <jansson.h>

/* One form's reader. `first`: is it the first of the files? Its column names are the dataset's. */
typedef bert_status dataset_read(dataset *d, const char *path, const dataset_request *request,
                                 bool first);

/* The readers. A table's ending alone does not tell its form: see dataset_form_find(). */
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

/* Something to tell the user of what was read (printf style). */
bert_status dataset_say(dataset *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Frees a table that was read, and says what of it was not. Returns `status`, or a failure of its
 * own. */
bert_status dataset_table_close(dataset *d, table *t, bert_status status);

/* ---- dataset_columns.c */

/* Names to look for, the first that is there being meant. */
typedef struct name_list {
    const char *const *items; /* [count] */
    size_t count;
} name_list;

#define NAMES(array) ((name_list){ array, sizeof(array) / sizeof *(array) })

/* Is there a column of this name that the caller has not named for something else? */
bool dataset_column_free(const table *t, const dataset_columns *named, const char *name,
                         bool exactly, size_t *column);
/* The first of `names` for which there is: exactly so named, else but for case and blanks
 * (table_find()). NULL: none. */
const char *dataset_column_found(const table *t, const dataset_columns *named, name_list names);
/* table_take(), with a note where the table has the name with other case or blanks. */
bert_status dataset_column_take(dataset *d, table *t, const char *name, size_t *column);
/* BERT_DATA: "which column is the text? Name it (FIELD(text))", with those that there are and those
 * that were looked for. */
bert_status dataset_column_missing(const table *t, const char *what, const char *field,
                                   name_list names);

/* The columns of a text and its pair by their usual names, where `named` leaves them to be found.
 * BERT_DATA where there is no text; *pair NULL: there is no pair. */
bert_status dataset_texts_find(const table *t, const dataset_columns *named, const char **text,
                               const char **pair);

/* dataset_known.c: takes those of `known`, together or not at all, where `columns` names none and
 * the table has them. Were they taken? */
bool dataset_texts_known(const table *t, const dataset_columns *known, dataset_columns *columns);

/* The column of the label by its usual names, those of BoolQ for a pair with a passage; NULL: none.
 */
const char *dataset_label_find(const table *t, const dataset_columns *named, const char *pair);

/* dataset_choices.c: are there columns of endings? */
bool dataset_endings_there(const table *t, const dataset_columns *named);

/* ---- dataset_flags.c: a column of 0 and 1 for each label */

typedef struct label_flags {
    size_t *columns; /* [count] */
    slice *quoted;   /* [count] the labels as JSON has them */
    size_t count, bytes;
} label_flags;

/* Is the option --labels "rest"? */
bool dataset_flags_rest(const char *list);
/* The names in the option --labels that is not: "a,b", or a JSON list. BERT_ARGUMENT where one is
 * empty. The caller releases *out. */
bert_status dataset_flags_list(const char *list, json_t **out);
/* The columns that `list` names; they become the dataset's labels. */
bert_status dataset_flags_find(dataset *d, table *t, const char *list, label_flags *out);
/* The labels of the table's current row, as a JSON list. */
bert_status dataset_flags_read(dataset *d, const table *t, const label_flags *f, slice *out);

/* Sets d->form: what the first of the files holds, by its ending, its columns and its first row.
 * BERT_ARGUMENT for a column that is named and that no reader of the form looks for. */
bert_status dataset_form_find(dataset *d, const char *path, const dataset_request *request);

#endif
