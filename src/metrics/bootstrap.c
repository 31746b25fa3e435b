#include "metrics/bootstrap.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void bootstrap_draw(size_t resample, size_t rows, uint32_t *weights)
{
    uint64_t key = rng_key(0, resample);
    memset(weights, 0, rows * sizeof *weights);
    for (size_t draw = 0; draw < rows; draw += 4) {
        rng_block block =
            rng_philox(key, (rng_block){ { (uint32_t)(draw / 4), 0, 0, RNG_RESAMPLE } });
        for (size_t k = 0; k < 4 && draw + k < rows; k++)
            weights[((uint64_t)block.word[k] * rows) >> 32]++;
    }
}

size_t bootstrap_resamples(size_t rows)
{
    const size_t most = 1000, least = 100, rows_in_all = 50000000;
    size_t fit = rows_in_all / (rows ? rows : 1);
    return fit > most ? most : fit < least ? least : fit;
}

static int value_order(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* values [count] in order */
static double percentile(const double *values, size_t count, double share)
{
    double place = share * (double)(count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= count) return values[count - 1];
    return values[below] + (place - (double)below) * (values[below + 1] - values[below]);
}

interval bootstrap_interval(double *values, size_t count)
{
    size_t finite = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) values[finite++] = values[i];
    if (finite == 0) return (interval){ NAN, NAN };
    qsort(values, finite, sizeof *values, value_order);
    return (interval){ percentile(values, finite, 0.025), percentile(values, finite, 0.975) };
}
