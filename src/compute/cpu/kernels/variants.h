/* variants.h: a declaration for each line of variants.def. By function type, so that a variant with
 * a wrong signature does not compile. For the kernels' own files and their tests; everybody else
 * asks kernels_select(). */
#ifndef COMPUTE_CPU_KERNELS_VARIANTS_H
#define COMPUTE_CPU_KERNELS_VARIANTS_H

#include "compute/cpu/kernels/kernels.h"

#define KERNEL(operation, needs, function) operation##_fn function;
#include "compute/cpu/kernels/variants.def"
#undef KERNEL

#endif
