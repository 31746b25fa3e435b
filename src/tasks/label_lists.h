/* label_lists.h: several labels a text, as a field of a table holds them.
 *
 *     joy,love          names; spaces around them do not count
 *     3,7               numbers: with a file of names, the names on its lines 3 and 7, from 0;
 *                       without one, names like others
 *     ["joy","love"]    the same as a JSON list, of names or numbers; or as Python prints a list, a
 *                       tuple or a set: ['joy', 'love'], ('joy',), {'joy', 'love'}
 *     {"joy":1,"love":0}  joy: names with 0 or 1, false or true
 *     (nothing), []     no label
 *
 * Lists of 0 and 1 alone, equally long in all rows, [0, 1, 0], are read before: multi_hot.h. */
#ifndef TASKS_LABEL_LISTS_H
#define TASKS_LABEL_LISTS_H

#include "rows/json_texts.h"
#include "task/task.h"

/* Names that numbers stand for, one a line; each is compared with all others. */
enum { LABEL_FILE_NAMES_MAX = 1 << 15 };

typedef struct label_file {
    const char *path; /* borrowed; NULL: there is none */
    label_names names;
} label_file;

/* path NULL: an empty one. A blank line that is not at the end, and a name that comes twice, are
 * BERT_DATA. The caller releases. */
bert_status label_file_open(const char *path, label_file *out);
void label_file_release(label_file *f);

/* BERT_DATA: the number, which is no label of the model, may stand for a name of such a file. */
bert_status label_file_missing(const dataset_row *row, slice number, const config *c);

/* The index in the file of the name that a label of the row is, or of the line that it numbers.
 * BERT_DATA with the row's file and line for a number beyond the file and a name that it lacks. */
bert_status label_file_find(const label_file *f, const dataset_row *row, slice label,
                            size_t *index);

/* Begins as { 0 }, is filled again row after row. */
typedef struct label_list {
    slice *items; /* [count] names, each once; borrowed from the row, the file and the list */
    size_t count;
    size_t true_count; /* the row has the first so many of them */
    size_t capacity;   /* private, and so is what follows */
    text_array json;
    json_t *flags;
} label_list;

/* The labels of a row. BERT_DATA with its file and line: an empty name among others, and with a
 * file a number beyond it or a name that it lacks; BERT_FORMAT: brackets around what is no list. */
bert_status label_list_read(const dataset_row *row, const label_file *names, label_list *out);
/* The same with those behind them that the row names and has not. */
bert_status label_list_read_all(const dataset_row *row, const label_file *names, label_list *out);
void label_list_release(label_list *l);

#endif
