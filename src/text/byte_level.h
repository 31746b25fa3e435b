/* byte_level.h: the alphabet in which byte-level tokenizers write their vocabularies: a character
 * for each of the 256 bytes, that of a printable byte where it is one (GPT-2's bytes_to_unicode()).
 * "Ġ" stands for a blank.
 *
 * Texts are not spelt in it: the vocabulary is read back into bytes once, and texts are bytes. */
#ifndef TEXT_BYTE_LEVEL_H
#define TEXT_BYTE_LEVEL_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character of a byte; and the byte of a character, or -1. */
uint32_t byte_level_character(unsigned char byte);
int byte_level_byte(uint32_t character);

/* Writes the bytes that a token stands for, at most token.count. False: some character of it is not
 * of the alphabet. `bytes` may be the token's own. */
bool byte_level_read(slice token, char *bytes, size_t *count);

#endif
