/* files.h: which files make a model (files.def), and which parts the weights have. */
#ifndef HUB_FILES_H
#define HUB_FILES_H

#include "base/slice.h"
#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum hub_weights_kind { HUB_WHOLE, HUB_INDEX, HUB_CHECKPOINT } hub_weights_kind;

typedef struct hub_weights {
    hub_weights_kind kind;
    const char *name;
} hub_weights;

extern const char *const hub_small_files[];
extern const size_t hub_small_count;
extern const hub_weights hub_weights_files[];
extern const size_t hub_weights_count;

/* May a file of this name, as a server or an index gives it, be put below a folder? It is relative,
 * has no empty part, "." or "..", no backslash and no control character, and at most 1,024 bytes.
 */
bool hub_file_name_good(slice name);

/* The shards that an index (a file in JSON) names, as the keys of *out, a JSON object that the
 * caller releases: plain file names, 1 to 1,024 of them. */
bert_status hub_shards_read(const char *index_path, json_t **out);

/* Is `name` a data file of the checkpoint whose .index this is? */
bool hub_is_checkpoint_part(const char *index, const char *name);

#endif
