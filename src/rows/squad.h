/* squad.h: questions with their contexts and answers, from JSON files of the SQuAD kind.
 *
 *   SQuAD 1.1, 2.0   {"version", "data": [{"title", "paragraphs": [{"context", "qas": [
 *                     {"id", "question", "answers": [{"text", "answer_start"}],
 *                      "is_impossible", "plausible_answers"}]}]}]}
 *   flat             {"data": [{"id", "question", "context",
 *                     "answers": {"text": [..], "answer_start": [..]}}]}
 *
 * Either shape of "answers" may stand in either file; plausible answers are not looked at. An
 * answer_start counts code points. An answer whose text is empty is none: [{"text": "",
 * "answer_start": 0}] is read as []. Duplicate keys are refused. Encoding and packing are as in
 * data_file.h.
 * Messages say where in the file: "dev.json: article 3, paragraph 2, question 4 (id 56be): ...";
 * of a flat file "dev.json: row 3 (id 56be): ...". All count from 1. */
#ifndef ROWS_SQUAD_H
#define ROWS_SQUAD_H

#include "base/slice.h"
#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct squad_answer {
    slice text;
    size_t start; /* in the context, in code points, as the file says: not compared with it */
} squad_answer;

/* Begins as { 0 }, is filled again row after row, ends with squad_answer_list_release(). */
typedef struct squad_answer_list {
    squad_answer *items; /* [count], valid until it is filled again or released */
    size_t count;
    size_t capacity; /* private, and so is what owns the texts */
    json_t *json;
} squad_answer_list;

typedef struct squad_question {
    slice id;                    /* a number's JSON text where it is a number */
    slice question;              /* the texts are borrowed until squad_free() */
    slice context;               /* the same bytes for all questions of a paragraph */
    const squad_answer *answers; /* [answer_count], borrowed until the next squad_next() */
    size_t answer_count;
    bool impossible; /* "is_impossible", or "answers" is empty in a flat file or one whose
                        "version" is 2; there are no answers then */
    bool labelled;   /* the file tells: it has "answers" or "is_impossible" for this question */
} squad_question;

typedef struct squad squad;

/* Reads a whole file. One that is no such JSON is BERT_FORMAT. The caller frees with squad_free().
 */
bert_status squad_open(const char *path, squad **out);
void squad_free(squad *s); /* NULL is left alone */

bool squad_is_kind(const char *path); /* does the name end in .json, or .json.gz? */

/* Steps to the next question; *more is false at the end. A missing or wrong part is BERT_FORMAT, a
 * file without any question BERT_DATA. After a failure `s` can only be freed. */
bert_status squad_next(squad *s, squad_question *out, bool *more);

/* The current question's place for a message, "PATH: article 3, paragraph 2, question 4 (id 56be)",
 * borrowed until the next squad_next(). */
const char *squad_place(const squad *s);

/* Reads the field `answers` of a table's row: {"text": [..], "answer_start": [..]} or a list of
 * {"text", "answer_start"}; empty lists are a count of 0, a question that cannot be answered. A
 * failure is BERT_FORMAT with path and line; after it `out` is empty. */
bert_status squad_answers_parse(slice json, const char *path, size_t line, squad_answer_list *out);
void squad_answer_list_release(squad_answer_list *answers); /* a zeroed one is left alone */

/* Does the answer stand in the context where it says? *byte is where that is, in bytes. */
bool squad_answer_find(slice context, const squad_answer *answer, size_t *byte);

#endif
