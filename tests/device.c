#include "device.h"

#include "base/rng.h"
#include "scratch.h"

#include <stdlib.h>

compute *device_open(const char *isa, size_t threads)
{
    compute *on;
    if (isa)
        setenv("BERT_ISA", isa, 1);
    else
        unsetenv("BERT_ISA");
    assert_done(compute_cpu_open(threads, &on));
    assert_done(
        on->reserve(on, &(compute_limits){ .rows = 1024, .width = 512, .keys = 64, .biases = 64 }));
    return on;
}

float *random_floats(size_t count, uint32_t stream)
{
    float *x = malloc((count ? count : 1) * sizeof *x);
    rng_normal(rng_key(7, stream), stream, 1.0f, count, x);
    return x;
}

float *zero_floats(size_t count)
{
    return calloc(count ? count : 1, sizeof(float));
}
