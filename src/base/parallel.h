/* parallel.h: loops that a team of threads shares.
 *
 * A team's threads are made once and wait for loops: 200 microseconds awake, then asleep, so that
 * a busy machine gets its processors back. They touch nothing of OpenMP, whose settings come from
 * the environment and from the program around the library. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include "base/status.h"

#include <stddef.h>

/* The caller's thread and those that help it. Belongs to one caller at a time. */
typedef struct team team;

/* A team of `threads` (at least 1), the caller's included. BERT_MEMORY if the system does not give
 * so many. The caller frees it with team_free(). */
bert_status team_open(size_t threads, team **out);

/* Ends the threads. Takes NULL, and a team in a child after fork(). */
void team_free(team *t);

/* Does item `index`. `thread` is below the team's size and differs between items done at once. */
typedef void parallel_body(void *context, size_t index, size_t thread);

/* Calls body for 0 .. count-1, each once and in any order, and waits for all. t NULL: on the
 * calling thread alone. An item must not depend on which thread does it, so that results do not
 * depend on the team. The loop ends even if no helper gets a processor, or if there is none any
 * more (in a child after fork()): the caller then does all items. Helpers take no signals. Not to
 * be nested. */
void parallel_for(team *t, size_t count, parallel_body *body, void *context);

/* The same, and the calling thread takes no signals either until the loop is done, except those
 * that its own faults raise. For bodies that call oneDNN: the AVX-512 products of 2.6 keep numbers
 * below the stack pointer, where a signal handler puts its frame, so a timer or one Ctrl-C would
 * ruin a product or the heap. Costs two system calls. */
void parallel_for_held(team *t, size_t count, parallel_body *body, void *context);

#endif
