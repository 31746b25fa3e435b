/* places.h: where in a repository the files of a model lie. For sentence-transformers it is parted
 * into modules, and modules.json says in which folder each is (json/modules.h):
 *
 *     0_Transformer/config.json  0_Transformer/model.safetensors  ...
 *     1_Pooling/config.json
 *     2_Dense/config.json        2_Dense/model.safetensors
 *
 * Most have the model beside modules.json, as all others have. */
#ifndef HUB_PLACES_H
#define HUB_PLACES_H

#include "base/status.h"

#include <jansson.h>

typedef struct hub_places {
    char *model; /* what stands before the names of the model's own files: "", "0_Transformer/" */
    json_t *modules; /* the same of the other modules, as keys: "1_Pooling/" */
} hub_places;

/* By modules.json of a snapshot, which is its only file that need be there. The caller releases,
 * whatever is returned. */
bert_status hub_places_read(const char *snapshot, hub_places *out);
void hub_places_release(hub_places *places);

/* Hands on the name of each small file that the model may have: those of files.def, and of each
 * other module its config.json. Ends at the first failure. */
typedef bert_status hub_small_take(void *context, const char *file);
bert_status hub_small_each(const hub_places *places, hub_small_take *take, void *context);

/* "0_Transformer/" and "config.json" as one name, for free(). */
bert_status hub_name_in(const char *place, const char *file, char **out);

#endif
