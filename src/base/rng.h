/* rng.h: random numbers that are a function of what they are for.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011):
 * a keyed bijection of 128-bit counters. Nothing is carried from one number to the next, so
 * threads, batch layout and resuming cannot change one. The keys and counters in use:
 *
 *   use            key                   word 0       1          2                3
 *   dropout        rng_key(seed, step)   column / 4   token      unit in step     place
 *   data order     rng_key(seed, epoch)  swap / 4     0          0                RNG_SHUFFLE
 *   dev split      rng_key(seed, SPLIT)  as the data order, of the bundles of split.h
 *   bag of words   rng_key(seed, BAG)    as the data order; BAG + 1, ... for later epochs
 *   fresh weights  rng_key(seed, 0)      element / 4  parameter  0                RNG_WEIGHTS
 *   masked words   rng_key(seed, step)   0            token      unit in step     RNG_MASKING
 *   drawn rows     rng_key(0, resample)  draw / 4     0          0                RNG_RESAMPLE
 *
 * (SPLIT and BAG are the RNG_STREAM_ below.)
 *
 * Word i of the four results serves column 4 * n + i; of masked words', word 0 chooses the token, 1
 * says what becomes of it, 2 which random piece. In evaluation their key is rng_key(0, 0), so that
 * every model is asked for the same words. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* Places; dropout's are below. */
enum { RNG_SHUFFLE = 0x40000000, RNG_WEIGHTS, RNG_MASKING, RNG_RESAMPLE };

/* Streams that no epoch and no step reaches. */
#define RNG_STREAM_SPLIT (UINT64_MAX - 1)
#define RNG_STREAM_BAG ((uint64_t)1 << 63)

typedef struct rng_block {
    uint32_t word[4];
} rng_block;

/* A key for one stream: a mix of both numbers (SplitMix64's finalizer). */
uint64_t rng_key(uint64_t seed, uint64_t stream);

/* Ten rounds of Philox4x32. */
rng_block rng_philox(uint64_t key, rng_block counter);

/* out[i] ~ normal(0, deviation), by Box and Muller, for parameter number `parameter`. */
void rng_normal(uint64_t key, uint32_t parameter, float deviation, size_t count, float *out);

/* A permutation of 0 .. count-1 in `order` (Fisher and Yates, from the back; draws by Lemire's
 * multiply-shift). */
void rng_shuffle(uint64_t key, size_t count, uint32_t *order);

#endif
