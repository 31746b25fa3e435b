#include "data/sampler.h"

#include "base/memory.h"
#include "base/rng.h"

#include <assert.h>
#include <stdlib.h>

bert_status sampler_init(size_t count, size_t batch_size, bool shuffle, uint64_t seed, sampler *out)
{
    assert(count > 0);
    assert(batch_size > 0);
    void *order;
    TRY(memory_zeroed(count, sizeof(uint32_t), &order));
    *out = (sampler){
        .seed = seed, .count = count, .batch_size = batch_size, .shuffle = shuffle, .order = order
    };
    for (size_t i = 0; i < count; i++) out->order[i] = (uint32_t)i;
    return BERT_OK;
}

void sampler_release(sampler *s)
{
    free(s->order);
    *s = (sampler){ 0 };
}

size_t sampler_steps(const sampler *s)
{
    return (s->count + s->batch_size - 1) / s->batch_size;
}

void sampler_epoch(sampler *s, size_t epoch)
{
    if (s->shuffle) rng_shuffle(rng_key(s->seed, epoch), s->count, s->order);
}

void sampler_step(const sampler *s, size_t step, const uint32_t **index, size_t *count)
{
    size_t begin = step * s->batch_size;
    assert(begin < s->count);
    *index = s->order + begin;
    *count = s->count - begin < s->batch_size ? s->count - begin : s->batch_size;
}
