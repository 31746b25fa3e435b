/* dataset.h: the rows of one or several files, in memory, as text. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* What a row holds. Every form has a reader of its own (dataset_*.c) and is found by the file's
 * ending and columns. */
typedef enum dataset_form {
    FORM_FOUND,     /* in a request: whatever the first file looks like */
    FORM_TEXTS,     /* a text or a pair of texts, and a label: .tsv, .csv, .jsonl */
    FORM_WORDS,     /* the words of a sentence, and a tag each: .conll; .jsonl `tokens`, `tags` */
    FORM_QUESTIONS, /* a question, a context, answers: SQuAD .json; .jsonl */
    FORM_CHOICES,   /* a text, its possible endings, the index of the right one: tables */
    FORM_LINES,     /* plain text, one a line: .txt; the text or pair of tables, without a label */
    FORM_COMPARED,  /* texts that are alike or not: pairs, pairs with a score, triples: tables */
    FORM_COUNT
} dataset_form;

/* For messages: "texts with endings". */
const char *dataset_form_name(dataset_form form);

/* Column names; NULL means: find it. What the first of several files has decides; the others must
 * have columns of the same names. Case and blanks around a name do not count where no column has it
 * exactly, which is noted. Found in this order, for FORM_TEXTS:
 *   text and pair  sentence1 + sentence2, premise + hypothesis, question1 + question2,
 *                  question + sentence, text_a + text_b, sentence_a + sentence_b,
 *                  question + passage, question + context;
 *   then alone     text, sentence, review, content, question
 *   label          label, labels, intent, category, class, sentiment, score; of question + passage
 *                  answer too
 * A given text without a given pair means a single text; a given pair without a given text looks
 * for the text it belongs to, then for one alone. */
typedef struct dataset_columns {
    const char *text, *pair, *label;
    /* FORM_TEXTS: in place of `label` a column of 0 and 1 for each label: "toxic,insult", a JSON
     * list where a name has a comma, or "rest" for all but those of the texts and of numbers (id,
     * index). A row's label becomes a JSON list of names. */
    const char *labels;
} dataset_columns;

typedef struct dataset_request {
    dataset_columns columns;
    dataset_form form;
    bool unlabelled;     /* labels, tags, answers are not asked for */
    bool several_labels; /* a label may be a list of several, or empty: none of them */
    size_t limit;        /* rows in all; 0: all */
} dataset_request;

/* A right answer: `start` code points into the context. */
typedef struct dataset_answer {
    slice text;
    size_t start;
} dataset_answer;

/* What is not there has bytes == NULL. */
typedef struct dataset_row {
    slice text;         /* or the question */
    slice pair;         /* the second text, the context, or the text that belongs to it */
    slice label;        /* or the score, or the index of the right ending */
    slice id;           /* of a question */
    const slice *items; /* [item_count] words; endings; further texts that are compared */
    const slice *tags;  /* [item_count] of the words, or NULL */
    size_t item_count;
    const dataset_answer *answers; /* [answer_count] */
    size_t answer_count;
    size_t line; /* in its file, from 1; of a question: its number among the file's */
    const char *path;
} dataset_row;

/* How many of a kind there are, and where the first is. */
typedef struct dataset_oddity {
    size_t count, line;
    const char *path; /* borrowed from the dataset */
} dataset_oddity;

typedef struct dataset {
    dataset_form form;
    dataset_row *rows; /* [count]; texts are borrowed from the dataset */
    size_t count;
    /* As found in the first file; NULL where there is none; borrowed. */
    const char *text_column, *pair_column, *label_column, *negative_column;
    const char *label_columns; /* dataset_columns.labels, by name; NULL: labels have no columns */
    bool unanswerable;         /* has a question no answer in its context? */
    /* [label_count] all labels that the data name, whether a row has them or not, in their order;
     * NULL: those that the rows have. */
    const slice *labels;
    size_t label_count;
    /* What was guessed or left out, in order: a user should hear of it once. */
    struct dataset_note {
        const char *text;
        struct dataset_note *next;
    } * notes;
    /* Of choices whose columns are numbered from 1 (or lettered): does the label 0 mean the first,
     * or 1? */
    bool choices_counted;
    size_t choices_first;
    size_t first_list; /* index + 1 of the first row whose label is a list or an object; or 0 */
    dataset_oddity comments;     /* lines read as comments in files whose format has none */
    dataset_oddity crs;          /* lines of plain text with a CR inside */
    dataset_oddity repeated_ids; /* questions with the id of an earlier one */
    struct dataset_storage *storage;
} dataset;

/* Reads every row of the files, one after another. Failures: BERT_IO, BERT_FORMAT, BERT_DATA with
 * path and line; a column that is not there is answered with the columns that are; one that is to
 * be two things is BERT_ARGUMENT; an empty label field (where labels are wanted), a value of a
 * .jsonl that is no text where one is wanted, a file without rows and a file of another form than
 * the first are BERT_DATA; a named column that the form does not read is BERT_ARGUMENT. Text may be
 * empty. The caller releases. */
bert_status dataset_open(const char *const *paths, size_t path_count,
                         const dataset_request *request, dataset *out);

/* The columns that the rows came from, to read later data of the same kind by. None for triples,
 * whose names tell what they are. */
dataset_columns dataset_columns_of(const dataset *d);

/* BERT_ARGUMENT where two roles have one name, `label` and `labels` are both given, or `labels` is
 * no list of different names. */
bert_status dataset_columns_check(const dataset_columns *named);

/* BERT_ARGUMENT for a column that is named and that no reader of the form looks for. */
bert_status dataset_form_check(const char *path, dataset_form form, const dataset_columns *named);

/* Fills in the columns that are not named, where the file is a table that has those of `known`: a
 * text and its pair together or not at all. *news: is any of them another than would be found?
 * BERT_DATA where the labels of `known` have columns and the table has only some of them. */
bert_status dataset_columns_known(const char *path, const dataset_columns *known,
                                  dataset_columns *columns, bool *news);

/* The refusal of an empty label, and of several in one, for those who did not know when the files
 * were read whether a label may be so. */
bert_status dataset_check_labels(const dataset *d);

/* A sentence about what is likely to be wrong in the files. false: there is nothing to say. Cut at
 * `capacity` bytes. */
bool dataset_warning(const dataset *d, char *out, size_t capacity);

/* What the rows and their texts take in memory. */
size_t dataset_bytes(const dataset *d);

void dataset_release(dataset *d); /* a zeroed one is left alone */

#endif
