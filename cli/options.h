/* options.h: from argv to settings, and settings back to text. All by the list in bert_options.def.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "bert_options.h"
#include "settings.h"

#include <stdio.h>

/* One of no command is a heading: help prints its text above those that follow. */
typedef struct option_entry {
    bert_option form;
    const char *typed; /* "--epochs" */
    size_t place;      /* of its field in settings */
    unsigned commands;
    const char *help;
} option_entry;

extern const option_entry option_table[];
extern const size_t option_count;

typedef struct command_entry {
    const char *name, *usage;
    size_t operands_least, operands_most;
    const char *help;
} command_entry;

extern const command_entry command_table[COMMAND_COUNT];

/* May it be given several times? */
bool option_is_list(const option_entry *option);

/* Defaults, all of them the library's where it has one. */
settings settings_default(void);
void settings_release(settings *s);

typedef enum parse_outcome { PARSE_RUN, PARSE_HELP, PARSE_WRONG } parse_outcome;

/* Reads argv, where argv[0] is the command's name. Texts are borrowed from argv. PARSE_WRONG: the
 * reason has been said on standard error. */
parse_outcome options_parse(command_index command, int argc, char **argv, settings *out);

/* One option's value as text: "3", "linear"; "" where there is none (absent). */
void option_value_text(const option_entry *option, const settings *s, char *out, size_t capacity);

/* The options of a command with their values, one a line, or as one JSON object where s->json. */
int options_print(command_index command, const settings *s, FILE *out);

#endif
