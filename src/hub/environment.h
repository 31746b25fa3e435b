/* environment.h: where the Hub and its cache are, and who asks. Options come first, then the
 * environment variables of huggingface_hub, with its defaults. */
#ifndef HUB_ENVIRONMENT_H
#define HUB_ENVIRONMENT_H

#include "base/status.h"

#include <stdbool.h>

/* What a caller asks for; NULL or false: as the environment says. */
typedef struct hub_wishes {
    const char *endpoint, *cache;
    const char *token; /* "": none */
    bool offline;
} hub_wishes;

typedef struct hub_environment {
    char *endpoint;           /* "https://huggingface.co", without a slash at its end */
    char *cache;              /* folder of the models--... folders; it need not be there yet */
    char *token;              /* NULL: none. Never to be printed */
    char *token_from;         /* where it stood, for messages; NULL without a token */
    char *certificates;       /* file of the authorities to trust; NULL: libcurl's own */
    const char *offline_from; /* what forbids requests, for messages; NULL: nothing does */
    long etag_timeout, download_timeout; /* seconds */
} hub_environment;

/* The caller releases *out. BERT_ARGUMENT where a variable does not say what it should. */
bert_status hub_environment_read(const hub_wishes *wishes, hub_environment *out);
void hub_environment_release(hub_environment *e);

#endif
