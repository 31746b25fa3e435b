/* folder.h: folders made, held open, removed and put in their place. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/status.h"

#include <dirent.h>

/* The next entry of the folder `path` but for "." and ".."; NULL: there is none left. */
bert_status folder_next(DIR *entries, const char *path, struct dirent **out);

/* Makes what was made, renamed or removed in the folder that holds `path` outlast a power failure.
 */
bert_status folder_sync(const char *path);

/* Makes a folder and its missing parents; one that is there already is fine, one without a name
 * BERT_ARGUMENT. */
bert_status folder_make(const char *path);

/* The path without slashes at its end, links in it followed if it is there. The caller frees. */
bert_status path_resolve(const char *path, char **out);

/* A folder that is held open. What is written by way of it (file.h) lands in this folder, even when
 * another folder or a link has taken its name meanwhile; the first write after that fails. A zeroed
 * one holds none. */
typedef struct folder_handle {
    int descriptor;
    char *path; /* by which it was opened */
} folder_handle;

/* A path that ends in a link is BERT_ARGUMENT: what a user names goes through path_resolve(). */
bert_status folder_hold(const char *path, folder_handle *out);

/* Opens the folder of that name in another one; makes it if it is not there. */
bert_status folder_make_inside(const folder_handle *in, const char *name, folder_handle *out);

void folder_release(folder_handle *f);

/* Does its path still lead to it? BERT_IO if not. */
bert_status folder_verify(const folder_handle *f);

/* folder_sync() of what is in it. */
bert_status folder_flush(const folder_handle *f);

/* Its entries, for folder_next() and closedir(). */
bert_status folder_list(const folder_handle *f, DIR **out);

/* Removes an entry, with all that is in it; one that is not there is fine. Links themselves are
 * removed and not what they point at. */
bert_status folder_entry_remove(const folder_handle *f, const char *name);

/* The same of a whole folder, by its path. */
bert_status folder_remove(const char *path);

/* The same of a held one; it stays as it is if its path does not lead to it any more. */
bert_status folder_discard(const folder_handle *f);

/* Makes the folder `staged` appear as `path`. If `path` is there already the two change places
 * in one step of the file system (renameat2, RENAME_EXCHANGE) and the old one is removed: at no
 * instant is neither there. */
bert_status folder_publish(const folder_handle *staged, const char *path);

#endif
