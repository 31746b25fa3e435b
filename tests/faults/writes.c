/* writes.c: stands between a program and the file system (LD_PRELOAD), for tests/faults/kills.py.
 *
 *   FAULT_LOG=FILE     every call that changes a file or folder is written there, data included, so
 *                      that another program can tell what of it was safe at which instant
 *   FAULT_KILL=N       at the N-th write, sync or rename (from 1) the program kills itself: of a
 *                      write half is done, the others are not
 *   FAULT_FAIL=NAME:N  the N-th write, sync or rename fails: write with ENOSPC, sync with EIO,
 * rename with EACCES FAULT_SLEEP=US     so long before each write and sync, so that a kill from
 * outside meets them
 *
 * A record of the log: "KIND A B BYTES\n", then BYTES bytes of data and "\n". Streams that write
 * are made of cookies here, for stdio's own calls of write() cannot be stood in for. Not for
 * several threads that write at once: the program has one. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int log_descriptor = -1;
static long kill_at, fail_at, sleep_us, count;
static char fail_kind[16];

#define NEXT(name) ((__typeof__(&name))next(#name))

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static long number_of(const char *name)
{
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULT_LOG"), *fail = getenv("FAULT_FAIL");
    kill_at = number_of("FAULT_KILL");
    sleep_us = number_of("FAULT_SLEEP");
    if (fail) sscanf(fail, "%15[a-z]:%ld", fail_kind, &fail_at);
    if (path)
        log_descriptor =
            (int)syscall(SYS_open, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *bytes, size_t bytes_count)
{
    const char *at = bytes;
    while (log_descriptor >= 0 && bytes_count) {
        long done = syscall(SYS_write, log_descriptor, at, bytes_count);
        if (done <= 0) return;
        at += done;
        bytes_count -= (size_t)done;
    }
}

static void note(const char *kind, long a, long b, const void *data, size_t bytes)
{
    char line[96];
    int length = snprintf(line, sizeof line, "%s %ld %ld %zu\n", kind, a, b, bytes);
    put(line, (size_t)length);
    put(data, bytes);
    put("\n", 1);
}

/* The path may be one in a folder that is open, as openat() has it. */
static void note_path(const char *kind, long a, int folder, const char *path)
{
    char whole[4096] = "", link[64], joined[8192];
    if (path[0] != '/' && folder == AT_FDCWD) {
        if (!getcwd(whole, sizeof whole)) whole[0] = '\0';
    } else if (path[0] != '/') {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, whole, sizeof whole - 1);
        whole[length > 0 ? length : 0] = '\0';
    }
    snprintf(joined, sizeof joined, "%s%s%s", whole, *whole ? "/" : "", path);
    note(kind, a, 0, joined, strlen(joined));
}

static bool regular(int descriptor)
{
    struct stat info;
    return fstat(descriptor, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode));
}

/* Is this call to fail? At the instant to die at, it does not return. */
static bool due(const char *kind, int error)
{
    static long of_kind;
    if (sleep_us) usleep((useconds_t)sleep_us);
    if (++count == kill_at) raise(SIGKILL);
    if (!fail_at || strcmp(kind, fail_kind) != 0 || ++of_kind != fail_at) return false;
    errno = error;
    return true;
}

/* ---- descriptors */

static ssize_t write_noted(int descriptor, const void *bytes, size_t bytes_count)
{
    if (!regular(descriptor)) return syscall(SYS_write, descriptor, bytes, bytes_count);
    if (count + 1 == kill_at) { /* a torn write */
        long done = syscall(SYS_write, descriptor, bytes, bytes_count / 2);
        if (done > 0) note("write", descriptor, 0, bytes, (size_t)done);
    }
    if (due("write", ENOSPC)) return -1;
    long done = syscall(SYS_write, descriptor, bytes, bytes_count);
    if (done > 0) note("write", descriptor, 0, bytes, (size_t)done);
    return done;
}

ssize_t write(int descriptor, const void *bytes, size_t bytes_count)
{
    return write_noted(descriptor, bytes, bytes_count);
}

static int open_noted(int folder, const char *path, int flags, mode_t mode)
{
    int descriptor = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (descriptor >= 0 && (flags & (O_WRONLY | O_RDWR | O_DIRECTORY)) && regular(descriptor))
        note_path(flags & O_TRUNC ? "truncate" : "open", descriptor, folder, path);
    return descriptor;
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_noted(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_noted(folder, path, flags, mode);
}

int close(int descriptor)
{
    if (descriptor == log_descriptor) return 0;
    note("close", descriptor, 0, NULL, 0);
    return (int)syscall(SYS_close, descriptor);
}

int fsync(int descriptor)
{
    if (due("sync", EIO)) return -1;
    int result = (int)syscall(SYS_fsync, descriptor);
    if (result == 0) note("sync", descriptor, 0, NULL, 0);
    return result;
}

/* ---- streams that write */

enum { STREAMS = 64 };

static struct {
    FILE *stream;
    int descriptor;
} streams[STREAMS];

static ssize_t cookie_write(void *cookie, const char *bytes, size_t bytes_count)
{
    ssize_t done = write_noted((int)(intptr_t)cookie, bytes, bytes_count);
    return done < 0 ? 0 : done;
}

static int cookie_close(void *cookie)
{
    int descriptor = (int)(intptr_t)cookie;
    for (size_t i = 0; i < STREAMS; i++)
        if (streams[i].stream && streams[i].descriptor == descriptor) streams[i].stream = NULL;
    return close(descriptor);
}

static FILE *stream_make(int descriptor)
{
    cookie_io_functions_t functions = { .write = cookie_write, .close = cookie_close };
    FILE *stream = fopencookie((void *)(intptr_t)descriptor, "w", functions);
    for (size_t i = 0; stream && i < STREAMS; i++)
        if (!streams[i].stream) {
            streams[i].stream = stream;
            streams[i].descriptor = descriptor;
            break;
        }
    return stream;
}

FILE *fdopen(int descriptor, const char *mode)
{
    return mode[0] == 'w' && regular(descriptor) ? stream_make(descriptor)
                                                 : NEXT(fdopen)(descriptor, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    if (mode[0] != 'w') return NEXT(fopen)(path, mode);
    int descriptor = open_noted(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return descriptor < 0 ? NULL : stream_make(descriptor);
}

int fileno(FILE *stream)
{
    for (size_t i = 0; i < STREAMS; i++)
        if (streams[i].stream == stream) return streams[i].descriptor;
    return NEXT(fileno)(stream);
}

/* ---- names */

static int renamed(const char *kind, int from_folder, const char *from, int to_folder,
                   const char *to, unsigned flags)
{
    if (due("rename", EACCES)) return -1;
    int result = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (result != 0) return result;
    note_path("from", 0, from_folder, from);
    note_path(kind, 0, to_folder, to);
    return 0;
}

int rename(const char *from, const char *to)
{
    return renamed("rename", AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return renamed("rename", from_folder, from, to_folder, to, 0);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    return renamed("exchange", from_folder, from, to_folder, to, flags);
}

int mkdirat(int folder, const char *path, mode_t mode)
{
    int result = (int)syscall(SYS_mkdirat, folder, path, mode);
    if (result == 0) note_path("mkdir", 0, folder, path);
    return result;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

int unlinkat(int folder, const char *path, int flags)
{
    int result = (int)syscall(SYS_unlinkat, folder, path, flags);
    if (result == 0) note_path("remove", 0, folder, path);
    return result;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}
