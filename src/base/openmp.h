/* openmp.h: what has to be said to OpenMP's runtime, which oneDNN is built on.
 *
 * No loop of ours runs on it (base/parallel.h). The runtime is the one that oneDNN is linked to:
 * nothing here is compiled with -fopenmp, with which some compilers bring a second one. */
#ifndef BASE_OPENMP_H
#define BASE_OPENMP_H

#include <sched.h>
#include <stddef.h>

/* Regions that the calling thread starts from here on have one thread, whatever the environment
 * says and whether or not the program around the library is in a region of its own. Returns what
 * openmp_restore() takes. */
int openmp_alone(void);
void openmp_restore(int before);

/* Adds the processors that the runtime binds threads to (OMP_PROC_BIND, OMP_PLACES,
 * GOMP_CPU_AFFINITY) to the `bytes` long set. Returns the number of places; 0: it binds none. */
size_t openmp_places(size_t bytes, cpu_set_t *set);

#endif
