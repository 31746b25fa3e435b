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

/* *out [known bytes]: `usual`, the defaults, and over them what `given` has, as far as it reaches;
 * NULL: nothing. `kind` is the struct's name. BERT_ARGUMENT where its size cannot be one,
 * BERT_UNSUPPORTED where something is set past what is known here. */
static bert_status struct_take(const char *kind, const void *given, const void *usual, size_t known,
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
#define TAKEN(linkage, name, function)                                                             \
    linkage bert_status function(const name *given, name *out)                                     \
    {                                                                                              \
        const name usual = name##_default();                                                       \
        return struct_take(#name, given, &usual, sizeof usual, out);                               \
    }
#define HERE static
#define EVERYWHERE
/* clang-format off */
TAKEN(EVERYWHERE, bert_train_options, train_options_take_flat)
TAKEN(EVERYWHERE, bert_convert_options, convert_options_take)
TAKEN(EVERYWHERE, bert_columns, columns_take)
TAKEN(HERE, bert_evaluate_options, evaluate_take)
TAKEN(HERE, bert_session_options, session_take)
TAKEN(HERE, bert_hub_options, hub_take)
TAKEN(HERE, bert_task_options, task_take)
TAKEN(HERE, bert_observer, observer_take)
/* clang-format on */

/* Takes what a struct's pointers point to and points them to it; NULL: it has no such pointer. */
static bert_status inner_take(inner_options *inner, const bert_columns **columns,
                              const bert_task_options **task, const bert_observer **observer)
{
    if (columns) TRY(columns_take(*columns, &inner->columns));
    if (task) TRY(task_take(*task, &inner->task_options));
    TRY(observer_take(*observer, &inner->observer));
    if (columns) *columns = &inner->columns;
    if (task) *task = &inner->task_options;
    *observer = &inner->observer;
    return BERT_OK;
}

bert_status train_options_take(const bert_train_options *given, bert_train_options *out,
                               inner_options *inner)
{
    TRY(train_options_take_flat(given, out));
    return inner_take(inner, &out->columns, &out->task_options, &out->observer);
}

bert_status evaluate_options_take(const bert_evaluate_options *given, bert_evaluate_options *out,
                                  inner_options *inner)
{
    TRY(evaluate_take(given, out));
    return inner_take(inner, &out->columns, &out->task_options, &out->observer);
}

bert_status session_options_take(const bert_session_options *given, bert_session_options *out,
                                 inner_options *inner)
{
    TRY(session_take(given, out));
    return inner_take(inner, NULL, &out->task_options, &out->observer);
}

bert_status hub_options_take(const bert_hub_options *given, bert_hub_options *out,
                             inner_options *inner)
{
    TRY(hub_take(given, out));
    return inner_take(inner, NULL, NULL, &out->observer);
}
