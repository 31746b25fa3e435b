/* values.h: one option's value, read strictly and checked against its bounds. */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include "options.h"

/* Reads `text` (NULL for a flag) into `field`, which has the type of the option's kind. false: the
 * reason has been said on standard error, and the field is as it was. */
bool value_read(command_index command, const option_entry *option, const char *text, void *field);

/* false, and said: memory is exhausted. */
bool list_add(text_list *list, const char *text);

#endif
