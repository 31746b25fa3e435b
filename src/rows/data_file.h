/* data_file.h: a file of data as its readers see it, and its lines. Line ends, encoding and packing
 * are as in bert_lines.h: a file named .gz is unpacked, UTF-16 is refused by name, a byte-order
 * mark of UTF-8 is skipped. */
#ifndef ROWS_DATA_FILE_H
#define ROWS_DATA_FILE_H

#include "base/file.h"
#include "base/slice.h"
#include "bert_lines.h"

/* A copy may stand for a place to go back to. */
typedef struct data_file {
    const char *path;  /* borrowed */
    const char *begin; /* behind the byte-order mark */
    slice rest;        /* not read yet */
    bert_line_cutter cutter;
    file_map map; /* private, as is what follows: one of the two holds the bytes */
    char *unpacked;
} data_file;

bert_status data_file_open(const char *path, data_file *out);
void data_file_close(data_file *f); /* a zeroed one is left alone */

/* Takes the next line off the rest, without its end; *more is false if there is none. One that is
 * longer than LINE_BYTES_MAX is refused. */
bert_status data_file_line(data_file *f, slice *line, bool *more);

/* The refusal of such a line, or of a record that begins on this line. */
bert_status data_file_line_too_long(const data_file *f, size_t line);

#endif
