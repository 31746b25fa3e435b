/* mistakes.h: the worst answers of an evaluation, in words a person can read: those that were wrong
 * and of which the model was surest, or where answers are numbers those that were furthest off. Of
 * all rows that go by, the few that are kept are held; of equals the earlier rows.
 *
 *     {"file": "dev.tsv", "line": 17,       where it stands; "question" for "line" in SQuAD's form
 *      "id": "56be",                        of a question that has one
 *      "text": "..", "text_pair": "..",     what was asked
 *      "expected": .., "answer": ..,        as the task explains it, with members of its own
 *      "confidence": 0.98}                  where answers are right or wrong, else "error" */
#ifndef EVALUATE_MISTAKES_H
#define EVALUATE_MISTAKES_H

#include "task/task.h"

typedef struct mistake {
    double severity;
    size_t row;
    json_t *words;
} mistake;

/* A heap whose first is the next to go. Starts as { .most = N }. */
typedef struct mistakes {
    mistake *items; /* [most] */
    size_t count, most, capacity;
} mistakes;

void mistakes_release(mistakes *m);

/* Takes the answer of a row that is wrong by `severity` (verdict.severity), if it is among the
 * worst.
 */
bert_status mistakes_add(mistakes *m, const examples *e, size_t row, const void *answer,
                         double severity);

/* *out: an array, the worst first; the caller's. Empties the heap. */
bert_status mistakes_list(mistakes *m, json_t **out);

#endif
