/* progress.h: how far a long command is: one line that renews itself where standard error is a
 * terminal, a plain line now and then where it is not. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "bert.h"

typedef struct progress {
    bool quiet, terminal;
    bool standing;          /* a line without line end is on the terminal */
    double told_at;         /* seconds on the monotonic clock */
    size_t told_part;       /* twentieth of the whole that was told last */
    double seconds, tokens; /* of all steps so far */
    double loss;            /* a running mean, over about the last LOSS_STEPS steps */
    size_t steps;           /* seen */
    double evaluation;      /* seconds the last evaluation took; 0: there was none */
    double fetch_at;        /* when the first bytes of a model had come */
    size_t fetch_from;      /* how many those were, and what was there before */
} progress;

progress progress_start(bool quiet);

void progress_step(progress *p, const bert_event *step);
void progress_evaluation(progress *p, size_t done, size_t total);
void progress_evaluated(progress *p, const bert_event *evaluated);
void progress_fetch(progress *p, const bert_event *fetched);

/* Clears the line, so that something else can be printed. */
void progress_clear(progress *p);

#endif
