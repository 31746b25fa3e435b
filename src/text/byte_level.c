#include "text/byte_level.h"

#include "text/unicode.h"

/* The bytes that are not printable are three runs: 0..32, 127..160 and 173. Their characters are
 * numbered from 256 on. */
enum { RUN_1 = 33, RUN_2_BEGIN = 127, RUN_2 = 34, ALONE = 173, FIRST = 256 };

uint32_t byte_level_character(unsigned char byte)
{
    if (byte < RUN_1) return FIRST + byte;
    if (byte >= RUN_2_BEGIN && byte < RUN_2_BEGIN + RUN_2)
        return FIRST + RUN_1 + byte - RUN_2_BEGIN;
    return byte == ALONE ? FIRST + RUN_1 + RUN_2 : byte;
}

int byte_level_byte(uint32_t character)
{
    if (character < FIRST)
        return byte_level_character((unsigned char)character) == character ? (int)character : -1;
    uint32_t place = character - FIRST;
    if (place < RUN_1) return (int)place;
    if (place < RUN_1 + RUN_2) return (int)(place - RUN_1 + RUN_2_BEGIN);
    return place == RUN_1 + RUN_2 ? ALONE : -1;
}

bool byte_level_read(slice token, char *bytes, size_t *count)
{
    *count = 0;
    for (size_t at = 0, length; at < token.count; at += length) {
        uint32_t code = 0;
        length = utf8_decode((slice){ token.bytes + at, token.count - at }, &code);
        int byte = length ? byte_level_byte(code) : -1;
        if (byte < 0) return false;
        bytes[(*count)++] = (char)byte;
    }
    return true;
}
