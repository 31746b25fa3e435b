/* fetch.h: one file of a model from the Hub into the cache, whole and as the Hub says it is, or not
 * at all. */
#ifndef HUB_FETCH_H
#define HUB_FETCH_H

#include "hub/cache.h"
#include "hub/client.h"

#include <stdint.h>

/* A file to fetch, as the Hub tells of it. */
typedef struct hub_file {
    const char *name;
    char etag[HUB_ETAG_BYTES]; /* 64 hexadecimal digits: its SHA-256; 40: git's SHA-1 of it */
    int64_t size;              /* bytes */
} hub_file;

/* What a fetch needs to know, and how far all files are. */
typedef struct hub_fetch {
    hub_client *client;
    const hub_cache *cache;
    const char *commit;
    int64_t done, total; /* bytes */
} hub_fetch;

/* Asks for etag and size of file->name. */
bert_status hub_fetch_describe(hub_fetch *f, hub_file *file);

/* The bytes that are still to come: less what an earlier try has left. */
bert_status hub_fetch_missing(const hub_fetch *f, const hub_file *file, int64_t *bytes);

/* Fetches what is described, or waits for another process that does. The download resumes where
 * an earlier try stopped; size and digest are checked before the file gets its name. `total` counts
 * it already; `done` does in the end. */
bert_status hub_fetch_file(hub_fetch *f, hub_file *file);

#endif
