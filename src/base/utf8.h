/* utf8.h: is a text UTF-8, and where is it not. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

#include <stddef.h>

/* Byte position of the first malformed sequence (overlong forms, surrogates and code points past
 * U+10FFFF are malformed), or text.count where there is none. */
size_t utf8_malformed(slice text);

#endif
