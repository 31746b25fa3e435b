/* pull.h: a model by its name: from the cache where it is there, else from the Hub into the cache.
 */
#ifndef HUB_PULL_H
#define HUB_PULL_H

#include "bert.h"
#include "hub/environment.h"

typedef struct hub_pull_options {
    hub_wishes wishes;
    bool update;  /* ask for the revision's newest commit, though the cache has one, of which the
                     checksums are verified: what is damaged is fetched again */
    bool weights; /* false: configuration and tokenizer alone */
    /* Asked before weights are fetched, of the snapshot that has all else: is it a model that they
     * are wanted of? NULL: always. */
    bert_status (*look)(const char *folder);
    const bert_observer *observer;
} hub_pull_options;

/* *folder, for free(): the snapshot's. No request is made where the cache has all of the revision's
 * commit, unless `update` is set and the revision is no commit itself. Where the Hub cannot be
 * asked, does not give it any more, or the cache cannot be written to, what is usable in the cache
 * is taken, and the observer told.
 */
bert_status hub_pull(const hub_pull_options *options, const char *name, char **folder);

#endif
