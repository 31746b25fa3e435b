#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the sequence that begins at `at`, 0 where it is malformed.
 * The Unicode Standard, table 3-7: the first byte decides how many follow and bounds the second;
 * that bound is what keeps out overlong forms, surrogates and code points past U+10FFFF. */
static size_t sequence_bytes(const unsigned char *at, size_t left)
{
    unsigned char first = at[0];
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;

    size_t bytes = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (left < bytes) return 0;
    unsigned char least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < least || at[1] > most) return 0;
    for (size_t i = 2; i < bytes; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    return bytes;
}

/* Eight bytes at a time while all are ASCII. */
static size_t skip_ascii(slice text, size_t at)
{
    uint64_t word;
    while (text.count - at >= sizeof word) {
        memcpy(&word, text.bytes + at, sizeof word);
        if (word & 0x8080808080808080u) break;
        at += sizeof word;
    }
    return at;
}

size_t utf8_malformed(slice text)
{
    size_t at = 0;
    while ((at = skip_ascii(text, at)) < text.count) {
        /* Past the word that stopped the skip, so that it is not looked at for each of its bytes.
         */
        size_t end = text.count - at >= 8 ? at + 8 : text.count;
        while (at < end) {
            size_t bytes = sequence_bytes((const unsigned char *)text.bytes + at, text.count - at);
            if (bytes == 0) return at;
            at += bytes;
        }
    }
    return text.count;
}

size_t utf8_byte_of(slice text, size_t code_point)
{
    size_t at = 0;
    for (; code_point > 0; code_point--) {
        if (at == text.count) return SIZE_MAX;
        do at++;
        while (at < text.count && (text.bytes[at] & 0xC0) == 0x80);
    }
    return at;
}

size_t utf8_code_points(slice text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.count; at++) { /* over the malformed byte */
        size_t end = at + utf8_malformed((slice){ text.bytes + at, text.count - at });
        for (; at < end; at++) count += ((unsigned char)text.bytes[at] & 0xC0) != 0x80;
    }
    return count;
}

/* Unicode's Bidi_Control: they turn the direction of what stands behind them. */
static bool is_bidirectional(unsigned point)
{
    return point == 0x061C || point == 0x200E || point == 0x200F ||
           (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

/* Bytes of the control that stands at `at`, 0 where there is none. */
static size_t control_bytes(const unsigned char *at, unsigned *point)
{
    *point = at[0];
    if (at[0] < 0x20 || at[0] == 0x7F) return 1;
    if (at[0] != 0xC2 && at[0] != 0xD8 && at[0] != 0xE2) return 0;
    size_t bytes = at[0] == 0xE2 ? 3 : 2;
    for (size_t i = 1; i < bytes; i++)
        if ((at[i] & 0xC0) != 0x80) return 0; /* the NUL at the end, too */
    *point = bytes == 3 ? 0x2000u | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu)
                        : (at[0] & 0x1Fu) << 6 | (at[1] & 0x3Fu);
    return *point < 0xA0 || is_bidirectional(*point) ? bytes : 0;
}

static bool is_white_space(unsigned point)
{
    return point >= '\t' && point <= '\r';
}

void utf8_one_line(char *text, size_t capacity)
{
    for (char *at = text; *at;) {
        unsigned point;
        char shown[8];
        size_t bytes = control_bytes((const unsigned char *)at, &point);
        if (!bytes) {
            at++;
            continue;
        }
        size_t count =
            (size_t)snprintf(shown, sizeof shown, is_white_space(point) ? " " : "\\u%04x", point);
        size_t room = capacity - 1 - (size_t)(at - text), left = strlen(at + bytes);
        if (count > room) { /* cut, rather than left as it is */
            *at = '\0';
            return;
        }
        if (left > room - count) left = room - count;
        memmove(at + count, at + bytes, left);
        memcpy(at, shown, count);
        at += count;
        at[left] = '\0';
    }
}
