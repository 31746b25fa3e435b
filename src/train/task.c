#include "train/task.h"

#include <stdlib.h>

double examples_weigh(const examples *e, const uint32_t *index, size_t count, size_t first_in_step,
                      uint64_t key)
{
    const task *kind = e->task;
    return kind->weigh ? kind->weigh(e, index, count, first_in_step, key) : (double)count;
}

void label_names_release(label_names *labels)
{
    for (size_t i = 0; labels->names && i < labels->count; i++) free(labels->names[i]);
    free(labels->names);
    *labels = (label_names){ 0 };
}
