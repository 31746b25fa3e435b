/* memory.c: memory that runs out in a whole program (LD_PRELOAD), for tests/faults/memory.py.
 * Linked with tests/failing/memory.c, which says whose allocations count.
 *
 *   FAULT_MEMORY=N   the N-th allocation fails (from 1; 0: none), with a plus behind the number all
 *                    from there on
 *   FAULT_LOG=FILE   how many there were is written there at the end */
#include "failing/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("FAULT_MEMORY");
    if (text) memory_watch(strtoul(text, NULL, 10), strchr(text, '+') != NULL);
}

__attribute__((destructor)) static void end(void)
{
    memory_report report;
    char text[32];
    const char *path = getenv("FAULT_LOG");
    if (!path) return;
    memory_unwatch(&report);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int length = snprintf(text, sizeof text, "%zu\n", report.asked);
    if (descriptor < 0 || write(descriptor, text, (size_t)length) != length) abort();
    close(descriptor);
}
