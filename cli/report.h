/* report.h: what the program tells a person, all of it on standard error. A terminal obeys nothing
 * in what a message cites (columns.h). */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "settings.h"

#include <stdio.h>

/* A note. */
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "bert: " and a sentence. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The library's last failure, as a sentence. Returns EXIT_FAILED. */
int complain_of_library(void);

/* "bert COMMAND: ", a sentence, and where the help is. Returns EXIT_WRONG_USE. */
int wrong_use(command_index command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Flushes standard output, or a stream of that name. false, and said: what was printed did not all
 * arrive (a full disk). A reader that went away, as `head` does, is no news. */
bool output_flush(void);
bool stream_flush(FILE *stream, const char *name);

#endif
