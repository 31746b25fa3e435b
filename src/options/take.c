#include "options/take.h"

#include <string.h>

enum { STRUCT_MOST = 65536 }; /* bytes; what is above is no size */

/* Within a struct that is longer than ours, is there anything but zeros behind our end? */
static bool set_behind(const void *given, size_t known, size_t size)
{
    const unsigned char *bytes = given;
    for (size_t i = known; i < size; i++)
        if (bytes[i]) return true;
    return false;
}

bert_status struct_take(const char *kind, const void *given, const void *usual, size_t known,
                        void *out)
{
    size_t size = 0;
    memcpy(out, usual, known);
    if (!given) return BERT_OK;
    memcpy(&size, given, sizeof size);
    if (size <= sizeof size || size > STRUCT_MOST)
        return fail(BERT_ARGUMENT, "the size of a %s is %zu; begin with what %s_default() returns",
                    kind, size, kind);
    if (set_behind(given, known, size))
        return fail(BERT_UNSUPPORTED,
                    "a %s has a field set that bert.c %s does not know; use a newer library, or "
                    "leave the field as it was",
                    kind, BERT_VERSION);
    memcpy(out, given, size < known ? size : known);
    memcpy(out, &known, sizeof known);
    return BERT_OK;
}

void struct_give(const void *full, size_t known, size_t size, void *out)
{
    memset(out, 0, size);
    memcpy(out, full, size < known ? size : known);
}

/* A function that takes a struct of this name. */
#define TAKEN(name, function)                                                                      \
    bert_status function(const name *given, name *out)                                             \
    {                                                                                              \
        const name usual = name##_default();                                                       \
        return struct_take(#name, given, &usual, sizeof usual, out);                               \
    }
TAKEN(bert_train_options, train_options_take_flat)
TAKEN(bert_convert_options, convert_options_take)
TAKEN(bert_columns, columns_take)
TAKEN(bert_observer, observer_take)
static TAKEN(bert_evaluate_options, evaluate_take) static TAKEN(
    bert_session_options, session_take) static TAKEN(bert_hub_options,
                                                     hub_take) static TAKEN(bert_task_options,
                                                                            task_take)

    bert_status train_options_take(const bert_train_options *given, bert_train_options *out,
                                   inner_options *inner)
{
    TRY(train_options_take_flat(given, out));
    TRY(columns_take(out->columns, &inner->columns));
    TRY(task_take(out->task_options, &inner->task_options));
    TRY(observer_take(out->observer, &inner->observer));
    out->columns = &inner->columns;
    out->task_options = &inner->task_options;
    out->observer = &inner->observer;
    return BERT_OK;
}

bert_status evaluate_options_take(const bert_evaluate_options *given, bert_evaluate_options *out,
                                  inner_options *inner)
{
    TRY(evaluate_take(given, out));
    TRY(columns_take(out->columns, &inner->columns));
    TRY(task_take(out->task_options, &inner->task_options));
    TRY(observer_take(out->observer, &inner->observer));
    out->columns = &inner->columns;
    out->task_options = &inner->task_options;
    out->observer = &inner->observer;
    return BERT_OK;
}

bert_status session_options_take(const bert_session_options *given, bert_session_options *out,
                                 inner_options *inner)
{
    TRY(session_take(given, out));
    TRY(task_take(out->task_options, &inner->task_options));
    TRY(observer_take(out->observer, &inner->observer));
    out->task_options = &inner->task_options;
    out->observer = &inner->observer;
    return BERT_OK;
}

bert_status hub_options_take(const bert_hub_options *given, bert_hub_options *out,
                             inner_options *inner)
{
    TRY(hub_take(given, out));
    TRY(observer_take(out->observer, &inner->observer));
    out->observer = &inner->observer;
    return BERT_OK;
}
