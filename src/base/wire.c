#include "base/wire.h"

bool wire_varint(slice *from, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && from->count; shift += 7) {
        unsigned char byte = (unsigned char)*from->bytes;
        from->bytes++;
        from->count--;
        if (shift == 63 && byte > 1) return false;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

bool wire_bytes(slice *from, uint64_t count, slice *out)
{
    if (count > from->count) return false;
    *out = (slice){ from->bytes, (size_t)count };
    from->bytes += count;
    from->count -= (size_t)count;
    return true;
}

static bool fixed(slice *from, size_t bytes, uint64_t *out)
{
    slice taken;
    if (!wire_bytes(from, bytes, &taken)) return false;
    *out = 0;
    for (size_t i = bytes; i-- > 0;) *out = *out << 8 | (unsigned char)taken.bytes[i];
    return true;
}

bool wire_fixed32(slice *from, uint32_t *out)
{
    uint64_t value;
    if (!fixed(from, 4, &value)) return false;
    *out = (uint32_t)value;
    return true;
}

bool wire_next(slice *message, wire_field *out)
{
    uint64_t key, length;
    *out = (wire_field){ 0 };
    if (!wire_varint(message, &key) || key >> 3 == 0) return false;
    out->number = key >> 3;
    switch (key & 7) {
    case WIRE_VARINT:
        out->kind = WIRE_VARINT;
        return wire_varint(message, &out->value);
    case WIRE_FIXED64:
        out->kind = WIRE_FIXED64;
        return fixed(message, 8, &out->value);
    case WIRE_FIXED32:
        out->kind = WIRE_FIXED32;
        return fixed(message, 4, &out->value);
    case WIRE_BYTES:
        out->kind = WIRE_BYTES;
        return wire_varint(message, &length) && wire_bytes(message, length, &out->bytes);
    default:
        return false;
    }
}
