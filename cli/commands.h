/* commands.h: one function a command; each returns the program's exit status. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "settings.h"

#define COMMAND(name, ...) int command_##name(const settings *s);
#include "commands.def"
#undef COMMAND

#endif
