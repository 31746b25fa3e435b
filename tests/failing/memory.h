/* memory.h: memory that runs out, for a test program that is linked with memory.c.
 *
 * The program then has malloc and its like of its own, over glibc's, and mmap: those of the shared
 * libraries that it uses (jansson, libcsv, nettle, zlib, libc's stdio) come here too. Who asked is
 * told by the return address. The dynamic linker, oneDNN, and the run-time libraries of OpenMP and
 * C++ are not ours to answer for: what they ask for is neither counted nor refused.
 *
 * fsync is a call that does nothing here: thousands of runs need not wait for a disk. */
#ifndef TESTS_FAILING_MEMORY_H
#define TESTS_FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* False where the program's allocations cannot be its own: under a sanitizer, or without glibc. */
bool memory_can_fail(void);

/* From here on allocations are counted, from 1. The `first`-th fails (0: none), and with
 * `all_after` all after it. Of one watch at a time, on all threads. */
void memory_watch(size_t first, bool all_after);

typedef struct memory_report {
    size_t asked, refused;
    size_t alive;       /* allocations of the watch that nobody gave back */
    size_t alive_asked; /* one of them: its number, */
    size_t alive_bytes; /* its size, */
    char alive_by[256]; /* and who asked: FILE+0xOFFSET, for addr2line */
} memory_report;

void memory_unwatch(memory_report *out);

#endif
