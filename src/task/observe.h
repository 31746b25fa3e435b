/* observe.h: telling the caller's observer. */
#ifndef TASK_OBSERVE_H
#define TASK_OBSERVE_H

#include "bert.h"

#include <stdbool.h>

/* A sentence for a person (printf style, cut at 1,023 bytes). */
void observe_note(const bert_observer *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void observe_warning(const bert_observer *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void observe(const bert_observer *o, const bert_event *event);

/* Does the caller want the run to end here? */
bool observe_stop(const bert_observer *o);

#endif
