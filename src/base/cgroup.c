#include "base/cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A small file's text; false: it cannot be read. */
static bool text_read(const char *folder, const char *name, char *out, size_t capacity)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return false;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    ssize_t count = read(descriptor, out, capacity - 1);
    close(descriptor);
    out[count > 0 ? count : 0] = '\0';
    return count > 0;
}

static long number_read(const char *folder, const char *name)
{
    char text[32];
    long number = 0;
    if (text_read(folder, name, text, sizeof text)) sscanf(text, "%ld", &number);
    return number;
}

/* Of one group: "150000 100000" or "max 100000" in cpu.max of version 2; version 1 has a file for
 * each number, and -1 for none. */
static size_t share_of(const char *folder)
{
    char text[64];
    long quota = 0, period = 0;
    if (text_read(folder, "cpu.max", text, sizeof text)) {
        if (sscanf(text, "%ld %ld", &quota, &period) != 2) quota = 0;
    } else {
        quota = number_read(folder, "cpu.cfs_quota_us");
        period = number_read(folder, "cpu.cfs_period_us");
    }
    if (quota <= 0 || period <= 0) return SIZE_MAX;
    return (size_t)(quota / period + (quota % period != 0));
}

/* Of a group and all that it is in. In a container the path may be the one outside of it, of which
 * nothing is to be seen but the end of the way up. */
static size_t share_within(const char *mount, const char *path)
{
    char folder[PATH_MAX];
    size_t least = SIZE_MAX, begin = strlen(mount);
    if (snprintf(folder, sizeof folder, "%s%s", mount, path) >= (int)sizeof folder) return least;
    for (;;) {
        size_t share = share_of(folder);
        if (share < least) least = share;
        char *slash = strrchr(folder + begin, '/');
        if (!slash) return least;
        *slash = '\0';
    }
}

/* "cpu" of "cpu,cpuacct". */
static bool has_cpu(const char *controllers)
{
    for (const char *at = controllers; *at; at += strcspn(at, ",")) {
        at += *at == ',';
        if (strncmp(at, "cpu", 3) == 0 && (at[3] == ',' || !at[3])) return true;
    }
    return false;
}

/* "0::/a/b" of version 2, "4:cpu,cpuacct:/a/b" of version 1. */
static size_t share_of_line(const char *root, char *line)
{
    char mount[PATH_MAX], *controllers = strchr(line, ':'),
                          *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path) return SIZE_MAX;
    *controllers++ = '\0';
    *path++ = '\0';
    if (*controllers && !has_cpu(controllers)) return SIZE_MAX;
    const char *below = *controllers ? "/cpu" : "";
    if (snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s", root, below) >= (int)sizeof mount)
        return SIZE_MAX;
    return share_within(mount, path);
}

size_t cgroup_processors(const char *root)
{
    char text[8192], *rest, folder[PATH_MAX];
    size_t least = SIZE_MAX;
    if (snprintf(folder, sizeof folder, "%s/proc/self", root) >= (int)sizeof folder) return least;
    if (!text_read(folder, "cgroup", text, sizeof text)) return least;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        size_t share = share_of_line(root, line);
        if (share < least) least = share;
    }
    return least;
}
