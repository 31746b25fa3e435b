/* device.h: a device to test, and numbers for it. */
#ifndef TESTS_DEVICE_H
#define TESTS_DEVICE_H

#include "compute/compute.h"

/* The processor held to an instruction set; NULL: its best. The caller frees with compute_free().
 */
compute *device_open(const char *isa, size_t threads);

/* count numbers ~ normal(0, 1), another stream for each `stream`; and zeros. The caller frees. */
float *random_floats(size_t count, uint32_t stream);
float *zero_floats(size_t count);

#endif
