/* trials.h: a call of bert.h, made again and again while each of its allocations fails in turn. */
#ifndef TESTS_FAILING_TRIALS_H
#define TESTS_FAILING_TRIALS_H

#include "bert.h"
#include "failing/memory.h"

/* A call, with what it needs. */
typedef struct call call;
typedef bert_status call_make(const call *c); /* allocates nothing itself */

struct call {
    const char *name;
    call_make *make;
    const char *model;
    const char *data; /* file */
    const char *task; /* of training (NULL: as found), or the table's column */
    void (*set)(bert_train_options *options);
    const char *output; /* a folder that it makes; NULL: none */
    bool keeps;         /* where it fails, trainings that have ended stay beside the output */
};

/* What a call gave, as a number: it adds all that it is given, but for what differs each time. */
void given_add(const void *bytes, size_t count);
void given_add_text(const char *text);

/* `folder` is one where the call may make things. Whichever allocation fails, alone or with all
 * after it: the call tells of memory, or gives what it always gives; no memory, file or descriptor
 * stays behind. Every one of them with BERT_TORTURE=1, else some. */
void allocations_fail(const call *c, const char *folder);

#endif
