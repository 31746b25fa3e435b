#include "questions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "scratch.h"

static void hear(void *context, const bert_event *event)
{
    heard *h = context;
    char *to = event->kind == BERT_EVENT_WARNING ? h->warnings : h->notes;
    size_t used = strlen(to);
    if (event->text) snprintf(to + used, sizeof h->notes - used, "%s\n", event->text);
}

void questions_open(questions *q, const char *path, bool labelled)
{
    *q = (questions){ .options = bert_task_options_default() };
    dataset_request request = { .form = FORM_QUESTIONS, .unlabelled = !labelled };
    assert_done(dataset_open(&path, 1, &request, &q->data));
    assert_done(tokenizer_open(ANSWER_FOLDER, &q->tokenizer));
    assert_done(config_read(ANSWER_FOLDER, &q->config));
    q->config.unanswerable = q->data.unanswerable;
    q->e.labelled = labelled;
}

bert_status questions_encode(questions *q, size_t max_length)
{
    bert_observer observer = { .tell = hear, .context = &q->heard };
    bool labelled = q->e.labelled;
    examples_release(&q->e);
    q->e.labelled = labelled;
    q->heard = (heard){ 0 };
    examples given = { .options = &q->options,
                       .config = &q->config,
                       .tokenizer = q->tokenizer,
                       .max_length = max_length,
                       .rows = q->data.rows,
                       .row_count = q->data.count,
                       .labelled = labelled };
    given.task = &task_answer;
    return examples_open(&given, "data", &observer, &q->e);
}

void questions_close(questions *q)
{
    examples_release(&q->e);
    dataset_release(&q->data);
    config_release(&q->config);
    tokenizer_free(q->tokenizer);
}
