/* vector_avx512.h: sixteen floats at once, under the names that vector_avx2.h explains. */
#ifndef COMPUTE_CPU_KERNELS_VECTOR_AVX512_H
#define COMPUTE_CPU_KERNELS_VECTOR_AVX512_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VARIANT(operation) operation##_avx512
#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { LANES = 16 };
typedef __m512 vector;
typedef __m512i words;

ALWAYS_INLINE size_t lanes_of(size_t remaining)
{
    return remaining < LANES ? remaining : LANES;
}

/* Memory. */

ALWAYS_INLINE __mmask16 lanes_mask(size_t lanes)
{
    return (__mmask16)((1u << lanes) - 1);
}

ALWAYS_INLINE vector vector_set(float value)
{
    return _mm512_set1_ps(value);
}

ALWAYS_INLINE vector vector_load(const float *from, size_t lanes)
{
    if (lanes == LANES) return _mm512_loadu_ps(from);
    return _mm512_maskz_loadu_ps(lanes_mask(lanes), from);
}

ALWAYS_INLINE void vector_store(float *to, size_t lanes, vector value)
{
    if (lanes == LANES)
        _mm512_storeu_ps(to, value);
    else
        _mm512_mask_storeu_ps(to, lanes_mask(lanes), value);
}

enum { TRANSPOSE_AHEAD = 128 };

ALWAYS_INLINE void vector_transpose(const float *x, size_t ldx, float *y, size_t ldy)
{
    __m512 a[16], b[16];
    for (int i = 0; i < 16; i++) {
        _mm_prefetch((const char *)(x + (size_t)i * ldx + TRANSPOSE_AHEAD), _MM_HINT_T0);
        a[i] = _mm512_loadu_ps(x + (size_t)i * ldx);
    }
    for (int i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        a[i] = _mm512_shuffle_ps(b[i], b[i + 2], 0x44);
        a[i + 1] = _mm512_shuffle_ps(b[i], b[i + 2], 0xEE);
        a[i + 2] = _mm512_shuffle_ps(b[i + 1], b[i + 3], 0x44);
        a[i + 3] = _mm512_shuffle_ps(b[i + 1], b[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; i++) {
        b[i] = _mm512_shuffle_f32x4(a[i], a[i + 4], 0x88);
        b[i + 4] = _mm512_shuffle_f32x4(a[i], a[i + 4], 0xDD);
        b[i + 8] = _mm512_shuffle_f32x4(a[i + 8], a[i + 12], 0x88);
        b[i + 12] = _mm512_shuffle_f32x4(a[i + 8], a[i + 12], 0xDD);
    }
    for (size_t i = 0; i < 8; i++) {
        _mm512_storeu_ps(y + i * ldy, _mm512_shuffle_f32x4(b[i], b[i + 8], 0x88));
        _mm512_storeu_ps(y + (i + 8) * ldy, _mm512_shuffle_f32x4(b[i], b[i + 8], 0xDD));
    }
}

ALWAYS_INLINE vector vector_reverse(vector x)
{
    const __m512i order = _mm512_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_permutexvar_ps(order, x);
}

ALWAYS_INLINE vector vector_first(size_t lanes, vector value)
{
    if (lanes == LANES) return value;
    return _mm512_maskz_mov_ps(lanes_mask(lanes), value);
}

ALWAYS_INLINE vector vector_first_else(size_t lanes, vector value, float rest)
{
    if (lanes == LANES) return value;
    return _mm512_mask_blend_ps(lanes_mask(lanes), _mm512_set1_ps(rest), value);
}

/* Lane by lane. */

ALWAYS_INLINE vector vector_fma(vector a, vector b, vector c)
{
    return _mm512_fmadd_ps(a, b, c);
}

ALWAYS_INLINE vector vector_square_root(vector x)
{
    return _mm512_sqrt_ps(x);
}

ALWAYS_INLINE vector vector_round(vector x)
{
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

ALWAYS_INLINE vector vector_at_least(vector x, vector limit)
{
    return _mm512_max_ps(limit, x);
}

ALWAYS_INLINE vector vector_at_most(vector x, vector limit)
{
    return _mm512_min_ps(limit, x);
}

ALWAYS_INLINE vector vector_below(vector a, vector b, vector yes, vector no)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}

ALWAYS_INLINE vector vector_magnitude(vector x)
{
    return _mm512_abs_ps(x);
}

ALWAYS_INLINE vector vector_with_sign(vector magnitude, vector x)
{
    return _mm512_or_ps(magnitude, _mm512_and_ps(_mm512_set1_ps(-0.0f), x));
}

ALWAYS_INLINE vector vector_scale(vector x, vector power)
{
    return _mm512_scalef_ps(x, power);
}

/* Over the lanes. */

ALWAYS_INLINE bool vectors_at_most(vector a, vector b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ) == 0xFFFF;
}

ALWAYS_INLINE bool vectors_equal(vector a, vector b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ) == 0xFFFF;
}

ALWAYS_INLINE float vector_sum(vector x)
{
    return _mm512_reduce_add_ps(x);
}

ALWAYS_INLINE float vector_largest(vector x)
{
    return _mm512_reduce_max_ps(x);
}

/* Sums in double. */

typedef struct vector_double {
    __m512d low, high;
} vector_double;

ALWAYS_INLINE vector_double vector_double_zero(void)
{
    return (vector_double){ _mm512_setzero_pd(), _mm512_setzero_pd() };
}

ALWAYS_INLINE vector_double vector_double_add(vector_double sum, vector x)
{
    return (vector_double){ sum.low + _mm512_cvtps_pd(_mm512_castps512_ps256(x)),
                            sum.high + _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1)) };
}

ALWAYS_INLINE vector_double vector_double_add_square(vector_double sum, vector x)
{
    __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(x));
    __m512d high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1));
    return (vector_double){ _mm512_fmadd_pd(low, low, sum.low),
                            _mm512_fmadd_pd(high, high, sum.high) };
}

ALWAYS_INLINE double vector_double_sum(vector_double x)
{
    return _mm512_reduce_add_pd(x.low + x.high);
}

/* Whole numbers, for Philox. */

ALWAYS_INLINE words words_set(uint32_t value)
{
    return _mm512_set1_epi32((int)value);
}

ALWAYS_INLINE words words_xor(words a, words b, words c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}

ALWAYS_INLINE words words_multiply(words a, words b)
{
    return _mm512_mul_epu32(a, b);
}

ALWAYS_INLINE words words_upper(words product)
{
    return _mm512_srli_epi64(product, 32);
}

ALWAYS_INLINE words words_count_from(uint32_t first)
{
    return _mm512_add_epi32(words_set(first),
                            _mm512_setr_epi32(0, 0, 4, 0, 1, 0, 5, 0, 2, 0, 6, 0, 3, 0, 7, 0));
}

ALWAYS_INLINE void words_interleave(words a, words b, words c, words d, words out[2])
{
    words ab = _mm512_mask_blend_epi32(0xAAAA, a, _mm512_slli_epi64(b, 32));
    words cd = _mm512_mask_blend_epi32(0xAAAA, c, _mm512_slli_epi64(d, 32));
    out[0] = _mm512_unpacklo_epi64(ab, cd);
    out[1] = _mm512_unpackhi_epi64(ab, cd);
}

ALWAYS_INLINE vector words_keep(words drawn, words threshold, vector kept)
{
    return _mm512_maskz_mov_ps(_mm512_cmpge_epu32_mask(drawn, threshold), kept);
}

#endif
