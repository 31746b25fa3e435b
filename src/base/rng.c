#include "base/rng.h"

#include <math.h>

uint64_t rng_key(uint64_t seed, uint64_t stream)
{
    uint64_t z = seed * 0x9E3779B97F4A7C15u + stream;
    for (int round = 0; round < 2; round++) {
        z += 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z ^= z >> 31;
    }
    return z;
}

rng_block rng_philox(uint64_t key, rng_block counter)
{
    uint32_t key0 = (uint32_t)key, key1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)0xD2511F53u * counter.word[0];
        uint64_t product1 = (uint64_t)0xCD9E8D57u * counter.word[2];
        counter =
            (rng_block){ { (uint32_t)(product1 >> 32) ^ counter.word[1] ^ key0, (uint32_t)product1,
                           (uint32_t)(product0 >> 32) ^ counter.word[3] ^ key1,
                           (uint32_t)product0 } };
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return counter;
}

/* Uniform on (0, 1]: never 0, whose logarithm is not finite. */
static double uniform(uint32_t bits)
{
    return ((double)bits + 1.0) * 0x1p-32;
}

void rng_normal(uint64_t key, uint32_t parameter, float deviation, size_t count, float *out)
{
    const double turn = 6.283185307179586;
    for (size_t i = 0; i < count; i += 4) {
        rng_block block =
            rng_philox(key, (rng_block){ { (uint32_t)(i / 4), parameter, 0, RNG_WEIGHTS } });
        double value[4];
        for (int pair = 0; pair < 2; pair++) {
            double radius = sqrt(-2.0 * log(uniform(block.word[2 * pair])));
            double angle = turn * uniform(block.word[2 * pair + 1]);
            value[2 * pair] = radius * cos(angle);
            value[2 * pair + 1] = radius * sin(angle);
        }
        for (size_t k = 0; k < 4 && i + k < count; k++) out[i + k] = deviation * (float)value[k];
    }
}

void rng_shuffle(uint64_t key, size_t count, uint32_t *order)
{
    for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--) {
        rng_block block =
            rng_philox(key, (rng_block){ { (uint32_t)((i - 1) / 4), 0, 0, RNG_SHUFFLE } });
        size_t j = (size_t)(((uint64_t)block.word[(i - 1) % 4] * i) >> 32);
        uint32_t swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
    }
}
