/* utf8.h: is a text UTF-8, where is it not, and where its code points stand. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

#include <stddef.h>

/* Byte position of the first malformed sequence (overlong forms, surrogates and code points past
 * U+10FFFF are malformed), or text.count where there is none. */
size_t utf8_malformed(slice text);

/* Byte position of a UTF-8 text's code point, counted from 0; text.count for the one past the last,
 * SIZE_MAX for any later. */
size_t utf8_byte_of(slice text, size_t code_point);

/* How many code points a text has; malformed bytes are none. */
size_t utf8_code_points(slice text);

/* Makes a text [capacity] one line in which a terminal obeys nothing, in place: TAB and line ends
 * become a space, other control characters and those that turn the direction of writing are shown
 * as JSON escapes them (\u001b, \u202e). What has no room is cut. */
void utf8_one_line(char *text, size_t capacity);

#endif
