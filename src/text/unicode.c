#include "text/unicode.h"

#include <assert.h>
#include <utf8proc.h>

struct property_range {
    uint32_t first;
    uint32_t properties;
};

struct lower_range {
    uint32_t first, last;
    uint32_t step;
    int32_t difference;
};

#include "text/unicode_tables.inc"

enum {
    PROPERTY_RANGE_COUNT = sizeof property_ranges / sizeof property_ranges[0],
    LOWER_RANGE_COUNT = sizeof lower_ranges / sizeof lower_ranges[0]
};

size_t utf8_decode(slice text, uint32_t *code)
{
    utf8proc_int32_t read;
    utf8proc_ssize_t length =
        utf8proc_iterate((const utf8proc_uint8_t *)text.bytes, (utf8proc_ssize_t)text.count, &read);
    if (length <= 0) return 0;
    *code = (uint32_t)read;
    return (size_t)length;
}

size_t utf8_encode(uint32_t code, char *bytes)
{
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)code, (utf8proc_uint8_t *)bytes);
}

unsigned unicode_properties_search(uint32_t code)
{
    const struct property_range *base = property_ranges;
    for (size_t count = PROPERTY_RANGE_COUNT; count > 1; count -= count / 2)
        base += base[count / 2].first <= code ? count / 2 : 0;
    return base->properties;
}

size_t unicode_lower(uint32_t code, uint32_t lower[UNICODE_LOWER_MAX])
{
    if (code == 0x130) { /* the one character whose lower case is two: i and a dot above */
        lower[0] = 'i';
        lower[1] = 0x307;
        return 2;
    }
    const struct lower_range *base = lower_ranges;
    for (size_t count = LOWER_RANGE_COUNT; count > 1; count -= count / 2)
        base += base[count / 2].first <= code ? count / 2 : 0;
    assert(code >= base->first && code <= base->last && (code - base->first) % base->step == 0);
    lower[0] = (uint32_t)((int32_t)code + base->difference);
    return 1;
}

static size_t decompose(uint32_t code, utf8proc_option_t how, size_t most, uint32_t *parts)
{
    utf8proc_int32_t decomposed[UNICODE_COMPATIBLE_MAX];
    int boundary = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)code, decomposed,
                                                     (utf8proc_ssize_t)most, how, &boundary);
    assert(count > 0 && count <= (utf8proc_ssize_t)most);
    for (utf8proc_ssize_t i = 0; i < count; i++) parts[i] = (uint32_t)decomposed[i];
    return (size_t)count;
}

size_t unicode_decompose(uint32_t code, uint32_t parts[UNICODE_DECOMPOSITION_MAX])
{
    return decompose(code, UTF8PROC_DECOMPOSE, UNICODE_DECOMPOSITION_MAX, parts);
}

size_t unicode_decompose_compatible(uint32_t code, uint32_t parts[UNICODE_COMPATIBLE_MAX])
{
    return decompose(code, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, UNICODE_COMPATIBLE_MAX, parts);
}

uint32_t unicode_compose(uint32_t first, uint32_t second)
{
    if (!(unicode_properties(second) & UNICODE_LEANS)) return 0;
    utf8proc_int32_t pair[2] = { (utf8proc_int32_t)first, (utf8proc_int32_t)second };
    utf8proc_ssize_t count = utf8proc_normalize_utf32(pair, 2, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (count != 1) return 0;
    /* utf8proc may know more characters than the reference */
    return unicode_properties((uint32_t)pair[0]) & UNICODE_DECOMPOSES ? (uint32_t)pair[0] : 0;
}

unsigned unicode_combining_class(uint32_t code)
{
    return (unsigned)utf8proc_get_property((utf8proc_int32_t)code)->combining_class;
}

bool unicode_is_digit(uint32_t code)
{
    return utf8proc_category((utf8proc_int32_t)code) == UTF8PROC_CATEGORY_ND;
}
