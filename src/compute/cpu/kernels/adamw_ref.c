#include "compute/cpu/kernels/adamw_numbers.h"
#include "compute/cpu/kernels/variants.h"

#include <math.h>

/* Line for line _single_tensor_adamw of torch/optim/adam.py: mul_, lerp_, mul_ and addcmul_, then
 * sqrt, div, add_ and addcdiv_. */
void adamw_ref(const adamw_step *s, size_t count, const float *g, float *w, float *m, float *v)
{
    const adamw_numbers a = adamw_numbers_of(s);
    for (size_t i = 0; i < count; i++) {
        float gradient = s->gradient_scale * g[i];
        w[i] *= a.decay_factor;
        m[i] += a.rate1 * (gradient - m[i]);
        v[i] = v[i] * a.beta2 + a.rate2 * gradient * gradient;
        float denominator = sqrtf(v[i]) / a.correction2_root + a.epsilon;
        w[i] += a.step * m[i] / denominator;
    }
}
