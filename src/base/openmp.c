#include "base/openmp.h"

/* omp.h comes with the compiler, for the compiler's own runtime; these are OpenMP 4.5. */
int omp_get_max_threads(void);
void omp_set_num_threads(int count);
int omp_get_num_places(void);
int omp_get_place_num_procs(int place);
void omp_get_place_proc_ids(int place, int *ids);

int openmp_alone(void)
{
    int before = omp_get_max_threads();
    if (before != 1) omp_set_num_threads(1);
    return before;
}

void openmp_restore(int before)
{
    if (before != 1) omp_set_num_threads(before);
}

size_t openmp_places(size_t bytes, cpu_set_t *set)
{
    enum { IDS = 4096 };
    int ids[IDS], places = omp_get_num_places();
    for (int place = 0; place < places; place++) {
        int count = omp_get_place_num_procs(place);
        if (count > IDS) continue;
        omp_get_place_proc_ids(place, ids);
        for (int i = 0; i < count; i++)
            if (ids[i] >= 0) CPU_SET_S((size_t)ids[i], bytes, set);
    }
    return (size_t)places;
}
