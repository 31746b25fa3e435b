#include "tasks/task_options.h"

#include "tasks/tasks.h"

#include <stdio.h>
#include <string.h>

static bool given_FLAG(bool value, bool usual)
{
    return value && !usual;
}

static bool given_SIZE(size_t value, size_t usual)
{
    return value && value != usual;
}

static bool given_REAL(double value, double usual)
{
    return value != 0.0 && value != usual;
}

static bool given_TEXT(const char *value, const char *usual)
{
    return value && (!usual || strcmp(value, usual) != 0);
}

/* Those that differ from the defaults, as bits. */
static unsigned options_given(const bert_task_options *o)
{
    const bert_task_options usual = bert_task_options_default();
    unsigned given = 0;
#define TASK_OPTION(BIT, type, field, name)                                                        \
    if (given_##type(o->field, usual.field)) given |= TAKES_##BIT;
#include "task/task_options.def"
#undef TASK_OPTION
    return given;
}

static const char *const option_names[] = {
#define TASK_OPTION(BIT, type, field, name) name,
#include "task/task_options.def"
#undef TASK_OPTION
};
static const size_t option_count = sizeof option_names / sizeof *option_names;

/* "classify, regress and tag" */
static void takers_list(unsigned option, char *out, size_t capacity)
{
    const task *kind;
    size_t count = 0, seen = 0, used = 0;
    for (size_t i = 0; (kind = task_at(i)); i++) count += (kind->options & option) != 0;
    for (size_t i = 0; (kind = task_at(i)) && used < capacity; i++) {
        if (!(kind->options & option)) continue;
        const char *before = !seen ? "" : seen + 1 == count ? " and " : ", ";
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", before, kind->name);
        seen++;
    }
}

bert_status task_options_check(const task *kind, const bert_task_options *o, const char *source)
{
    unsigned foreign = options_given(o) & ~kind->options;
    for (size_t i = 0; i < option_count; i++) {
        char takers[128];
        if (!(foreign & 1u << i)) continue;
        takers_list(1u << i, takers, sizeof takers);
        return fail(BERT_ARGUMENT, "--%s is for %s; the task is %s%s%s%s", option_names[i], takers,
                    kind->name, source ? " (" : "", source ? source : "", source ? ")" : "");
    }
    return BERT_OK;
}

bert_status task_stride_check(const task *kind, size_t stride, bool windows)
{
    if (!stride || windows || kind->windowed) return BERT_OK;
    return fail(BERT_ARGUMENT,
                "--stride says how far windows overlap, and none are cut without --windows");
}

const char *bert_task_name(size_t index)
{
    const task *kind = task_at(index);
    return kind ? kind->name : NULL;
}

bool bert_task_takes(const char *name, const char *option)
{
    const task *kind;
    for (size_t i = 0; (kind = task_at(i)); i++) {
        if (strcmp(kind->name, name) != 0) continue;
        for (size_t k = 0; k < option_count; k++)
            if (strcmp(option_names[k], option) == 0) return kind->options & 1u << k;
    }
    return false;
}
