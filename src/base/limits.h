/* limits.h: what one file may ask for, where a bound is no part of its format. Bounds of one parser
 * alone stand in its header or at its head. docs/security.md has them all, with the reasons.
 *
 * They are far above what any model or data set needs, and low enough that reading a file takes
 * memory and time in proportion to its size. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    LINE_BYTES_MAX = 1 << 26,     /* a line of data, or a record of .csv */
    TEXT_BYTES_MAX = 1 << 24,     /* a text that is tokenized: some 150 bytes of memory each */
    JSON_BYTES_MAX = 1 << 26,     /* a JSON file of a model: some 20 bytes of memory each */
    SQUAD_BYTES_MAX = 1 << 30,    /* a JSON file of data */
    UNPACKED_BYTES_MAX = 1 << 30, /* a packed file of data, before and after: held in memory */
};

#endif
