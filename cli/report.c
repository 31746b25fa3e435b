#include "report.h"
#include "columns.h"
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What is cited in a message may hold anything. */
static void sentence_print(const char *format, va_list arguments)
{
    char text[8192];
    vsnprintf(text, sizeof text, format, arguments);
    column_print(stderr, text);
    fputc('\n', stderr);
}

void remark(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    sentence_print(format, arguments);
    va_end(arguments);
}

void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("bert: ", stderr);
    sentence_print(format, arguments);
    va_end(arguments);
}

int complain_of_library(void)
{
    complain("%s", bert_error());
    return EXIT_FAILED;
}

int wrong_use(command_index command, const char *format, ...)
{
    const char *name = command_table[command].name;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "bert %s: ", name);
    sentence_print(format, arguments);
    fprintf(stderr, "Try 'bert %s --help'.\n", name);
    va_end(arguments);
    return EXIT_WRONG_USE;
}

bool stream_flush(FILE *stream, const char *name)
{
    /* A write that failed earlier has left its mark on the stream, but not its reason. */
    bool failed_before = ferror(stream);
    errno = 0;
    if (fflush(stream) == 0 && !failed_before) return true;
    if (errno != EPIPE)
        complain("cannot write to %s%s%s", name, errno ? ": " : "", errno ? strerror(errno) : "");
    return false;
}

bool output_flush(void)
{
    return stream_flush(stdout, "standard output");
}
