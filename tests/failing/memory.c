#include "failing/memory.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

bool memory_can_fail(void)
{
    return true;
}

/* ---- whose allocations do not count */

enum { RANGES_MAX = 64 };

static struct {
    uintptr_t begin, end;
} foreign[RANGES_MAX];
static size_t foreign_count;

static int library_look(struct dl_phdr_info *library, size_t size, void *context)
{
    static const char *const names[] = { "/ld-linux", "/libdnnl", "/libgomp", "/libstdc++" };
    (void)size;
    (void)context;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (size_t i = 0; strstr(library->dlpi_name, names[n]) && i < library->dlpi_phnum; i++) {
            const ElfW(Phdr) *part = &library->dlpi_phdr[i];
            if (part->p_type != PT_LOAD) continue;
            assert(foreign_count < RANGES_MAX);
            foreign[foreign_count].begin = library->dlpi_addr + part->p_vaddr;
            foreign[foreign_count++].end = library->dlpi_addr + part->p_vaddr + part->p_memsz;
        }
    return 0;
}

static bool is_foreign(const void *caller)
{
    for (size_t i = 0; i < foreign_count; i++)
        if ((uintptr_t)caller >= foreign[i].begin && (uintptr_t)caller < foreign[i].end)
            return true;
    return false;
}

/* ---- what is alive */

/* A table by address, open addressing; the next free place after its hash holds a block. */
enum { BLOCKS_MAX = 1 << 18 };

typedef struct block {
    const void *at; /* NULL: none */
    const void *caller;
    size_t asked, bytes;
} block;

static block blocks[BLOCKS_MAX];
static size_t block_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool watching, fail_all_after;
static size_t asked, refused, fail_first;

static size_t place_of(const void *at)
{
    return (size_t)(((uintptr_t)at >> 4) * 0x9E3779B97F4A7C15u >> 46);
}

static size_t next_place(size_t place)
{
    return (place + 1) % BLOCKS_MAX;
}

static void block_put(const void *at, const void *caller, size_t number, size_t bytes)
{
    size_t place = place_of(at);
    while (blocks[place].at && blocks[place].at != at) place = next_place(place);
    assert(block_count < BLOCKS_MAX / 2);
    block_count += !blocks[place].at;
    blocks[place] = (block){ .at = at, .caller = caller, .asked = number, .bytes = bytes };
}

/* Those behind the one that goes move up, so that no search ends before them. */
static void block_drop(const void *at)
{
    size_t place = place_of(at);
    while (blocks[place].at && blocks[place].at != at) place = next_place(place);
    if (!blocks[place].at) return;
    block_count--;
    blocks[place].at = NULL;
    for (size_t from = next_place(place); blocks[from].at; from = next_place(from)) {
        block moved = blocks[from];
        blocks[from].at = NULL;
        block_count--;
        block_put(moved.at, moved.caller, moved.asked, moved.bytes);
    }
}

/* Is this one to fail? *number is the allocation's, 0 where it is not watched. */
static bool refuse(const void *caller, size_t *number)
{
    bool fails = false;
    *number = 0;
    pthread_mutex_lock(&lock);
    if (watching && !is_foreign(caller)) {
        *number = ++asked;
        fails = fail_first && (asked == fail_first || (fail_all_after && asked > fail_first));
        refused += fails;
    }
    pthread_mutex_unlock(&lock);
    if (fails) errno = ENOMEM;
    return fails;
}

static void *given(void *at, const void *caller, size_t number, size_t bytes)
{
    if (!at || !number) return at;
    pthread_mutex_lock(&lock);
    block_put(at, caller, number, bytes);
    pthread_mutex_unlock(&lock);
    return at;
}

static void taken(const void *at)
{
    pthread_mutex_lock(&lock);
    block_drop(at);
    pthread_mutex_unlock(&lock);
}

void memory_watch(size_t first, bool all_after)
{
    if (!foreign_count) dl_iterate_phdr(library_look, NULL);
    pthread_mutex_lock(&lock);
    if (block_count) memset(blocks, 0, sizeof blocks);
    block_count = asked = refused = 0;
    fail_first = first;
    fail_all_after = all_after;
    watching = true;
    pthread_mutex_unlock(&lock);
}

static void caller_name(const void *caller, char *name, size_t capacity)
{
    Dl_info library;
    if (dladdr(caller, &library))
        snprintf(name, capacity, "%s+0x%zx", library.dli_fname,
                 (size_t)((uintptr_t)caller - (uintptr_t)library.dli_fbase));
}

void memory_unwatch(memory_report *out)
{
    pthread_mutex_lock(&lock);
    watching = false;
    *out = (memory_report){ .asked = asked, .refused = refused, .alive = block_count };
    for (size_t i = 0; i < BLOCKS_MAX && block_count; i++) {
        if (!blocks[i].at) continue;
        out->alive_asked = blocks[i].asked;
        out->alive_bytes = blocks[i].bytes;
        caller_name(blocks[i].caller, out->alive_by, sizeof out->alive_by);
        break;
    }
    pthread_mutex_unlock(&lock);
}

/* ---- the calls, for the shared libraries too */

#pragma GCC visibility push(default)

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *at);

void *malloc(size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    size_t number;
    return refuse(caller, &number) ? NULL : given(__libc_malloc(bytes), caller, number, bytes);
}

void *calloc(size_t count, size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    size_t number;
    if (refuse(caller, &number)) return NULL;
    return given(__libc_calloc(count, bytes), caller, number, count * bytes);
}

void *realloc(void *old, size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    size_t number;
    if (refuse(caller, &number)) return NULL;
    void *moved = __libc_realloc(old, bytes);
    if (old && (moved || !bytes)) taken(old);
    return given(moved, caller, number, bytes);
}

static void *aligned(size_t alignment, size_t bytes, const void *caller)
{
    size_t number;
    if (refuse(caller, &number)) return NULL;
    return given(__libc_memalign(alignment, bytes), caller, number, bytes);
}

void *memalign(size_t alignment, size_t bytes)
{
    return aligned(alignment, bytes, __builtin_return_address(0));
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return aligned(alignment, bytes, __builtin_return_address(0));
}

int posix_memalign(void **out, size_t alignment, size_t bytes)
{
    void *made = aligned(alignment, bytes, __builtin_return_address(0));
    if (!made) return ENOMEM;
    *out = made;
    return 0;
}

void free(void *at)
{
    if (at) taken(at);
    __libc_free(at);
}

void *mmap(void *at, size_t bytes, int protection, int flags, int descriptor, off_t offset)
{
    const void *caller = __builtin_return_address(0);
    size_t number;
    if (refuse(caller, &number)) return MAP_FAILED;
    void *map = (void *)syscall(SYS_mmap, at, bytes, protection, flags, descriptor, offset);
    return map == MAP_FAILED ? map : given(map, caller, number, bytes);
}

int munmap(void *at, size_t bytes)
{
    taken(at);
    return (int)syscall(SYS_munmap, at, bytes);
}

int fsync(int descriptor)
{
    (void)descriptor;
    return 0;
}

#pragma GCC visibility pop

#else

bool memory_can_fail(void)
{
    return false;
}

void memory_watch(size_t first, bool all_after)
{
    (void)first;
    (void)all_after;
}

void memory_unwatch(memory_report *out)
{
    *out = (memory_report){ 0 };
}

#endif
