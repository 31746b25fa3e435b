/* cgroup.h: the share of the processors that a container or a service is given. */
#ifndef BASE_CGROUP_H
#define BASE_CGROUP_H

#include <stddef.h>

/* As many processors as the quota of the process's control group comes to (cpu.max;
 * cpu.cfs_quota_us of version 1), and that of the groups it is in, rounded up; SIZE_MAX: there is
 * no quota. `root`: what stands before "/proc" and "/sys", "" but in tests. */
size_t cgroup_processors(const char *root);

#endif
