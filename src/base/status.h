/* status.h: how a failure is made, worded and handed up.
 *
 *     if (size < 8) return fail(BERT_FORMAT, "%s: only %zu bytes; is it empty?", path, size);
 *     TRY(file_map_open(path, &map));
 *
 * The message is kept for each thread until its next failure. The library never prints and never
 * exits. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include "bert_status.h"

/* Sets this thread's message (printf style, cut at 1,023 bytes; one line, what it
 * cites of files included, see utf8_one_line()) and returns `status`. */
bert_status fail(bert_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds to the message of a failure that is handed up: fail_more() behind it (begin with "; "),
 * fail_in() "PLACE: " before it, for callers that know where the file or text came from. Return
 * `status`. Cut as fail() cuts; BERT_OK leaves the message alone. */
bert_status fail_more(bert_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bert_status fail_in(bert_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for a value that a caller has set in a field of bert.h's structs: the message begins
 * with what the caller calls it, and status_field() tells which it is. `field` is a constant. */
bert_status fail_field(bert_status status, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How messages call a field: FIELD(dev_share) is "dev_share" for a program in C and "--dev-share"
 * where the caller is our own program (bert_options.h). */
#define FIELD(field) bert_field_name(#field)
const char *bert_field_name(const char *field);

/* "PATH: cannot ACTION: REASON", by errno: BERT_IO, or BERT_MEMORY where that has ended. */
bert_status fail_errno(const char *action, const char *path);

/* This thread's last message; "" before any. Valid until the thread's next failure. */
const char *status_message(void);

/* The field that the last failure is about; "": it is about none, or several. */
const char *status_field(void);

/* A failure that is laid by while others may come: what is done because of it must not change what
 * is told. */
typedef struct failure {
    bert_status status;
    char text[1024];
    const char *field;
} failure;
failure failure_keep(bert_status status);
bert_status failure_return(const failure *f); /* it is the last one again */

/* Forwards a failure to the caller. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        bert_status try_status = (call);                                                           \
        if (try_status != BERT_OK) return try_status;                                              \
    } while (0)

#endif
