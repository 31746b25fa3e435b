/* crc32c.h: the checksum of TensorFlow's and LevelDB's files: Castagnoli's polynomial, reflected
 * (RFC 3720, B.4). It finds damage, not malice. */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include "base/slice.h"

#include <stdint.h>

/* Of a text that goes on: begin with 0, hand in what came out for the part before. */
uint32_t crc32c(uint32_t before, slice bytes);

/* The same without the processor's own instruction for it, four times slower. */
uint32_t crc32c_plain(uint32_t before, slice bytes);

/* As it is stored beside data that may hold checksums themselves: turned and moved. */
uint32_t crc32c_masked(uint32_t checksum);

#endif
