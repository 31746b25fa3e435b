/* help.h: what --help and --version print. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "settings.h"

#include <stdio.h>

void help_print(FILE *out);
void help_print_command(command_index command, FILE *out);

#endif
