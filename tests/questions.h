/* questions.h: questions about contexts, encoded as training and evaluation encode them. */
#ifndef TESTS_QUESTIONS_H
#define TESTS_QUESTIONS_H

#include "model/config.h"
#include "task/examples.h"
#include "tasks/answer.h"
#include "tasks/tasks.h"

#define ANSWER_FOLDER "tests/data/heads/answer"

/* What was said while the questions were encoded, lines end to end. */
typedef struct heard {
    char notes[2048], warnings[2048];
} heard;

typedef struct questions {
    config config;
    tokenizer *tokenizer;
    dataset data;
    bert_task_options options; /* set before questions_encode() */
    examples e;
    heard heard;
} questions;

/* Reads a file with the golden model's tokenizer and configuration; `labelled`: with its answers.
 * The caller sets q->options and closes. */
void questions_open(questions *q, const char *path, bool labelled);
bert_status questions_encode(questions *q, size_t max_length);
void questions_close(questions *q);

#endif
