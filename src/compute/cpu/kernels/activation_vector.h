/* activation_vector.h: activations, after a vocabulary (vector_avx2.h explains). Formulas as in
 * activation_ref.c; a loop for each kind, so that nothing is decided inside. */
#include "compute/cpu/kernels/activation_constants.h"
#include "compute/cpu/kernels/variants.h"
#include "compute/cpu/kernels/vector_math.h"

typedef vector vector_function(vector u);

ALWAYS_INLINE vector gelu(vector u)
{
    vector twice_share = vector_set(1.0f) + vector_erf(u * vector_set(root_half));
    return vector_set(0.5f) * u * twice_share;
}

ALWAYS_INLINE vector gelu_derivative(vector u)
{
    vector twice_share = vector_set(1.0f) + vector_erf(u * vector_set(root_half));
    vector density = vector_set(normal_density) * vector_exp(vector_set(-0.5f) * u * u);
    return vector_fma(u, density, vector_set(0.5f) * twice_share);
}

ALWAYS_INLINE vector gelu_new_tanh(vector u)
{
    vector bent = vector_fma(vector_set(gelu_new_cube) * u * u, u, u);
    return vector_tanh(vector_set(root_two_over_pi) * bent);
}

ALWAYS_INLINE vector gelu_new(vector u)
{
    return vector_set(0.5f) * u * (vector_set(1.0f) + gelu_new_tanh(u));
}

ALWAYS_INLINE vector gelu_new_derivative(vector u)
{
    const vector one = vector_set(1.0f), half = vector_set(0.5f);
    vector t = gelu_new_tanh(u);
    vector inner =
        vector_set(root_two_over_pi) * vector_fma(vector_set(3.0f * gelu_new_cube) * u, u, one);
    return half * (one + t) + half * u * (one - t * t) * inner;
}

ALWAYS_INLINE vector relu(vector u)
{
    return vector_at_least(u, vector_set(0.0f));
}

/* 1, 0 or the NaN that u is. */
ALWAYS_INLINE vector relu_derivative(vector u)
{
    const vector zero = vector_set(0.0f);
    return vector_below(zero, u, vector_set(1.0f), vector_at_least(u, zero));
}

ALWAYS_INLINE vector silu(vector u)
{
    return u / (vector_set(1.0f) + vector_exp(-u));
}

ALWAYS_INLINE vector silu_derivative(vector u)
{
    const vector one = vector_set(1.0f);
    vector s = one / (one + vector_exp(-u));
    return s * vector_fma(u, one - s, one);
}

ALWAYS_INLINE vector tanh_derivative(vector u)
{
    vector t = vector_tanh(u);
    return vector_set(1.0f) - t * t;
}

ALWAYS_INLINE void forward_with(vector_function *f, size_t count, const float *x, const float *bias,
                                float *u, float *y)
{
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector biased = vector_load(x + i, n);
        if (bias) biased += vector_load(bias + i, n);
        vector_store(u + i, n, biased);
        vector_store(y + i, n, f(biased));
    }
}

/* What the two functions have in common (an erf, a tanh) the compiler computes once. */
ALWAYS_INLINE void backward_with(vector_function *f, vector_function *derivative, size_t count,
                                 float *u, const float *dy, float *dx)
{
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector at = vector_load(u + i, n);
        vector_store(dx + i, n, vector_load(dy + i, n) * derivative(at));
        vector_store(u + i, n, f(at));
    }
}

ALWAYS_INLINE void gated_forward_with(vector_function *f, size_t count, const float *u,
                                      const float *gate, float *y)
{
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector_store(y + i, n, f(vector_load(u + i, n)) * vector_load(gate + i, n));
    }
}

ALWAYS_INLINE void gated_backward_with(vector_function *f, vector_function *derivative,
                                       size_t count, float *u, float *gate, float *dy)
{
    for (size_t i = 0; i < count; i += LANES) {
        size_t n = lanes_of(count - i);
        vector at = vector_load(u + i, n), factor = vector_load(gate + i, n);
        vector slope = vector_load(dy + i, n), value = f(at);
        vector_store(u + i, n, slope * factor * derivative(at));
        vector_store(gate + i, n, slope * value);
        vector_store(dy + i, n, value * factor);
    }
}

void VARIANT(activation_forward)(activation_kind kind, size_t count, const float *x,
                                 const float *bias, float *u, float *y)
{
    switch (kind) {
    case ACTIVATION_GELU:
        return forward_with(gelu, count, x, bias, u, y);
    case ACTIVATION_GELU_NEW:
        return forward_with(gelu_new, count, x, bias, u, y);
    case ACTIVATION_RELU:
        return forward_with(relu, count, x, bias, u, y);
    case ACTIVATION_SILU:
        return forward_with(silu, count, x, bias, u, y);
    case ACTIVATION_TANH:
        return forward_with(vector_tanh, count, x, bias, u, y);
    }
}

void VARIANT(activation_backward)(activation_kind kind, size_t count, float *u, const float *dy,
                                  float *dx)
{
    switch (kind) {
    case ACTIVATION_GELU:
        return backward_with(gelu, gelu_derivative, count, u, dy, dx);
    case ACTIVATION_GELU_NEW:
        return backward_with(gelu_new, gelu_new_derivative, count, u, dy, dx);
    case ACTIVATION_RELU:
        return backward_with(relu, relu_derivative, count, u, dy, dx);
    case ACTIVATION_SILU:
        return backward_with(silu, silu_derivative, count, u, dy, dx);
    case ACTIVATION_TANH:
        return backward_with(vector_tanh, tanh_derivative, count, u, dy, dx);
    }
}

void VARIANT(gated_forward)(activation_kind kind, size_t count, const float *u, const float *gate,
                            float *y)
{
    switch (kind) {
    case ACTIVATION_GELU:
        return gated_forward_with(gelu, count, u, gate, y);
    case ACTIVATION_GELU_NEW:
        return gated_forward_with(gelu_new, count, u, gate, y);
    case ACTIVATION_RELU:
        return gated_forward_with(relu, count, u, gate, y);
    case ACTIVATION_SILU:
        return gated_forward_with(silu, count, u, gate, y);
    case ACTIVATION_TANH:
        return gated_forward_with(vector_tanh, count, u, gate, y);
    }
}

void VARIANT(gated_backward)(activation_kind kind, size_t count, float *u, float *gate, float *dy)
{
    switch (kind) {
    case ACTIVATION_GELU:
        return gated_backward_with(gelu, gelu_derivative, count, u, gate, dy);
    case ACTIVATION_GELU_NEW:
        return gated_backward_with(gelu_new, gelu_new_derivative, count, u, gate, dy);
    case ACTIVATION_RELU:
        return gated_backward_with(relu, relu_derivative, count, u, gate, dy);
    case ACTIVATION_SILU:
        return gated_backward_with(silu, silu_derivative, count, u, gate, dy);
    case ACTIVATION_TANH:
        return gated_backward_with(vector_tanh, tanh_derivative, count, u, gate, dy);
    }
}
