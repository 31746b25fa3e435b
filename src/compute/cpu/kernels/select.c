#include "compute/cpu/kernels/variants.h"

/* Lines are best last: start from the reference, let each permitted better line override. */
void kernels_select(isa which, kernel_table *out)
{
#define KERNEL(operation, needs, function)                                                         \
    if (needs <= which) out->operation = function;
#include "compute/cpu/kernels/variants.def"
#undef KERNEL
}
