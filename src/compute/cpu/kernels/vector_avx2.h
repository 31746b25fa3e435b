/* vector_avx2.h: eight floats at once, under the names in which NAME_vector.h files are written.
 *
 * A kernel is written once for all instruction sets, in NAME_vector.h; NAME_avx2.c includes this
 * vocabulary and then that text, NAME_avx512.c the other vocabulary and the same text. A new
 * instruction set is a vocabulary, those short files and lines in variants.def.
 *
 * `vector` has C's arithmetic operators; nothing fuses by itself (-ffp-contract=off), so what is
 * to round once says vector_fma. Loads and stores take the number of lanes that exist, 1 to LANES:
 * the others are read as 0 and not written. */
#ifndef COMPUTE_CPU_KERNELS_VECTOR_AVX2_H
#define COMPUTE_CPU_KERNELS_VECTOR_AVX2_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VARIANT(operation) operation##_avx2
#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { LANES = 8 };
typedef __m256 vector;
typedef __m256i words; /* of 32 bits */

ALWAYS_INLINE size_t lanes_of(size_t remaining)
{
    return remaining < LANES ? remaining : LANES;
}

/* Memory. */

ALWAYS_INLINE __m256i lanes_mask(size_t lanes)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)lanes),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

ALWAYS_INLINE vector vector_set(float value)
{
    return _mm256_set1_ps(value);
}

ALWAYS_INLINE vector vector_load(const float *from, size_t lanes)
{
    if (lanes == LANES) return _mm256_loadu_ps(from);
    return _mm256_maskload_ps(from, lanes_mask(lanes));
}

ALWAYS_INLINE void vector_store(float *to, size_t lanes, vector value)
{
    if (lanes == LANES)
        _mm256_storeu_ps(to, value);
    else
        _mm256_maskstore_ps(to, lanes_mask(lanes), value);
}

/* Numbers of a row from the one in hand to the one asked for ahead: the processor does not see the
 * pattern by itself (weights from memory: 12 to 18 GB/s). */
enum { TRANSPOSE_AHEAD = 128 };

/* y = x^T of LANES rows of LANES numbers, ldx and ldy apart. */
ALWAYS_INLINE void vector_transpose(const float *x, size_t ldx, float *y, size_t ldy)
{
    __m256 a[8], b[8];
    for (int i = 0; i < 8; i++) {
        _mm_prefetch((const char *)(x + (size_t)i * ldx + TRANSPOSE_AHEAD), _MM_HINT_T0);
        a[i] = _mm256_loadu_ps(x + (size_t)i * ldx);
    }
    for (int i = 0; i < 8; i += 2) {
        b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        a[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);
        a[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xEE);
        a[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44);
        a[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xEE);
    }
    for (size_t i = 0; i < 4; i++) {
        _mm256_storeu_ps(y + i * ldy, _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
        _mm256_storeu_ps(y + (i + 4) * ldy, _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
    }
}

ALWAYS_INLINE vector vector_reverse(vector x)
{
    return _mm256_permutevar8x32_ps(x, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0));
}

/* The first `lanes` lanes, 0 in the others. */
ALWAYS_INLINE vector vector_first(size_t lanes, vector value)
{
    if (lanes == LANES) return value;
    return _mm256_and_ps(value, _mm256_castsi256_ps(lanes_mask(lanes)));
}

/* The first `lanes` lanes, `rest` in the others. */
ALWAYS_INLINE vector vector_first_else(size_t lanes, vector value, float rest)
{
    if (lanes == LANES) return value;
    return _mm256_blendv_ps(_mm256_set1_ps(rest), value, _mm256_castsi256_ps(lanes_mask(lanes)));
}

/* Lane by lane. */

/* a * b + c, rounded once. */
ALWAYS_INLINE vector vector_fma(vector a, vector b, vector c)
{
    return _mm256_fmadd_ps(a, b, c);
}

ALWAYS_INLINE vector vector_square_root(vector x)
{
    return _mm256_sqrt_ps(x);
}

ALWAYS_INLINE vector vector_round(vector x)
{
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* max(x, limit) and min(x, limit). The instruction gives its second operand where one is a NaN: the
 * order makes a NaN in x stay. */
ALWAYS_INLINE vector vector_at_least(vector x, vector limit)
{
    return _mm256_max_ps(limit, x);
}

ALWAYS_INLINE vector vector_at_most(vector x, vector limit)
{
    return _mm256_min_ps(limit, x);
}

/* a < b ? yes : no; `no` where one is a NaN. */
ALWAYS_INLINE vector vector_below(vector a, vector b, vector yes, vector no)
{
    return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}

ALWAYS_INLINE vector vector_magnitude(vector x)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}

/* `magnitude`, which is not negative, with the sign of x. */
ALWAYS_INLINE vector vector_with_sign(vector magnitude, vector x)
{
    return _mm256_or_ps(magnitude, _mm256_and_ps(_mm256_set1_ps(-0.0f), x));
}

/* x * 2^power for a whole power in -252 .. 254, rounded once: in two steps, since one float holds
 * no power below -126. */
ALWAYS_INLINE vector vector_scale(vector x, vector power)
{
    __m256i whole = _mm256_cvtps_epi32(power), half = _mm256_srai_epi32(whole, 1);
    __m256i bias = _mm256_set1_epi32(127), rest = _mm256_sub_epi32(whole, half);
    vector first = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
    vector second = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
    return x * first * second;
}

/* Over the lanes. */

/* Is a <= b in each? Not where one is a NaN. */
ALWAYS_INLINE bool vectors_at_most(vector a, vector b)
{
    return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LE_OQ)) == 0xFF;
}

