/* replay.c: runs a target over files, and folders of files, without libFuzzer.
 *
 *     TARGET PATH...        prints how many inputs there were; a folder that is not there has none
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static size_t file_run(const char *path)
{
    FILE *stream = fopen(path, "rb");
    struct stat info;
    if (!stream || fstat(fileno(stream), &info) != 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    /* a block of just this size, so that the sanitizer sees a read behind the last byte */
    size_t count = (size_t)info.st_size;
    uint8_t *bytes = malloc(count ? count : 1);
    if (!bytes || fread(bytes, 1, count, stream) != count) exit(1);
    fclose(stream);
    fprintf(stderr, "%s\n", path); /* the last line names the one that fails */
    LLVMFuzzerTestOneInput(bytes, count);
    free(bytes);
    return 1;
}

static size_t path_run(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder) return errno == ENOTDIR ? file_run(path) : 0;
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char inner[4096];
        if (entry->d_name[0] == '.') continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        count += path_run(inner);
    }
    closedir(folder);
    return count;
}

int main(int argument_count, char **arguments)
{
    size_t count = 0;
    for (int i = 1; i < argument_count; i++) count += path_run(arguments[i]);
    printf("%zu inputs\n", count);
    return count == 0;
}
