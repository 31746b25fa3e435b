/* lines.h: lines of plain text from a file, a pipe or a terminal, read as they come. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include "bert.h"
#include "bert_lines.h"

/* A reader does not wait for a line end any further. */
enum { LINE_READ_MAX = 1 << 26 };

typedef struct line_reader {
    int descriptor;
    const char *name;            /* stands in messages */
    char *bytes;                 /* [capacity] */
    size_t begin, end, capacity; /* what is read and not yet handed out */
    bert_line_cutter cutter;
    size_t line; /* handed out last, from 1 */
    bool ended;  /* nothing more will come */
} line_reader;

typedef enum line_outcome {
    LINE_READ,
    LINE_WAITS, /* nothing there now, and waiting was not asked for */
    LINE_END,
    LINE_FAILED /* errno says why; EMSGSIZE: the line is longer than LINE_READ_MAX; 0: bert_error()
                   does */
} line_outcome;

/* `path` NULL or "-": standard input. What is named .gz is unpacked. false: errno says why; 0:
 * bert_error() does. */
bool line_reader_open(const char *path, line_reader *out);
void line_reader_close(line_reader *reader);

/* The next line without its end, and without a UTF-8 byte order mark before the first, borrowed
 * until the next call: UTF-8. The last line needs no line end. */
line_outcome line_reader_next(line_reader *reader, bool wait, bert_text *line);

#endif
