/* processors.h: the processors that the caller may use. */
#ifndef BASE_PROCESSORS_H
#define BASE_PROCESSORS_H

#include <pthread.h>
#include <stddef.h>

/* How many; at least 1. Those of the calling thread's affinity, and those that OpenMP's runtime
 * binds threads to, the calling thread perhaps to one of them (base/openmp.h); no more than the
 * share that a control group is given (base/cgroup.h). */
size_t processors_count(void);

/* Threads made with these attributes may use all of them, even if OpenMP's runtime has bound the
 * thread that makes them. Returns 0 or an error as errno has them. */
int processors_give(pthread_attr_t *attributes);

#endif
