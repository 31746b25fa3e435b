#include "base/status.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[1024];

bert_status fail(bert_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    utf8_one_line(message);
    return status;
}

bert_status fail_more(bert_status status, const char *format, ...)
{
    if (status == BERT_OK) return status;
    size_t used = strlen(message);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message + used, sizeof message - used, format, arguments);
    va_end(arguments);
    utf8_one_line(message + used);
    return status;
}

bert_status fail_in(bert_status status, const char *format, ...)
{
    if (status == BERT_OK) return status;
    char before[sizeof message], place[sizeof message];
    memcpy(before, message, sizeof message);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(place, sizeof place, format, arguments);
    va_end(arguments);
    return fail(status, "%s: %s", place, before);
}

bert_status fail_errno(const char *action, const char *path)
{
    int error = errno;
    return fail(error == ENOMEM ? BERT_MEMORY : BERT_IO, "%s: cannot %s: %s%s", path, action,
                strerror(error),
                error == EFBIG ? "; 'ulimit -f' or the file system limits the size of a file" : "");
}

const char *status_message(void)
{
    return message;
}
