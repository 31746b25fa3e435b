/* hints.h: what was meant by an option or a command that there is not, said on standard error. */
#ifndef CLI_HINTS_H
#define CLI_HINTS_H

#include "settings.h"

/* `word` as typed: "--name", "--name=value", "-n" or "-name". Returns EXIT_WRONG_USE. */
int refuse_option(command_index command, const char *word);

/* The first word after "bert", which is no command. Returns EXIT_WRONG_USE. */
int refuse_command(const char *word);

#endif
