/* vector_math.h: exp, erf and tanh on vectors, after a vocabulary (vector_avx2.h explains).
 *
 * Polynomials are minimax fits of the relative error, by linear programming on 1,200 and more
 * points, the coefficients rounded to float one after the other and the rest fitted anew. Against
 * double, over every float: exp within 0.91 units of the last place, erf 1.07, tanh 1.41.
 */
#ifndef COMPUTE_CPU_KERNELS_VECTOR_MATH_H
#define COMPUTE_CPU_KERNELS_VECTOR_MATH_H

/* coefficients[0] + coefficients[1] x + ... */
ALWAYS_INLINE vector vector_polynomial(vector x, int count, const float *coefficients)
{
    vector sum = vector_set(coefficients[count - 1]);
    for (int i = count - 2; i >= 0; i--) sum = vector_fma(sum, x, vector_set(coefficients[i]));
    return sum;
}

/* e^x = 2^n e^r with n whole and |r| <= ln 2 / 2. Clamped where float has only 0 or infinity left.
 */
ALWAYS_INLINE vector vector_exp(vector x)
{
    static const float series[] = { 1.0f,         1.0f,           0.49999994f,  0.166665211f,
                                    0.041668281f, 0.00836869422f, 0.0013819607f };
    x = vector_at_most(vector_at_least(x, vector_set(-104.0f)), vector_set(89.0f));
    vector n = vector_round(x * vector_set(1.44269504f));
    /* ln 2 in two parts: n times the first is exact */
    vector r = vector_fma(n, vector_set(-0.693359375f), x);
    r = vector_fma(n, vector_set(2.12194440e-4f), r);
    return vector_scale(vector_polynomial(r, 7, series), n);
}

/* Near 0: x + x p(x^2), which keeps small results exact. Farther out: 1 - e^-(t + t q(t)). */
ALWAYS_INLINE vector vector_erf(vector x)
{
    static const float near_series[] = { 0.128379151f,   -0.376124889f,  0.112817302f,
                                         -0.0267629158f, 0.00498725288f, -0.000595897785f };
    static const float far_series[] = { 0.128514364f,   0.635718286f,   0.105261914f,
                                        -0.0228900388f, 0.00321499095f, -0.000213991167f };
    vector near = vector_fma(x, vector_polynomial(x * x, 6, near_series), x);

    vector t = vector_magnitude(x), limit = vector_set(4.0f); /* erf(4) is 1 in float */
    vector clamped = vector_at_most(t, limit);
    vector exponent = vector_fma(clamped, vector_polynomial(clamped, 6, far_series), clamped);
    vector far = vector_set(1.0f) - vector_exp(-exponent);
    return vector_below(t, vector_set(0.925f), near, vector_with_sign(far, x));
}

/* Near 0: x + x^3 p(x^2). Farther out: 1 - 2 / (e^2t + 1). */
ALWAYS_INLINE vector vector_tanh(vector x)
{
    static const float series[] = { -0.333332986f, 0.133319348f, -0.0537845045f, 0.0207976867f,
                                    -0.00589665677f };
    vector square = x * x, one = vector_set(1.0f), two = vector_set(2.0f);
    vector near = vector_fma(x * square, vector_polynomial(square, 5, series), x);

    vector t = vector_magnitude(x);
    vector far = one - two / (vector_exp(two * t) + one);
    return vector_below(t, vector_set(0.6f), near, vector_with_sign(far, x));
}

#endif
