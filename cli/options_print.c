/* options_print.c: settings back to text, for help and --print-options. */
#include "json_lines.h"
#include "options.h"

#include <inttypes.h>
#include <string.h>

static void real_text(double value, char *out, size_t capacity)
{
    /* As many digits as read back equal; fifteen do for whatever was written by hand. */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, capacity, "%.*g", digits, value);
        double back;
        if (sscanf(out, "%lf", &back) == 1 && back == value) return;
    }
}

static void list_text(const text_list *list, char *out, size_t capacity)
{
    size_t used = 0;
    *out = '\0';
    for (size_t i = 0; i < list->count && used < capacity; i++)
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", i ? " " : "", list->items[i]);
}

void option_value_text(const option_entry *option, const settings *s, char *out, size_t capacity)
{
    const void *field = (const char *)s + option->place;
    bool absent = option->absent != NULL;
    *out = '\0';
    switch (option->kind) {
    case KIND_SIZE:
    case KIND_BYTES:
        if (!absent || *(const size_t *)field)
            snprintf(out, capacity, "%zu", *(const size_t *)field);
        return;
    case KIND_SEED:
        snprintf(out, capacity, "%" PRIu64, *(const uint64_t *)field);
        return;
    case KIND_REAL:
        if (!absent || *(const double *)field >= 0)
            real_text(*(const double *)field, out, capacity);
        return;
    case KIND_WORD:
    case KIND_TEXT:
        if (*(const char *const *)field) snprintf(out, capacity, "%s", *(const char *const *)field);
        return;
    case KIND_TEXTS:
    case KIND_FILES:
        list_text(field, out, capacity);
        return;
    case KIND_FLAG:
        snprintf(out, capacity, "%s", *(const bool *)field ? "true" : "false");
        return;
    case KIND_FLAG_OFF:
        snprintf(out, capacity, "%s", *(const bool *)field ? "false" : "true");
        return;
    }
}

static json_t *option_json(const option_entry *option, const settings *s)
{
    const void *field = (const char *)s + option->place;
    char text[64];
    option_value_text(option, s, text, sizeof text);
    if (!*text) return json_null();
    switch (option->kind) {
    case KIND_SIZE:
    case KIND_BYTES:
        return json_integer((json_int_t) * (const size_t *)field);
    case KIND_REAL:
        return json_real(*(const double *)field);
    case KIND_WORD:
    case KIND_TEXT:
        return json_from_word(*(const char *const *)field);
    case KIND_TEXTS:
    case KIND_FILES: {
        const text_list *list = field;
        json_t *array = json_array();
        for (size_t i = 0; i < list->count; i++)
            array = json_list_with(array, json_from_word(list->items[i]));
        return array;
    }
    case KIND_FLAG:
    case KIND_FLAG_OFF:
        return json_boolean(strcmp(text, "true") == 0);
    case KIND_SEED: /* a JSON integer of jansson's ends at 2^63 */
        return json_string(text);
    }
    return json_null();
}

int options_print(command_index command, const settings *s, FILE *out)
{
    json_t *object = json_object();
    for (size_t i = 0; i < option_count; i++) {
        const option_entry *option = &option_table[i];
        char text[4096];
        if (!(option->commands & 1u << command)) continue;
        option_value_text(option, s, text, sizeof text);
        if (s->json)
            object = json_with(object, option->name, option_json(option, s));
        else if (*text)
            fprintf(out, "%s = %s\n", option->name, text);
        else
            fprintf(out, "%s = (%s)\n", option->name, option->absent);
    }
    bool printed = !s->json || json_line_print(object, out);
    json_decref(object);
    return printed ? EXIT_DONE : EXIT_FAILED;
}
