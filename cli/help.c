/* help.c: the lists of commands and options, laid out for 80 columns. */
#include "help.h"
#include "options.h"

#include <stddef.h>
#include <string.h>

enum { COLUMNS = 80, INDENT = 24 };

/* Prints `text` from column `indent` on, where the cursor stands, and every further line too. */
static void wrapped_print(FILE *out, int indent, const char *text)
{
    int at = indent;
    while (*text) {
        int count = (int)strcspn(text, " ");
        if (at > indent && at + 1 + count > COLUMNS) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", count, text);
        at += count;
        text += count;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void entry_print(FILE *out, const char *head, const char *text)
{
    int at = fprintf(out, "  %s", head);
    if (at > INDENT - 2) {
        fputc('\n', out);
        at = 0;
    }
    fprintf(out, "%*s", INDENT - at, "");
    wrapped_print(out, INDENT, text);
}

void help_print(FILE *out)
{
    fputs("bert: fine-tunes, evaluates and uses BERT models. No Python.\n\n"
          "Usage: bert COMMAND [OPTIONS]\n\nCommands:\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        entry_print(out, command_table[i].name, command_table[i].help);
    fputs("\n'bert COMMAND --help' lists a command's options; 'bert --version' the versions.\n\n"
          "A first run:\n"
          "  bert train google-bert/bert-base-uncased --train train.tsv --output mine\n"
          "  echo 'a fine film' | bert predict mine\n",
          out);
}

static bool is_flag(const option_entry *option)
{
    return option->form.kind == BERT_OPTION_FLAG || option->form.kind == BERT_OPTION_FLAG_OFF;
}

/* Puts `before` and the tasks that take the option, NULL: all, and a point; nothing for none. */
static void tasks_text(const char *before, const char *option, char *out, size_t capacity)
{
    size_t used = 0;
    *out = '\0';
    for (size_t i = 0; bert_task_name(i) && used < capacity; i++)
        if (!option || bert_task_takes(bert_task_name(i), option))
            used += (size_t)snprintf(out + used, capacity - used, "%s%s", used ? ", " : before,
                                     bert_task_name(i));
    if (used && used < capacity) snprintf(out + used, capacity - used, ".");
}

/* " For classify, tag." of what single tasks take; else nothing. */
static void takers_text(const option_entry *option, char *out, size_t capacity)
{
    const size_t first = offsetof(settings, task), end = first + sizeof(bert_task_options);
    *out = '\0';
    if (option->place >= first && option->place < end)
        tasks_text(" For ", option->form.name, out, capacity);
}

/* " In (0, 10]." or " One of linear|constant.", of --task the names that the library knows. */
static void bounds_text(const option_entry *option, char *out, size_t capacity)
{
    const char *bounds = option->form.bounds;
    *out = '\0';
    if (*bounds)
        snprintf(out, capacity, " %s %s.", *bounds == '(' || *bounds == '[' ? "In" : "One of",
                 bounds);
    else if (option->place == offsetof(settings, train.task))
        tasks_text(" One of ", NULL, out, capacity);
}

static void option_print(FILE *out, const option_entry *option, const settings *defaults)
{
    char head[64], text[512], value[64], takers[128], bounds[128];
    snprintf(head, sizeof head, "--%s%s%s", option->form.name, *option->form.value ? " " : "",
             option->form.value);
    option_value_text(option, defaults, value, sizeof value);
    takers_text(option, takers, sizeof takers);
    bounds_text(option, bounds, sizeof bounds);
    if (is_flag(option))
        snprintf(text, sizeof text, "%s%s", option->help, takers);
    else if (option->form.absent == bert_option_required)
        snprintf(text, sizeof text, "%s Required.", option->help);
    else
        snprintf(text, sizeof text, "%s%s%s Default: %s.", option->help, takers, bounds,
                 *value ? value : option->form.absent);
    entry_print(out, head, text);
}

void help_print_command(command_index command, FILE *out)
{
    settings defaults = settings_default();
    const char *heading = NULL; /* above the next option, where it is not there yet */
    fprintf(out, "Usage: bert %s %s [OPTIONS]\n\n", command_table[command].name,
            command_table[command].usage);
    wrapped_print(out, 0, command_table[command].help);
    for (size_t i = 0; i < option_count; i++) {
        const option_entry *option = &option_table[i];
        if (!option->commands) heading = option->help;
        if (!(option->commands & 1u << command)) continue;
        if (heading) fprintf(out, "\n%s:\n", heading);
        heading = NULL;
        option_print(out, option, &defaults);
    }
    entry_print(out, "--help", "Print this help.");
}
