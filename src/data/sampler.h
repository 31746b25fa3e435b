/* sampler.h: which units make which step. */
#ifndef DATA_SAMPLER_H
#define DATA_SAMPLER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each epoch visits every unit once, in an order that is a function of the seed and the epoch
 * alone (or in the file's, without `shuffle`); the last step of an epoch may be smaller. */
typedef struct sampler {
    uint64_t seed;
    size_t count, batch_size;
    bool shuffle;
    uint32_t *order; /* [count] of the current epoch */
} sampler;

bert_status sampler_init(size_t count, size_t batch_size, bool shuffle, uint64_t seed,
                         sampler *out);
void sampler_release(sampler *s);

size_t sampler_steps(const sampler *s); /* an epoch's */

/* Draws the order of epoch 1, 2, ... */
void sampler_epoch(sampler *s, size_t epoch);

/* The units of step 0, 1, ... of the epoch: *index [*count], borrowed until the next epoch. */
void sampler_step(const sampler *s, size_t step, const uint32_t **index, size_t *count);

#endif
