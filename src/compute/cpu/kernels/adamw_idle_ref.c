#include "compute/cpu/kernels/variants.h"

#include <math.h>

/* adamw_ref with a gradient of 0. */
void adamw_idle_ref(const adamw_idle_steps *s, size_t count, float *w, float *m, float *v)
{
    for (const adamw_numbers *a = s->numbers; a < s->numbers + s->count; a++) {
        for (size_t i = 0; i < count; i++) {
            w[i] *= a->decay_factor;
            m[i] += a->rate1 * (0.0f - m[i]);
            v[i] *= a->beta2;
            float denominator = sqrtf(v[i]) / a->correction2_root + a->epsilon;
            w[i] += a->step * m[i] / denominator;
        }
    }
}
