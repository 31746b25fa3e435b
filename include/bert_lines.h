/* bert_lines.h: how bytes become lines of text. Files of data and the program's lines of plain text
 * follow the same rules. It is not installed, and libbert.so does not export what it declares
 * (as bert_options.h).
 *
 *   line ends  LF, CR LF or CR CR LF; or CR, if the first line ends in one. Where lines end in LF,
 *              another CR is a character of its line; where they end in CR, an LF alone is refused
 *   encoding   UTF-8. UTF-16 and UTF-32 are named, with a byte-order mark or without
 *   packing    a name that ends in .gz: gzip */
#ifndef BERT_LINES_H
#define BERT_LINES_H

#include "bert_status.h"

#include <stdbool.h>
#include <stddef.h>

/* Begins as { 0 }. */
typedef struct bert_line_cutter {
    size_t line;                /* cut so far */
    size_t scanned;             /* private: bytes of the next line known to hold no line end */
    bool knows_end, ends_in_cr; /* private: by the first line */
} bert_line_cutter;

/* Cuts the next line off bytes [count], which begin where it begins. `ended`: nothing follows them.
 * *length is the line without its end, *taken with it; *taken 0: its end has not come, call again
 * with more bytes. BERT_FORMAT, with `name` and the line's number, if line ends are mixed. */
bert_status bert_line_cut(bert_line_cutter *cutter, const char *name, const char *bytes,
                          size_t count, bool ended, size_t *length, size_t *taken);

/* BERT_FORMAT, with `name`, line and byte, if the line is not UTF-8. */
bert_status bert_utf8_check(const char *name, size_t line, const char *bytes, size_t count);

/* The same, and if it holds a NUL, which lines of a file have not. */
bert_status bert_line_check(const char *name, size_t line, const char *bytes, size_t count);

/* BERT_FORMAT, with `name` and the command that helps, if bytes [count], the beginning of a file,
 * are UTF-16 or UTF-32, or packed by gzip. */
bert_status bert_encoding_check(const char *name, const char *bytes, size_t count);

/* Bytes of a UTF-8 byte-order mark at the beginning of a file: 3 or 0. */
size_t bert_mark_length(const char *bytes, size_t count);

/* Does the name of a file end in `ending` (".tsv"), whatever the case of letters, or in that and
 * .gz? */
bool bert_name_ends(const char *path, const char *ending);

bool bert_name_is_packed(const char *path); /* does it end in .gz? */

/* The bytes of a packed file, up to 1 GiB. The caller frees *bytes with free(). */
bert_status bert_unpack(const char *path, char **bytes, size_t *count);

#endif
