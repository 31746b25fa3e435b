/* adamw_idle_vector.h: steps without a gradient, after a vocabulary (vector_avx2.h explains). All
 * is in the cache, so here divisions and roots are the cost: about 30 cycles a vector and step,
 * which most rows are spared. Nothing is approximated: the bits are the reference's. */
#include "compute/cpu/kernels/adamw_numbers.h"
#include "compute/cpu/kernels/variants.h"

typedef struct idle {
    vector weight, first, second;
} idle;

/* The moments still move the weight. */
ALWAYS_INLINE void idle_moving(idle *x, const adamw_idle_steps *s)
{
    const vector zero = vector_set(0.0f);
    for (size_t k = 0; k < s->count; k++) {
        const adamw_numbers *a = &s->numbers[k];
        x->first += vector_set(a->rate1) * (zero - x->first);
        x->second *= vector_set(a->beta2);
        vector denominator = vector_square_root(x->second) / vector_set(a->correction2_root) +
                             vector_set(a->epsilon);
        x->weight =
            x->weight * vector_set(a->decay_factor) + vector_set(a->step) * x->first / denominator;
    }
}

/* They do not, but fade. */
ALWAYS_INLINE void idle_fading(idle *x, const adamw_idle_steps *s)
{
    const vector zero = vector_set(0.0f);
    const vector rate1 = vector_set(s->numbers->rate1), beta2 = vector_set(s->numbers->beta2);
    for (size_t k = 0; k < s->count; k++) {
        x->first += rate1 * (zero - x->first);
        x->second *= beta2;
        x->weight *= vector_set(s->numbers[k].decay_factor);
    }
}

/* Does a step leave the first moment as it is? Then the others do: it is 0, or a denormal that
 * rounding keeps from getting smaller, on which some processors are a hundred times slower. */
ALWAYS_INLINE bool idle_is_still(const idle *x, const adamw_idle_steps *s)
{
    const vector rate1 = vector_set(s->numbers->rate1), zero = vector_set(0.0f);
    return vectors_equal(x->first + rate1 * (zero - x->first), x->first);
}

ALWAYS_INLINE void idle_still(idle *x, const adamw_idle_steps *s)
{
    const vector beta2 = vector_set(s->numbers->beta2);
    for (size_t k = 0; k < s->count; k++) {
        x->second *= beta2;
        x->weight *= vector_set(s->numbers[k].decay_factor);
    }
}

ALWAYS_INLINE bool idle_is_faint(const idle *x, float faint)
{
    vector bound = vector_magnitude(x->weight) * vector_set(faint);
    return vectors_at_most(vector_magnitude(x->first), bound);
}

/* Some steps for the whole row, so that the vectors' chains of dependent steps overlap. */
static void idle_run(const adamw_idle_steps *s, size_t count, float *w, float *m, float *v)
{
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        idle x = { vector_load(w + i, n), vector_load(m + i, n), vector_load(v + i, n) };
        if (!idle_is_faint(&x, s->faint))
            idle_moving(&x, s);
        else if (!idle_is_still(&x, s))
            idle_fading(&x, s);
        else
            idle_still(&x, s);
        vector_store(w + i, n, x.weight);
        vector_store(m + i, n, x.first);
        vector_store(v + i, n, x.second);
    }
}

void VARIANT(adamw_idle)(const adamw_idle_steps *s, size_t count, float *w, float *m, float *v)
{
    enum { RUN = 16 };
    for (size_t k = 0; k < s->count; k += RUN) {
        adamw_idle_steps run = { .count = s->count - k < RUN ? s->count - k : RUN,
                                 .numbers = s->numbers + k,
                                 .faint = s->faint };
        idle_run(&run, count, w, m, v);
    }
}
