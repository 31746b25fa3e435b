/* bert_program.h: what a program like `bert` needs of the library besides bert.h: the rows of
 * users' files as inputs, and the facts of tasks that help and tables are made of. Who calls with
 * texts of their own needs none of it. Errors, owners, threads and versions are as bert.h says; a
 * table, a file of sentences and a dataset belong to one caller at a time. */
#ifndef BERT_PROGRAM_H
#define BERT_PROGRAM_H

#include "bert.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------ tables
 */

/* Rows of a .tsv (header, no quoting), .csv (header, RFC 4180) or .jsonl file, one at a time; .gz
 * behind the name: packed by gzip. Messages name file and line. */
typedef struct bert_table bert_table;

BERT_API bert_status bert_table_open(const char *path, bert_table **out);
BERT_API void bert_table_free(bert_table *table);
BERT_API bool bert_table_is(const char *path); /* does the name end as a table's? */
/* The column of this name, else the only one whose name differs by case or blanks around it alone.
 * BERT_DATA, with the names that there are, where there is none. */
BERT_API bert_status bert_table_column(const bert_table *table, const char *name, size_t *column);
/* As the header has it; borrowed. */
BERT_API const char *bert_table_column_name(const bert_table *table, size_t column);
/* Fills in *text and *pair where they are NULL: with the names of the columns that `model` was
 * trained on, where the table has them (borrowed from it; NULL: no model), else of those that
 * training finds by itself. If only *text is given, *pair stays NULL. *pair NULL: there is no
 * second text. BERT_DATA where no column has a name that a text's has. */
BERT_API bert_status bert_table_find_texts(const bert_table *table, const bert_model *model,
                                           const char **text, const char **pair);
BERT_API bert_status bert_table_next(bert_table *table, bool *more);
/* Borrowed until the next bert_table_next(). */
BERT_API bert_text bert_table_field(const bert_table *table, size_t column);
/* The same for a field that must be a text: BERT_DATA, with file and line, where the row of a
 * .jsonl lacks it or has a list, an object, true, false or null in its place. */
BERT_API bert_status bert_table_text(const bert_table *table, size_t column, bert_text *out);
BERT_API size_t bert_table_line(const bert_table *table);
/* A sentence about what was left out so far: a key of a .jsonl that its first row lacks. NULL:
 * nothing. Borrowed until the next call or bert_table_free(). */
BERT_API const char *bert_table_note(bert_table *table);

/* Sentences of a file with a word a line and its tag last (.conll, .conllu, .bio, .iob, ...). */
typedef struct bert_conll bert_conll;

typedef struct bert_sentence {
    const bert_text *words; /* [count] */
    const bert_text *lines; /* [count] each word's line as it stands in the file */
    size_t count;           /* at least 1 */
    size_t line;            /* number of the first, from 1 */
    char separator;         /* what stands between the columns of its lines: TAB or space */
} bert_sentence;

/* Does the name end as such a file's, or, if it ends as no file's that is known here but .txt, does
 * the file look like one? */
BERT_API bool bert_conll_is(const char *path);
BERT_API bert_status bert_conll_open(const char *path, bert_conll **out);
BERT_API void bert_conll_free(bert_conll *file);
/* *more is false at the end. The arrays are borrowed until the next call, their texts until
 * bert_conll_free(). */
BERT_API bert_status bert_conll_next(bert_conll *file, size_t size, bert_sentence *out, bool *more);
/* A sentence about lines that were skipped as comments so far; NULL: there were none. Borrowed
 * until the next call or bert_conll_free(). */
BERT_API const char *bert_conll_note(bert_conll *file);

/* ------------------------------------------------------------------------------------------
 * datasets
 */

/* The rows of a file as inputs of a model's task: words from .conll, questions from SQuAD's .json,
 * endings and pairs from tables. They are in memory; an input's texts are borrowed from here.
 * columns: those of a table that are not to be found by name; NULL: none. */
typedef struct bert_dataset bert_dataset;
BERT_API bert_status bert_dataset_open(const bert_model *model, const char *path,
                                       const bert_columns *columns, bert_dataset **out);
BERT_API void bert_dataset_free(bert_dataset *dataset);
BERT_API size_t bert_dataset_count(const bert_dataset *dataset);
BERT_API bert_input bert_dataset_input(const bert_dataset *dataset, size_t index);
/* Sentences about what was guessed or left out in reading (a column whose name differs by case),
 * borrowed; NULL from their number on. */
BERT_API const char *bert_dataset_note(const bert_dataset *dataset, size_t index);
/* A sentence about rows that are likely to be wrong (ids that come twice), borrowed; NULL: none. */
BERT_API const char *bert_dataset_warning(const bert_dataset *dataset);

/* ------------------------------------------------------------------------------------------ tasks
 */

/* What a task reads when it answers. */
typedef enum bert_task_input {
    BERT_INPUT_TEXTS,   /* texts: a line each, or a column of a table, and perhaps a second one */
    BERT_INPUT_WORDS,   /* the same, or sentences as words: CoNLL files, lists in a table */
    BERT_INPUT_OBJECTS, /* a JSON object a line, or the rows of a file (bert_dataset_open()) */
    BERT_INPUT_ROWS,    /* the rows of a file alone */
    BERT_INPUT_PAIRS    /* the same, or two columns of texts */
} bert_task_input;

/* Scores by name among the metrics: {"joy":{"precision":..,"recall":..,"f1":..,"support":..},..} */
typedef struct bert_score_table {
    const char *member; /* of the metrics: "per_type"; NULL behind the last table */
    const char *column; /* what the names are: "entity"; NULL: the program does not print it */
    const char *title;  /* "Each type of entity" */
} bert_score_table;

/* A score that the program prints on a line of its own. */
typedef struct bert_score_line {
    const char *member; /* of the metrics: "eval_mse"; NULL behind the last line */
    const char *shown;  /* "mean squared error" */
} bert_score_line;

/* The facts of a task; what it points to is there as long as the library is. */
typedef struct bert_task_info {
    const char *name;  /* "classify" */
    const char *title; /* "Text classification" */
    bert_task_input input;
    const char *sample;    /* a line that it reads: "A text."; NULL: it reads none */
    const char *members;   /* of its answers, with spaces between: "label score scores logits" */
    bool windowed;         /* does it cut long texts into windows unasked? */
    bool per_token;        /* are its outputs those of tokens, not of texts? */
    bool tags;             /* are its labels those of words, not of rows? */
    bool percent;          /* are its F1 and exact match 0 to 100, as SQuAD's script has them? */
    const char *scores[2]; /* the metric that it goes by: the first of these that is there */
    const bert_score_table *tables; /* NULL: none */
    const bert_score_line *lines;   /* NULL: its scores are printed side by side */
    const char *const *files; /* that an evaluation writes beside the metrics; NULL behind the last;
                                 NULL: none */
    const char *pipeline;     /* of the Hugging Face Hub: "text-classification" */
    const char *transformers_class; /* "AutoModelForMaskedLM"; NULL: its models are read by
                                       sentence-transformers */
} bert_task_info;

/* By name; false: there is no such task. */
BERT_API bool bert_task_get_info(const char *task, size_t size, bert_task_info *out);

/* Does the task take this option, by its name on the command line ("class-weights")? */
BERT_API bool bert_task_takes(const char *task, const char *option);

#ifdef __cplusplus
}
#endif

#endif
