#include "base/processors.h"

#include "base/cgroup.h"
#include "base/openmp.h"

#include <sched.h>
#include <stdbool.h>

/* The kernel refuses a set smaller than its own, which has room for at most 8,192 today. */
typedef struct processors {
    cpu_set_t sets[16]; /* of 1,024 */
    bool bound;         /* by OpenMP's runtime */
} processors;

static processors processors_find(void)
{
    processors p = { .bound = false };
    sched_getaffinity(0, sizeof p.sets, p.sets); /* none, if it fails */
    p.bound = openmp_places(sizeof p.sets, p.sets) > 0;
    return p;
}

size_t processors_count(void)
{
    processors p = processors_find();
    int count = CPU_COUNT_S(sizeof p.sets, p.sets);
    size_t share = cgroup_processors("");
    if (count < 1) return 1;
    return share < (size_t)count ? share : (size_t)count;
}

int processors_give(pthread_attr_t *attributes)
{
    processors p = processors_find();
    return p.bound ? pthread_attr_setaffinity_np(attributes, sizeof p.sets, p.sets) : 0;
}
