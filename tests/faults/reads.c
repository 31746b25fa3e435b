/* reads.c: stands between a program and the files that it reads (LD_PRELOAD), for
 * tests/faults/reads.py.
 *
 *   FAULT_ROOT=FOLDER  calls for files and folders below it (a path without links) and for standard
 *                      input count; no others
 *   FAULT_READ=KIND:N  what becomes of the N-th of these calls (from 1) that the kind has to do
 *                      with; with a plus behind the number, of all from there on
 *                        error      any: EIO
 *                        interrupt  open, read: EINTR
 *                        short      read: a byte, where there is more
 *                        page       mmap: every look at the file's bytes is a bus error, as where
 *                                   its disk fails
 *   FAULT_LOG=FILE     a line for each call: what it is, a blank, the path
 *
 * All that bert reads it opens, maps and reads itself, without stdio, so its calls come here. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *root;
static int log_descriptor = -1;
static char kind[16], and_after;
static long wanted;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULT_LOG"), *what = getenv("FAULT_READ");
    root = getenv("FAULT_ROOT");
    if (what) sscanf(what, "%15[a-z]:%ld%c", kind, &wanted, &and_after);
    if (path)
        log_descriptor = (int)syscall(SYS_openat, AT_FDCWD, path,
                                      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static bool below_root(const char *path)
{
    return root && strncmp(path, root, strlen(root)) == 0;
}

static bool concerns(const char *call)
{
    bool is_read = strcmp(call, "read") == 0;
    if (strcmp(kind, "error") == 0) return true;
    if (strcmp(kind, "interrupt") == 0) return is_read || strcmp(call, "open") == 0;
    if (strcmp(kind, "short") == 0) return is_read;
    return strcmp(call, "mmap") == 0;
}

/* Is it this call's turn? A path that is not one of the test's is never. */
static bool due(const char *call, const char *path)
{
    static long count;
    char line[2 * PATH_MAX + 32];
    if (!below_root(path) && strcmp(path, "standard input") != 0) return false;
    int length = snprintf(line, sizeof line, "%s %s\n", call, path);
    if (log_descriptor >= 0) syscall(SYS_write, log_descriptor, line, (size_t)length);
    if (!wanted || !concerns(call)) return false;
    count++;
    return and_after ? count >= wanted : count == wanted;
}

static bool fails(const char *call, const char *path)
{
    if (!due(call, path) || (strcmp(kind, "error") != 0 && strcmp(kind, "interrupt") != 0))
        return false;
    errno = *kind == 'e' ? EIO : EINTR;
    return true;
}

static const char *path_of(int descriptor, char path[PATH_MAX])
{
    char link[64];
    if (descriptor == STDIN_FILENO) return "standard input";
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = '\0';
    return path;
}

/* ---- files */

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if ((flags & O_ACCMODE) == O_RDONLY && fails("open", path)) return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    char within[PATH_MAX], whole[2 * PATH_MAX];
    snprintf(whole, sizeof whole, "%s/%s", path_of(folder, within), path);
    if ((flags & O_ACCMODE) == O_RDONLY && fails("open", whole)) return -1;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

ssize_t read(int descriptor, void *bytes, size_t count)
{
    char room[PATH_MAX];
    const char *path = path_of(descriptor, room);
    bool now = due("read", path), is_short = now && strcmp(kind, "short") == 0;
    if (now && !is_short) {
        errno = *kind == 'e' ? EIO : EINTR;
        return -1;
    }
    return syscall(SYS_read, descriptor, bytes, is_short && count ? (size_t)1 : count);
}

int fstat(int descriptor, struct stat *info)
{
    char path[PATH_MAX];
    return fails("fstat", path_of(descriptor, path)) ? -1 : NEXT(fstat)(descriptor, info);
}

int stat(const char *path, struct stat *info)
{
    return fails("stat", path) ? -1 : NEXT(stat)(path, info);
}

int lstat(const char *path, struct stat *info)
{
    return fails("stat", path) ? -1 : NEXT(lstat)(path, info);
}

void *mmap(void *at, size_t bytes, int protection, int flags, int descriptor, off_t offset)
{
    char room[PATH_MAX];
    const char *path = descriptor >= 0 ? path_of(descriptor, room) : "";
    if (due("mmap", path)) {
        if (*kind == 'e') {
            errno = EIO;
            return MAP_FAILED;
        }
        offset += (off_t)((bytes / 4096 + 1) * 4096); /* past the file's end */
    }
    return (void *)syscall(SYS_mmap, at, bytes, protection, flags, descriptor, offset);
}

/* ---- folders */

DIR *opendir(const char *path)
{
    return fails("opendir", path) ? NULL : NEXT(opendir)(path);
}

struct dirent *readdir(DIR *entries)
{
    char path[PATH_MAX];
    return fails("readdir", path_of(dirfd(entries), path)) ? NULL : NEXT(readdir)(entries);
}

ssize_t getdents64(int descriptor, void *bytes, size_t count)
{
    char path[PATH_MAX];
    if (fails("getdents64", path_of(descriptor, path))) return -1;
    return syscall(SYS_getdents64, descriptor, bytes, count);
}
