#include "base/status.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

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

const char *status_message(void)
{
    return message;
}
