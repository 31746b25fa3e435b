#include "tasks/task_options.h"

#include "options/options.h"
#include "options/take.h"
#include "tasks/tasks.h"

#include <stdio.h>
#include <string.h>

/* "classify, regress and tag" */
static void takers_list(unsigned bit, char *out, size_t capacity)
{
    const task *kind;
    size_t count = 0, seen = 0, used = 0;
    for (size_t i = 0; (kind = task_at(i)); i++) count += (kind->options & bit) != 0;
    for (size_t i = 0; (kind = task_at(i)) && used < capacity; i++) {
        if (!(kind->options & bit)) continue;
        const char *before = !seen ? "" : seen + 1 == count ? " and " : ", ";
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", before, kind->info.name);
        seen++;
    }
}

/* The options of tasks in turn: the one after `o`, NULL: the first; NULL after the last. Their
 * number is their bit's. */
static const option *option_next(const option *o)
{
    for (o = o ? o + 1 : option_list; o < option_list + OPTION_COUNT; o++)
        if (o->owner == OWNER_task) return o;
    return NULL;
}

static bert_status foreign_refuse(const task *kind, const option *o, unsigned bit,
                                  const char *source)
{
    char takers[128];
    takers_list(bit, takers, sizeof takers);
    return fail_field(BERT_ARGUMENT, o->form.field, "is for %s; the task is %s%s%s%s", takers,
                      kind->info.name, source ? " (" : "", source ? source : "", source ? ")" : "");
}

bert_status task_options_bounds(const bert_task_options *given)
{
    const bert_task_options usual = bert_task_options_default();
    for (const option *o = option_next(NULL); o; o = option_next(o))
        if (option_given(o, given, &usual)) TRY(option_check(o, given));
    return BERT_OK;
}

bert_status task_options_check(const task *kind, const bert_task_options *given, const char *source)
{
    const bert_task_options usual = bert_task_options_default();
    unsigned bit = 1;
    for (const option *o = option_next(NULL); o; o = option_next(o), bit <<= 1) {
        if (kind->options & bit)
            TRY(option_check(o, given));
        else if (option_given(o, given, &usual))
            return foreign_refuse(kind, o, bit, source);
    }
    return BERT_OK;
}

bert_status task_stride_check(const task *kind, size_t stride, bool windows)
{
    if (!stride || windows || kind->info.windowed) return BERT_OK;
    return fail_field(BERT_ARGUMENT, "stride",
                      "says how far windows overlap, and none are cut without %s", FIELD(windows));
}

const char *bert_task_name(size_t index)
{
    const task *kind = task_at(index);
    return kind ? kind->info.name : NULL;
}

bool bert_task_get_info(const char *name, size_t size, bert_task_info *out)
{
    const task *kind;
    for (size_t i = 0; (kind = task_at(i)); i++) {
        if (strcmp(kind->info.name, name) != 0) continue;
        struct_give(&kind->info, sizeof kind->info, size, out);
        return true;
    }
    return false;
}

bool bert_task_takes(const char *name, const char *option_name)
{
    const task *kind;
    unsigned bit = 1;
    for (const option *o = option_next(NULL); o; o = option_next(o), bit <<= 1)
        for (size_t i = 0; (kind = task_at(i)) && strcmp(o->form.name, option_name) == 0; i++)
            if (strcmp(kind->info.name, name) == 0) return kind->options & bit;
    return false;
}
