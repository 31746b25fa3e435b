/* wire.h: how protocol buffers are written (protobuf.dev/programming-guides/encoding), and
 * LevelDB's varints, which are the same.
 *
 * Readers take from the front of a slice and return false where it does not hold what is asked for;
 * the slice is then of no more use. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Seven bits a byte, the lowest first, the top bit set but in the last: at most ten bytes. */
bool wire_varint(slice *from, uint64_t *out);

/* Little endian. */
bool wire_fixed32(slice *from, uint32_t *out);

/* `count` bytes. */
bool wire_bytes(slice *from, uint64_t count, slice *out);

/* A field of a message: its number, and its value as far as its kind has one. */
typedef struct wire_field {
    uint64_t number;
    enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 } kind;
    uint64_t value; /* of a varint or a fixed one */
    slice bytes;    /* of WIRE_BYTES: a text, or a message */
} wire_field;

/* The next field of a message. Groups, which proto3 does not have, are malformed. */
bool wire_next(slice *message, wire_field *out);

#endif
