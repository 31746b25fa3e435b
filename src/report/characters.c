#include "report/characters.h"

#include "base/utf8.h"

characters characters_of(const char *text)
{
    slice rest = slice_of(text);
    return (characters){ rest, utf8_malformed(rest) };
}

/* How many bytes a well-formed character that begins so has, and what the first byte gives to its
 * code point. */
static size_t first_byte(unsigned char first, uint32_t *code)
{
    size_t bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    *code = bytes == 1 ? first : first & (0x7fu >> bytes);
    return bytes;
}

bool character_next(characters *c, character *out)
{
    static const char replacement[] = "\xef\xbf\xbd";
    if (!c->rest.count) return false;
    size_t taken = 1;
    if (c->well) {
        uint32_t code;
        taken = first_byte((unsigned char)*c->rest.bytes, &code);
        for (size_t i = 1; i < taken; i++) code = code << 6 | (c->rest.bytes[i] & 0x3f);
        *out = (character){ code, c->rest.bytes, taken };
    } else
        *out = (character){ 0xfffd, replacement, sizeof replacement - 1 };
    c->rest = (slice){ c->rest.bytes + taken, c->rest.count - taken };
    c->well = c->well ? c->well - taken : utf8_malformed(c->rest);
    return true;
}

bool character_is_control(const character *c)
{
    return c->code < 0x20 || (c->code >= 0x7f && c->code < 0xa0);
}
