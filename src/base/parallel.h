/* parallel.h: loops over a team of threads (OpenMP, whose run-time library oneDNN shares). */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <stddef.h>

/* Does item `index`; `thread` is below the team's size and differs between items done at once. */
typedef void parallel_body(void *context, size_t index, size_t thread);

/* Calls body for 0 .. count-1, each once, in any order, on up to `threads` threads, and waits for
 * all. An item must not depend on which thread does it, so that results do not depend on `threads`.
 * A body runs on one thread only: libraries that bring their own OpenMP loops find themselves
 * inside a parallel region, or capped to one thread. Signals are held back on the threads that work
 * until the loop is done. Not to be nested. */
void parallel_for(size_t threads, size_t count, parallel_body *body, void *context);

/* Processors this process may use. */
size_t parallel_threads(void);

#endif
