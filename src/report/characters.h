/* characters.h: a text that may hold anything, code point by code point. */
#ifndef REPORT_CHARACTERS_H
#define REPORT_CHARACTERS_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct character {
    uint32_t code;     /* U+FFFD for a malformed byte */
    const char *bytes; /* [count] of the text; those of U+FFFD for a malformed byte */
    size_t count;
} character;

typedef struct characters {
    slice rest;
    size_t well; /* bytes of the rest that are known to be well-formed */
} characters;

characters characters_of(const char *text);

/* False at the end. */
bool character_next(characters *c, character *out);

/* C0, DEL and C1: what no page shows. White space is among them. */
bool character_is_control(const character *c);

#endif
