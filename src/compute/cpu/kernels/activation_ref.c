#include "compute/cpu/kernels/activation_constants.h"
#include "compute/cpu/kernels/variants.h"

#include <math.h>

/* The formulas and their order are those of PyTorch's processor kernels (aten/src/ATen/native/cpu/
 * Activation.cpp, GeluKernel and its backward), so that both round alike. */

/* relu' keeps a NaN a NaN, where a comparison would make it 0 or 1. */
static float relu_derivative(float u)
{
    if (isnan(u)) return u;
    return u > 0.0f ? 1.0f : 0.0f;
}

static float gelu_new_derivative(float u)
{
    float t = tanhf(root_two_over_pi * (u + gelu_new_cube * u * u * u));
    float inner = root_two_over_pi * (1.0f + 3.0f * gelu_new_cube * u * u);
    return 0.5f * (1.0f + t) + 0.5f * u * (1.0f - t * t) * inner;
}

static float silu_derivative(float u)
{
    float s = 1.0f / (1.0f + expf(-u));
    return s * (1.0f + u * (1.0f - s));
}

static float activation_value(activation_kind kind, float u)
{
    switch (kind) {
    case ACTIVATION_GELU:
        return 0.5f * u * (1.0f + erff(u * root_half));
    case ACTIVATION_GELU_NEW:
        return 0.5f * u * (1.0f + tanhf(root_two_over_pi * (u + gelu_new_cube * u * u * u)));
    case ACTIVATION_RELU:
        return u < 0.0f ? 0.0f : u;
    case ACTIVATION_SILU:
        return u / (1.0f + expf(-u));
    case ACTIVATION_TANH:
        return tanhf(u);
    }
    return 0.0f;
}

static float activation_derivative(activation_kind kind, float u)
{
    switch (kind) {
    case ACTIVATION_GELU:
        return 0.5f * (1.0f + erff(u * root_half)) + u * (normal_density * expf(-0.5f * u * u));
    case ACTIVATION_GELU_NEW:
        return gelu_new_derivative(u);
    case ACTIVATION_RELU:
        return relu_derivative(u);
    case ACTIVATION_SILU:
        return silu_derivative(u);
    case ACTIVATION_TANH:
        return 1.0f - tanhf(u) * tanhf(u);
    }
    return 0.0f;
}

void activation_forward_ref(activation_kind kind, size_t count, const float *x, const float *bias,
                            float *u, float *y)
{
    for (size_t i = 0; i < count; i++) {
        u[i] = bias ? x[i] + bias[i] : x[i];
        y[i] = activation_value(kind, u[i]);
    }
}

void activation_backward_ref(activation_kind kind, size_t count, float *u, const float *dy,
                             float *dx)
{
    for (size_t i = 0; i < count; i++) {
        dx[i] = dy[i] * activation_derivative(kind, u[i]);
        u[i] = activation_value(kind, u[i]);
    }
}

void gated_forward_ref(activation_kind kind, size_t count, const float *u, const float *gate,
                       float *y)
{
    for (size_t i = 0; i < count; i++) y[i] = activation_value(kind, u[i]) * gate[i];
}

void gated_backward_ref(activation_kind kind, size_t count, float *u, float *gate, float *dy)
{
    for (size_t i = 0; i < count; i++) {
        float value = activation_value(kind, u[i]), slope = dy[i] * gate[i];
        u[i] = slope * activation_derivative(kind, u[i]);
        float dgate = dy[i] * value;
        dy[i] = value * gate[i];
        gate[i] = dgate;
    }
}
