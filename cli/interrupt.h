/* interrupt.h: signals that ask a training to stop. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on the first SIGINT, SIGTERM, SIGHUP or SIGXCPU is remembered and answered with a
 * sentence; another SIGINT or SIGTERM, more than a second later, ends the program at once. A SIGHUP
 * that is ignored, as nohup has it, stays ignored. */
void interrupt_watch(void);

bool interrupt_came(void);

#endif
