/* path_expand.h: paths as people write them in variables of the environment. */
#ifndef HUB_PATH_EXPAND_H
#define HUB_PATH_EXPAND_H

#include "base/status.h"

/* What Python's os.path.expandvars(os.path.expanduser(path)) makes of it, which huggingface_hub
 * applies to its folders: "~" and "~user" at the beginning become a home, then "$NAME" and
 * "${NAME}" what the environment holds, once. What is not known stays as it stands. The caller
 * frees *out. */
bert_status path_expand(const char *path, char **out);

#endif
