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

/* "PATH: cannot ACTION: REASON", by errno: BERT_IO, or BERT_MEMORY where that has ended. */
bert_status fail_errno(const char *action, const char *path);

/* This thread's last message; "" before any. Valid until the thread's next failure. */
const char *status_message(void);

/* Forwards a failure to the caller. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        bert_status try_status = (call);                                                           \
        if (try_status != BERT_OK) return try_status;                                              \
    } while (0)

#endif
