#include "base/status.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local failure message;

/* The program has another, which is taken in place of this one (bert_options.h). */
__attribute__((weak)) const char *bert_field_name(const char *field)
{
    return field;
}

static void message_write(size_t used, const char *format, va_list arguments)
{
    vsnprintf(message.text + used, sizeof message.text - used, format, arguments);
    utf8_one_line(message.text + used, sizeof message.text - used);
}

bert_status fail(bert_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    message_write(0, format, arguments);
    va_end(arguments);
    message.field = NULL;
    return status;
}

bert_status fail_more(bert_status status, const char *format, ...)
{
    if (status == BERT_OK) return status;
    va_list arguments;
    va_start(arguments, format);
    message_write(strlen(message.text), format, arguments);
    va_end(arguments);
    return status;
}

bert_status fail_in(bert_status status, const char *format, ...)
{
    if (status == BERT_OK) return status;
    char place[sizeof message.text];
    const failure before = message;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(place, sizeof place, format, arguments);
    va_end(arguments);
    fail(status, "%s: %s", place, before.text);
    message.field = before.field;
    return status;
}

bert_status fail_field(bert_status status, const char *field, const char *format, ...)
{
    fail(status, "%s ", bert_field_name(field));
    va_list arguments;
    va_start(arguments, format);
    message_write(strlen(message.text), format, arguments);
    va_end(arguments);
    message.field = field;
    return status;
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
    return message.text;
}

const char *status_field(void)
{
    return message.field ? message.field : "";
}

failure failure_keep(bert_status status)
{
    message.status = status;
    return message;
}

bert_status failure_return(const failure *f)
{
    message = *f;
    return f->status;
}
