/* journal.h: a run's diary, a line a step.
 *
 *   train_log.jsonl  {"step":1,"epoch":1,"loss":0.69,"learning_rate":0,"grad_norm":1.2,
 *                    "tokens":860}
 *                    no times, so that two runs can be compared byte for byte; the rate as
 *                    applied, the norm before clipping
 *   timings.jsonl    {"step":1,"seconds":0.31,"tokens":860,"token_pairs":24016,"sequences":32}
 *                    token_pairs: the squares of the sequences' lengths, added up: what attention
 *                    works on */
#ifndef RUN_JOURNAL_H
#define RUN_JOURNAL_H

#include "base/slice.h"
#include "bert.h"
#include "run/output.h"

#include <stdio.h>

typedef struct journal {
    const output *output; /* borrowed */
    FILE *log, *timings;
} journal;

/* What the two files hold. */
typedef struct journal_text {
    slice log, timings;
} journal_text;

/* The files begin with `before`, of the steps before a resumed run's. */
bert_status journal_open(const output *o, const journal_text *before, journal *out);
/* A line that cannot be written is told at once: a full disk must not cost hours of training. */
bert_status journal_step(journal *j, const bert_event *step);
bert_status journal_close(journal *j);
void journal_release(journal *j); /* the same without a word, where a failure is told already */

#endif
