/* file.h: files read by mapping, written whole or not at all. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/folder.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A file's bytes, read-only. Valid until file_map_close. An empty file has bytes "" and count 0. */
typedef struct file_map {
    const char *bytes;
    size_t count;
} file_map;

/* Maps a regular file. The message of a failure names the path and the system's reason. */
bert_status file_map_open(const char *path, file_map *out);

/* The same of a file in a held folder; one that is not there is as an empty one. */
bert_status file_map_inside(const folder_handle *in, const char *name, file_map *out);

void file_map_close(file_map *map); /* a zeroed or closed map is left alone */

/* Gives back the memory that the bytes from..from + count - 1 have taken since they were read; they
 * are read again where they are looked at again. */
void file_map_forget(const file_map *map, size_t from, size_t count);

/* Is there something of that name that is no folder; is there a folder? What cannot be looked at (a
 * disk that fails, a folder closed to us) counts as there, and whoever opens it hears why: what is
 * left out where it is absent must not be left out where it cannot be read. */
bool file_exists(const char *path);
bool folder_exists(const char *path);

/* Is it a pipe, a device or a socket, whose bytes can be read only once? */
bool file_is_stream(const char *path);

/* open(2) of what is there already, which no signal keeps from it. */
int descriptor_open(const char *path, int flags);
int descriptor_open_inside(int folder, const char *name, int flags); /* openat(2) */

/* folder + "/" + name in a fresh string; the caller frees with free(). */
bert_status path_join(const char *folder, const char *name, char **out);

/* May it name a file of a folder? Not what leads out of it: "", ".", "..", with a "/" in it. */
bool file_name_is_plain(const char *name);

/* A file being written: what it holds appears under its name at file_write_commit, all at once
 * (temporary file in the same folder, fsync, rename), or never.
 *
 * Whoever writes gives a folder and a name in it. `in` NULL: the name is a path. */
typedef struct file_write {
    FILE *stream;            /* write here, with stdio; errors are sticky and told by commit */
    const folder_handle *in; /* borrowed */
    char *path;              /* for messages */
    const char *name;        /* its end */
    char *temporary;         /* another name in the folder */
} file_write;

bert_status file_write_open(const folder_handle *in, const char *name, file_write *out);
bert_status file_write_commit(file_write *file); /* closes it, whatever it returns */
void file_write_abort(file_write *file); /* closes and removes; a zeroed one is left alone */

/* The three calls above for bytes already in memory. */
bert_status file_replace(const folder_handle *in, const char *name, const void *bytes,
                         size_t count);

/* Copies a file whole, by the same way. */
bert_status file_copy(const char *from, const folder_handle *in, const char *name);

/* Copies the file of that name from one folder into another; one that is not there is fine. */
bert_status file_copy_between(const char *from, const folder_handle *to, const char *name);

/* Begins a file that grows for as long as a run, and is seen while it does. The caller closes. */
bert_status file_stream_open(const folder_handle *in, const char *name, FILE **out);

/* Why such a file could not be written, by errno. */
bert_status file_not_written(const folder_handle *in, const char *name);

#endif