ALWAYS_INLINE bool vectors_equal(vector a, vector b)
{
    return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)) == 0xFF;
}

ALWAYS_INLINE float vector_sum(vector x)
{
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

ALWAYS_INLINE float vector_largest(vector x)
{
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

/* Sums in double: a vector's worth of floats is two vectors of doubles. */

typedef struct vector_double {
    __m256d low, high;
} vector_double;

ALWAYS_INLINE vector_double vector_double_zero(void)
{
    return (vector_double){ _mm256_setzero_pd(), _mm256_setzero_pd() };
}

/* sum + x */
ALWAYS_INLINE vector_double vector_double_add(vector_double sum, vector x)
{
    return (vector_double){ sum.low + _mm256_cvtps_pd(_mm256_castps256_ps128(x)),
                            sum.high + _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)) };
}

/* sum + x * x */
ALWAYS_INLINE vector_double vector_double_add_square(vector_double sum, vector x)
{
    __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(x));
    __m256d high = _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1));
    return (vector_double){ _mm256_fmadd_pd(low, low, sum.low),
                            _mm256_fmadd_pd(high, high, sum.high) };
}

ALWAYS_INLINE double vector_double_sum(vector_double x)
{
    __m256d four = x.low + x.high;
    return (four[0] + four[1]) + (four[2] + four[3]);
}

/* Whole numbers, for Philox. A lane of 64 bits carries one 32-bit word in its lower half; what is
 * in the upper half does not matter until words_interleave. */

ALWAYS_INLINE words words_set(uint32_t value)
{
    return _mm256_set1_epi32((int)value);
}

ALWAYS_INLINE words words_xor(words a, words b, words c)
{
    return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}

/* The 64-bit products of the lower halves, and a product's upper half. */
ALWAYS_INLINE words words_multiply(words a, words b)
{
    return _mm256_mul_epu32(a, b);
}

ALWAYS_INLINE words words_upper(words product)
{
    return _mm256_srli_epi64(product, 32);
}

/* first + 0, 1, ... in such an order that words_interleave puts them in a row. */
ALWAYS_INLINE words words_count_from(uint32_t first)
{
    return _mm256_add_epi32(words_set(first), _mm256_setr_epi32(0, 0, 2, 0, 1, 0, 3, 0));
}

/* a0 b0 c0 d0 a1 b1 c1 d1 ..., for the lower halves of a, b, c and d. */
ALWAYS_INLINE void words_interleave(words a, words b, words c, words d, words out[2])
{
    words ab = _mm256_blend_epi32(a, _mm256_slli_epi64(b, 32), 0xAA);
    words cd = _mm256_blend_epi32(c, _mm256_slli_epi64(d, 32), 0xAA);
    out[0] = _mm256_unpacklo_epi64(ab, cd);
    out[1] = _mm256_unpackhi_epi64(ab, cd);
}

/* `kept` where a word is at least the threshold, else 0. */
ALWAYS_INLINE vector words_keep(words drawn, words threshold, vector kept)
{
    words enough = _mm256_cmpeq_epi32(_mm256_max_epu32(drawn, threshold), drawn);
    return _mm256_and_ps(kept, _mm256_castsi256_ps(enough));
}

#endif
