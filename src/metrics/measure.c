#include "metrics/measure.h"

#include <string.h>

const measure measures[] = {
#define MEASURE(key, name, hub, kind) { #key, name, hub, MEASURE_##kind },
#include "metrics/measures.def"
#undef MEASURE
};
const size_t measure_count = sizeof measures / sizeof *measures;

const measure *measure_find(const char *key)
{
    for (size_t i = 0; i < measure_count; i++)
        if (strcmp(key, measures[i].key) == 0) return &measures[i];
    return NULL;
}

bool measure_less_is_better(const char *key)
{
    const measure *m = measure_find(key);
    return m && m->kind == MEASURE_ERROR;
}
