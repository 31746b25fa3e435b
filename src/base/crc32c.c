#include "base/crc32c.h"

static const uint32_t polynomial = 0x82F63B78u; /* its bits turned round */

/* tables[0]: what a byte makes of the checksum, tables[k]: with k zero bytes after it. Eight bytes
 * are then eight look-ups that wait for nothing ("slicing by eight", Kounavis and Berry 2005). They
 * are made for each call, in some microseconds, since the library keeps no variable. */
typedef struct tables {
    uint32_t at[8][256];
} tables;

static void tables_make(tables *t)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t c = byte;
        for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ polynomial : c >> 1;
        t->at[0][byte] = c;
    }
    for (size_t k = 1; k < 8; k++)
        for (size_t byte = 0; byte < 256; byte++) {
            uint32_t c = t->at[k - 1][byte];
            t->at[k][byte] = c >> 8 ^ t->at[0][c & 0xFF];
        }
}

uint32_t crc32c_plain(uint32_t before, slice bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.bytes;
    size_t count = bytes.count;
    uint32_t c = ~before;
    tables t;
    tables_make(&t);
    for (; count >= 8; at += 8, count -= 8) {
        uint32_t low = 0, high = 0;
        for (size_t i = 4; i-- > 0;) {
            low = low << 8 | at[i];
            high = high << 8 | at[i + 4];
        }
        low ^= c;
        c = t.at[7][low & 0xFF] ^ t.at[6][low >> 8 & 0xFF] ^ t.at[5][low >> 16 & 0xFF] ^
            t.at[4][low >> 24] ^ t.at[3][high & 0xFF] ^ t.at[2][high >> 8 & 0xFF] ^
            t.at[1][high >> 16 & 0xFF] ^ t.at[0][high >> 24];
    }
    for (; count; at++, count--) c = c >> 8 ^ t.at[0][(c ^ *at) & 0xFF];
    return ~c;
}

#ifdef __x86_64__
/* The processor's own instruction for this polynomial. */
__attribute__((target("sse4.2"))) static uint32_t
crc32c_instruction(uint32_t before, const unsigned char *at, size_t count)
{
    uint64_t c = before;
    for (; count >= 8; at += 8, count -= 8) {
        uint64_t eight;
        memcpy(&eight, at, sizeof eight);
        c = __builtin_ia32_crc32di(c, eight);
    }
    for (; count; at++, count--) c = __builtin_ia32_crc32qi((uint32_t)c, *at);
    return (uint32_t)c;
}
#endif

uint32_t crc32c(uint32_t before, slice bytes)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2"))
        return ~crc32c_instruction(~before, (const unsigned char *)bytes.bytes, bytes.count);
#endif
    return crc32c_plain(before, bytes);
}

uint32_t crc32c_masked(uint32_t checksum)
{
    return (checksum >> 15 | checksum << 17) + 0xA282EAD8u;
}
