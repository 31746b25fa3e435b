#include "train/task.h"

#include <stdlib.h>

void label_names_release(label_names *labels)
{
    for (size_t i = 0; labels->names && i < labels->count; i++) free(labels->names[i]);
    free(labels->names);
    *labels = (label_names){ 0 };
}
