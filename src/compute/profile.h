/* profile.h: a compute that counts what another one does, and how long it takes.
 *
 *     profile_open(inner, &p);
 *     on = profile_compute(p);          in place of inner
 *     profile_begin(p);  a step on `on`  profile_end(p, seconds);
 *     profile_summarize(p, &summary);
 *     compute_free(on);                 frees inner too
 *
 * Every operation of the table goes on to `inner` unchanged, between two looks at the clock, so
 * what is computed is the same bit for bit. Operations outside of a step (setting up, evaluation)
 * are passed on and not counted. The operations and their counts are in profile.def. */
#ifndef COMPUTE_PROFILE_H
#define COMPUTE_PROFILE_H

#include "compute/compute.h"

/* A name in compute.h says what is computed, and often when. One that is met in several phases
 * (dropout is its own backward; backward computes again what forward did not keep) counts for the
 * phase that the operation before it was in. A forward pass begins with embedding_forward; what
 * follows a loss is backward. */
typedef enum profile_phase {
    PROFILE_FORWARD,
    PROFILE_LOSS,
    PROFILE_BACKWARD,
    PROFILE_UPDATE, /* the gradient's zeroing and norm, and the optimizer */
    PROFILE_PHASES,
    PROFILE_AS_BEFORE = PROFILE_PHASES
} profile_phase;

enum {
#define OPERATION(name, ...) PROFILE_##name,
#include "compute/profile.def"
#undef OPERATION
    PROFILE_sum_squares, /* returns a number, and is written out by hand */
    PROFILE_OPERATIONS
};

typedef struct profile profile;

/* On success `inner` belongs to the profile. */
bert_status profile_open(compute *inner, profile **out);
compute *profile_compute(profile *p);

/* Around a step, which took `seconds`. NULL: of no effect. The first step meets its memory for the
 * first time; it is forgotten as soon as a second begins. */
void profile_begin(profile *p);
void profile_end(profile *p, double seconds);

/* One operation in one phase, over the steps counted. */
typedef struct profile_row {
    const char *operation, *phase; /* "linear_forward", "forward" */
    size_t calls;
    double seconds;
    double products; /* additions and multiplications of matrix products; 0: it makes none */
    double bytes;    /* every number that is read, and every one written, once a call */
} profile_row;

typedef struct profile_summary {
    size_t steps;
    double seconds; /* of the steps; the rows' sum is less by what lies between operations */
    size_t count;
    profile_row rows[PROFILE_OPERATIONS * PROFILE_PHASES]; /* [count] by phase, the longest first */
} profile_summary;

void profile_summarize(const profile *p, profile_summary *out);

#endif
