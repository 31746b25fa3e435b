/* interrupt.h: Ctrl-C and SIGTERM while a model is trained. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on the first SIGINT or SIGTERM is remembered and answered with a sentence; the next,
 * more than a second later, ends the program at once. */
void interrupt_watch(void);

bool interrupt_came(void);

#endif
