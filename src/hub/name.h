/* name.h: what a model is called on the Hub, and in the cache that all tools share.
 *
 *     google-bert/bert-base-uncased        owner/name
 *     bert-base-uncased@v1                 an old short name; the revision `v1`: a branch, a tag or
 *                                          a commit
 *     models--google-bert--bert-base-uncased/snapshots/COMMIT
 *                                          the end of the path of its folder in the cache */
#ifndef HUB_NAME_H
#define HUB_NAME_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>

enum { HUB_ID_BYTES = 2 * 96 + 2, HUB_REVISION_BYTES = 256, HUB_COMMIT_BYTES = 41 };

typedef struct hub_name {
    char id[HUB_ID_BYTES];             /* "owner/name" or "name" */
    char revision[HUB_REVISION_BYTES]; /* "main" where none was given */
} hub_name;

/* False, and *out untouched, where the text cannot be a name: it begins with '/', '.' or '~', has
 * more than one '/' before '@', or breaks huggingface_hub's rules of names (validate_repo_id) or
 * git's of references. */
bool hub_name_parse(const char *text, hub_name *out);

/* 40 hexadecimal digits, lower case. */
bool hub_is_commit(const char *text);

/* The model and commit of a folder in a cache, by its path with all links resolved; false, and *out
 * untouched, where it is none. */
bool hub_name_of_folder(const char *path, hub_name *out);

#endif
