#include "formats/tensors.h"

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

void tensor_to_float(const tensor_info *info, float *out)
{
    assert(info->type != TENSOR_OTHER);
    if (info->count == 0) return;
    if (info->type == TENSOR_F32) {
        memcpy(out, info->data, info->count * sizeof *out);
        return;
    }
    const char *data = info->data;
    for (size_t i = 0; i < info->count; i++) {
        uint16_t half;
        memcpy(&half, data + i * sizeof half, sizeof half);
        uint32_t bits = info->type == TENSOR_F16 ? bits_of_half(half) : (uint32_t)half << 16;
        memcpy(&out[i], &bits, sizeof bits);
    }
}
