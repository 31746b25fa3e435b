#include "task/observe.h"

#include "base/locale.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

void observe(const bert_observer *o, const bert_event *event)
{
    LOCALE_OF_PROGRAM;
    bert_event sized = *event;
    sized.size = sizeof sized;
    if (o->tell) o->tell(o->context, &sized);
}

static void say(const bert_observer *o, bert_event_kind kind, const char *format, va_list arguments)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    utf8_one_line(text, sizeof text);
    observe(o, &(bert_event){ .kind = kind, .text = text });
}

void observe_note(const bert_observer *o, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(o, BERT_EVENT_NOTE, format, arguments);
    va_end(arguments);
}

void observe_warning(const bert_observer *o, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(o, BERT_EVENT_WARNING, format, arguments);
    va_end(arguments);
}

bool observe_stop(const bert_observer *o)
{
    LOCALE_OF_PROGRAM;
    return o->stop && o->stop(o->context);
}
