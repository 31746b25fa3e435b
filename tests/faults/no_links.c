/* no_links.c: a file system without symbolic links (LD_PRELOAD), as exFAT is and some mounts are.
 */
#include <errno.h>
#include <unistd.h>

int symlink(const char *target, const char *path)
{
    (void)target;
    if (access(path, F_OK) == 0)
        errno = EEXIST; /* the kernel looks for that first */
    else
        errno = EPERM;
    return -1;
}
