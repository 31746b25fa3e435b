/* options_print.c: settings back to text, for help and --print-options. */
#include "json_lines.h"
#include "options.h"

#include <string.h>

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
    if (option_is_list(option))
        list_text(field, out, capacity);
    else
        bert_option_text(&option->form, field, out, capacity);
}

static json_t *list_json(const text_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++)
        array = json_list_with(array, json_from_word(list->items[i]));
    return array;
}

static json_t *option_json(const option_entry *option, const settings *s)
{
    const void *field = (const char *)s + option->place;
    char text[64];
    option_value_text(option, s, text, sizeof text);
    if (!*text) return json_null();
    switch (option->form.kind) {
    case BERT_OPTION_SIZE:
    case BERT_OPTION_BYTES:
        return json_integer((json_int_t) * (const size_t *)field);
    case BERT_OPTION_REAL:
        return json_real(*(const double *)field);
    case BERT_OPTION_WORD:
    case BERT_OPTION_TEXT:
        return json_from_word(*(const char *const *)field);
    case BERT_OPTION_TEXTS:
    case BERT_OPTION_FILES:
        return list_json(field);
    case BERT_OPTION_FLAG:
    case BERT_OPTION_FLAG_OFF:
        return json_boolean(strcmp(text, "true") == 0);
    case BERT_OPTION_SEED: /* a JSON integer of jansson's ends at 2^63 */
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
            object = json_with(object, option->form.name, option_json(option, s));
        else if (*text)
            fprintf(out, "%s = %s\n", option->form.name, text);
        else
            fprintf(out, "%s = (%s)\n", option->form.name, option->form.absent);
    }
    bool printed = !s->json || json_line_print(object, out);
    json_decref(object);
    return printed ? EXIT_DONE : EXIT_FAILED;
}
