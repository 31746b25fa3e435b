#include "tensors/tensors.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the data are read as they stand");

/* IEEE 754 binary16 is 1 sign, 5 exponent (bias 15) and 10 fraction bits; binary32 has 8 (bias 127)
 * and 23. Every binary16 value is a binary32 value. */
static uint32_t bits_of_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 0x1F, fraction = half & 0x3FF;
    if (exponent == 0x1F) return sign | 0x7F800000u | fraction << 13; /* infinity, not a number */
    if (exponent != 0) return sign | (exponent + 127 - 15) << 23 | fraction << 13;
    if (fraction == 0) return sign;
    /* fraction * 2^-24: shift until the leading one is where a normal number hides it */
    uint32_t shift = (uint32_t)__builtin_clz(fraction) - 21;
    return sign | (113 - shift) << 23 | (fraction << shift & 0x3FF) << 13;
}

static float number_at(const tensor_info *info, size_t index)
{
    const char *data = info->data;
    float single;
    double wide;
    uint16_t half;
    switch (info->type) {
    case TENSOR_F32:
        memcpy(&single, data + index * sizeof single, sizeof single);
        return single;
    case TENSOR_F64:
        memcpy(&wide, data + index * sizeof wide, sizeof wide);
        return (float)wide;
    default:
        break;
    }
    memcpy(&half, data + index * sizeof half, sizeof half);
    uint32_t bits = info->type == TENSOR_F16 ? bits_of_half(half) : (uint32_t)half << 16;
    memcpy(&single, &bits, sizeof bits);
    return single;
}

void tensor_to_float(const tensor_info *info, float *out)
{
    assert(info->type != TENSOR_OTHER);
    if (info->count == 0) return;
    if (info->type == TENSOR_F32) {
        memcpy(out, info->data, info->count * sizeof *out);
        return;
    }
    for (size_t i = 0; i < info->count; i++) out[i] = number_at(info, i);
}

void tensor_to_float_transposed(const tensor_info *info, float *out)
{
    enum { SIDE = 16 }; /* a square whose lines of both sides stay in the cache */
    assert(info->type != TENSOR_OTHER && info->dimensions == 2);
    if (info->count == 0) return; /* there may be rows without end, of no columns */
    size_t rows = info->shape[0], cols = info->shape[1];
    for (size_t top = 0; top < rows; top += SIDE)
        for (size_t left = 0; left < cols; left += SIDE)
            for (size_t c = left; c < cols && c < left + SIDE; c++)
                for (size_t r = top; r < rows && r < top + SIDE; r++)
                    out[c * rows + r] = number_at(info, r * cols + c);
}

/* The nearest of a binary16's: the 13 bits that it has not decide, and where they are just half,
 * the last that it has. A carry goes up into the exponent, which is right. */
static uint16_t half_of_bits(uint32_t bits)
{
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    uint32_t number = bits & 0x7FFFFFFFu;
    if (number > 0x7F800000u) return sign | 0x7E00;  /* not a number */
    if (number >= 0x477FF000u) return sign | 0x7C00; /* 65520 and more: infinity */
    uint32_t shift = 13, kept;
    if (number >= 0x38800000u) { /* 2^-14: the smallest normal one */
        kept = number - (112u << 23);
    } else {
        uint32_t exponent = number >> 23;
        if (exponent < 102) return sign; /* below 2^-25 */
        shift = 126 - exponent;
        kept = (number & 0x7FFFFF) | 0x800000;
    }
    uint32_t rest = kept & ((1u << shift) - 1), middle = 1u << (shift - 1);
    kept >>= shift;
    if (rest > middle || (rest == middle && kept & 1)) kept++;
    return sign | (uint16_t)kept;
}

static uint16_t brain_of_bits(uint32_t bits)
{
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return (uint16_t)(bits >> 16 | 0x40); /* no number */
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

void tensor_of_float(const float *numbers, size_t count, tensor_type type, uint16_t *out)
{
    assert(type == TENSOR_F16 || type == TENSOR_BF16);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        out[i] = type == TENSOR_F16 ? half_of_bits(bits) : brain_of_bits(bits);
    }
}
