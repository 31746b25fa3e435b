/* listing.h: what the Hub's API says of one revision of a model: its commit and its files.
 *
 *     {"id": "owner/name", "sha": COMMIT, "siblings": [{"rfilename": "config.json"}, ...], ...} */
#ifndef HUB_LISTING_H
#define HUB_LISTING_H

#include "hub/name.h"

#include <jansson.h>
#include <stdbool.h>

enum { HUB_LISTING_BYTES_MAX = 1 << 24, HUB_LISTING_FILES_MAX = 50000 };

typedef struct hub_listing {
    char id[HUB_ID_BYTES]; /* what the model is called now; "" where that is not said */
    char commit[HUB_COMMIT_BYTES];
    json_t *files; /* its keys are their names */
} hub_listing;

/* `origin` stands in messages. All names of files are good as hub_file_name_good() says; one that
 * is not makes the whole listing BERT_FORMAT, and so does what is above the bounds. The caller
 * releases *out. */
bert_status hub_listing_parse(slice text, const char *origin, hub_listing *out);
void hub_listing_release(hub_listing *listing);

bool hub_listing_has(const hub_listing *listing, const char *file);

#endif
